// Kept answers that outlive the page: what a reload finds, what it never finds, and how much there can be of it.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { BUILDS, fresh, network, pass, standing } from "./kit.mjs";
import { box, halt, page, tides, turn } from "./lasting.mjs";
import { instal } from "./vault.mjs";

const URL_1 = "https://api.example/items?page=1";
const FRESH = { "cache-control": "max-age=600", etag: '"1"' };

/** The page, newly loaded: all that the one before had in memory is gone. */
async function load(options, build) {
  const { createTidegate } = await fresh(build);
  const net = network();
  const errors = [];
  const tide = createTidegate({ fetch: net.fetch, retry: false, cache: { persist: true }, ...options });
  tide.on("error", (error) => errors.push(error.message));
  tides.push(tide);
  return { tide, net, errors };
}

/** Fetches what is not kept, and reads it. */
async function get({ tide, net }, url = URL_1, headers = FRESH, body = "one", init) {
  const before = net.sent.length;
  const answer = tide.fetch(url, init);
  const call = await net.arrival(before + 1);
  call.answer(body, { status: 200, headers });
  const response = await answer;
  await response.text();
  return call;
}

/** The same, until it is written, and the page is left. */
async function visit(options, ...what) {
  const one = await load(options, undefined);
  await get(one, ...what);
  await turn();
  pass(mock, 1000);
  await box.written(1);
  one.tide.dispose();
  return one;
}

for (const build of BUILDS) {
  test(`after a reload a fresh copy is served without a request, whole, with its age (${build})`, async () => {
    const one = await load({}, build);
    const bytes = Uint8Array.from({ length: 3000 }, (_, i) => i * 7);
    const answer = one.tide.fetch(URL_1);
    const call = await one.net.arrival(1);
    call.resolve(new Response(bytes, { status: 203, statusText: "Fine \xe9", headers: { ...FRESH, "x-more": "a, b \xe9", "content-type": "a/b" } }));
    assert.equal((await answer).headers.get("x-tidegate"), null);
    await turn();
    pass(mock, 1000);
    await box.written(1);
    one.tide.dispose();
    pass(mock, 20_000);

    const { tide, net, errors } = await load({}, build);
    const again = await tide.fetch(URL_1);
    const { status, statusText, url, headers } = again;
    assert.deepEqual([status, statusText, url, headers.get("x-more"), headers.get("content-type")], [203, "Fine \xe9", URL_1, "a, b \xe9", "a/b"]);
    assert.deepEqual([headers.get("x-tidegate"), headers.get("age"), headers.get("etag")], [null, "21", '"1"']);
    assert.deepEqual(new Uint8Array(await again.arrayBuffer()), bytes);
    assert.deepEqual([net.sent.length, errors], [0, []]);
  });
}

test("without the option nothing is stored", async () => {
  const calls = [];
  halt((call) => calls.push(call));
  const one = await load({ cache: {} });
  await get(one);
  await turn();
  pass(mock, 1000);
  await one.tide.clear();
  assert.deepEqual([calls, [...box.all]], [[], []]);
});

test("after a reload a stale copy is confirmed by its validators", async () => {
  await visit();
  pass(mock, 700_000);
  const { tide, net } = await load();
  const answer = tide.fetch(URL_1);
  const { init, resolve } = await net.arrival(1);
  assert.equal(new Headers(init.headers).get("if-none-match"), '"1"');
  resolve(new Response(null, { status: 304, headers: { etag: '"1"', "cache-control": "max-age=60" } }));
  assert.equal(await (await answer).text(), "one");
  // It is written anew: fresh from now on.
  pass(mock, 1000);
  await box.written(2);
  tide.dispose();
  const again = await load();
  assert.equal((await again.tide.fetch(URL_1)).headers.get("age"), "1");
});

test("after a reload a stale copy stands in while the scope is closed, and says so", async () => {
  const one = await load();
  await get(one, URL_1, { "cache-control": "max-age=5, stale-if-error=9999" });
  await turn();
  pass(mock, 10_000);
  await box.written(1);
  const post = one.tide.fetch("https://api.example/save", { method: "POST" });
  one.net.sent.at(-1).answer("busy", { status: 503, headers: { "retry-after": "60" } });
  await post;
  pass(mock, 2000);
  one.tide.dispose();
  const { tide, net } = await load();
  const told = [];
  tide.on("stale", (event) => told.push(event.reason));
  const answer = await tide.fetch(URL_1);
  assert.deepEqual([answer.status, answer.headers.get("x-tidegate"), await answer.text()], [200, "stale", "one"]);
  assert.deepEqual([net.sent.length, told], [0, ["retry-after"]]);
});

test("a wall clock that went back makes it stale", async () => {
  await visit();
  mock.timers.setTime(1_600_000_000_000);
  const { tide, net } = await load();
  void tide.fetch(URL_1).catch(() => {});
  const { init } = await net.arrival(1);
  assert.equal(new Headers(init.headers).get("if-none-match"), '"1"');
});

for (const [what, headers, init] of [
  ["a request with Authorization", FRESH, { headers: { Authorization: "Bearer a" } }],
  ["a private answer", { ...FRESH, "cache-control": "Private, max-age=600" }],
  ["a no-store answer", { ...FRESH, "cache-control": "max-age=600, no-store" }],
  ["a no-store answer that must be understood", { ...FRESH, "cache-control": "max-age=600, no-store, must-understand" }],
  ["an answer that varies on all", { ...FRESH, vary: "*" }],
]) {
  test(`${what} is never stored`, async () => {
    const one = await load();
    await get(one, URL_1, headers, "secret", init);
    // So that something is.
    await get(one, `${URL_1}&other`);
    await turn();
    pass(mock, 1000);
    await box.written(1);
    await turn();
    assert.deepEqual(box.urls(), [`${URL_1}&other`]);
  });
}

test("what may not be stored takes the place of what was", async () => {
  const one = await visit();
  const two = await load();
  await get(two, URL_1, { ...FRESH, "cache-control": "private, max-age=600" }, "mine", { cache: "reload" });
  await turn();
  assert.deepEqual([box.urls(), one.errors], [[], []]);
});

test("another variant, other credentials: another answer", async () => {
  const init = { headers: { "x-kind": "a" } };
  await visit({}, URL_1, { ...FRESH, vary: "x-kind" }, "one", init);
  const { tide, net } = await load();
  assert.equal((await tide.fetch(URL_1, init)).headers.get("age"), "1");
  void tide.fetch(URL_1, { headers: { "x-kind": "b" } }).catch(() => {});
  await net.arrival(1);
  void tide.fetch(URL_1, { ...init, credentials: "omit" }).catch(() => {});
  await net.arrival(2);
});

test("a write outdates what is stored, also as the first thing of a page", async () => {
  await visit();
  const one = await load();
  const post = one.tide.fetch(URL_1, { method: "POST" });
  (await one.net.arrival(1)).answer("ok");
  await post;
  one.tide.dispose();
  await turn();
  assert.deepEqual(box.urls(), []);
  const { tide, net } = await load();
  void tide.fetch(URL_1).catch(() => {});
  await net.arrival(1);
});

test("what was asked for before a write and answered after it is not stored", async () => {
  const { tide, net } = await load();
  pass(mock, 10);
  const answer = tide.fetch(URL_1);
  await net.arrival(1);
  pass(mock, 100);
  const post = tide.fetch("https://api.example/save", { method: "POST" });
  (await net.arrival(2)).answer("ok");
  await post;
  pass(mock, 100);
  net.sent[0].answer("old", { headers: FRESH });
  await (await answer).text();
  await get({ tide, net }, `${URL_1}&other`);
  await turn();
  pass(mock, 1000);
  await box.written(1);
  await turn();
  assert.deepEqual(box.urls(), [`${URL_1}&other`]);
});

test("a write while an entry is being written: it does not stay", async () => {
  const { tide, net } = await load();
  await get({ tide, net });
  let go;
  halt((call) => call === "cache.put" && new Promise((resolve) => (go = resolve)));
  pass(mock, 1000);
  await turn();
  const post = tide.fetch(URL_1, { method: "POST" });
  (await net.arrival(2)).answer("ok");
  await post;
  halt();
  go();
  await turn();
  assert.deepEqual([box.puts, box.urls()], [1, []]);
});

test("a write while an entry is being read: it is not served", async () => {
  await visit();
  const { tide, net } = await load();
  let go;
  halt((call) => call === "cache.match" && new Promise((resolve) => (go = resolve)));
  void tide.fetch(URL_1).catch(() => {});
  await turn();
  const post = tide.fetch(URL_1, { method: "POST" });
  (await net.arrival(1)).answer("ok");
  await post;
  go();
  await net.arrival(2);
  assert.equal(net.sent[1].init?.method ?? "GET", "GET");
});

test("a page that goes writes what is due before", async () => {
  const one = await load();
  await get(one);
  await turn();
  page.see(true);
  await box.written(1);
  assert.deepEqual(box.urls(), [URL_1]);
});

test("a store that does not answer costs a request a moment, once it is known nothing", async () => {
  await visit();
  const { tide, net } = await load();
  let go;
  halt((call) => call === "cache.keys" && new Promise((resolve) => (go = resolve)));
  const answer = tide.fetch(URL_1);
  await turn();
  assert.equal(net.sent.length, 0);
  pass(mock, 500);
  (await net.arrival(1)).answer("two", { headers: FRESH });
  assert.equal(await (await answer).text(), "two");
  await turn();
  void tide.fetch(`${URL_1}&other`).catch(() => {});
  assert.equal(net.sent.length, 2, "nobody else waits for it");
  halt();
  go();
  await turn();
  // What is newer was not replaced by what came late.
  assert.equal(await (await tide.fetch(URL_1)).text(), "two");
  void tide.fetch(`${URL_1}&unknown`).catch(() => {});
  assert.equal(net.sent.length, 3, "in the same turn");
});

test("who aborts while the store is asked is told at once, and nothing is sent", async () => {
  await visit();
  const { tide, net } = await load();
  halt(() => new Promise(() => {}));
  const controller = new AbortController();
  const reason = new Error("mine");
  const answer = tide.fetch(URL_1, { signal: controller.signal });
  await turn();
  controller.abort(reason);
  await assert.rejects(answer, (cause) => cause === reason);
  pass(mock, 100);
  await turn();
  assert.equal(net.sent.length, 0);
});

test("half an entry, or one of another make, is none: the request goes, and it is told once", async () => {
  const spoil = [
    (entry) => (entry.bytes = entry.bytes.slice(0, -1)),
    (entry) => (entry.bytes = entry.bytes.slice(0, 2)),
    (entry) => (entry.bytes = new ArrayBuffer(0)),
    (entry) => (entry.headers = []),
    (entry) => (entry.headers = [["x-tidegate", "-7"]]),
    (entry) => (entry.bytes = new TextEncoder().encode("one[1,2]").buffer),
    (entry) => (entry.bytes = new TextEncoder().encode("onenull").buffer),
  ];
  for (const [place, harm] of spoil.entries()) {
    box.all.clear();
    const before = box.puts;
    const one = await load();
    await get(one);
    await turn();
    pass(mock, 1000);
    await box.written(before + 1);
    one.tide.dispose();
    for (const entries of box.all.values()) entries.forEach(harm);
    const two = await load();
    const call = await get(two, URL_1, {}, "two");
    assert.equal(new Headers(call.init?.headers).get("if-none-match"), null, `${place}`);
    assert.ok(two.errors.every((message) => message === "cache") && two.errors.length < 2, `${place}: ${two.errors}`);
  }
});

test("it does not grow without bound, over reloads and tabs: the latest stay", async () => {
  const options = { cache: { persist: true, bytes: 100_000 } };
  let count = 0;
  for (let reload = 0; reload < 6; reload++) {
    const tabs = [await load(options), await load(options)];
    for (let i = 0; i < 8; i++) for (const tab of tabs) await get(tab, `${URL_1}&n=${count++}`, FRESH, "x".repeat(4000));
    await turn();
    pass(mock, 1000);
    await box.written(count);
    await turn();
    tabs.forEach(({ tide }) => tide.dispose());
  }
  const bytes = [...box.all.values()].flatMap((entries) => [...entries.values()]).reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
  assert.ok(bytes <= 110_000 && bytes > 60_000, `${bytes}`);
  assert.ok(box.urls().includes(`${URL_1}&n=${count - 1}`) && !box.urls().includes(`${URL_1}&n=0`));
});

for (const [what, caches] of [["missing", undefined], ["denied", { open: () => { throw new DOMException("denied", "SecurityError"); } }]]) {
  test(`a Cache API that is ${what}: all goes on, told once`, async () => {
    instal(caches);
    const one = await load();
    await get(one);
    await get(one, `${URL_1}&other`);
    await turn();
    pass(mock, 1000);
    await turn();
    assert.equal((await one.tide.fetch(URL_1)).headers.get("age"), "1");
    await one.tide.clear();
    assert.deepEqual(one.errors, ["cache"]);
  });
}

test("nothing is kept beyond the page where there is no storage to say whose it is", async () => {
  const one = await load({ storage: null });
  await get(one);
  await turn();
  pass(mock, 1000);
  await turn();
  assert.deepEqual([[...box.all], one.errors, await standing(one.tide.clear())], [[], ["cache"], "resolved"]);
});
