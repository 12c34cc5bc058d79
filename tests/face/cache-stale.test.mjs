// Kept answers while the server suffers: served, marked, told; and the server is left alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BUILDS } from "./kit.mjs";
import { ORIGIN, page, quiet } from "./shop.mjs";

const SPARE = { "cache-control": "max-age=10, stale-if-error=600", etag: '"1"' };
const good = (headers = SPARE) => () => ({ headers, body: "data" });
const refuse = (status, headers = {}) => () => ({ status, headers, body: "busy" });
const FAILURES = {
  503: refuse(503, { "retry-after": "60" }), 429: refuse(429, { "retry-after": "60" }), 502: refuse(502), 500: refuse(500), 504: refuse(504),
  "503 without a time": refuse(503), "503 with a short one": refuse(503, { "retry-after": "1" }), drop: () => ({ drop: true }),
};
/** A page that has seen `/a`, twenty seconds ago. */
const shopWith = async (options, headers) => {
  const shop = await page(options);
  shop.says = good(headers);
  await shop.get("/a");
  await shop.pass(20_000);
  return shop;
};

for (const build of BUILDS) {
  for (const [name, says] of Object.entries(FAILURES)) {
    test(`${name}: what is kept is served in its place, marked and told, and nothing is left behind (${build})`, async () => {
      const shop = await shopWith({ build });
      shop.says = says;
      const held = [];
      const { status, text, mark, age, answer } = await shop.get("/a", { tidegate: { label: "mine", onWait: (wait) => held.push(wait) } });
      assert.deepEqual([status, text, mark, age, answer.url, held], [200, "data", "stale", "20", `${ORIGIN}/a`, []]);
      assert.equal(shop.hits.length, 2);
      const [{ id, label, scope, reason, age: told }, ...more] = shop.stale;
      assert.deepEqual([typeof id, label, scope, typeof reason, told, more.length], ["number", "mine", ORIGIN, "string", 20_000, 0]);
      const { queued, inFlight } = shop.tide.getSnapshot();
      assert.deepEqual([queued, inFlight], [0, 0]);
      shop.says = good();
      await shop.pass(700_000);
      assert.deepEqual([shop.thrown, shop.errors, shop.clock.thrown], [[], [], []]);
      assert.equal(shop.count("/a"), 3, "asked for again, once");
      assert.equal((await shop.get("/b")).status, 200);
    });
  }

  test(`while it is closed nothing is sent for what is kept; it is told each time, refreshed once (${build})`, async () => {
    const shop = await shopWith({ build });
    shop.says = FAILURES[503];
    await shop.get("/save", { method: "POST" });
    const before = shop.hits.length;
    for (let i = 0; i < 5; i++) {
      const { status, text, mark, age } = await shop.get("/a");
      assert.deepEqual([status, text, mark, age], [200, "data", "stale", `${20 + i}`]);
      await shop.pass(1000);
    }
    assert.equal(shop.hits.length, before);
    assert.deepEqual(shop.stale.map(({ reason, age }) => [reason, age]), [0, 1, 2, 3, 4].map((i) => ["retry-after", 20_000 + i * 1000]));
    shop.says = good();
    await shop.pass(54_000);
    assert.equal(shop.hits.length, before, "not while it is closed");
    await shop.pass(30_000);
    assert.equal(shop.count("/a"), 2, "once");
    await shop.pass(600_000);
    assert.deepEqual([shop.thrown, shop.errors], [[], []]);
  });
}

test("a server that says it is serious is spared too", async () => {
  // What a success says is looked for once it was there.
  const shop = await shopWith({}, { ...SPARE, backpressure: "state=nominal, for=1" });
  shop.says = () => ({ headers: { backpressure: "state=serious, for=60" } });
  await shop.get("/word");
  const { mark, text } = await shop.get("/a");
  assert.deepEqual([mark, text, shop.hits.length, shop.stale.length], ["stale", "data", 2, 1]);
});

test("offline", async () => {
  const shop = await shopWith();
  const was = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  Object.defineProperty(globalThis, "navigator", { value: { onLine: false }, configurable: true });
  try {
    shop.says = FAILURES.drop;
    assert.deepEqual([(await shop.get("/a")).mark, shop.stale.length], ["stale", 1]);
  } finally {
    if (was) Object.defineProperty(globalThis, "navigator", was);
    else delete globalThis.navigator;
  }
});

test("never where the origin forbids it, whoever opted in", async () => {
  for (const control of ["max-age=10, stale-if-error=600, must-revalidate", "no-cache, stale-if-error=600", "no-store", "max-age=10, no-cache", "max-age=10, must-revalidate", "no-cache=\"x\""]) {
    const shop = await shopWith({ retry: false, cache: { staleWhileOverloaded: true } }, { "cache-control": control, etag: '"1"' });
    shop.says = FAILURES[503];
    const own = { tidegate: { cache: { staleWhileOverloaded: true } } };
    for (let i = 0; i < 2; i++) assert.deepEqual([(await shop.get("/a", own)).status, shop.stale], [503, []], control);
  }
});

test("who opts in is served: for all requests or for one, for ever or up to an age", async () => {
  const plain = { etag: '"1"' };
  const stood = async (option, own, headers = plain) => {
    const shop = await page({ retry: false, cache: option === undefined ? {} : { staleWhileOverloaded: option } });
    const init = own === undefined ? undefined : { tidegate: { cache: { staleWhileOverloaded: own } } };
    shop.says = good(headers);
    await shop.get("/a", init);
    await shop.pass(20_000);
    shop.says = FAILURES[503];
    const answers = [await shop.get("/a", init), await shop.get("/a", init)];
    assert.deepEqual(shop.errors, []);
    return answers.map(({ mark }) => mark === "stale");
  };
  const [yes, no] = [[true, true], [false, false]];
  assert.deepEqual(await stood(undefined, undefined), no, "nobody opted in");
  assert.deepEqual(await stood(true, undefined), yes);
  assert.deepEqual(await stood(30_000, undefined), yes);
  assert.deepEqual(await stood(10_000, undefined), no, "too old");
  assert.deepEqual(await stood(undefined, true), yes);
  assert.deepEqual(await stood(undefined, 30_000), yes);
  assert.deepEqual(await stood(undefined, 10_000), no);
  assert.deepEqual(await stood(true, false), no, "the request's own word");
  assert.deepEqual(await stood(10_000, true), yes);
  assert.deepEqual(await stood(true, 10_000), no);
  assert.deepEqual(await stood(true, undefined, {}), yes, "without freshness and validator too");
  assert.deepEqual(await stood(undefined, true, {}), yes);
  assert.deepEqual(await stood(undefined, "x"), no, "no number, no switch: the policy's");
  assert.deepEqual(await stood(undefined, NaN), no);
  assert.deepEqual(await stood(undefined, -1), no);
});

test("tidegate: { cache: false } neither serves nor keeps", async () => {
  const shop = await shopWith({ retry: false });
  shop.says = FAILURES[503];
  assert.equal((await shop.get("/a", { tidegate: { cache: false } })).status, 503);
  const other = await page();
  other.says = () => ({ headers: { "cache-control": "max-age=60" } });
  for (let i = 0; i < 2; i++) await other.get("/a", { tidegate: { cache: false } });
  assert.equal(other.hits.length, 2);
});

test("stale-while-revalidate: at once, with one refresh behind it, whoever else comes", async () => {
  const shop = await shopWith({}, { "cache-control": "max-age=10, stale-while-revalidate=60", etag: '"1"' });
  let go;
  shop.says = () => ({ headers: { "cache-control": "max-age=60", etag: '"2"' }, body: "new", until: new Promise((end) => (go = end)) });
  const waits = [];
  const init = { tidegate: { label: "mine", feature: "x", onWait: (wait) => waits.push(wait) } };
  for (let i = 0; i < 3; i++) assert.deepEqual([(await shop.get("/a", init)).mark, (await shop.get("/a")).text], ["stale", "data"]);
  await shop.pass(100);
  assert.equal(shop.hits.length, 2);
  assert.equal(shop.hits[1].headers.get("if-none-match"), '"1"');
  go();
  await quiet();
  const { mark, text } = await shop.get("/a");
  assert.deepEqual([mark, text, shop.hits.length, shop.stale], ["fresh", "new", 2, []]);
  assert.deepEqual([shop.thrown, shop.errors], [[], []]);
});

test("a refresh that fails is nobody's: no event, no second life of its first caller's settings", async () => {
  const shop = await shopWith({}, { "cache-control": "max-age=10, stale-while-revalidate=60, stale-if-error=600", etag: '"1"' });
  shop.says = FAILURES["503 with a short one"];
  const waits = [];
  const controller = new AbortController();
  const init = { signal: controller.signal, tidegate: { onWait: (wait) => waits.push(wait) } };
  assert.equal((await shop.get("/a", init)).mark, "stale");
  controller.abort();
  await shop.pass(100);
  assert.deepEqual([shop.hits.length, shop.stale, waits], [2, [], []]);
  shop.says = good();
  await shop.pass(60_000);
  assert.deepEqual([shop.thrown, shop.errors, waits, shop.tide.getSnapshot().queued], [[], [], [], 0]);
});

test("what twenty places of a page show is asked for again one after the other", async () => {
  const shop = await page();
  shop.says = good();
  for (let i = 0; i < 20; i++) await shop.get(`/${i}`);
  await shop.pass(20_000);
  shop.says = FAILURES[503];
  await shop.get("/save", { method: "POST" });
  for (let i = 0; i < 20; i++) assert.equal((await shop.get(`/${i}`)).mark, "stale");
  const before = shop.hits.length;
  assert.equal(before, 21);
  shop.says = good();
  await shop.pass(59_000);
  assert.equal(shop.hits.length, before);
  await shop.pass(60_000);
  const times = shop.hits.slice(before).map(({ at }) => at);
  assert.equal(times.length, 20, "each once");
  const busiest = Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 1000).length));
  assert.ok(busiest <= 8, `${busiest} in one second`);
});

test("who asks for confirmation is not served without, unless this very request says that stale is better than nothing", async () => {
  for (const init of [{ cache: "no-cache" }, { headers: { "cache-control": "no-cache" } }]) {
    const shop = await shopWith({ retry: false, cache: { staleWhileOverloaded: true } });
    shop.says = FAILURES[503];
    assert.equal((await shop.get("/a", init)).status, 503);
    assert.equal((await shop.get("/a", init)).answer.headers.get("x-tidegate"), "shed");
    assert.equal((await shop.get("/a", { ...init, tidegate: { cache: { staleWhileOverloaded: true } } })).mark, "stale");
    assert.equal((await shop.get("/a")).mark, "stale");
  }
});
