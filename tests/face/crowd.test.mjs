// The same humans before the same backend, which loses most of its capacity for half a minute: with the package as it
// ships, and with what applications use today.
import assert from "node:assert/strict";
import { test } from "node:test";
import { circuitBreaker, ConsecutiveBreaker, ExponentialBackoff, handleAll, retry, wrap } from "cockatiel";
import ky from "ky";
import { fresh, shelf } from "./kit.mjs";
import { backend, human, moments } from "./town.mjs";
import { Clock } from "./virtual.mjs";

const HUMANS = 200;
/** Milliseconds: the trigger, its end, and that of the run. */
const [FROM, TO, END] = [40_000, 70_000, 150_000];
/** Requests a second. Five for a view, which somebody wants every 19 s: seven tenths of this. */
const CAPACITY = (HUMANS * 5) / 19 / 0.7;

/** What a page of each kind is made of: `open(fetch, storage)` answers its fetch and how it is closed. */
const CLIENTS = {
  bare: () => (fetch) => ({ fetch, close() {} }),
  ky: () => (fetch) => ({ fetch: ky.create({ fetch, timeout: 10_000, throwHttpErrors: false }), close() {} }),
  cockatiel: () => (fetch) => {
    const policy = wrap(
      retry(handleAll, { maxAttempts: 3, backoff: new ExponentialBackoff() }),
      circuitBreaker(handleAll, { halfOpenAfter: 10_000, breaker: new ConsecutiveBreaker(5) }),
    );
    return { fetch: (url, init) => policy.execute(() => fetch(url, init)), close() {} };
  },
  tidegate: async () => {
    const { createTidegate } = await fresh();
    return (fetch, storage) => {
      const tide = createTidegate({ fetch, storage, coalesce: true, channel: null });
      return { fetch: tide.fetch, close: () => tide.dispose() };
    };
  },
};

/** How it went with this client. */
async function story(kind, { remains, seed = 1 }) {
  const open = await CLIENTS[kind]();
  const time = new Clock().install();
  try {
    const random = moments(seed);
    const server = backend(time, random, (now) => CAPACITY * (now >= FROM && now < TO ? remains : 1));
    const views = [];
    for (let name = 0; name < HUMANS; name++) {
      const storage = shelf();
      human({ time, random: moments(1_000 * seed + name), client: () => open(server.fetch, storage), name, until: END, ended: (view) => views.push(view) });
    }
    await time.live(TO);
    const drain = (server.queued() / CAPACITY) * 1_000;
    await time.live(END + 40_000 - TO);
    const served = (from, to) => {
      const all = views.filter(({ begun }) => begun >= from && begun < to);
      return all.filter((view) => view.served).length / all.length;
    };
    return {
      before: served(15_000, FROM),
      during: served(FROM, TO),
      after: served(TO + drain + 10_000, END),
      late: served(END - 30_000, END),
      hits: server.hits.length,
    };
  } finally {
    time.uninstall();
  }
}

/** Each client's story, told once. */
const told = {};
for (const remains of [0.5, 0.2]) {
  for (const kind in CLIENTS) {
    test(`${kind}: the story of ${remains} of the capacity`, async () => {
      const { before } = (told[`${kind} ${remains}`] = await story(kind, { remains }));
      assert.ok(before > 0.99, `all is well before: ${before}`);
    });
  }
}

test("fetch, ky and cockatiel stay down when the cause is long gone, and tidegate is back", () => {
  for (const name in told) {
    const { after, late } = told[name];
    if (name.startsWith("tidegate")) assert.ok(after >= 0.95 && late >= 0.99, `${name}: ${after}, then ${late}`);
    else assert.ok(late < 0.5, `${name}: ${late}`);
  }
});

test("half of the capacity is enough for what is essential, and tidegate serves nearly all of it", () => {
  const { during, hits } = told["tidegate 0.5"];
  assert.ok(during >= 0.93, `${during}`);
  for (const other of ["bare", "ky", "cockatiel"]) {
    assert.ok(during > told[`${other} 0.5`].during + 0.3, `${other}: ${told[`${other} 0.5`].during}`);
    assert.ok(hits < told[`${other} 0.5`].hits, `${other}: ${told[`${other} 0.5`].hits} requests, ${hits} with tidegate`);
  }
});

test("of a fifth of the capacity it makes more than the others", () => {
  for (const other of ["bare", "ky", "cockatiel"]) {
    assert.ok(told["tidegate 0.2"].during > 1.5 * told[`${other} 0.2`].during, `${other}: ${told[`${other} 0.2`].during}, ours ${told["tidegate 0.2"].during}`);
  }
});
