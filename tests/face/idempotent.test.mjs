// One intent, one key: until when it stays, whose it is, what survives a reload, and what never happens without one.
import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import { parseItem } from "structured-headers";
import { fresh, holdTime, network, shelf, standing, URL_A } from "./kit.mjs";

const open = [];
afterEach(() => {
  // Flights that are never answered are watched for ever.
  open.splice(0).forEach((tide) => tide.dispose());
  mock.timers.reset();
  mock.restoreAll();
});

const KEY = "idempotency-key";
const PLACE = "tidegate:intents";
const keyOf = (call) => new Headers(call.init?.headers ?? call.input.headers).get(KEY);
const post = (body = "pay", own = {}) => ({ method: "POST", body, tidegate: { idempotent: true, ...own } });

/** A page: one instance with a network of its own, which sends again only what a test sends again. */
async function page(options) {
  const { createTidegate } = await fresh();
  const net = network();
  const tide = createTidegate({ fetch: net.fetch, retry: false, breaker: false, ...options });
  open.push(tide);
  /** Sends, and answers at once; the key that was sent. */
  const once = async (status, init = post(), input = URL_A) => {
    const answer = tide.fetch(input, init);
    const call = net.sent.at(-1);
    if (status) call.answer("said", { status });
    else call.fail();
    await answer.then((response) => response.text(), () => {});
    return keyOf(call);
  };
  return { tide, net, once };
}

test("a key is a UUID of version 4 that no two intents share, and a Token to a parser of structured fields", async () => {
  const { once } = await page();
  const keys = new Set();
  for (let i = 0; i < 200; i++) {
    const key = await once(200, post(`${i}`));
    assert.match(key, /^[a-f][\da-f]{7}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    assert.equal(String(parseItem(key)[0]), key);
    keys.add(key);
  }
  assert.equal(keys.size, 200);
});

test("a click after no answer is the same intent; after an answer it is a new one", async () => {
  const { once } = await page();
  const first = await once(0);
  for (const status of [0, 408, 409, 425, 500, 501, 599]) assert.equal(await once(status), first, `after ${status}`);
  let last = first;
  for (const status of [200, 201, 204, 205, 304, 400, 401, 403, 404, 410, 422]) {
    const again = await once(status === 204 || status === 205 || status === 304 ? 200 : status);
    if (last === first) assert.equal(again, first, "the one that is answered");
    else assert.notEqual(again, last, `after ${status}`);
    last = again;
    const next = await once(0);
    assert.notEqual(next, last, `after ${status}`);
    assert.equal(await once(200), next);
    last = next;
  }
});

test("a refusal is no answer: the server's, and the one that it makes us give", async () => {
  holdTime(mock);
  for (const status of [429, 503]) {
    const { once, tide, net } = await page();
    const answer = tide.fetch(URL_A, post());
    net.sent[0].answer("busy", { status, headers: { "retry-after": "60" } });
    assert.equal((await answer).status, status);
    const shed = await tide.fetch(URL_A, post());
    assert.equal(shed.headers.get("x-tidegate"), "shed");
    assert.equal(net.sent.length, 1);
    mock.timers.tick(90_000);
    assert.equal(await once(200), keyOf(net.sent[0]));
    assert.notEqual(await once(200), keyOf(net.sent[0]));
    tide.dispose();
  }
});

test("the caller's abort is no answer, whether it was sent or waits", async () => {
  const { tide, net, once } = await page();
  const controller = new AbortController();
  const answer = tide.fetch(URL_A, { ...post(), signal: controller.signal });
  controller.abort();
  await assert.rejects(answer);
  assert.equal(await once(200), keyOf(net.sent[0]));
  assert.notEqual(await once(200), keyOf(net.sent[0]));
});

test("clicks while one of them asks are one intent, also after the first has its answer", async () => {
  const { tide, net, once } = await page();
  const clicks = [tide.fetch(URL_A, post()), tide.fetch(URL_A, post())];
  net.sent[0].answer();
  await clicks[0];
  clicks.push(tide.fetch(URL_A, post()));
  net.sent[1].answer();
  net.sent[2].fail();
  await Promise.allSettled(clicks);
  assert.equal(new Set(net.sent.map(keyOf)).size, 1);
  assert.notEqual(await once(200), keyOf(net.sent[0]));
});

test("half an answer is none; a whole one need not be read", async () => {
  const { tide, net, once } = await page();
  const answer = tide.fetch(URL_A, post());
  net.sent[0].answer(null);
  const response = await answer;
  const reading = response.text();
  net.sent[0].controller.error(new TypeError("terminated"));
  await assert.rejects(reading, TypeError);
  assert.equal(await standing(reading), "rejected");
  const again = tide.fetch(URL_A, post());
  net.sent[1].answer("whole");
  await again;
  assert.equal(keyOf(net.sent[1]), keyOf(net.sent[0]));
  assert.notEqual(await once(200), keyOf(net.sent[0]), "at once, its body unread");
});

test("while an answer's body is on its way the next click is a new intent; a reload is not", async () => {
  const storage = shelf();
  const { tide, net } = await page({ storage });
  const answer = tide.fetch(URL_A, post());
  net.sent[0].answer(null);
  await answer;
  const reloaded = await page({ storage });
  assert.equal(await reloaded.once(0), keyOf(net.sent[0]));
  const next = tide.fetch(URL_A, post());
  assert.notEqual(keyOf(net.sent[1]), keyOf(net.sent[0]));
  net.sent[0].controller.close();
  await new Promise(setImmediate);
  assert.match(storage.items.get(PLACE), new RegExp(keyOf(net.sent[1])));
  net.sent[1].answer();
  await next;
  await new Promise(setImmediate);
  assert.equal(storage.items.size, 0);
});

test("the key stays over retries, whatever becomes of the intent meanwhile", async () => {
  holdTime(mock);
  const { tide, net } = await page({ retry: {} });
  const answer = tide.fetch(URL_A, post());
  net.sent[0].answer("busy", { status: 503, headers: { "retry-after": "1" } });
  await standing(answer);
  for (let step = 0; step < 60 && net.sent.length < 2; step++) mock.timers.tick(100);
  net.sent[1].answer("done");
  assert.equal((await answer).status, 200);
  assert.equal(keyOf(net.sent[0]), keyOf(net.sent[1]));
});

test("an intent is a user's, in a scope: method, URL and body", async () => {
  let user = "ann";
  const { once } = await page({ user: () => user });
  const first = await once(0);
  assert.equal(await once(0, post(), `${URL_A}#part`), first, "the fragment is not sent");
  assert.equal(await once(0, post(), new URL(URL_A)), first);
  assert.equal(await once(0, post(new URLSearchParams("a=1"))), await once(0, post("a=1")));
  const others = [
    await once(0, { ...post(), method: "PUT" }),
    await once(0, post(), `${URL_A}&more`),
    await once(0, post("pay more")),
    await once(0, post(undefined, { scope: "elsewhere" })),
    await once(0, { method: "POST", tidegate: { idempotent: true } }),
  ];
  user = "bob";
  others.push(await once(0));
  user = null;
  others.push(await once(0));
  assert.equal(new Set([first, ...others]).size, others.length + 1);
  user = "ann";
  assert.equal(await once(0), first);
});

test("what cannot be compared has a key of its own for each call, the same over retries", async () => {
  const form = new FormData();
  form.set("a", "1");
  const bodies = [form, new Blob(["a"]), new Uint8Array(3), new ReadableStream(), "x".repeat(65_537)];
  const { once } = await page();
  for (const body of bodies) assert.notEqual(await once(0, { ...post(body), duplex: "half" }), await once(0, { ...post(body), duplex: "half" }));
  const request = () => new Request(URL_A, { method: "POST", body: "pay" });
  const own = { tidegate: { idempotent: true } };
  assert.notEqual(await once(0, own, request()), await once(0, own, request()));
  const empty = () => new Request(URL_A, { method: "DELETE" });
  assert.equal(await once(0, own, empty()), await once(0, own, empty()));
  const nobody = await page({ user: () => { throw new Error("who?"); } });
  assert.notEqual(await nobody.once(0), await nobody.once(0));
});

test("the application's words go first: its header, its string, the action's key", async () => {
  const { once } = await page();
  const signal = Object.assign(new AbortController().signal, { idempotencyKey: "the-action's" });
  const header = { ...post(), signal, headers: { "Idempotency-Key": "mine" } };
  assert.equal(await once(0, header), "mine");
  assert.equal(await once(0, { ...post("pay", { idempotent: '"quoted"' }), signal }), '"quoted"');
  assert.equal(await once(0, { ...post(), signal }), "the-action's");
  assert.equal(await once(0, { ...post(), signal }), "the-action's");
});

test("a key that cannot be sent is told, and the request is sent once, as it is", async () => {
  const faults = [];
  for (const [word, more] of [["кл\nюч", {}], [true, { mode: "no-cors" }]]) {
    const { tide, net } = await page();
    tide.on("error", ({ message }) => faults.push(message));
    const answer = tide.fetch(URL_A, { ...post("pay", { idempotent: word }), ...more });
    assert.equal(keyOf(net.sent[0]), null);
    net.sent[0].answer("busy", { status: 503, headers: { "retry-after": "0" } });
    assert.equal((await answer).status, 503);
    assert.equal(net.sent.length, 1);
    tide.dispose();
  }
  assert.deepEqual(faults, ["callback"], "no-cors drops the header: the platform's rule, and no fault");
});

test("without crypto there is no key, and nothing is sent twice", async (t) => {
  const { tide, net } = await page();
  t.mock.method(crypto, "getRandomValues", () => { throw new Error("no entropy"); });
  const answer = tide.fetch(URL_A, post());
  assert.equal(keyOf(net.sent[0]), null);
  net.sent[0].fail();
  await assert.rejects(answer, TypeError);
  assert.equal(net.sent.length, 1);
});

test("a reload asks with the same key until there is an answer; then nothing is stored", async () => {
  const storage = shelf();
  const first = await page({ storage });
  void first.tide.fetch(URL_A, post());
  const key = keyOf(first.net.sent[0]);
  assert.equal(await (await page({ storage })).once(0), key);
  const third = await page({ storage });
  assert.equal(await third.once(200), key);
  assert.equal(storage.items.size, 0);
  assert.notEqual(await (await page({ storage })).once(200), key);
});

test("two tabs: a new one asks with the key of what has no answer, an answer ends it for new ones, and who was told nothing asks on", async () => {
  const storage = shelf();
  const [one, two] = [await page({ storage }), await page({ storage })];
  const key = await one.once(0);
  assert.equal(await two.once(0), key);
  assert.equal(await one.once(200), key);
  const later = await one.once(0);
  assert.notEqual(later, key, "its own is answered");
  assert.equal(await two.once(200), key, "its human saw a failure, and clicks again");
  assert.equal(await two.once(0), later);
});

test("applications of one origin, and those that may not store, do not share", async () => {
  const storage = shelf();
  const key = await (await page({ storage, name: "shop" })).once(0);
  assert.deepEqual([...storage.items.keys()], ["shop:intents"]);
  assert.notEqual(await (await page({ storage })).once(0), key);
  assert.notEqual(await (await page({ storage: null, name: "shop" })).once(0), key);
  assert.notEqual(await (await page({ name: "shop" })).once(0), key, "outside a browser storage is off unless given");
});

test("clear and reset forget the intents, also those whose answer comes later", async () => {
  for (const act of ["clear", "reset"]) {
    const storage = shelf();
    storage.items.set(PLACE, "foreign");
    const { tide, net, once } = await page({ storage });
    await tide[act]();
    assert.equal(storage.items.size, 0, "what is not ours there, too");
    const answers = [tide.fetch(URL_A, post()), tide.fetch(`${URL_A}&b`, post())];
    await tide[act]();
    assert.equal(storage.items.size, 0);
    net.sent[0].fail();
    net.sent[1].answer();
    await Promise.allSettled(answers);
    assert.equal(storage.items.size, 0);
    assert.notEqual(await once(0), keyOf(net.sent[0]));
  }
});

test("of forty intents without an answer the last 32 are kept, for a day", async () => {
  holdTime(mock);
  const storage = shelf();
  const { once } = await page({ storage });
  const keys = [];
  for (let i = 0; i < 40; i++) keys.push(await once(0, post(`${i}`)));
  assert.equal(storage.items.get(PLACE).split("\n").length, 2 + 32);
  const old = await page({ storage });
  for (const i of [8, 20, 39]) {
    assert.equal(await once(0, post(`${i}`)), keys[i]);
    assert.equal(await old.once(0, post(`${i}`)), keys[i]);
  }
  assert.notEqual(await old.once(0, post("0")), keys[0]);
  mock.timers.tick(86_400_000);
  assert.notEqual(await once(0, post("39")), keys[39], "in this page");
  assert.notEqual(await (await page({ storage })).once(0, post("20")), keys[20], "and in the next");
});

test("a clock that jumps by a year ends an intent and breaks nothing", async () => {
  holdTime(mock);
  const storage = shelf();
  const { once } = await page({ storage });
  const key = await once(0);
  mock.timers.setTime(Date.now() + 31_536_000_000);
  const next = await once(0);
  assert.notEqual(next, key);
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_700_000_000_000 });
  assert.notEqual(await (await page({ storage })).once(0), next);
});

test("no URL, body or user is stored, and what is stored differs from page to page", async () => {
  const texts = [];
  for (let i = 0; i < 2; i++) {
    const storage = shelf();
    const { once } = await page({ storage, user: () => "SECRET-user" });
    await once(0, post("SECRET-body"), `${URL_A}&token=SECRET`);
    texts.push([...storage.items].flat().join());
  }
  for (const text of texts) assert.doesNotMatch(text, /SECRET|example|items|pay/i);
  const marks = texts.map((text) => text.split("\n")[2].split(" ")[0]);
  assert.notEqual(marks[0], marks[1]);
});

test("a damaged record is none: every byte changed, cut short, or something else entirely", async () => {
  const storage = shelf();
  const key = await (await page({ storage })).once(0);
  const sound = storage.items.get(PLACE);
  const { createTidegate } = await fresh();
  const texts = [...sound].map((_, place) => `${sound.slice(0, place)}~${sound.slice(place + 1)}`);
  texts.push("", "\n", "null", "{}", sound.slice(0, -1), `${sound}\n`, `2${sound}`, `${sound}\n1 x y`);
  let kept = 0;
  for (const text of texts) {
    storage.items.set(PLACE, text);
    const net = network();
    const tide = createTidegate({ fetch: net.fetch, storage });
    tide.fetch(URL_A, post()).catch(() => {});
    kept += keyOf(net.sent[0]) === key;
    tide.dispose();
  }
  assert.equal(kept, 0, `of ${texts.length}`);
});

test("whichever call of the storage fails, or all: the page's keys live in memory, and the rest goes on", async () => {
  let count = 0;
  let fails = () => false;
  const storage = shelf(() => { if (fails(++count)) throw new Error("storage"); });
  const life = async () => {
    storage.items.clear();
    count = 0;
    const { once, tide } = await page({ storage });
    const keys = [await once(0), await once(0), await once(200), await once(0)];
    await tide.clear();
    assert.equal(keys[0], keys[1]);
    assert.equal(keys[1], keys[2]);
    assert.notEqual(keys[2], keys[3]);
    return count;
  };
  const calls = await life();
  for (let n = 1; n <= calls; n++) {
    fails = (at) => at === n;
    await life();
  }
  fails = () => true;
  await life();
  console.log(`storage: ${calls} positions`);
  for (const broken of [{}, { getItem: () => Promise.resolve("x"), setItem() {}, removeItem() {} }, { getItem: () => ({}) }]) {
    const { once } = await page({ storage: broken });
    assert.equal(await once(0), await once(0));
  }
});

test("a browser's own storage is used, and one that may not even be looked at is none", async (t) => {
  globalThis.document = { baseURI: "https://api.example/" };
  t.after(() => { delete globalThis.document; delete globalThis.localStorage; });
  const storage = shelf();
  Object.defineProperty(globalThis, "localStorage", { configurable: true, get: () => storage });
  const key = await (await page()).once(0);
  assert.equal(await (await page()).once(0), key);
  Object.defineProperty(globalThis, "localStorage", { configurable: true, get: () => { throw new Error("SecurityError"); } });
  const { once } = await page();
  assert.equal(await once(0), await once(0));
});

test("keys are there before a core has come, and without one", async () => {
  const { createTidegate } = await fresh("slim.js");
  for (const wasm of [new Promise(() => {}), undefined]) {
    const net = network();
    const tide = createTidegate({ fetch: net.fetch, wasm });
    for (let i = 0; i < 2; i++) {
      const answer = tide.fetch(URL_A, post());
      net.sent[i].fail();
      await assert.rejects(answer, TypeError);
    }
    assert.match(keyOf(net.sent[0]), /-/);
    assert.equal(keyOf(net.sent[0]), keyOf(net.sent[1]));
  }
});
