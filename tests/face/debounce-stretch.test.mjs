// The wait grows with the state that a server is in, as the server's own word makes it.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { BUILDS, fresh, hooked, network } from "./kit.mjs";
import { Clock, say, settled } from "./virtual.mjs";

const SCOPE = "https://api.example";
const FACTORS = { nominal: 1, fair: 1.5, serious: 3, critical: 6 };

let clock;
beforeEach(() => (clock = new Clock().install()));
afterEach(() => clock.uninstall());

async function begin(build = "index.js", options = {}) {
  const net = network();
  const { createTidegate } = await fresh(build);
  const tide = createTidegate({ fetch: net.fetch, ...options });
  return { tide, net, to: (state) => say(tide, net, state) };
}

/** Milliseconds from now until the next call of `own`'s function; `calls`: what that has been called with. */
const until = (calls, most = 20_000) => {
  const from = calls.length;
  let ms = 0;
  for (; calls.length === from && ms < most; ms++) clock.pass(1);
  return ms;
};

for (const build of BUILDS) {
  test(`${build}: one wait per state, up and down again`, async () => {
    const { tide, to } = await begin(build);
    const calls = [];
    const debounced = tide.debounce((n) => calls.push(n), 200, { scope: `${SCOPE}/search?q=1` });
    const elsewhere = tide.debounce((n) => calls.push(n), 200, { scope: "https://other.example" });
    for (const state of ["nominal", "fair", "serious", "critical", "nominal"]) {
      await to(state);
      assert.equal(tide.pressure(SCOPE).state, state);
      debounced(1);
      assert.equal(until(calls), 200 * FACTORS[state], state);
      elsewhere(2);
      assert.equal(until(calls), 200, "another scope has its own");
    }
    tide.dispose();
  });

  test(`${build}: maxWait grows along, and is never dropped`, async () => {
    const { tide, to } = await begin(build);
    const calls = [];
    const debounced = tide.debounce((n) => calls.push(n), 200, { scope: SCOPE, maxWait: 500 });
    const throttled = tide.throttle((n) => calls.push(n), 100, { scope: SCOPE });
    for (const state of ["critical", "serious", "fair", "nominal"]) {
      await to(state);
      // Typing that never pauses.
      const begin = clock.now;
      while (!calls.length) debounced(clock.now), clock.pass(10);
      assert.equal(clock.now - begin, 500 * FACTORS[state], state);
      debounced.cancel();
      calls.length = 0;
      throttled(0);
      for (let n = 1; n <= 120; n++) clock.pass(10), throttled(n);
      assert.ok(Math.abs(calls.length - 1 - 1200 / (100 * FACTORS[state])) <= 1, `${state}: ${calls.length} calls in 1.2 s`);
      throttled.cancel();
      calls.length = 0;
    }
    tide.dispose();
  });

  test(`${build}: a change in mid-wait holds from the last call on, both ways`, async () => {
    const { tide, to } = await begin(build);
    const calls = [];
    const debounced = tide.debounce((n) => calls.push(n), 200, { scope: SCOPE });
    await to("nominal");
    debounced(1);
    clock.pass(150);
    await to("critical");
    assert.equal(until(calls), 1_050, "grown: the rest of 1 200 ms");
    debounced(2);
    clock.pass(300);
    await to("fair");
    assert.equal(calls.length, 1);
    clock.pass(0);
    assert.equal(calls.length, 2, "shrunk to less than has passed: at once");
    await to("critical");
    debounced(3);
    clock.pass(100);
    await to("serious");
    assert.equal(until(calls), 500, "shrunk: the rest of 600 ms");
    tide.dispose();
  });

  test(`${build}: pressure that sinks without a word is noticed within a quarter of a second`, async () => {
    const { tide, net } = await begin(build);
    const calls = [];
    const debounced = tide.debounce((n) => calls.push(n), 1_000, { scope: SCOPE, maxWait: 60_000 });
    const answer = tide.fetch(`${SCOPE}/a`, { method: "POST" });
    net.sent[0].answer("busy", { status: 503, headers: { backpressure: "state=critical, for=2" } });
    await answer;
    debounced(1);
    let calm = NaN;
    for (let ms = 0; !calls.length && ms < 20_000; ms++) {
      clock.pass(1);
      const { state } = tide.pressure(SCOPE);
      if (ms + 1 >= 1_000 * FACTORS[state] && calm !== calm) calm = clock.now;
    }
    assert.ok(calls.length === 1 && clock.now - calm <= 251, `${clock.now - calm} ms after it was due`);
    assert.ok(clock.now < 6_000, "it has sunk");
    tide.dispose();
  });

  test(`${build}: factors of one's own; those of no use leave the usual ones`, async () => {
    const { tide, to } = await begin(build);
    const calls = [];
    const of = (stretch, wait = 100, more = {}) => tide.debounce((n) => calls.push(n), wait, { scope: SCOPE, stretch, ...more });
    await to("critical");
    const critical = [[{ critical: 2 }, 200], [{ critical: 1 }, 100], [{ serious: 9 }, 600]];
    for (const bad of [0.5, 0, -1, NaN, Infinity, "3", null, undefined, {}]) critical.push([{ critical: bad }, 600]);
    for (const bad of [null, 3, "critical", []]) critical.push([bad, 600]);
    for (const [stretch, ms] of critical) {
      of(stretch)(1);
      assert.equal(until(calls), ms, JSON.stringify(stretch));
    }
    await to("nominal");
    of({ nominal: 1.5 })(1);
    assert.equal(until(calls), 150);
    tide.dispose();
  });

  test(`${build}: ten seconds are the most that a wait grows to; a longer one stays as it is`, async () => {
    const { tide, to } = await begin(build);
    const calls = [];
    await to("critical");
    for (const [wait, ms] of [[1_000, 6_000], [3_000, 10_000], [10_000, 10_000], [15_000, 15_000], [-5, 0], [0, 0]]) {
      tide.debounce((n) => calls.push(n), wait, { scope: SCOPE })(wait);
      clock.pass(Math.max(0, ms - 1));
      assert.ok(!ms || !calls.includes(wait));
      clock.pass(1);
      assert.ok(calls.includes(wait), `${wait}`);
    }
    tide.debounce((n) => calls.push(n), 3_000, { scope: SCOPE, stretch: { critical: 1e300 } })(1);
    assert.equal(until(calls), 10_000);
    tide.dispose();
  });
}

test("while tidegate only observes, is off, or is gone, waits are as they were written", async () => {
  for (const end of [(tide) => tide.setMode("observe"), (tide) => tide.setMode("off"), (tide) => tide.dispose()]) {
    const { tide, to } = await begin();
    const calls = [];
    const debounced = tide.debounce((n) => calls.push(n), 200, { scope: SCOPE });
    await to("critical");
    debounced(1);
    clock.pass(300);
    assert.equal(calls.length, 0);
    end(tide);
    calls.length = 0;
    debounced(2);
    assert.equal(until(calls), 200);
    tide.dispose();
  }
});

test("a core that traps leaves lodash: at once, also in mid-wait", async () => {
  const net = network();
  let trap = false;
  globalThis.stretchHook = (name) => {
    if (trap && name === "pressure") throw new WebAssembly.RuntimeError("unreachable");
  };
  const { createTidegate } = await hooked("stretchHook");
  const tide = createTidegate({ fetch: net.fetch });
  const calls = [];
  const debounced = tide.debounce((n) => calls.push(n), 200, { scope: SCOPE });
  await say(tide, net, "critical");
  debounced(1);
  clock.pass(240);
  assert.equal(calls.length, 0);
  trap = true;
  clock.pass(20);
  assert.equal(calls.length, 1);
  debounced(2);
  assert.equal(until(calls), 200);
  tide.dispose();
  delete globalThis.stretchHook;
});

test("a call that is pending does not cross into the core, and without a request nothing ever does", async () => {
  const net = network();
  const crossed = [];
  globalThis.crossHook = (name) => crossed.push(name);
  const { createTidegate } = await hooked("crossHook");
  const tide = createTidegate({ fetch: net.fetch });
  const debounced = tide.debounce(() => {}, 100, { scope: SCOPE });
  debounced();
  clock.pass(1_000);
  assert.deepEqual(crossed, []);
  await say(tide, net, "serious");
  debounced();
  crossed.length = 0;
  for (let n = 0; n < 100; n++) debounced();
  assert.deepEqual(crossed, []);
  await settled();
  tide.dispose();
  delete globalThis.crossHook;
});
