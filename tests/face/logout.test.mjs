// One user's bytes are never another's: whatever comes late, goes on elsewhere, or comes back.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { fresh, network, pass } from "./kit.mjs";
import { air, box, halt, page, tides, turn } from "./lasting.mjs";

const URL_1 = "https://api.example/me";
const FRESH = { "cache-control": "max-age=600, stale-if-error=9999", etag: '"1"' };

/** A tab. */
async function tab(options) {
  const { createTidegate } = await fresh();
  const net = network();
  const tide = createTidegate({ fetch: net.fetch, retry: false, cache: { persist: true }, ...options });
  tides.push(tide);
  return { tide, net };
}

/** Tabs that know each other. */
async function tabs(count, options) {
  const all = [];
  for (let i = 0; i < count; i++) {
    const one = await tab(options);
    one.tide.pressure();
    await one.tide.ready;
    all.push(one);
  }
  pass(mock, 500);
  // Each counts the others when it is next asked.
  for (const one of all) await get(one, "https://api.example/else", {}, "else");
  return all;
}

/** Fetches what is not kept, and reads it. */
async function get({ tide, net }, url = URL_1, headers = FRESH, body = "A's", init) {
  const before = net.sent.length;
  const answer = tide.fetch(url, init);
  const call = await net.arrival(before + 1);
  call.answer(body, { status: 200, headers });
  const response = await answer;
  assert.equal(await response.text(), body);
  await turn();
}

/** Until it is written. */
async function settled(puts = 1) {
  pass(mock, 1000);
  await box.written(puts);
  await turn();
}

/** In the time that writing takes, nothing is written. */
async function writesNothing() {
  await turn();
  pass(mock, 1000);
  await turn();
  assert.deepEqual(box.urls(), []);
}

/** What is served is asked for: somebody who is not A gets nothing of A's. */
async function asks({ tide, net }, init) {
  const before = net.sent.length;
  const answer = tide.fetch(URL_1, init);
  const call = await net.arrival(before + 1);
  assert.equal(new Headers(call.init?.headers).get("if-none-match"), null, "not even a validator");
  call.answer("B's", { status: 200, headers: FRESH });
  assert.equal(await (await answer).text(), "B's");
}

/** The same, while the backend refuses everything. */
async function nothing({ tide, net }, init) {
  const before = net.sent.length;
  const answer = tide.fetch(URL_1, init);
  const call = await net.arrival(before + 1);
  call.answer("busy", { status: 503 });
  assert.equal((await answer).status, 503);
}

/** Clears, with the time that it may take. */
async function clear({ tide }) {
  let done = false;
  const cleared = tide.clear().then(() => (done = true));
  for (let i = 0; !done && i < 10; i++) {
    await turn();
    pass(mock, 100);
  }
  await cleared;
}

const served = async ({ tide, net }, init) => {
  const asked = net.arrival(net.sent.length + 1).then(() => assert.fail("a request was sent"));
  return (await Promise.race([tide.fetch(URL_1, init), asked])).text();
};

test("a clear empties memory and the store before it resolves", async () => {
  const one = await tab();
  await get(one);
  await settled();
  assert.equal(await served(one), "A's");
  await clear(one);
  assert.deepEqual(box.urls(), []);
  await asks(one);
  one.tide.dispose();
  await asks(await tab());
});

test("a clear as the first thing of a page, and of one that is off, empties the store", async () => {
  for (const mode of ["on", "off"]) {
    const one = await tab();
    const before = box.puts;
    await get(one, `${URL_1}?${mode}`);
    await settled(before + 1);
    one.tide.dispose();
    const two = await tab({ mode });
    await clear(two);
    assert.deepEqual(box.urls(), []);
    two.tide.dispose();
  }
});

test("an answer that comes after the clear is its caller's, and not kept", async () => {
  const one = await tab();
  const answer = one.tide.fetch(URL_1);
  await one.net.arrival(1);
  await clear(one);
  one.net.sent[0].answer("A's", { headers: FRESH });
  assert.equal(await (await answer).text(), "A's");
  await turn();
  await asks(one);
  pass(mock, 1000);
  await turn();
  one.tide.dispose();
  assert.equal(await served(await tab()), "B's");
});

test("one whose body is still being read neither", async () => {
  const one = await tab();
  const answer = one.tide.fetch(URL_1);
  const call = await one.net.arrival(1);
  let body;
  call.resolve(new Response(new ReadableStream({ start: (controller) => (body = controller) }), { headers: FRESH }));
  const response = await answer;
  body.enqueue(new TextEncoder().encode("A"));
  await turn();
  await clear(one);
  body.enqueue(new TextEncoder().encode("'s"));
  body.close();
  assert.equal(await response.text(), "A's");
  await writesNothing();
  await asks(one);
});

test("a confirmation that comes after the clear is its caller's, and nothing is kept", async () => {
  const one = await tab();
  await get(one);
  pass(mock, 700_000);
  const answer = one.tide.fetch(URL_1);
  const call = await one.net.arrival(2);
  await clear(one);
  call.resolve(new Response(null, { status: 304, headers: FRESH }));
  assert.equal(await (await answer).text(), "A's");
  await writesNothing();
  await asks(one);
});

for (const at of ["caches.open", "cache.keys", "cache.match"]) {
  test(`a clear while the store is being read (${at}): who waited for it is dropped, and nothing comes of it`, async () => {
    const before = await tab();
    await get(before);
    await settled();
    before.tide.dispose();
    const one = await tab();
    let go;
    halt((call) => call === at && new Promise((resolve) => ((go = resolve), halt())));
    const answer = one.tide.fetch(URL_1);
    await turn();
    const cleared = one.tide.clear();
    go();
    await assert.rejects(answer, { name: "AbortError" });
    await turn();
    pass(mock, 300);
    await cleared;
    await asks(one);
    assert.equal(one.net.sent.length, 1);
  });
}

for (const at of ["cache.put", "caches.open"]) {
  test(`a clear while the store is being written (${at}): nobody finds it`, async () => {
    let go;
    halt((call) => call === at && new Promise((resolve) => ((go = resolve), halt())));
    const one = await tab();
    const answer = one.tide.fetch(URL_1);
    await turn();
    pass(mock, 600);
    (await one.net.arrival(1)).answer("A's", { headers: FRESH });
    await (await answer).text();
    await turn();
    pass(mock, 1000);
    await turn();
    await clear(one);
    go();
    await turn();
    one.tide.dispose();
    await asks(await tab());
  });
}

test("users are apart without a clear, in memory and in the store, and no name is written", async () => {
  let user = "alice@example.org";
  const options = { user: () => user };
  const one = await tab(options);
  await get(one);
  await settled();
  user = "bob@example.org";
  await asks(one);
  await turn();
  await settled(2);
  one.tide.dispose();
  const opened = [];
  halt((call, what) => call === "caches.open" && void opened.push(what));
  const two = await tab(options);
  assert.equal(await served(two), "B's");
  assert.equal(new Set(opened).size, 1, "only his own is opened");
  user = "alice@example.org";
  assert.equal(await served(two), "A's");
  const text = JSON.stringify([[...box.all].map(([name, entries]) => [name, [...entries].map(([url, { bytes, headers }]) => [url, headers, new TextDecoder().decode(bytes)])]), [...localStorage.items]]);
  assert.ok(text.includes("A's"));
  assert.doesNotMatch(text, /alice|bob|example\.org/);
});

test("users that UTF-8 cannot tell apart are two", async () => {
  let user = "\ud800";
  const one = await tab({ user: () => user });
  await get(one);
  await settled();
  one.tide.dispose();
  user = "\ud801";
  await asks(await tab({ user: () => user }));
});

test("the user at the time of the question counts", async () => {
  let user = "A";
  const one = await tab({ user: () => user });
  const answer = one.tide.fetch(URL_1);
  await turn();
  pass(mock, 100);
  const call = await one.net.arrival(1);
  user = "B";
  call.answer("A's", { headers: FRESH });
  await (await answer).text();
  await turn();
  await settled();
  user = "A";
  assert.equal(await served(one), "A's");
  one.tide.dispose();
  user = "B";
  await nothing(await tab({ user: () => user }));
});

for (const later of ["A", "B"]) test(`what is owed a refresh is asked for anew by whom it was served to, not by somebody else: A, then ${later}`, async () => {
  let user = "A";
  const one = await tab({ user: () => user });
  await get(one, URL_1, { "cache-control": "max-age=1, stale-if-error=9999", etag: '"1"' });
  pass(mock, 5000);
  const post = one.tide.fetch("https://api.example/save", { method: "POST" });
  one.net.sent.at(-1).answer("busy", { status: 503, headers: { "retry-after": "5" } });
  await post;
  assert.equal(await served(one), "A's");
  user = later;
  pass(mock, 60_000);
  await turn();
  assert.equal(one.net.sent.slice(2).filter(({ url }) => url === URL_1).length, later === "A" ? 1 : 0);
});

test("other users' stores are not kept for ever", async () => {
  for (let i = 0; i < 12; i++) {
    const one = await tab({ user: () => `user ${i}` });
    await get(one);
    await settled(i + 1);
    one.tide.dispose();
  }
  assert.ok(box.all.size <= 5, `${box.all.size}`);
});

test("a second tab has forgotten when the clear resolves", async () => {
  const [one, two] = await tabs(2);
  await get(two);
  await settled();
  assert.equal(await served(two), "A's");
  let first = true;
  const cleared = one.tide.clear();
  await turn();
  pass(mock, 100);
  await turn();
  // Nothing that only time brings about was waited for.
  await cleared;
  assert.ok(first);
  await asks(two);
});

test("an answer of A's in a second tab that comes after the clear is kept nowhere", async () => {
  const [one, two] = await tabs(2);
  const sent = two.net.sent.length;
  const answer = two.tide.fetch(URL_1);
  await turn();
  pass(mock, 100);
  const call = await two.net.arrival(sent + 1);
  await clear(one);
  call.answer("A's", { headers: FRESH });
  assert.equal(await (await answer).text(), "A's");
  await writesNothing();
  await asks(two);
  await asks(one);
});

test("a tab that does not answer is not waited for longer than a moment", async () => {
  const [one, two] = await tabs(2);
  await get(two);
  const channels = [...air.open];
  // Frozen: its tasks do not run.
  const listeners = channels.map((each) => each.listeners.splice(0));
  await clear(one);
  channels.forEach((each, place) => each.listeners.push(...listeners[place]));
  // It is seen again.
  page.see(false);
  await asks(two);
});

for (const storage of [undefined, null]) {
  test(`a page that comes back from the back-forward cache serves nothing of who has left (${storage === null ? "without" : "with"} storage)`, async () => {
    const [one, two] = await tabs(2, { cache: {}, ...(storage === null && { storage }) });
    await get(two);
    assert.equal(await served(two), "A's");
    const event = (type) => window.dispatchEvent(Object.assign(new Event(type), { persisted: true }));
    event("pagehide");
    await clear(one);
    event("pageshow");
    await asks(two);
  });
}

test("a page that comes back and nobody has left serves what it had", async () => {
  const one = await tab({ cache: {} });
  await get(one);
  const event = (type) => window.dispatchEvent(Object.assign(new Event(type), { persisted: true }));
  event("pagehide");
  event("pageshow");
  assert.equal(await served(one), "A's");
});

test("a page that comes back sends nothing that waited for who has left", async () => {
  const [one, two] = await tabs(2, { cache: {} });
  const post = two.tide.fetch("https://api.example/save", { method: "POST" });
  two.net.sent.at(-1).answer("busy", { status: 503, headers: { "retry-after": "5" } });
  await post;
  const waiting = two.tide.fetch(URL_1, { tidegate: { deadline: 60_000 } });
  const event = (type) => window.dispatchEvent(Object.assign(new Event(type), { persisted: true }));
  event("pagehide");
  const sent = two.net.sent.length;
  await clear(one);
  event("pageshow");
  await assert.rejects(waiting, { name: "AbortError" });
  pass(mock, 60_000);
  await turn();
  assert.equal(two.net.sent.length, sent);
});

for (const [said, empties] of [['"cache"', true], ['"*"', true], ['"cookies", "cache"', true], ['"storage"', false], ["cache", false]]) {
  test(`Clear-Site-Data: ${said} ${empties ? "empties the cache of every tab; who waits stays" : "does not concern it"}`, async () => {
    const [one, two] = await tabs(2);
    await get(two);
    await get(two, "https://api.example/refused", { "cache-control": "max-age=9" }, "x");
    await settled(2);
    // In the second tab somebody waits, elsewhere.
    const elsewhere = { tidegate: { scope: "elsewhere", deadline: 60_000 } };
    const post = two.tide.fetch("https://api.example/save", { method: "POST", ...elsewhere });
    two.net.sent.at(-1).answer("busy", { status: 503, headers: { "retry-after": "5" } });
    await post;
    const waiting = two.tide.fetch("https://api.example/later", elsewhere);
    const sent = two.net.sent.length;
    await get(one, "https://api.example/logout", { "clear-site-data": said }, "bye");
    await turn();
    assert.equal(box.urls().length, empties ? 0 : 2);
    for (let i = 0; i < 20 && two.net.sent.length === sent; i++) {
      pass(mock, 1000);
      await turn();
    }
    two.net.sent.at(-1).answer("later");
    assert.equal(await (await waiting).text(), "later");
    if (empties) await asks(two);
    else assert.equal(await served(two), "A's");
  });
}

test("Clear-Site-Data while the store is being read: who waits for it goes on, and gets nothing of what was there", async () => {
  const before = await tab();
  await get(before);
  await settled();
  before.tide.dispose();
  const one = await tab();
  let go;
  halt((call) => call === "cache.match" && new Promise((resolve) => ((go = resolve), halt())));
  const answer = one.tide.fetch(URL_1);
  await turn();
  const other = one.tide.fetch("https://api.example/logout");
  (await one.net.arrival(1)).answer("bye", { headers: { "clear-site-data": '"cache"' } });
  await (await other).text();
  go();
  (await one.net.arrival(2)).answer("B's", { headers: FRESH });
  assert.equal(await (await answer).text(), "B's");
});

test("Clear-Site-Data of another origin does not concern it", async () => {
  Object.defineProperty(globalThis, "location", { value: { origin: "https://app.example", href: "https://app.example/" }, configurable: true });
  try {
    const one = await tab();
    await get(one, "https://app.example/me");
    await settled();
    await get(one, "https://api.example/logout", { "clear-site-data": '"*"' }, "bye");
    assert.deepEqual(box.urls(), ["https://app.example/me"]);
  } finally {
    delete globalThis.location;
  }
});
