// A healthy server cannot tell whether tidegate is there.
import assert from "node:assert/strict";
import { claim, claimOfBoth } from "../support/browser.mjs";
import { serve } from "../support/server.mjs";

/** What the server saw of a request: all of it. */
const seenBy = (backend) => backend.hits.map(({ method, path, headers }) => ({ method, path, headers: pairs(headers) }));
const pairs = (raw) => raw.reduce((all, text, i) => (i % 2 ? (all.at(-1).push(text), all) : [...all, [text]]), []);

// Runs in the page: one after the other, so that the order is the page's.
async function everyKind(ours, origin) {
  const send = ours ? tidegate.createTidegate().fetch : platformFetch;
  const file = new Blob(["abc"], { type: "text/plain" });
  const form = new URLSearchParams({ a: "1" });
  const requests = [
    ["/get?a=1&b=%20#fragment"],
    ["get/relative"],
    [new URL("/by-url", location.href)],
    [new Request("/by-request", { headers: { "x-of": "request" } })],
    [new Request("/by-request-with-body", { method: "POST", body: "text" })],
    ["/headers", { headers: { "X-Mine": "1", accept: "text/plain" } }],
    ["/head", { method: "HEAD" }],
    ["/post", { method: "POST", body: "text" }],
    ["/post-json", { method: "post", headers: { "content-type": "application/json" }, body: "{}" }],
    ["/post-form", { method: "POST", body: form }],
    ["/put", { method: "PUT", body: file }],
    ["/patch", { method: "PATCH", body: new Uint8Array([1, 2]) }],
    ["/delete", { method: "DELETE" }],
    ["/custom", { method: "REPORT" }],
    ["/cache", { cache: "no-store" }],
    ["/credentials", { credentials: "omit" }],
    ["/referrer", { referrerPolicy: "no-referrer" }],
    ["/priority", { priority: "high" }],
    ["/low", { priority: "low" }],
    ["/keepalive", { keepalive: true, method: "POST", body: "text" }],
    ["/options-of-ours", { tidegate: { priority: "background", label: "x", deadline: 100 } }],
  ];
  for (const [input, init] of requests) {
    const target = origin && (typeof input === "string" || input instanceof URL) ? new URL(input, `${origin}/`).href : input;
    const response = await send(target, init);
    if (!response.ok) throw new Error(`${response.status} for ${target}`);
    await response.text();
  }
  return requests.length;
}

claimOfBoth("same origin: the same requests, header by header, in the same order", async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(200, { ratelimit: '"a";r=50;t=30', "ratelimit-policy": '"a";q=100;w=60' });
  const count = await page.evaluate(everyKind, false, "");
  const bare = seenBy(backend);
  backend.hits.length = 0;
  await page.evaluate(everyKind, true, "");
  assert.equal(bare.length, count);
  assert.deepEqual(seenBy(backend), bare);
});

claim("cross-origin: no preflight that would not be there without", async ({ page, backend }) => {
  const other = await serve();
  try {
    // Requests that are objects carry the page's own origin.
    backend.handle = (hit) => hit.answer(200);
    const open = { "access-control-allow-origin": "*", "access-control-max-age": "0", "access-control-allow-methods": "PUT, PATCH, DELETE, REPORT", "access-control-allow-headers": "content-type, x-mine" };
    other.handle = (hit) => hit.answer(hit.method === "OPTIONS" ? 204 : 200, open, hit.method === "OPTIONS" ? null : "ok");
    await page.evaluate(everyKind, false, other.origin);
    const bare = seenBy(other);
    other.hits.length = 0;
    await page.evaluate(everyKind, true, other.origin);
    assert.deepEqual(seenBy(other), bare);
    const preflights = bare.filter(({ method }) => method === "OPTIONS").map(({ path }) => path);
    assert.ok(!preflights.includes("/get?a=1&b=%20") && !preflights.includes("/post") && preflights.includes("/put"), "simple requests stay simple");
  } finally {
    await other.close();
  }
});

claimOfBoth("one hundred at once, of all priorities: each that a human waits for is sent in the tick in which it is asked, in order; background work follows", async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(200);
  const { order, events, asked } = await page.evaluate(async () => {
    const order = [];
    const platform = globalThis.fetch;
    const tide = tidegate.createTidegate({ fetch: (input, init) => (order.push(input), platform(input, init)) });
    const events = [];
    for (const type of ["wait", "shed", "retry"]) tide.on(type, (event) => events.push([type, event.reason]));
    const asked = [];
    const answers = Array.from({ length: 100 }, (_, i) => {
      const url = `/api/${i}`;
      asked.push(url);
      return tide.fetch(url, { priority: ["high", "auto", "low"][i % 3], method: i % 7 ? "GET" : "POST" });
    });
    const sent = [...order];
    for (const response of await Promise.all(answers)) await response.text();
    return { order: sent, events, asked };
  });
  // What is unsafe is never background by itself.
  const background = (_, i) => i % 3 === 2 && i % 7 !== 0;
  assert.deepEqual(order, asked.filter((url, i) => !background(url, i)));
  assert.deepEqual(events, asked.filter(background).map(() => ["wait", "concurrency"]));
  assert.equal(backend.hits.length, 100);
});

claim("a hundred requests against a quota that never moves are not slowed", async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(200, { ratelimit: '"a";r=57;t=31', "ratelimit-policy": '"a";q=100;w=60' });
  const events = await page.evaluate(async () => {
    const tide = tidegate.createTidegate();
    const events = [];
    for (const type of ["wait", "shed"]) tide.on(type, (event) => events.push([type, event.reason]));
    for (let i = 0; i < 100; i++) await (await tide.fetch(`/api?${i}`)).text();
    return events;
  });
  assert.deepEqual(events, []);
  assert.equal(backend.hits.length, 100);
});

claim("the lone answer is the platform's own Response: url, type, redirected, identity", async ({ page, backend }) => {
  backend.handle = (hit) => (hit.path === "/from" ? hit.answer(302, { location: "/to?x=1" }) : hit.answer(200, { "x-mine": "yes" }, "body"));
  const seen = await page.evaluate(async () => {
    let own;
    const platform = globalThis.fetch;
    const tide = tidegate.createTidegate({ fetch: async (...args) => (own = await platform(...args)) });
    const response = await tide.fetch("/from", { signal: new AbortController().signal });
    const { url, type, redirected, status, statusText, bodyUsed } = response;
    return { same: response === own, real: response instanceof Response, url, type, redirected, status, statusText, bodyUsed, header: response.headers.get("x-mine"), text: await response.text() };
  });
  assert.deepEqual(seen, { same: true, real: true, url: `${backend.origin}/to?x=1`, type: "basic", redirected: true, status: 200, statusText: "OK", bodyUsed: false, header: "yes", text: "body" });
});

claim("a streaming answer is handed over at its headers and read chunk by chunk", async ({ page, backend }) => {
  backend.handle = (hit) => {
    if (hit.path === "/stream") hit.response.writeHead(200, { "content-type": "text/event-stream" }).write("one");
    else {
      hit.answer(200);
      const { response } = backend.of("/stream")[0];
      if (hit.path === "/read/one") response.write("two");
      else response.end("three");
    }
  };
  const chunks = await page.evaluate(async () => {
    const tide = tidegate.createTidegate();
    const reader = (await tide.fetch("/stream")).body.pipeThrough(new TextDecoderStream()).getReader();
    const chunks = [];
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return chunks;
      chunks.push(value);
      // The server sends the next one only when it hears that this one was read.
      if (chunks.length < 3) await platformFetch(`/read/${value}`);
    }
  });
  assert.deepEqual(chunks, ["one", "two", "three"]);
});

claim("what the platform refuses is refused as the platform does", async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(200);
  const both = await page.evaluate(async () => {
    const { fetch } = tidegate.createTidegate();
    const used = new Request("/x", { method: "POST", body: "a" });
    await used.text();
    const cases = [["http://"], ["/x", { method: "CONNECT" }], ["/x", { body: "a" }], ["/x", { headers: { "a b": "c" } }], ["http://user:pass@127.0.0.1/"], [used], ["/x", { mode: "navigate" }], ["ftp://x/"], [Symbol("x")], ["/x", { signal: {} }]];
    const all = [];
    for (const args of cases) {
      const outcome = async (send) => {
        try {
          const promise = send(...args);
          return await promise.then(() => "answered", (error) => `rejected ${error?.constructor?.name}`);
        } catch (error) {
          return `threw ${error?.constructor?.name}`;
        }
      };
      all.push([await outcome(fetch), await outcome(platformFetch)]);
    }
    return all;
  });
  for (const [ours, platforms] of both) assert.equal(ours, platforms);
});

claim("taken off its object, and as globalThis.fetch: data:, blob: and relative URLs work", async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(200, {}, hit.path);
  const texts = await page.evaluate(async () => {
    globalThis.fetch = tidegate.createTidegate().fetch;
    const blob = URL.createObjectURL(new Blob(["blob"]));
    return Promise.all(["data:,data", blob, "relative", "/absolute", location.origin].map(async (url) => (await fetch(url)).text()));
  });
  assert.deepEqual(texts, ["data", "blob", "/relative", "/absolute", "/"]);
});
