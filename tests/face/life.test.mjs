// Modes, run, clear, reset, dispose, and what stays bounded.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterEach, mock, test } from "node:test";
import { fresh, holdTime, hooked, network, URL_A } from "./kit.mjs";

afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

/** A room whose scope is closed for `seconds`, and three requests that wait in it. */
async function waiting(options, seconds = 5) {
  const copy = await fresh();
  const net = network();
  const tide = copy.createTidegate({ fetch: net.fetch, deadline: 60_000, ...options });
  const post = tide.fetch(URL_A, { method: "POST" });
  net.sent[0].answer("busy", { status: 503, headers: { "retry-after": String(seconds) } });
  await post;
  const answers = ["a", "b", "c"].map((name) => tide.fetch(`${URL_A}&${name}`));
  assert.equal(tide.getSnapshot().queued, 3);
  return { ...copy, net, tide, answers };
}

test("observe decides and emits, and sends every request at once and as it is", async () => {
  const { createTidegate } = await fresh();
  const net = network();
  const tide = createTidegate({ fetch: net.fetch, mode: "observe", coalesce: true });
  const waits = [];
  tide.on("wait", (event) => waits.push(event.reason));
  const post = tide.fetch(URL_A, { method: "POST", tidegate: { idempotent: true } });
  assert.equal(net.sent[0].init.headers, undefined);
  net.sent[0].answer("busy", { status: 503, headers: { "retry-after": "5" } });
  assert.equal((await post).status, 503);
  const init = { signal: new AbortController().signal };
  tide.fetch(URL_A, init);
  tide.fetch(URL_A, init);
  assert.equal(net.sent.length, 3);
  assert.equal(net.sent[2].init, init);
  assert.deepEqual(waits, ["retry-after", "retry-after"]);
  assert.equal(tide.pressure("https://api.example").state, "serious");
  tide.dispose();
});

test("mode off lets go what waits, spaced, and asks no more", async () => {
  holdTime(mock);
  const { net, tide } = await waiting();
  tide.setMode("off");
  assert.equal(tide.mode, "off");
  const sent = [];
  for (let step = 0; step < 6; step++) {
    sent.push(net.sent.length - 1);
    mock.timers.tick(50);
  }
  assert.ok(sent[0] <= 1 && sent[1] < 3 && sent[5] === 3, sent.join());
  tide.fetch(URL_A);
  assert.equal(net.sent.length, 5);
  tide.dispose();
});

test("dispose sends what waits, spaced, and leaves the platform's fetch; twice is once", async () => {
  holdTime(mock);
  const { net, tide, answers } = await waiting();
  tide[Symbol.dispose]();
  tide.dispose();
  const sent = [];
  for (let step = 0; step < 4; step++) {
    mock.timers.tick(step ? 50 : 0);
    sent.push(net.sent.length - 1);
  }
  assert.deepEqual(sent, [1, 2, 3, 3]);
  net.sent.slice(1).forEach((call) => call.answer());
  for (const answer of await Promise.all(answers)) assert.equal(answer.status, 200);
  const direct = tide.fetch(URL_A);
  const response = net.sent.at(-1).answer("busy", { status: 503 });
  assert.equal(await direct, response);
  assert.equal(await tide.run(() => 5), 5);
});

test("clear ends what waits, separates what is in flight, and keeps the server's word", async () => {
  const { net, tide, answers } = await waiting({ coalesce: true });
  const shared = tide.fetch("https://other.example/");
  await tide.clear();
  for (const answer of answers) await assert.rejects(answer, { name: "AbortError" });
  assert.equal(tide.getSnapshot().queued, 0);
  tide.fetch("https://other.example/");
  assert.equal(net.sent.filter((call) => call.url.includes("other")).length, 2, "the next user's is another request");
  assert.equal(tide.pressure("https://api.example").reason, "retry-after");
  net.sent[1].answer();
  assert.equal((await shared).status, 200);
  tide.dispose();
});

test("what was in flight at clear and is refused after it is not held for the user who has left", async () => {
  const { createTidegate } = await fresh();
  const net = network();
  const tide = createTidegate({ fetch: net.fetch });
  const answer = tide.fetch(URL_A);
  await tide.clear();
  const response = net.sent[0].answer("busy", { status: 503, headers: { "retry-after": "1" } });
  assert.equal(await answer, response);
  assert.equal(tide.getSnapshot().queued, 0);
  tide.dispose();
});

test("reset is as newly made; what was in flight is still answered", async () => {
  const { net, tide, answers } = await waiting();
  const flying = tide.fetch("https://other.example/");
  tide.reset();
  for (const answer of answers) await assert.rejects(answer, { name: "AbortError" });
  tide.setMode("observe");
  tide.reset();
  assert.equal(tide.mode, "on");
  assert.deepEqual(tide.getSnapshot().scopes, []);
  assert.equal(tide.pressure("https://api.example").closedUntil, null);
  const next = tide.fetch(URL_A);
  net.sent.forEach((call) => call.answer?.());
  assert.equal((await flying).status, 200);
  assert.equal((await next).status, 200);
});

test("run goes through the gate: its outcome is evidence, its answer and its error are its own", async () => {
  const { createTidegate } = await fresh();
  const tide = createTidegate();
  assert.equal(await tide.run(() => 1, { scope: "db" }), 1);
  assert.equal(await tide.run(async (signal) => signal.aborted, { scope: "db" }), false);
  const cause = new Error("mine");
  await assert.rejects(tide.run(() => { throw cause; }, { scope: "db" }), (error) => error === cause);
  assert.equal(tide.pressure("db").state, "nominal");
  const refused = { response: new Response("", { status: 429, headers: { "retry-after": "60" } }) };
  await assert.rejects(tide.run(async () => { throw refused; }, { scope: "db", priority: "background" }), (error) => error === refused);
  await assert.rejects(tide.run(() => assert.fail("ran"), { scope: "db" }), { name: "TidegateError" });
  tide.dispose();
});

test("the face keeps no more keys than the core, and no more scopes than a few hundred", async () => {
  let keys = 0;
  globalThis.bounded = (name) => (keys += name === "key");
  const { createTidegate } = await hooked("bounded");
  const tide = createTidegate({ fetch: async () => new Response("ok") });
  for (let i = 0; i < 1500; i++) await tide.fetch(`https://api.example/${i}`);
  assert.equal(keys, 1500);
  await tide.fetch("https://api.example/1499");
  assert.equal(keys, 1500, "the newest is known");
  await tide.fetch("https://api.example/0");
  assert.equal(keys, 1501, "the oldest has left");
  for (let i = 0; i < 600; i++) await tide.fetch(`https://h${i}.example/`);
  assert.ok(tide.getSnapshot().scopes.length <= 256);
  assert.equal((await tide.fetch(`https://api.example/${"x".repeat(100_000)}`)).status, 200);
});

test("an idle instance keeps no process alive", async () => {
  const file = new URL("../../pkg/dist/index.js", import.meta.url);
  const code = `
    import { createTidegate } from ${JSON.stringify(file.href)};
    const tide = createTidegate({ fetch: async () => new Response("ok") });
    tide.subscribe(() => {});
    console.log((await tide.fetch("https://api.example/")).status, await tide.ready);`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", code], { timeout: 20_000 });
  assert.equal(stdout.trim(), "200 wasm");
});

test("an origin that is closed for minutes keeps no process alive", async () => {
  const file = new URL("../../pkg/dist/index.js", import.meta.url);
  const code = `
    import { createTidegate } from ${JSON.stringify(file.href)};
    const busy = async () => new Response("busy", { status: 503, headers: { "retry-after": "600" } });
    const tide = createTidegate({ fetch: busy });
    await tide.fetch("https://api.example/");
    console.log(tide.pressure("https://api.example").state);`;
  // The child ends by itself or not at all: the limit is for a failure only, well below the ten minutes.
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", code], { timeout: 120_000 });
  assert.equal(stdout.trim(), "serious");
});
