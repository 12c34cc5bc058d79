// Whoever patches globalThis.fetch, before or after us: no request ever comes back to us.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { BUILDS, fresh, URL_A } from "./kit.mjs";

const platform = globalThis.fetch;
let hits;
const stub = async () => (hits++, new Response("ok"));
beforeEach(() => {
  hits = 0;
  globalThis.fetch = stub;
});
afterEach(() => (globalThis.fetch = platform));

/** Ways to wrap a fetch, as monitoring does. */
const WRAPPERS = {
  plain: (inner) => (...args) => inner(...args),
  async: (inner) => async (...args) => await inner(...args),
  later: (inner) => async (...args) => {
    await new Promise(setImmediate);
    return inner(...args);
  },
  "own Request": (inner) => async (input, init) => {
    const request = new Request(input, init);
    await null;
    return inner(request);
  },
};

for (const build of BUILDS) {
  test(`${build}: globalThis.fetch = tide.fetch`, async () => {
    const { createTidegate } = await fresh(build);
    globalThis.fetch = createTidegate({ coalesce: true }).fetch;
    assert.equal(await (await fetch(URL_A)).text(), "ok");
    assert.equal(hits, 1);
  });

  test(`${build}: install twice, and back`, async () => {
    const { createTidegate } = await fresh(build);
    const tide = createTidegate();
    const back = tide.install();
    assert.equal(globalThis.fetch, tide.fetch);
    const backToo = tide.install();
    await fetch(URL_A);
    assert.equal(hits, 1);
    backToo();
    assert.equal(globalThis.fetch, stub);
    back();
    assert.equal(globalThis.fetch, stub);
    tide.install();
    tide.dispose();
    assert.equal(globalThis.fetch, stub);
    await tide.fetch(URL_A);
    assert.equal(hits, 2);
  });
}

for (const [kind, wrap] of Object.entries(WRAPPERS)) {
  for (const coalesce of [true, false]) {
    const claim = `${kind} wrapper, coalescing ${coalesce ? "on" : "off"}`;

    test(`${claim}: around an assigned fetch, before any request`, async () => {
      const { createTidegate } = await fresh();
      const tide = createTidegate({ coalesce });
      globalThis.fetch = tide.fetch;
      globalThis.fetch = wrap(globalThis.fetch);
      for (const turn of [1, 2, 3]) {
        assert.equal(await (await fetch(URL_A)).text(), "ok");
        assert.equal(await (await tide.fetch(`${URL_A}&${turn}`)).text(), "ok");
        assert.equal(hits, 2 * turn);
      }
    });

    test(`${claim}: around an installed fetch, then installed again, then taken back`, async () => {
      const { createTidegate } = await fresh();
      const tide = createTidegate({ coalesce });
      const back = tide.install();
      const outer = (globalThis.fetch = wrap(globalThis.fetch));
      tide.install();
      await (await fetch(URL_A)).text();
      assert.equal(hits, 1);
      back();
      assert.equal(globalThis.fetch, outer, "the chain is not ours to cut");
      await (await fetch(URL_A)).text();
      assert.equal(hits, 2);
    });

    test(`${claim}: there before us`, async () => {
      let passed = 0;
      const before = wrap(stub);
      globalThis.fetch = (...args) => (passed++, before(...args));
      const { createTidegate } = await fresh();
      const tide = createTidegate({ coalesce });
      tide.install();
      await (await fetch(URL_A)).text();
      assert.deepEqual([hits, passed], [1, 1]);
    });
  }
}

test("a stand-in that comes later is used, and never mistaken for a loop, however many requests it leaves unanswered at once", async () => {
  const { createTidegate } = await fresh();
  const tide = createTidegate();
  let asked = 0;
  let release;
  const open = new Promise((resolve) => (release = resolve));
  globalThis.fetch = async () => (asked++, await open, new Response("stand-in"));
  const answers = Array.from({ length: 500 }, () => tide.fetch(URL_A));
  release();
  for (const answer of await Promise.all(answers)) assert.equal(await answer.text(), "stand-in");
  assert.deepEqual([asked, hits], [500, 0]);
});

test("a monitoring wrapper around the platform that comes later sees what we send", async () => {
  const { createTidegate } = await fresh();
  const tide = createTidegate();
  let seen = 0;
  globalThis.fetch = (...args) => (seen++, stub(...args));
  await tide.fetch(URL_A);
  assert.deepEqual([seen, hits], [1, 1]);
});

test("two instances, both in place in turn", async () => {
  const { createTidegate } = await fresh();
  const [one, two] = [createTidegate(), createTidegate()];
  globalThis.fetch = one.fetch;
  await two.fetch(URL_A);
  globalThis.fetch = two.fetch;
  await one.fetch(URL_A);
  await fetch(URL_A);
  assert.equal(hits, 3);
});

test("an own fetch that looks globalThis.fetch up does not come back to us", async () => {
  const { createTidegate } = await fresh();
  const tide = createTidegate({ fetch: (...args) => globalThis.fetch(...args) });
  tide.install();
  assert.equal(await (await fetch(URL_A)).text(), "ok");
  assert.equal(hits, 1);
});
