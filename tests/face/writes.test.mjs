// What changes something: never sent twice without a key, never shared, and in the order in which it was asked.
import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import { fresh, holdTime, hooked, network, standing, URL_A } from "./kit.mjs";

afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

const KEY = "idempotency-key";
const write = (body, own = {}) => ({ method: "POST", body, tidegate: own });
const bodies = (net) => net.sent.map(({ init }) => init?.body);

/** The next instance begins at the same moment. What the last one still clears belongs to the old clock. */
async function anew() {
  await new Promise(setImmediate);
  mock.timers.reset();
}

/** An instance in held time; `pass` lets all that is due happen. */
async function made(options, create = fresh) {
  holdTime(mock);
  const { createTidegate } = await create();
  const net = network();
  const tide = createTidegate({ fetch: net.fetch, ...options });
  const pass = async (long, step = 50) => {
    for (let at = 0; at < long; at += step) {
      mock.timers.tick(step);
      for (let turn = 0; turn < 20; turn++) await null;
    }
  };
  /** Closes the scope: the server's word for so many seconds. */
  const close = async (seconds) => {
    const answer = tide.fetch(URL_A, write("first"));
    net.sent.at(-1).answer("busy", { status: 503, headers: { "retry-after": `${seconds}` } });
    await answer;
  };
  return { tide, net, pass, close };
}

const answer = (call, [status, headers]) => (status ? call.answer("said", { status, headers }) : call.fail());
const OUTCOMES = [[0], [429], [500], [502], [503], [504], [529], [503, { "retry-after": "0" }], [429, { "retry-after": "1" }], [409], [425], [408]];

test("whatever comes back, a write without a key was sent once, and what came back is handed over", async () => {
  const kinds = {
    "plain": () => [URL_A, write("x")],
    "PATCH": () => [URL_A, { ...write("x"), method: "PATCH" }],
    "DELETE": () => [URL_A, { method: "DELETE" }],
    "PUT": () => [URL_A, { ...write("x"), method: "PUT" }],
    "a Request": () => [new Request(URL_A, { method: "POST", body: "x" })],
    "with attempts of its own": () => [URL_A, write("x", { retry: { attempts: 5 } })],
    "background": () => [URL_A, write("x", { priority: "background" })],
    "a key that the platform drops": () => [URL_A, { ...write("x", { idempotent: true }), mode: "no-cors" }],
    "a body that is sent once": () => [URL_A, { ...write(new ReadableStream(), { idempotent: "k" }), duplex: "half" }],
    "an init of its own kind": () => [URL_A, Object.assign(new (class Init {})(), write("x", { idempotent: true }))],
  };
  for (const [kind, args] of Object.entries(kinds)) {
    for (const outcome of OUTCOMES) {
      const { tide, net, pass } = await made({ retry: { budget: { percent: 100 } } });
      const asked = tide.fetch(...args());
      answer(net.sent[0], outcome);
      assert.equal(await standing(asked), outcome[0] ? "resolved" : "rejected", `${kind} after ${outcome}`);
      await pass(20_000, 1000);
      assert.equal(net.sent.length, 1, `${kind} after ${outcome}`);
      tide.dispose();
      await anew();
    }
  }
});

test("a read by POST and a write with a key are sent again, the latter with its key", async () => {
  for (const own of [{ safe: true }, { idempotent: true }, { idempotent: "k" }]) {
    const { tide, net, pass } = await made();
    const asked = tide.fetch(URL_A, write("x", own));
    answer(net.sent[0], [503, { "retry-after": "1" }]);
    await pass(5000);
    assert.equal(net.sent.length, 2);
    const keys = net.sent.map(({ init }) => new Headers(init.headers).get(KEY));
    assert.equal(keys[0], keys[1]);
    assert.equal(!!keys[0], !own.safe);
    answer(net.sent[1], [200]);
    assert.equal((await asked).status, 200);
    tide.dispose();
    await anew();
  }
});

/** What happens to five writes that wait, and what of them is sent. */
const ENDS = {
  "their time comes": { act: () => {} },
  "tidegate only watches from now on": { act: ({ tide }) => tide.setMode("observe") },
  "tidegate is switched off": { act: ({ tide }) => tide.setMode("off") },
  "off and on again": { act: ({ tide }) => (tide.setMode("off"), tide.setMode("on")) },
  "the instance is disposed of": { act: ({ tide }) => tide.dispose() },
  "the core traps": { act: ({ trap }) => trap() },
  "the core traps, and the instance is disposed of": { act: ({ trap, tide }) => (trap(), tide.dispose()) },
  "the user leaves": { act: ({ tide }) => tide.clear(), sent: [] },
  "the instance is as new": { act: ({ tide }) => tide.reset(), sent: [] },
  "the callers leave": { act: ({ leave }) => leave.abort(), sent: [] },
  "one caller leaves": { act: ({ one }) => one.abort(), sent: ["0", "1", "3", "4"] },
};

for (const [name, { act, sent = ["0", "1", "2", "3", "4"] }] of Object.entries(ENDS)) {
  test(`five writes wait, and ${name}: each is sent once or not at all, in order, none shares`, async () => {
    const hook = "writes";
    let broken = false;
    globalThis[hook] = () => { if (broken) throw new Error("trap"); };
    mock.method(console, "warn", () => {});
    const { tide, net, pass, close } = await made({ deadline: 60_000, coalesce: true }, () => hooked(hook));
    await close(5);
    const [leave, one] = [new AbortController(), new AbortController()];
    const asked = ["0", "1", "2", "3", "4"].map((body) => {
      const signal = body === "2" ? AbortSignal.any([leave.signal, one.signal]) : leave.signal;
      return tide.fetch(URL_A, { ...write(body), signal });
    });
    assert.equal(tide.getSnapshot().queued, 5);
    await act({ tide, leave, one, trap: () => { broken = true; tide.pressure("https://api.example"); } });
    const settled = Promise.allSettled(asked);
    for (let round = 0; round < 40; round++) {
      await pass(500);
      net.sent.slice(1).forEach((call) => call.answer?.());
    }
    assert.deepEqual(bodies(net).slice(1), sent);
    const outcomes = (await settled).map(({ status }) => status === "fulfilled");
    assert.equal(outcomes.filter(Boolean).length, sent.length, "every caller is told");
    tide.dispose();
  });
}

test("equal writes in flight do not share, with a key neither", async () => {
  for (const own of [{}, { idempotent: true }, { idempotent: "k" }]) {
    const { tide, net } = await made({ coalesce: true });
    for (let i = 0; i < 3; i++) tide.fetch(URL_A, write("x", own));
    assert.equal(net.sent.length, 3);
    tide.dispose();
    await anew();
  }
});

test("the mode changes while a write flies: it is not sent again", async () => {
  for (const own of [{}, { idempotent: true }]) {
    for (const modes of [["observe", "on"], ["on", "off"], ["on", "observe"], ["on", "off", "on"]]) {
      const { tide, net, pass } = await made({ mode: modes[0] });
      const asked = tide.fetch(URL_A, write("x", own));
      modes.slice(1).forEach(tide.setMode);
      const keyed = new Headers(net.sent[0].init.headers).has(KEY);
      answer(net.sent[0], [503, { "retry-after": "1" }]);
      await pass(10_000, 500);
      const again = keyed && modes.at(-1) === "on";
      assert.equal(net.sent.length, again ? 2 : 1, `${Object.keys(own)} ${modes}`);
      if (!again) assert.equal((await asked).status, 503);
      tide.dispose();
      await anew();
    }
  }
});

test("without a core writes go at once, once, in order", async () => {
  const hook = "writesDead";
  globalThis[hook] = () => { throw new Error("no core"); };
  mock.method(console, "warn", () => {});
  const { tide, net, pass, close } = await made({}, () => hooked(hook));
  await close(5);
  const asked = ["a", "b"].map((body) => tide.fetch(URL_A, write(body)));
  assert.deepEqual(bodies(net), ["first", "a", "b"]);
  net.sent.slice(1).forEach((call) => answer(call, [503, { "retry-after": "1" }]));
  await Promise.all(asked);
  await pass(10_000, 500);
  assert.equal(net.sent.length, 3);
});

test("what run does is never done twice, whatever it ends with", async () => {
  for (const status of [0, 429, 503]) {
    const { tide, pass } = await made();
    let done = 0;
    await tide.run(() => { done++; throw Object.assign(new Error("busy"), { response: { status, headers: new Headers({ "retry-after": "1" }) } }); }).catch(() => {});
    await pass(10_000, 500);
    assert.equal(done, 1);
    tide.dispose();
    await anew();
  }
});

test("a write that is held goes before those that came after it", async () => {
  const { tide, net, pass } = await made({ deadline: 60_000 });
  tide.fetch(URL_A, write("held", { idempotent: "k" })).catch(() => {});
  answer(net.sent[0], [503, { "retry-after": "2" }]);
  await pass(50);
  for (const body of ["b", "c"]) tide.fetch(URL_A, write(body)).catch(() => {});
  for (let round = 0; round < 20; round++) {
    await pass(500);
    net.sent.slice(1).forEach((call) => call.answer?.());
  }
  assert.deepEqual(bodies(net), ["held", "held", "b", "c"]);
  tide.dispose();
});

test("a write that was refused goes before one that already waited behind it", async () => {
  const { tide, net, pass } = await made({ deadline: 60_000 });
  tide.fetch(URL_A, write("early", { idempotent: "k" })).catch(() => {});
  const other = tide.fetch("https://api.example/other", write("x"));
  answer(net.sent[1], [503, { "retry-after": "2" }]);
  await other;
  tide.fetch(URL_A, write("late")).catch(() => {});
  answer(net.sent[0], [503, { "retry-after": "2" }]);
  for (let round = 0; round < 20; round++) {
    await pass(500);
    net.sent.slice(2).forEach((call) => call.answer?.());
  }
  assert.deepEqual(bodies(net), ["early", "x", "early", "late"]);
  tide.dispose();
});
