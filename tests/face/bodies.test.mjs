// Bodies: read from a copy, bounded in bytes and in time, and never at the caller's cost.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { fresh, holdTime, network, standing, URL_A } from "./kit.mjs";

const JSON_TYPE = { "content-type": "application/json" };
const RETRY_INFO = JSON.stringify({
  error: { code: 429, status: "RESOURCE_EXHAUSTED", details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "30s" }] },
});

/** An instance on a network of its own, in its own copy of the package. */
async function page(options = {}, entry) {
  const { createTidegate } = await fresh(entry);
  const net = network();
  return { net, tide: createTidegate({ fetch: net.fetch, ...options }) };
}

/** What `wait` tells, for the next request to `url`. */
async function told(tide, url = URL_A, method = "GET") {
  const waits = [];
  const off = tide.on("wait", (event) => waits.push(event));
  const control = new AbortController();
  tide.fetch(url, { method, signal: control.signal, tidegate: { deadline: 600_000 } }).catch(() => {});
  control.abort();
  off();
  return waits[0];
}

test("a wait that only the body of a refusal tells is obeyed, and the caller gets the platform's own Response, whole", async () => {
  const { net, tide } = await page({ retry: false });
  const first = tide.fetch(URL_A);
  const own = net.sent[0].answer(RETRY_INFO, { status: 429, headers: JSON_TYPE });
  const got = await first;
  assert.equal(got, own);
  assert.equal(got.bodyUsed, false);
  assert.equal(await got.text(), RETRY_INFO);
  const { reason, until } = await told(tide);
  assert.equal(reason, "retry-after");
  assert.ok(until > Date.now() + 29_000, "thirty seconds");
  tide.dispose();
});

test("a request that is held is held by its body's time", async () => {
  const { net, tide } = await page({ deadline: 60_000 });
  const waits = [];
  tide.on("retry", (event) => waits.push(event));
  const answer = tide.fetch(URL_A);
  net.sent[0].answer(RETRY_INFO, { status: 429, headers: JSON_TYPE });
  while (!waits.length) await new Promise(setImmediate);
  assert.ok(waits[0].at > Date.now() + 29_000);
  await tide.clear();
  await assert.rejects(answer, { name: "AbortError" });
  tide.dispose();
});

test("the server's word against trying again counts when only the body says it", async () => {
  const { net, tide } = await page();
  const answer = tide.fetch(URL_A);
  net.sent[0].answer('{"error":{"code":"insufficient_quota"}}', { status: 429, headers: JSON_TYPE });
  assert.equal((await answer).status, 429);
  assert.equal(net.sent.length, 1);
  tide.dispose();
});

test("a body without an end keeps its refusal for half a second, and is read no further", async () => {
  holdTime(mock);
  const { createTidegate } = await fresh();
  let cancelled = 0;
  const endless = new ReadableStream({ start: (to) => to.enqueue(new Uint8Array(10)), cancel: () => void cancelled++ });
  const response = new Response(endless, { status: 503, headers: JSON_TYPE });
  const tide = createTidegate({ fetch: async () => response, retry: false });
  const answer = tide.fetch(URL_A);
  assert.equal(await standing(answer), "pending");
  mock.timers.tick(500);
  assert.equal(await standing(answer), "resolved");
  assert.equal(await answer, response);
  assert.equal(cancelled, 0, "the caller may still read");
  await response.body.cancel();
  assert.equal(cancelled, 1, "and nobody else does");
  tide.dispose();
  mock.timers.reset();
});

test("of a body of a hundred megabytes no more than 64 KiB are read for us, and it says nothing", async () => {
  const { createTidegate } = await fresh();
  let made = 0;
  const chunk = new TextEncoder().encode(" ".repeat(16_384));
  const stream = new ReadableStream({ pull: (to) => void (made++ < 6_400 ? to.enqueue(chunk) : to.close()) });
  const tide = createTidegate({ fetch: async () => new Response(stream, { status: 400, headers: JSON_TYPE }), retry: false });
  const got = await tide.fetch(URL_A);
  assert.ok(made <= 8, `${made} chunks of 16 KiB`);
  assert.equal(tide.pressure(URL_A).state, "nominal");
  await got.body.cancel();
  tide.dispose();
});

test("a body said to be too long, one of another type, and those of HEAD and of run are not touched", async () => {
  const untouched = (init) => Object.assign(new Response("x", init), { clone: () => assert.fail("copied") });
  for (const [method, init] of [
    ["GET", { status: 503, headers: { ...JSON_TYPE, "content-length": "65537" } }],
    ["GET", { status: 503, headers: { "content-type": "text/html" } }],
    ["GET", { status: 503, headers: { "content-type": "video/mp4" } }],
    ["HEAD", { status: 503, headers: JSON_TYPE }],
    ["GET", { status: 200, headers: { ...JSON_TYPE, "content-length": "2" } }],
    ["POST", { status: 200, headers: { ...JSON_TYPE, "content-length": "2" } }],
    ["POST", { status: 200, headers: { "content-type": "application/graphql-response+json" } }],
    ["POST", { status: 200, headers: { "content-type": "text/event-stream", "content-length": "2" } }],
  ]) {
    const { createTidegate } = await fresh();
    const response = untouched(init);
    const tide = createTidegate({ fetch: async () => response, retry: false });
    assert.equal(await tide.fetch(URL_A, { method }), response);
    assert.equal(await tide.run(() => response), response);
    tide.dispose();
  }
});

test("a GraphQL success that refuses closes its route for those who come after, and keeps nobody waiting", async () => {
  const url = "https://api.example/graphql";
  const body = JSON.stringify({ data: null, errors: [{ extensions: { code: "THROTTLED" } }] });
  for (const [where, type] of [[url, "application/json"], [URL_A, "application/graphql-response+json"]]) {
    const { net, tide } = await page();
    const first = tide.fetch(where, { method: "POST", body: "{}" });
    const response = net.sent[0].answer(body, { status: 200, headers: { "content-type": type, "content-length": `${body.length}` } });
    assert.equal(await standing(first), "resolved");
    assert.equal(await first, response);
    assert.equal(await response.text(), body);
    while (tide.pressure(where).state === "nominal") await new Promise(setImmediate);
    assert.equal((await told(tide, where, "POST")).reason, "overload");
    tide.dispose();
  }
});

test("an abort while a refusal's body is read rejects with the caller's own reason, and settles the request", async () => {
  const { net, tide } = await page({ coalesce: false });
  const control = new AbortController();
  const answer = tide.fetch(URL_A, { signal: control.signal });
  net.sent[0].answer(null, { status: 400, headers: JSON_TYPE });
  assert.equal(await standing(answer), "pending");
  const why = new Error("enough");
  control.abort(why);
  await assert.rejects(answer, (error) => error === why);
  assert.equal(tide.getSnapshot().inFlight, 0);
  tide.dispose();
});

test("whatever of a copy fails, at every step, the answer is handed over", async () => {
  const steps = {
    clone: (response) => (response.clone = () => { throw new Error("clone"); }),
    reader: (response) => (response.clone = () => ({ body: { getReader: () => { throw new Error("reader"); } } })),
    read: (response) => (response.clone = () => ({ body: { getReader: () => ({ read: async () => { throw new Error("read"); }, cancel: async () => {} }) } })),
    later: (response) => {
      let turn = 0;
      const read = async () => { if (turn++) throw new Error("later"); return { value: new Uint8Array(3) }; };
      response.clone = () => ({ body: { getReader: () => ({ read, cancel: async () => { throw new Error("cancel"); } }) } });
    },
    body: (response) => Object.defineProperty(response, "body", { get: () => { throw new Error("body"); } }),
  };
  for (const [step, damage] of Object.entries(steps)) {
    const { createTidegate } = await fresh();
    const response = new Response("{}", { status: 400, headers: JSON_TYPE });
    damage(response);
    const tide = createTidegate({ fetch: async () => response });
    assert.equal(await tide.fetch(URL_A), response, step);
    assert.equal(tide.getSnapshot().inFlight, 0, step);
    tide.dispose();
  }
});

for (const build of ["index.js", "dev.js"]) {
  test(`${build}: the hint event tells what was read and where, of fields and of bodies, and is silent when nothing was said`, async () => {
    const { net, tide } = await page({ retry: false }, build);
    const events = [];
    tide.on("hint", (event) => events.push(event));
    const answers = [
      ["ok", { status: 200, headers: { ratelimit: '"a";r=5;t=9' } }],
      ["no", { status: 404 }],
      ["ok", { status: 200 }],
      [RETRY_INFO, { status: 400, headers: JSON_TYPE }],
    ];
    for (const [place, [body, init]] of answers.entries()) {
      const answer = tide.fetch(`https://api.example/${place}/x`, { tidegate: { label: `n${place}` } });
      net.sent[place].answer(body, init);
      await answer;
    }
    assert.deepEqual(events.map(({ field, label, scope }) => [field, label, scope]), [
      ["ratelimit", "n0", "https://api.example"],
      ["error.details[].retryDelay", "n3", "https://api.example"],
    ]);
    assert.equal(events[0].hints.quotas[0].remaining, 5);
    assert.equal(events[1].hints.waitMs, 30_000);
    tide.dispose();
  });
}

test("a throttle whose hints CORS hides is told once a scope, with the line that would show them", async () => {
  const { createTidegate } = await fresh();
  let answer;
  const tide = createTidegate({ fetch: async () => answer, retry: false });
  const events = [];
  tide.on("unexposed", (event) => events.push(event));
  const hidden = (init, type = "cors") => Object.defineProperty(new Response("x", init), "type", { value: type });
  for (const [place, response] of [
    hidden({ status: 429 }, "basic"),
    hidden({ status: 429, headers: { "retry-after": "0" } }),
    hidden({ status: 500 }),
    hidden({ status: 200 }),
    hidden({ status: 429 }),
    hidden({ status: 503 }),
  ].entries()) {
    answer = response;
    await tide.fetch(`https://api.example/${place}/x`, { method: "POST" });
  }
  assert.equal(events.length, 1);
  const [{ scope, status, advice }] = events;
  assert.deepEqual([scope, status], ["https://api.example", 429]);
  assert.match(advice, /^Access-Control-Expose-Headers: (\w[\w-]*, )*Retry-After\b.*$/);
  tide.dispose();
});

test("Server-Timing, where the application names its metrics, tells a wait and a load that headers do not", async () => {
  const observers = [];
  const before = globalThis.PerformanceObserver;
  globalThis.PerformanceObserver = class {
    constructor(tell) { this.tell = tell; observers.push(this); }
    observe(what) { this.what = what; }
    disconnect() { this.gone = true; }
  };
  try {
    const { net, tide } = await page({ retry: false, serverTiming: { wait: "back", load: "util" } });
    const entry = (name, serverTiming) => observers[0].tell({ getEntries: () => [{ name, serverTiming }] });
    const first = tide.fetch(URL_A);
    net.sent[0].answer("no", { status: 503 });
    await first;
    assert.deepEqual(observers[0].what, { type: "resource" });
    entry("https://other.example/", [{ name: "back", duration: 60_000 }]);
    entry(URL_A, [{ name: "db", duration: 60_000 }, { name: "back", duration: 30_000 }]);
    assert.ok((await told(tide)).until > Date.now() + 29_000);
    entry(URL_A, [{ name: "back", duration: 300_000 }]);
    assert.ok((await told(tide)).until < Date.now() + 60_000, "one entry for one answer");
    tide.dispose();
    assert.ok(observers[0].gone);
    const plain = await page();
    void plain.tide.fetch(URL_A);
    assert.equal(observers.length, 1, "nobody looks who named nothing");
    plain.tide.dispose();
  } finally {
    globalThis.PerformanceObserver = before;
  }
});
