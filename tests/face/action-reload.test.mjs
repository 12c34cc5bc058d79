// What a button keeps over a reload: its rest, and the key of what it was pressed for.
import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import { fresh, holdTime, network, pass, pretendPage, shelf } from "./kit.mjs";

const open = [];
afterEach(() => {
  open.splice(0).forEach((tide) => tide.dispose());
  mock.timers.reset();
  mock.restoreAll();
});

const REST = "tidegate:actions";
const KEYS = "tidegate:intents";
const UUID = /^[a-f][\da-f]{7}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;
const refusal = (seconds) => ({ response: { status: 503, headers: { "retry-after": `${seconds}` } } });
const failed = (status) => Promise.reject({ response: { status, headers: {} } });

/** A page with a Save button: `press` tells how often the function ran, `keys` what it was given. */
async function page(storage, { options, fn = () => Promise.reject(refusal(60)), ...more } = {}) {
  const module = await fresh();
  const tide = module.createTidegate({ storage, ...more });
  open.push(tide);
  const keys = [];
  const save = tide.action("save", (signal, ...args) => (keys.push(signal.idempotencyKey), fn(...args)), options);
  const press = (...args) => save(...args).catch((error) => error);
  return { tide, save, press, keys, module };
}

test("a press after a reload continues where the refusal left off, and the record goes when it is over", async () => {
  holdTime(mock);
  const storage = shelf();
  const first = await page(storage);
  await first.press();
  const shown = first.save.getSnapshot();
  assert.equal(shown.reason, "retry-after");
  assert.doesNotMatch(storage.items.get(REST), /save|retry/);
  pass(mock, 10_000);
  const second = await page(storage);
  assert.deepEqual({ ...second.save.getSnapshot() }, { ...shown });
  const cause = await second.press(7);
  assert.ok(second.module.isTidegateError(cause));
  assert.deepEqual([cause.reason, cause.retryAt], ["retry-after", shown.retryAt]);
  assert.equal(second.save(), second.save(8));
  assert.equal(second.keys.length, 0);
  pass(mock, shown.retryAt - Date.now());
  assert.equal(second.save.state, "idle");
  assert.equal(storage.items.has(REST), false);
  await second.press();
  assert.equal(second.keys.length, 1);
});

test("a page that finds a rest that is over removes it", async () => {
  holdTime(mock);
  const storage = shelf();
  await (await page(storage)).press();
  pass(mock, 90_000);
  const second = await page(storage);
  assert.equal(second.save.state, "idle");
  assert.equal(storage.items.has(REST), false);
});

test("guesses go on growing over reloads, and are never longer than a guess may be", async () => {
  holdTime(mock);
  mock.method(Math, "random", () => 0);
  const storage = shelf();
  const rests = [];
  for (let n = 0; n < 7; n++) {
    const { save, press } = await page(storage, { fn: () => failed(503) });
    assert.equal(save.state, n ? "cooling" : "idle");
    if (n) pass(mock, save.retryAt - Date.now());
    await press();
    rests.push(save.retryAt - Date.now());
  }
  assert.deepEqual(rests, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
});

test("another name, another scope, another instance's name: another button", async () => {
  holdTime(mock);
  const storage = shelf();
  await (await page(storage)).press();
  const { tide, save } = await page(storage);
  assert.equal(save.state, "cooling");
  assert.equal(tide.action("delete", () => {}).state, "idle");
  assert.equal((await page(storage, { options: { scope: "https://other.example" } })).save.state, "idle");
  assert.equal((await page(storage, { name: "elsewhere" })).save.state, "idle");
});

test("what is read is not trusted: moved clocks shorten, longer times are cut, damage is nothing", async () => {
  holdTime(mock);
  const storage = shelf();
  await (await page(storage)).press();
  const stored = storage.items.get(REST);
  const left = async (text, more) => {
    storage.items.set(REST, text);
    const { save } = await page(storage, more);
    return (save.retryAt ?? Date.now()) - Date.now();
  };
  const whole = await left(stored);
  assert.ok(whole >= 60_000 && whole <= 72_000);
  pass(mock, 1000);
  assert.equal(await left(stored), whole - 1000);
  mock.timers.setTime(Date.now() - 3_600_000);
  assert.equal(await left(stored), whole, "as it was");
  assert.equal(await left(stored, { maxHint: 10_000 }), 12_000);
  for (const text of ["", "x", "\n", stored.slice(0, -1), stored.replace(/,/, ";"), `${stored}\n`, "0\n".repeat(1000)]) {
    assert.equal(await left(text), 0, JSON.stringify(text));
  }
  mock.timers.setTime(Date.now() + 400 * 86_400_000);
  assert.equal(await left(stored), 0);
});

test("thirty-two rests are stored, the newest", async () => {
  holdTime(mock);
  const storage = shelf();
  const { tide } = await page(storage);
  for (let n = 0; n < 40; n++) await tide.action(`row ${n}`, () => Promise.reject(refusal(60)))().catch(() => {});
  assert.equal(storage.items.get(REST).split("\n").length, 34);
  const next = await page(storage);
  const states = Array.from({ length: 40 }, (_, n) => next.tide.action(`row ${n}`, () => {}).state);
  assert.deepEqual(states, [...Array(8).fill("idle"), ...Array(32).fill("cooling")]);
});

test("clear keeps the times, reset does not; neither keeps a key", async () => {
  holdTime(mock);
  const storage = shelf();
  const { tide, press } = await page(storage);
  await press();
  assert.ok(storage.items.has(KEYS));
  await tide.clear();
  assert.equal(storage.items.has(KEYS), false);
  assert.equal((await page(storage)).save.state, "cooling");
  tide.reset();
  assert.equal(storage.items.has(REST), false);
});

test("dispose leaves the rest to the next page", async () => {
  holdTime(mock);
  const storage = shelf();
  const { tide, press, save } = await page(storage);
  await press();
  tide.dispose();
  assert.equal(save.state, "idle");
  assert.equal((await page(storage)).save.state, "cooling");
});

test("healthy, nothing is written, and nothing is read before the button is looked at", async () => {
  const calls = [];
  const storage = shelf((call) => calls.push(call));
  const { createTidegate } = await fresh();
  const tide = createTidegate({ storage });
  open.push(tide);
  const save = tide.action("save", () => "saved");
  assert.deepEqual(calls, []);
  assert.equal(save.state, "idle");
  for (let n = 0; n < 5; n++) await save();
  assert.deepEqual(calls, ["getItem"]);
});

test("storage that fails at any call: the button works in memory", async () => {
  holdTime(mock);
  for (let fault = 1; fault <= 12; fault++) {
    let calls = 0;
    const storage = shelf(() => {
      if (++calls === fault) throw new DOMException("full", "QuotaExceededError");
    });
    const { save, press, keys } = await page(storage);
    await press();
    assert.equal(save.state, "cooling", `call ${fault}`);
    assert.equal(save(), save());
    pass(mock, save.retryAt - Date.now());
    assert.equal(save.state, "idle");
    await press();
    assert.equal(keys.length, 2);
    assert.equal(keys[0], keys[1]);
  }
});

test("one intent, one key: over clicks, refusals and reloads, until it has an answer", async () => {
  holdTime(mock);
  const storage = shelf();
  let fate = () => Promise.reject(refusal(2));
  const options = { fn: () => fate() };
  const first = await page(storage, options);
  await first.press("draft", { text: "a" });
  const [key] = first.keys;
  assert.match(key, UUID);
  pass(mock, 10_000);
  for (const unclear of [() => failed(500), () => failed(409), () => Promise.reject(new TypeError("network"))]) {
    fate = unclear;
    await first.press("draft", { text: "a" });
    assert.equal(first.keys.at(-1), key);
  }
  const second = await page(storage, options);
  fate = () => "saved";
  await second.press("draft", { text: "b" });
  assert.notEqual(second.keys[0], key, "another content is another intent");
  await second.press("draft", { text: "a" });
  assert.equal(second.keys[1], key);
  await second.press("draft", { text: "a" });
  assert.notEqual(second.keys[2], key, "it was answered");
  assert.equal(storage.items.has(KEYS), false);
  for (const answer of [() => failed(404), () => Promise.reject({ status: 422, headers: {} })]) {
    fate = answer;
    const { press, keys } = await page(storage, options);
    await press(1);
    await press(1);
    assert.notEqual(keys[0], keys[1]);
  }
});

test("an answer that is a Response ends the intent when it is whole", async () => {
  let answer;
  const { press, keys, save } = await page(shelf(), { fn: () => answer });
  let controller;
  answer = new Response(new ReadableStream({ start: (given) => (controller = given) }));
  await press(1);
  controller.error(new TypeError("broke off"));
  await new Promise(setImmediate);
  answer = new Response("whole");
  assert.equal(await (await press(1)).text(), "whole", "its body is the caller's");
  await new Promise(setImmediate);
  await press(1);
  assert.equal(keys[0], keys[1]);
  assert.notEqual(keys[2], keys[1]);
  assert.equal(save.state, "idle");
});

test("what cannot be told apart gets a key of its own", async () => {
  const { press, keys } = await page(shelf(), { fn: () => failed(500) });
  class Thing {}
  for (const strange of [new Thing(), new Map(), () => {}, Symbol("s"), 1n, NaN, Infinity, [new Event("click")], "x".repeat(70_000)]) {
    const before = keys.length;
    await press(strange);
    await press(strange);
    assert.notEqual(keys[before], keys[before + 1], String(strange).slice(0, 20));
  }
  for (const plain of [undefined, null, "a", 1, true, [1, [2]], { a: { b: [] } }, Object.create(null), new Date(0)]) {
    const before = keys.length;
    await press(plain);
    await press(plain);
    assert.equal(keys[before], keys[before + 1], JSON.stringify(plain));
  }
  assert.equal(new Set(keys).size, 9 * 2 + 9);
});

test("the application's key is the intent; without it the arguments are; another user's is another", async () => {
  let who = "ann";
  const { press, keys, tide } = await page(shelf(), { fn: () => failed(500), options: { key: (form) => form.id }, user: () => who });
  await press({ id: "7", at: new Map() });
  await press({ id: "7", at: new Map() });
  await press({ id: "8" });
  who = "bob";
  await press({ id: "7" });
  assert.equal(keys[0], keys[1]);
  assert.equal(new Set(keys).size, 3);
  const other = tide.action("other", (signal) => (keys.push(signal.idempotencyKey), failed(500)), { key: (form) => form.id });
  await other({ id: "7" }).catch(() => {});
  assert.equal(new Set(keys).size, 4, "another button");
});

test("a request inside takes the action's key when it is marked, and only then; nothing is stored for who asks for none", async () => {
  const { restore } = pretendPage();
  try {
    const storage = shelf();
    const { createTidegate } = await fresh();
    const net = network();
    const tide = createTidegate({ fetch: net.fetch, storage });
    open.push(tide);
    const sent = (n) => new Headers(net.sent[n].init.headers).get("idempotency-key");
    const send = (idempotent) => (signal) =>
      tide.fetch("https://api.example/save", { method: "POST", body: "x", signal, tidegate: { idempotent } }).then((response) => response.text());
    const plain = tide.action("plain", send(undefined))();
    assert.equal(sent(0), null);
    net.sent[0].answer("ok");
    await plain;
    assert.equal(storage.items.size, 0);
    let key;
    const marked = tide.action("marked", (signal) => ((key = signal.idempotencyKey), send(true)(signal)))();
    assert.equal(sent(1), key);
    net.sent[1].answer("ok");
    await marked;
    const other = tide.action("other", send("mine"))();
    assert.equal(sent(2), "mine");
    net.sent[2].answer("ok");
    await other;
    assert.equal(storage.items.size, 0);
  } finally {
    restore();
  }
});
