// What one can see: events, pressure, snapshots.
import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import { BUILDS, fresh, holdTime, hooked, network, standing, URL_A } from "./kit.mjs";

afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

const busy = (seconds) => ({ status: 503, headers: { "retry-after": String(seconds) } });

for (const build of BUILDS) {
  test(`${build}: one request tells its wait, its retry and its refusal under one id, and no path`, async () => {
    holdTime(mock);
    const { createTidegate } = await fresh(build);
    const net = network();
    const tide = createTidegate({ fetch: net.fetch });
    const events = [];
    for (const type of ["wait", "retry", "shed", "pressure"]) tide.on(type, (event) => events.push({ type, ...event }));
    const post = tide.fetch(URL_A, { method: "POST" });
    net.sent[0].answer("busy", busy(2));
    await post;
    const answer = tide.fetch(URL_A, { tidegate: { label: "list", priority: "user-blocking" } });
    const [pressure, wait] = events;
    assert.deepEqual([pressure.type, pressure.state, pressure.scope], ["pressure", "serious", "https://api.example"]);
    assert.deepEqual([wait.type, wait.reason, wait.label, wait.priority], ["wait", "retry-after", "list", "user-blocking"]);
    assert.ok(wait.until >= Date.now() + 2000 && wait.until === pressure.closedUntil);
    for (let step = 0; net.sent.length < 2 && step < 50; step++) mock.timers.tick(500), await null;
    assert.ok(Date.now() >= wait.until);
    net.sent[1].answer("busy", busy(60));
    assert.equal(await standing(answer), "resolved");
    const own = events.filter((event) => event.id === wait.id);
    assert.ok(own.every((event) => event.label === "list"));
    assert.ok(!JSON.stringify(events).includes("items"));
    tide.dispose();
  });

  test(`${build}: a listener is told until it is taken away, the same function twice if it was added twice`, async () => {
    const { createTidegate } = await fresh(build);
    const net = network();
    const tide = createTidegate({ fetch: net.fetch, coalesce: true });
    let told = 0;
    const listener = () => told++;
    const off = tide.on("coalesced", listener);
    const offToo = tide.on("coalesced", listener);
    tide.fetch(URL_A);
    tide.fetch(URL_A);
    assert.equal(told, 2);
    off();
    off();
    tide.fetch(URL_A);
    assert.equal(told, 3);
    offToo();
    tide.fetch(URL_A);
    assert.equal(told, 3);
    tide.dispose();
  });

  test(`${build}: a snapshot is one frozen object until something changes`, async () => {
    holdTime(mock);
    const { createTidegate } = await fresh(build);
    const net = network();
    const tide = createTidegate({ fetch: net.fetch });
    const before = tide.getSnapshot();
    assert.equal(before, tide.getServerSnapshot());
    assert.deepEqual({ ...before, features: { ...before.features } }, { ready: "loading", scopes: [], features: {}, queued: 0, inFlight: 0 });
    assert.equal(Object.getPrototypeOf(before.features), null);
    let told = 0;
    const off = tide.subscribe(() => told++);
    const posts = [1, 2, 3].map((n) => tide.fetch(`${URL_A}&${n}`, { method: "POST" }));
    assert.equal(tide.getSnapshot().inFlight, 3);
    net.sent.forEach((call) => call.answer("busy", busy(30)));
    await Promise.all(posts);
    mock.timers.tick(1);
    assert.equal(told, 1, "once a task");
    const after = tide.getSnapshot();
    assert.equal(after, tide.getSnapshot());
    assert.ok([after, after.scopes, after.scopes[0], after.features].every(Object.isFrozen));
    assert.deepEqual([after.ready, after.scopes[0].reason, after.inFlight], ["wasm", "retry-after", 0]);
    assert.deepEqual(after.scopes[0], tide.pressure("https://api.example"));
    tide.fetch("https://other.example/", { method: "POST" });
    mock.timers.tick(1);
    const scopes = tide.getSnapshot().scopes.length;
    assert.deepEqual([scopes, told], [2, 2]);
    tide.fetch("https://other.example/", { method: "POST" });
    mock.timers.tick(1);
    assert.equal(tide.getSnapshot().inFlight, 2);
    assert.equal(told, 2, "counts alone notify nobody");
    off();
    tide.setMode("observe");
    mock.timers.tick(1);
    assert.equal(told, 2);
    tide.dispose();
  });
}

test("who looks without subscribing sees the state as it is, and the same object while only the level sinks", async () => {
  holdTime(mock);
  const { createTidegate } = await fresh("index.js");
  const net = network();
  const tide = createTidegate({ fetch: net.fetch });
  const post = tide.fetch(URL_A, { method: "POST" });
  net.sent[0].answer("busy", busy(1));
  await post;
  const serious = tide.getSnapshot();
  assert.equal(serious.scopes[0].state, "serious");
  mock.timers.tick(300);
  assert.ok(tide.pressure("https://api.example").value < serious.scopes[0].value, "the level sinks");
  assert.equal(tide.getSnapshot(), serious);
  mock.timers.tick(60_000);
  assert.deepEqual([tide.getSnapshot().scopes[0].state, tide.getSnapshot().scopes[0].closedUntil], ["nominal", null]);
  assert.equal(tide.getSnapshot(), tide.getSnapshot());
});

test("events cost nothing while nobody listens", async () => {
  const calls = [];
  globalThis.silent = (name) => calls.push(name);
  const { createTidegate } = await hooked("silent");
  const net = network();
  const tide = createTidegate({ fetch: net.fetch });
  const post = tide.fetch(URL_A, { method: "POST" });
  net.sent[0].answer("busy", busy(30));
  await post;
  await tide.fetch(URL_A);
  assert.ok(!calls.includes("event") && !calls.includes("read"), calls.join());
  tide.dispose();
});

test("a scope that was never used is nominal, and asking for it makes none", async () => {
  const { createTidegate } = await fresh();
  const tide = createTidegate();
  assert.deepEqual({ ...tide.pressure(new URL(URL_A)) }, { scope: "https://api.example", state: "nominal", value: 0, closedUntil: null, reason: null });
  assert.equal(tide.pressure(URL_A).scope, "https://api.example");
  assert.equal(tide.pressure("__proto__").state, "nominal");
  assert.deepEqual(tide.getSnapshot().scopes, []);
});
