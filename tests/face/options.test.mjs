// Options of any kind never break a page: development names every fault, production uses defaults and says so once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fresh, network, standing, URL_A } from "./kit.mjs";

const FAULTY = { deadline: "soon", retry: { attempts: -1, budget: { percent: 250 } }, breaker: { trip: {} }, mode: "of", fetch: 1, onShed: "throw", queue: { drop: "all" } };
const PATHS = ["deadline", "retry.attempts", "retry.budget.percent", "breaker.trip", "mode", "fetch", "onShed", "queue.drop"];

test("development throws one error that names every faulty path and what is accepted", async () => {
  const { createTidegate } = await fresh("dev.js");
  assert.throws(
    () => createTidegate({ ...FAULTY, get maxHint() { throw new Error("mine"); } }),
    ({ message }) => {
      for (const path of [...PATHS, "maxHint"]) assert.ok(message.includes(path), `${path} in ${message}`);
      return message.includes("from 0 to 100") && message.includes('"on"');
    },
  );
  for (const none of [null, 1, "x", true]) assert.throws(() => createTidegate(none), /options/);
});

test("production uses the defaults and emits one error event", async () => {
  const { createTidegate } = await fresh();
  const saved = globalThis.fetch;
  const net = network();
  globalThis.fetch = net.fetch;
  try {
    const tide = createTidegate({ ...FAULTY, get maxHint() { throw new Error("mine"); } });
    const errors = [];
    tide.on("error", ({ message }) => errors.push(message));
    assert.equal(tide.mode, "on");
    for (const query of ["", "&2"]) {
      const answer = tide.fetch(URL_A + query);
      net.sent.at(-1).answer();
      assert.equal((await answer).status, 200);
    }
    assert.equal(errors.length, 1);
    for (const path of [...PATHS, "maxHint"]) assert.ok(errors[0].includes(path), `${path} in ${errors[0]}`);
    for (const none of [null, 1, "x", true]) {
      const other = createTidegate(none);
      const told = [];
      other.on("error", ({ message }) => told.push(message));
      const answer = other.fetch(URL_A);
      net.sent.at(-1).answer();
      await answer;
      assert.deepEqual(told.length, 1);
    }
  } finally {
    globalThis.fetch = saved;
  }
});

for (const build of ["index.js", "dev.js"]) {
  test(`${build}: usable options are usable, inherited ones are not read, and none is read twice`, async () => {
    const { createTidegate } = await fresh(build);
    const net = network();
    const errors = [];
    let read = 0;
    const inherited = Object.create({ mode: "off" });
    for (const options of [
      { mode: "observe", deadline: 0, retry: false, breaker: false, concurrency: { max: 2, adaptive: false }, queue: { size: 1, drop: "newest", maxWait: 5 }, pace: false, coalesce: false, maxHint: 86_400_000, seed: 7 },
      { retry: undefined, mode: undefined, storage: null, channel: null, user: () => null, cache: false, brownout: {} },
      Object.assign(inherited, { fetch: net.fetch }),
      { get deadline() { return (read++, 5); } },
    ]) {
      const tide = createTidegate(options);
      tide.on("error", ({ message }) => errors.push(message));
      await tide.ready;
      assert.equal(tide.mode, options === inherited ? "on" : (options.mode ?? "on"));
      tide.dispose();
    }
    assert.deepEqual(errors, []);
    assert.equal(read, 1);
  });
}

test("faulty request options are as if they were not given", async () => {
  const { createTidegate } = await fresh();
  const net = network();
  const tide = createTidegate({ fetch: net.fetch });
  for (const tidegate of [null, 1, "x", [], { priority: "high", scope: 5, deadline: "x", onWait: 1, label: {}, retry: { attempts: NaN }, idempotent: false }]) {
    const answer = tide.fetch(URL_A, { tidegate });
    net.sent.at(-1).answer();
    assert.equal((await answer).status, 200);
  }
  assert.deepEqual(tide.getSnapshot().scopes.map(({ scope }) => scope), ["https://api.example"]);
});

test("functions of the application that throw are told and change nothing", async () => {
  const { createTidegate } = await fresh();
  const net = network();
  const boom = () => { throw new Error("mine"); };
  const tide = createTidegate({ fetch: net.fetch, scope: boom, user: boom, coalesce: true });
  const errors = [];
  tide.on("error", boom);
  tide.on("error", (event) => errors.push(event));
  tide.on("wait", boom);
  const first = tide.fetch(URL_A);
  tide.fetch(URL_A);
  assert.equal(net.sent.length, 2, "nobody knows whose they are: nothing is shared");
  net.sent[0].answer("busy", { status: 503, headers: { "retry-after": "1" } });
  assert.equal(await standing(first), "pending");
  assert.equal(errors.length, 4);
  tide.setMode("sideways");
  assert.equal(tide.mode, "on");
  await tide.clear();
  await assert.rejects(first, { name: "AbortError" });
  tide.dispose();
});
