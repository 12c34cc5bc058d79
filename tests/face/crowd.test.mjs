// The same humans before the same backend, which loses most of its capacity for half a minute: with the package as it
// ships, and with what applications use today.
import assert from "node:assert/strict";
import { test } from "node:test";
import { circuitBreaker, ConsecutiveBreaker, ExponentialBackoff, handleAll, retry, wrap } from "cockatiel";
import ky from "ky";
import { fresh, shelf } from "./kit.mjs";
import { backend, chance, human, virtualTime } from "./town.mjs";

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
  const time = virtualTime();
  try {
    const random = chance(seed);
    const server = backend(time, random, (now) => CAPACITY * (now >= FROM && now < TO ? remains : 1));
    const views = [];
    for (let name = 0; name < HUMANS; name++) {
      const storage = shelf();
      human({ time, random: chance(1_000 * seed + name), client: () => open(server.fetch, storage), name, until: END, ended: (view) => views.push(view) });
    }
    await time.run(TO);
    const drain = (server.queued() / CAPACITY) * 1_000;
    await time.run(END + 40_000);
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
    time.restore();
  }
}

if (process.argv[2] === "print") {
  for (const remains of [0.5, 0.2]) for (const kind in CLIENTS) console.log(remains, kind, await story(kind, { remains }));
}
