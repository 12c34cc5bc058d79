// Fail open: whatever happens to the core, requests go through.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { readFile } from "node:fs/promises";
import { ether, fresh, holdTime, hooked, network, NUMERIC, shelf, standing, URL_A } from "./kit.mjs";

let warned;
beforeEach(() => (warned = mock.method(console, "warn", () => {})));
afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

const busy = { status: 503, headers: { "retry-after": "1" } };

/** Uses all that reaches the core; what is sent is refused first and served later. Time is the test's. */
async function everything({ createTidegate, readHints }, net, options) {
  const air = ether();
  const tide = createTidegate({ fetch: net.fetch, coalesce: true, cache: {}, deadline: 60_000, storage: shelf(), channel: "c", ...options });
  const errors = [];
  for (const kind of ["pressure", "wait", "shed", "retry", "coalesced", "stale"]) tide.on(kind, () => {});
  tide.on("error", (event) => errors.push(event));
  const answers = [tide.fetch(URL_A), tide.fetch(URL_A), tide.run(() => 1)];
  const ends = Promise.all(answers);
  net.sent.forEach((call) => call.answer("busy", busy));
  for (let step = 0, answered = net.sent.length; step < 20; step++) {
    assert.notEqual(await standing(ends), "rejected");
    mock.timers.tick(500);
    for (; answered < net.sent.length; answered++) net.sent[answered].answer("ok");
  }
  for (const answer of await ends) assert.ok(answer === 1 || [200, 503].includes(answer.status));
  const refused = new Response("{}", { headers: { "content-type": "application/graphql-response+json", "content-length": "2" } });
  const query = tide.fetch(`${URL_A}&q`, { method: "POST" });
  net.sent.at(-1).resolve(refused);
  await query;
  // The copy of its body is read behind its back.
  for (let turn = 0; turn < 50; turn++) await null;
  for (let times = 0; times < 2; times++) {
    const before = net.sent.length;
    const kept = tide.fetch(`${URL_A}&kept`);
    if (net.sent.length > before) net.sent.at(-1).answer("kept", { headers: { "cache-control": "max-age=60" } });
    await (await kept).text();
    for (let turn = 0; turn < 50; turn++) await null;
  }
  const post = tide.fetch(`${URL_A}&x`, { method: "POST" });
  net.sent.at(-1).answer("busy", { status: 503, headers: { "retry-after": "90" } });
  await post;
  await tide.fetch(URL_A);
  tide.setMode("observe");
  tide.setMode("on");
  readHints({ status: 503, headers: { "retry-after": "1" } });
  tide.pressure("https://api.example");
  tide.getSnapshot();
  void tide.feature("x", { scope: "https://api.example" }).enabled;
  tide.asyncDebounce(() => 1, 1, { scope: "https://api.example" });
  air.post("c", "what is no message");
  await tide.clear();
  tide.reset();
  air.restore();
  return { tide, errors };
}

for (const broken of ["initSync", ...NUMERIC]) {
  test(`a trap in ${broken}: one warning, one event, the platform's answer, and never called again`, async () => {
    const hook = `trap_${broken}`;
    const after = [];
    let reached = 0;
    globalThis[hook] = (name) => {
      if (reached) after.push(name);
      if (name !== broken) return;
      reached++;
      throw new WebAssembly.RuntimeError("unreachable");
    };
    holdTime(mock);
    const net = network();
    const { tide, errors } = await everything(await hooked(hook), net, { pace: true });
    assert.equal(reached, 1);
    assert.deepEqual(after, []);
    assert.equal(errors.length, 1);
    assert.equal(warned.mock.callCount(), 1);
    assert.equal(await tide.ready, "fallback");
    assert.equal(tide.getSnapshot().ready, "fallback");
    const later = tide.fetch(`${URL_A}&later`, { method: "POST" });
    const response = net.sent.at(-1).answer("as it is");
    assert.equal(await later, response);
    tide.dispose();
  });
}

test("the same without a trap: no warning, no event", async () => {
  holdTime(mock);
  const { tide, errors } = await everything(await hooked("healthy"), network());
  assert.deepEqual(errors, []);
  assert.equal(warned.mock.callCount(), 0);
  assert.equal(await tide.ready, "wasm");
});

test("damaged bytes: the platform's answer", async () => {
  const { createTidegate } = await hooked("damaged", "x".repeat(500));
  const net = network();
  const tide = createTidegate({ fetch: net.fetch });
  const answer = tide.fetch(URL_A);
  const response = net.sent[0].answer();
  assert.equal(await answer, response);
  assert.equal(await tide.ready, "fallback");
  assert.equal(warned.mock.callCount(), 1);
});

for (const build of ["index.js", "dev.js"]) {
  test(`${build}: WebAssembly blocked or missing`, async () => {
    const saved = globalThis.WebAssembly;
    try {
      for (const blocked of [undefined, { Module: class { constructor() { throw new EvalError("CSP"); } }, RuntimeError: saved.RuntimeError }]) {
        const { createTidegate, readHints } = await fresh(build);
        globalThis.WebAssembly = blocked;
        const net = network();
        const tide = createTidegate({ fetch: net.fetch, deadline: 1 });
        const answer = tide.fetch(URL_A);
        net.sent[0].answer();
        assert.equal((await answer).status, 200);
        assert.equal(await tide.ready, "fallback");
        assert.deepEqual(readHints({ status: 503, headers: { "retry-after": "1" } }).quotas, []);
        globalThis.WebAssembly = saved;
      }
    } finally {
      globalThis.WebAssembly = saved;
    }
  });
}

test("who waits when the core dies leaves one by one, in order", async () => {
  let trap = false;
  globalThis.spaced = (name) => {
    if (trap && name === "ask") throw new WebAssembly.RuntimeError("unreachable");
  };
  holdTime(mock);
  const { createTidegate } = await hooked("spaced");
  const net = network();
  const tide = createTidegate({ fetch: net.fetch, deadline: 60_000 });
  const post = tide.fetch(URL_A, { method: "POST" });
  net.sent[0].answer("busy", { status: 503, headers: { "retry-after": "30" } });
  await post;
  const gone = new AbortController();
  const waiting = ["a", "b", "c"].map((name) => tide.fetch(`${URL_A}&${name}`));
  const left = tide.fetch(`${URL_A}&gone`, { signal: gone.signal });
  assert.equal(tide.getSnapshot().queued, 4);
  trap = true;
  tide.fetch(`${URL_A}&last`);
  gone.abort(new Error("mine"));
  await assert.rejects(left, /mine/);
  const names = () => net.sent.slice(1).map((call) => call.url.at(-1));
  assert.deepEqual(names(), ["t"], "who trapped is sent at once");
  const seen = [];
  for (let step = 0; step < 5; step++) {
    mock.timers.tick(step ? 50 : 0);
    seen.push(names().length - 1);
  }
  assert.deepEqual(seen, [1, 2, 3, 3, 3]);
  assert.deepEqual(names().slice(1), ["a", "b", "c"]);
  net.sent.slice(1).forEach((call) => call.answer());
  for (const answer of await Promise.all(waiting)) assert.equal(answer.status, 200);
});

test("the fallback obeys Retry-After per origin: holds what reads, refuses beyond the deadline, passes the rest", async () => {
  const { createTidegate } = await hooked("fallback", "");
  const net = network();
  holdTime(mock);
  const tide = createTidegate({ fetch: net.fetch });
  const first = tide.fetch(URL_A);
  net.sent[0].answer("busy", { status: 503, headers: { "retry-after": new Date(Date.now() + 3000).toUTCString() } });
  assert.equal((await first).status, 503);
  const held = tide.fetch(URL_A);
  tide.fetch("https://other.example/");
  tide.fetch(URL_A, { method: "POST" });
  assert.equal(net.sent.length, 3, "another origin and a POST go through");
  mock.timers.tick(2999);
  assert.equal(net.sent.length, 3, "not before the time");
  mock.timers.tick(1001);
  await net.arrival(4);
  net.sent[3].answer("busy", { status: 429, headers: { "retry-after": "60" } });
  assert.equal((await held).status, 429);
  const shed = await tide.fetch(URL_A);
  assert.equal(shed.headers.get("x-tidegate"), "shed");
  assert.equal(shed.headers.get("retry-after"), "60");
  assert.equal(tide.pressure("https://api.example").closedUntil, Date.now() + 60_000);
  for (const absurd of ["1e18", "-5", "NaN", "", "x".repeat(8192), "99999999999999999999"]) {
    const answer = tide.fetch(`https://absurd.example/${absurd.length}`, { method: "POST" });
    net.sent.at(-1).answer("busy", { status: 503, headers: { "retry-after": absurd } });
    await answer;
  }
  const { closedUntil } = tide.pressure("https://absurd.example");
  assert.equal(closedUntil, Date.now() + 600_000, "capped");
});

test("slim: requests pass until the core has arrived; then they are asked for", async () => {
  const bytes = await readFile(new URL("../../pkg/dist/tidegate.wasm", import.meta.url));
  for (const wasm of [bytes, await WebAssembly.compile(bytes), Promise.resolve(new Response(bytes)), `data:application/wasm;base64,${bytes.toString("base64")}`]) {
    const { createTidegate } = await fresh("slim.js");
    const net = network();
    const tide = createTidegate({ fetch: net.fetch, wasm });
    assert.equal(tide.getSnapshot().ready, "loading");
    const early = tide.fetch(URL_A);
    net.sent[0].answer();
    await early;
    assert.equal(await tide.ready, "wasm");
    assert.equal(tide.getSnapshot().ready, "wasm");
    tide.fetch(URL_A);
    assert.equal(tide.getSnapshot().inFlight, 1);
    tide.dispose();
  }
});

test("slim: a core that never comes, and one that is none", async () => {
  const { createTidegate, init, readHints } = await fresh("slim.js");
  const net = network();
  const tide = createTidegate({ fetch: net.fetch, wasm: new Promise(() => {}) });
  const answer = tide.fetch(URL_A);
  net.sent[0].answer();
  assert.equal((await answer).status, 200);
  const other = await fresh("slim.js");
  assert.throws(() => other.readHints({ status: 200, headers: {} }), /init/);
  await assert.rejects(other.init(new Response("<html>")));
  assert.equal(await other.createTidegate().ready, "fallback");
  const third = await fresh("slim.js");
  await third.init(await readFile(new URL("../../pkg/dist/tidegate.wasm", import.meta.url)));
  await third.init();
  assert.equal(third.readHints({ status: 503, headers: { "retry-after": "2" } }).waitMs, 2000);
});
