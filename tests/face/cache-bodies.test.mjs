// Bodies: which of them are kept, and what that costs who reads them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ORIGIN, page, quiet, slowBody } from "./shop.mjs";

const FRESH = { "cache-control": "max-age=600", etag: '"1"' };
const URL = `${ORIGIN}/a`;
const again = async (shop) => {
  await quiet();
  return (await shop.get("/a")).mark;
};

test("a body beyond the cap is not kept, whether its length is told or not; its reader is not held up", async () => {
  for (const length of [true, false]) {
    const shop = await page({ cache: { bytes: 8192 } });
    const large = "x".repeat(2000);
    shop.says = () => ({ headers: { ...FRESH, ...(length && { "content-length": "2000" }) }, body: large });
    assert.equal((await shop.get("/a")).text, large);
    assert.equal(await again(shop), null);
    assert.deepEqual([shop.errors, shop.thrown], [[], []]);
  }
});

test("of a body without an end no more is asked for than its reader takes, beyond the cap", async () => {
  const shop = await page({ cache: { bytes: 8192 } });
  let made = 0;
  const stream = new ReadableStream({ pull: (controller) => (made++, controller.enqueue(new Uint8Array(512))) });
  shop.says = () => ({ headers: FRESH, body: stream });
  const { body } = await shop.tide.fetch(URL);
  await quiet();
  assert.ok(made < 12, `${made} parts of 512 bytes for nobody`);
  const reader = body.getReader();
  for (let i = 0; i < 50; i++) assert.equal((await reader.read()).value.length, 512);
  await reader.cancel();
  await quiet();
  assert.ok(made < 60, `${made}`);
});

test("a Content-Length that lies: nothing is kept", async () => {
  for (const length of ["3", "9", "x", "-4", "4, 4", "4.0", "1e9", ""]) {
    const shop = await page();
    shop.says = () => ({ headers: { ...FRESH, "content-length": length }, body: "body" });
    assert.equal((await shop.get("/a")).text, "body");
    assert.ok((await again(shop)) === null || length === "" || length === "4.0", length);
    assert.deepEqual([shop.errors, shop.thrown], [[], []]);
  }
  const shop = await page();
  shop.says = () => ({ headers: { ...FRESH, "content-length": "3", "content-encoding": "gzip" }, body: "unpacked" });
  await shop.get("/a");
  assert.equal(await again(shop), "fresh", "the length is that of what was packed");
});

test("a body that breaks off, that its caller aborts or cancels, is not kept; and the network hears of it", async () => {
  const ends = {
    breaks: ({ body }) => body.controller.error(new TypeError("reset")),
    aborted: ({ controller }) => controller.abort(new Error("mine")),
    cancelled: ({ answer }) => void answer.body.cancel(),
    "cancelled by its reader": ({ reader }) => void reader?.cancel(),
  };
  for (const [name, end] of Object.entries(ends)) {
    const shop = await page();
    const body = slowBody();
    const controller = new AbortController();
    controller.signal.addEventListener("abort", () => body.controller.error(controller.signal.reason));
    shop.says = () => ({ headers: FRESH, body: body.stream });
    const answer = await shop.tide.fetch(URL, { signal: controller.signal });
    body.say("half");
    const reader = name === "cancelled" ? undefined : answer.body.getReader();
    await reader?.read();
    await quiet();
    end({ body, controller, answer, reader });
    await quiet();
    shop.says = () => ({ headers: FRESH, body: "whole" });
    assert.equal((await shop.get("/a")).text, "whole", name);
    await shop.pass(120_000);
    assert.deepEqual([shop.errors, shop.thrown, shop.clock.timers.size], [[], [], 0], name);
    if (name.startsWith("cancelled")) {
      let told;
      void body.left.then(() => (told = true));
      await quiet();
      assert.ok(told, `${name}: the connection is not kept for nobody`);
    }
  }
});

test("a captive portal's page in the place of data is handed over and does not take the data's place", async () => {
  const shop = await page({ retry: false, cache: { staleWhileOverloaded: true } });
  const json = { headers: { "content-type": "application/json", "cache-control": "max-age=10", etag: '"1"' }, body: '{"n":1}' };
  const portal = { headers: { "content-type": "text/html; charset=utf-8", "cache-control": "max-age=600", etag: '"p"' }, body: "<h1>Pay</h1>" };
  shop.says = () => json;
  await shop.get("/a");
  await shop.pass(20_000);
  shop.says = () => portal;
  for (let i = 0; i < 3; i++) assert.equal((await shop.get("/a")).text, portal.body);
  shop.says = () => ({ drop: true });
  const { text, mark } = await shop.get("/a");
  assert.deepEqual([text, mark], [json.body, "stale"]);
});

test("a portal that came first does not keep the data out", async () => {
  const shop = await page();
  shop.says = () => ({ headers: { "content-type": "text/html", "cache-control": "max-age=10", etag: '"p"' }, body: "<h1>Pay</h1>" });
  await shop.get("/a");
  await shop.pass(20_000);
  shop.says = () => ({ headers: { "content-type": "application/json", "cache-control": "max-age=600" }, body: '{"n":1}' });
  assert.equal((await shop.get("/a")).text, '{"n":1}');
  const { text, mark } = await shop.get("/a");
  assert.deepEqual([text, mark], ['{"n":1}', "fresh"]);
});

test("errors are never kept in the place of data, nor served for it, unless the origin says for how long", async () => {
  for (const status of [400, 401, 403, 404, 410, 422, 500, 503]) {
    const shop = await page({ retry: false, cache: { staleWhileOverloaded: true } });
    shop.says = () => ({ headers: { "cache-control": "max-age=10", etag: '"1"' }, body: "data" });
    await shop.get("/a");
    await shop.pass(20_000);
    shop.says = () => ({ status, body: "error" });
    const { text, mark } = await shop.get("/a");
    assert.deepEqual([text, mark], status < 500 ? ["error", null] : ["data", "stale"], `${status}`);
    assert.deepEqual(shop.errors, []);
  }
});

test("a 200 that holds a refusal is handed over; it neither replaces the copy nor is kept", async () => {
  const shop = await page({ retry: false, cache: { staleWhileOverloaded: true } });
  const type = { "content-type": "application/graphql-response+json" };
  shop.says = () => ({ headers: { ...type, "cache-control": "max-age=10", etag: '"1"', "content-length": "17" }, body: '{"data":{"n":1}} ' });
  const get = () => shop.get("/graphql?q=1");
  await get();
  await shop.pass(20_000);
  const refusal = JSON.stringify({ data: null, errors: [{ message: "slow down", extensions: { code: "THROTTLED" } }] });
  shop.says = () => ({ headers: { ...type, "cache-control": "max-age=600", "content-length": `${refusal.length}` }, body: refusal });
  assert.equal((await get()).text, refusal);
  shop.says = () => ({ drop: true });
  assert.equal((await get()).text, '{"data":{"n":1}} ');
});

test("callers who share a flight share what the cache makes of it: each has a body to read", async () => {
  for (const says of [{ status: 304 }, { status: 503 }, { headers: FRESH, body: "new" }, { drop: true }]) {
    const shop = await page({ cache: { staleWhileOverloaded: true } });
    shop.says = () => ({ headers: { etag: '"1"' }, body: "data" });
    await shop.get("/a");
    let go;
    shop.says = () => ({ ...says, until: new Promise((end) => (go = end)) });
    const controllers = Array.from({ length: 4 }, () => new AbortController());
    const asked = controllers.map(({ signal }, i) => shop.tide.fetch(URL, i ? { signal } : undefined).catch((cause) => cause));
    await quiet();
    controllers[2].abort("mine");
    go();
    const answers = await Promise.all(asked);
    assert.equal(answers[2], "mine");
    const texts = await Promise.all(answers.filter((each) => each instanceof Response).map((each) => each.text()));
    assert.deepEqual([texts, shop.hits.length], [Array(3).fill(says.body ?? "data"), 2], JSON.stringify(says));
    const { queued, inFlight } = shop.tide.getSnapshot();
    assert.deepEqual([queued, inFlight, shop.errors, shop.thrown], [0, 0, [], []]);
  }
});
