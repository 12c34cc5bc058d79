// What of a response crosses to the core, and readHints.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BUILDS, fresh, hooked, network, URL_A } from "./kit.mjs";
import { bodyOf, cases, same } from "../support/vectors.mjs";

for (const build of BUILDS) {
  test(`${build}: readHints reads every vector, from pairs, a record, Headers and a Response alike`, async () => {
    const { readHints } = await fresh(build);
    assert.ok(cases.length > 50);
    for (const each of cases) {
      const { id, status, headers, expect, now_ms: now } = each;
      const body = bodyOf(each);
      const record = {};
      for (const [name, value] of headers) Object.hasOwn(record, name) ? (record[name] = [record[name], value].flat()) : (record[name] = value);
      const forms = [headers, record];
      try {
        forms.push(new Headers(headers));
      } catch {
        // The platform would not let such a value in.
      }
      for (const form of forms) same(readHints({ status, headers: form, body }, { now }), expect, id);
      if (typeof body === "string") same(readHints({ status, headers, body: new TextEncoder().encode(body) }, { now }), expect, id);
      if (!body && forms[2] && status >= 200 && status < 600) {
        const none = [204, 205, 304].includes(status) ? null : "";
        same(readHints(new Response(none, { status, headers: forms[2] }), { now }), expect, id);
      }
    }
  });

  test(`${build}: hintHeaders is a frozen list of lower-case names`, async () => {
    const { hintHeaders } = await fresh(build);
    assert.ok(Object.isFrozen(hintHeaders) && hintHeaders.includes("retry-after") && hintHeaders.includes("ratelimit"));
    assert.ok(hintHeaders.every((name) => /^[a-z0-9-]+$/.test(name)));
  });
}

test("readHints takes anything a response may hold", async () => {
  const { readHints } = await fresh();
  for (const headers of [{}, null, undefined, { "retry-after": null }, { "retry-after": {} }, { "retry-after": "x".repeat(1e6) }, { "retry-after": "5\r\nx-injected: 1" }, { "ratelimit": "\"ü\";r=1" }, { ["__proto__"]: "5" }]) {
    const { quotas } = readHints({ status: 503, headers });
    assert.ok(Array.isArray(quotas));
  }
  assert.equal({}.limit, undefined);
});

/** Counts how its headers are looked at. */
function spied(status, fields) {
  const headers = new Headers(fields);
  const seen = { all: 0, get: [] };
  return {
    seen,
    response: {
      status,
      headers: { [Symbol.iterator]: () => (seen.all++, headers[Symbol.iterator]()), get: (name) => (seen.get.push(name), headers.get(name)) },
    },
  };
}

test("header names are learned: all on the first success, on failures and on every 32nd success; else those found before; text crosses when it changed", async () => {
  const crossed = [];
  globalThis.learned = (name, args) => name === "settle" && crossed.push(args[5]);
  const { createTidegate } = await hooked("learned");
  let next;
  const tide = createTidegate({ fetch: async () => next.response, retry: false });
  const fetch = async (status, fields) => {
    next = spied(status, fields);
    await tide.fetch(URL_A);
    return [next.seen.all, next.seen.get, crossed.at(-1) > 0];
  };
  const quiet = { "x-a": "1", date: "now" };
  const quota = { ...quiet, "ratelimit-limit": "10", "ratelimit-remaining": "9" };
  assert.deepEqual(await fetch(200, quiet), [1, [], false], "the first: all, and the clock alone does not cross");
  assert.deepEqual(await fetch(200, quota), [0, [], false], "nothing was found: nothing is read");
  for (let i = 3; i <= 32; i++) await fetch(200, quota);
  assert.deepEqual((await fetch(200, quota))[0], 1, "the 32nd after the first");
  assert.deepEqual(await fetch(200, quota), [0, ["ratelimit-limit", "ratelimit-remaining"], false], "known, and unchanged");
  assert.deepEqual(await fetch(200, { ...quota, "ratelimit-remaining": "8" }), [0, ["ratelimit-limit", "ratelimit-remaining", "date", "age"], true], "changed");
  for (const status of [202, 304, 404, 503]) {
    const [all, , across] = await fetch(status, { "retry-after": "0" });
    assert.deepEqual([all, across], [1, true], `${status} always`);
  }
  tide.dispose();
});

test("a name that only looks like a hint crosses too, a value too long crosses as too long, and other headers never do", async () => {
  const texts = [];
  globalThis.text = (name, args) => name === "settle" && args[5] && texts.push(args[5]);
  const { createTidegate } = await hooked("text");
  const tide = createTidegate({ fetch: async () => response, retry: false });
  let response = new Response("", { headers: { "zendesk-ratelimit-tickets": "total=1", "x-secret": "s", "set-cookie": "c=1" } });
  await tide.fetch(URL_A);
  assert.deepEqual(texts, ["zendesk-ratelimit-tickets: total=1\n".length]);
  response = new Response("", { status: 503, headers: { "retry-after": "9".repeat(20_000) } });
  await tide.fetch(URL_A);
  assert.deepEqual(texts[1], "retry-after: ".length + 8193 + 1);
  tide.dispose();
});

for (const build of BUILDS) {
  test(`${build}: what a Backpressure field asks for is told as advice, and nothing when there is none`, async () => {
    const { readHints } = await fresh(build);
    const read = (backpressure) => readHints({ status: 200, headers: { backpressure } }).advice;
    assert.deepEqual(read('state=serious, share=0.5, batch=20, off=("search" wide), for=5'), { state: "serious", share: 0.5, batch: 20, off: ["search", "wide"], forMs: 5000 });
    assert.deepEqual(read("share=2"), { state: null, share: 2, batch: null, off: null, forMs: 10_000 });
    assert.deepEqual(read("off=()").off, []);
    assert.equal(read("?"), undefined);
    assert.equal("advice" in readHints({ status: 503, headers: {} }), false);
    const { field, malformed } = readHints({ status: 503, headers: { "retry-after": "3, x" } });
    assert.deepEqual([field, malformed], build === "dev.js" ? ["retry-after", 1] : [undefined, undefined]);
  });
}

test("a word that holds for a while only crosses again when it is said again; one that stays true does not", async () => {
  const crossed = [];
  globalThis.again = (name, args) => name === "settle" && crossed.push(args[5] > 0);
  const { createTidegate } = await hooked("again");
  for (const [field, value, again] of [["backpressure", "share=0.5", true], ["endpoint-load-metrics", "TEXT cpu_utilization:0.9", true], ["x-ms-throttle-limit-percentage", "0.9", true], ["ratelimit", '"a";r=5', false]]) {
    const tide = createTidegate({ fetch: async () => new Response("", { headers: { [field]: value } }) });
    for (let turn = 0; turn < 3; turn++) await tide.fetch(URL_A);
    assert.deepEqual(crossed.splice(0), [true, again, again], field);
    tide.dispose();
  }
});

test("readHints reads the same when the core's memory has grown between two readings", async () => {
  const memories = [];
  const { Instance } = WebAssembly;
  WebAssembly.Instance = class extends Instance {
    constructor(...args) {
      super(...args);
      memories.push(this.exports.memory);
    }
  };
  const { readHints } = await fresh();
  const read = () => readHints({ status: 429, headers: { "retry-after": "3", ratelimit: '"a";r=1;t=9' } }, { now: 0 });
  const first = read();
  WebAssembly.Instance = Instance;
  assert.deepEqual([first.waitMs, first.quotas.length], [3000, 1]);
  const { buffer } = memories[0];
  const many = Array.from({ length: 1000 }, (_, place) => [`x-ratelimit-limit-name-${place}`, "7"]);
  assert.equal(readHints({ status: 200, headers: many }).quotas.length, 256);
  assert.notEqual(memories[0].buffer, buffer, "it has grown");
  assert.deepEqual(read(), first);
});

test("names beyond ASCII come over whole, each at its own place", async () => {
  const { readHints } = await fresh();
  const names = ["\u00e9", "abc", "\u{1f600}\u00ff", "z"];
  const { quotas } = readHints({ status: 200, headers: names.map((name) => [`x-ratelimit-limit-${name}`, "5"]) });
  // A byte is a character, as Fetch hands values out.
  assert.deepEqual(quotas.map(({ name, unit }) => [name, unit]), names.map((name) => [Buffer.from(name).toString("latin1"), "requests"]));
});
