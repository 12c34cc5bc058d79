// The usual path: nothing is added, nothing is wrapped.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { after, test } from "node:test";
import { BUILDS, fresh, hooked, network, URL_A } from "./kit.mjs";

for (const build of BUILDS) {
  test(`${build}: a lone answer is the platform's own Response`, async () => {
    const { createTidegate } = await fresh(build);
    const net = network();
    const answer = createTidegate({ fetch: net.fetch }).fetch(URL_A);
    const made = (await net.arrival(1)).answer();
    assert.equal(await answer, made);
  });

  test(`${build}: the platform gets the caller's own arguments`, async () => {
    const { createTidegate } = await fresh(build);
    const net = network();
    const { fetch } = createTidegate({ fetch: net.fetch });
    const init = { method: "POST", body: "x", signal: new AbortController().signal, headers: { a: "b" } };
    const answers = [fetch(URL_A, init), fetch(URL_A)];
    assert.equal(net.sent[0].init, init);
    assert.equal(net.sent[0].input, URL_A);
    assert.equal(net.sent[1].init, undefined);
    net.sent.forEach((call) => call.answer());
    await Promise.all(answers);
  });

  test(`${build}: wasm starts with the first use, not with the import or the making`, async () => {
    const { Module } = WebAssembly;
    let compiled = 0;
    WebAssembly.Module = class extends Module { constructor(bytes) { super(bytes); compiled++; } };
    try {
      const { createTidegate } = await fresh(build);
      const net = network();
      const tide = createTidegate();
      tide.on("wait", () => {});
      tide.subscribe(() => {});
      tide.getSnapshot();
      tide.pressure(URL_A);
      assert.equal(compiled, 0);
      const second = createTidegate({ fetch: net.fetch });
      second.fetch(URL_A);
      assert.equal(compiled, 1);
      second.dispose();
    } finally {
      WebAssembly.Module = Module;
    }
  });
}

test("a plain fetch builds no Request, URL or AbortController and reads the clock once to ask, once to settle", async () => {
  const { createTidegate } = await fresh();
  const net = network();
  const { fetch } = createTidegate({ fetch: net.fetch, coalesce: true });
  const warm = fetch(URL_A);
  (await net.arrival(1)).answer();
  await warm;
  const saved = { Request, URL, AbortController, now: Date.now };
  let built = 0;
  let read = 0;
  for (const name of ["Request", "URL", "AbortController"]) globalThis[name] = class { constructor() { built++; } };
  Date.now = () => (read++, saved.now());
  try {
    const answer = fetch(URL_A);
    assert.equal(read, 1);
    net.sent[1].answer();
    await answer;
    assert.equal(built, 0);
    assert.equal(read, 2);
  } finally {
    Date.now = saved.now;
    delete saved.now;
    Object.assign(globalThis, saved);
  }
});

test("relative URLs belong to the page's origin, with and without a base of their own", async () => {
  const { createTidegate } = await fresh();
  const net = network();
  globalThis.location = { href: "https://page.example/app/index.html", origin: "https://page.example" };
  try {
    const tide = createTidegate({ fetch: net.fetch });
    const seen = [];
    for (const input of ["/api", "items", "?q", "//cdn.example/x", new URL("https://url.example/")]) {
      const answer = tide.fetch(input);
      net.sent.at(-1).answer("no", { status: 404 });
      await answer;
    }
    for (const { scope } of tide.getSnapshot().scopes) seen.push(scope);
    globalThis.location = undefined;
    globalThis.document = { baseURI: "https://base.example/x/" };
    const other = createTidegate({ fetch: net.fetch });
    other.fetch("/api");
    after(other.dispose);
    assert.deepEqual(other.getSnapshot().scopes.map((p) => p.scope).concat(seen).sort(), [
      "https://base.example", "https://cdn.example", "https://page.example", "https://url.example",
    ]);
  } finally {
    delete globalThis.location;
    delete globalThis.document;
  }
});

test("keepalive, other schemes, used bodies and mode off go straight to the platform", async () => {
  const asked = [];
  globalThis.straight = (name) => asked.push(name);
  const { createTidegate } = await hooked("straight");
  const net = network();
  const tide = createTidegate({ fetch: net.fetch });
  await tide.ready;
  const used = new Request(URL_A, { method: "POST", body: "x" });
  await used.text();
  tide.fetch(URL_A, { keepalive: true });
  tide.fetch("data:text/plain,x");
  tide.fetch(used);
  tide.setMode("off");
  tide.fetch(URL_A);
  assert.equal(net.sent.length, 4);
  assert.ok(!asked.includes("ask"), asked.join());
  tide.setMode("on");
  tide.fetch(URL_A);
  assert.ok(asked.includes("ask"));
  tide.dispose();
});

test("what the platform refuses is refused by a rejection, never by an exception", async () => {
  const { createTidegate } = await fresh();
  const tide = createTidegate();
  await assert.rejects(tide.fetch("http://"), TypeError);
  await assert.rejects(tide.fetch({ toString() { throw new Error("mine"); } }), /mine/);
  for (const coalesce of [true, false]) {
    await assert.rejects(createTidegate({ coalesce }).fetch(URL_A, { signal: {} }), TypeError);
  }
  const throwing = createTidegate({ fetch: () => { throw new Error("stub"); } });
  await assert.rejects(throwing.fetch(URL_A), /stub/);
  assert.equal(throwing.getSnapshot().inFlight, 0);
});

test("what the platform never sends is no dropped connection: refused at once, once, and nobody's evidence", async () => {
  const { createTidegate } = await fresh();
  let calls = 0;
  const tide = createTidegate({ fetch: (...args) => (calls++, fetch(...args)) });
  const unfit = [{ method: "CONNECT" }, { body: "a" }, { headers: { "a b": "c" } }, { mode: "navigate" }, { redirect: "up" }];
  for (let round = 0; round < 3; round++) {
    for (const init of unfit) await assert.rejects(tide.fetch(URL_A, init), TypeError);
    await assert.rejects(tide.fetch("https://user:word@api.example/"), TypeError);
  }
  assert.equal(calls, 18);
  assert.deepEqual(tide.getSnapshot().scopes.map(({ value, closedUntil }) => [value, closedUntil]), [[0, null]]);
  tide.dispose();
});

test("an opaque answer is an answer", async () => {
  const { createTidegate } = await fresh();
  const opaque = { status: 0, type: "opaque", headers: new Headers(), body: null };
  const tide = createTidegate({ fetch: async () => opaque, breaker: { trip: 0.1 } });
  for (let i = 0; i < 30; i++) assert.equal(await tide.fetch(URL_A), opaque);
  assert.equal(tide.pressure("https://api.example").state, "nominal");
});

test("a real server sees the request as it would without tidegate", async (t) => {
  const seen = [];
  const server = createServer((request, response) => {
    seen.push({ method: request.method, url: request.url, headers: request.headers });
    response.end("ok");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { createTidegate } = await fresh();
  const url = `http://127.0.0.1:${server.address().port}/a?b=c#d`;
  const init = { headers: { "x-own": "1", connection: "close" } };
  await (await fetch(url, init)).text();
  await (await createTidegate().fetch(url, init)).text();
  assert.deepEqual(seen[0], seen[1]);
});
