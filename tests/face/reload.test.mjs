// What survives a reload, with stand-ins for storage and page: nothing is sent early, nothing is told, and a storage that
// fails at any call harms nobody.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterEach, beforeEach, mock, test } from "node:test";
import { BUILDS, ether, fresh, holdTime, network, pass, pretendPage, shelf, standing, URL_A } from "./kit.mjs";

const API = "https://api.example";
let page;
let air;
beforeEach(() => (air = ether()));
afterEach(() => {
  page?.restore();
  page = undefined;
  air.restore();
  mock.timers.reset();
  mock.restoreAll();
});

/** A fresh page, as after a reload: its own core, the same storage. */
async function load(options, build) {
  const { createTidegate } = await fresh(build);
  const net = network();
  return { net, tide: createTidegate({ fetch: net.fetch, deadline: 60_000, ...options }) };
}

/** Asks once, and is refused for so many seconds. */
async function refuse({ net, tide }, seconds = 10, url = URL_A) {
  const post = tide.fetch(url, { method: "POST" });
  net.sent.at(-1).answer("busy", { status: 503, headers: seconds === null ? {} : { "retry-after": String(seconds) } });
  await post;
}

for (const build of BUILDS) {
  test(`a page that is loaded again sends nothing before the time, and then does (${build})`, async () => {
    holdTime(mock);
    const storage = shelf();
    const before = await load({ storage }, build);
    await refuse(before);
    before.tide.dispose();
    pass(mock, 1000);
    const after = await load({ storage }, build);
    const answer = after.tide.fetch(URL_A);
    assert.equal(after.net.sent.length, 0);
    assert.equal(after.tide.pressure(API).reason, "retry-after");
    pass(mock, 8900);
    assert.equal(after.net.sent.length, 0, "never early");
    pass(mock, 3200);
    assert.equal(after.net.sent.length, 1);
    after.net.sent[0].answer("ok");
    assert.equal((await answer).status, 200);
    after.tide.dispose();
  });
}

test("on a healthy server storage is read once and never written", async () => {
  const calls = [];
  const { net, tide } = await load({ storage: shelf((call) => calls.push(call)) });
  for (let i = 0; i < 50; i++) {
    const answer = tide.fetch(`${URL_A}&${i}`);
    net.sent.at(-1).answer("ok");
    await answer;
  }
  tide.dispose();
  assert.deepEqual(calls, ["getItem"]);
});

test("a storm is written once a second, and all of it is removed when it is over", async () => {
  holdTime(mock);
  page = pretendPage();
  const writes = [];
  const storage = shelf((call) => call === "setItem" && writes.push(Date.now()));
  const it = await load({ storage, breaker: false });
  for (let i = 0; i < 60; i++) {
    const host = `https://h${i}.example/`;
    await refuse(it, 5, host);
    pass(mock, 50);
  }
  assert.ok(writes.length >= 3 && writes.length <= 5, String(writes.length));
  for (let i = 1; i < writes.length; i++) assert.ok(writes[i] - writes[i - 1] >= 1000);
  pass(mock, 8000);
  assert.equal(storage.items.size, 1, "closed no more, and in doubt");
  pass(mock, 82_000);
  assert.deepEqual([...storage.items.keys()], [], "removed by itself");
  it.tide.dispose();
});

test("a page that is left writes its last second down", async () => {
  holdTime(mock);
  page = pretendPage();
  const first = await load();
  await refuse(first, 30, "https://one.example/");
  pass(mock, 100);
  await refuse(first, 30, "https://two.example/");
  page.leave();
  const second = await load();
  for (const name of ["one", "two"]) assert.equal(await standing(second.tide.fetch(`https://${name}.example/`)), "pending");
  assert.equal(second.net.sent.length, 0);
  [first, second].forEach(({ tide }) => tide.dispose());
});

test("a page that was hidden and is killed then loses nothing either", async () => {
  holdTime(mock);
  page = pretendPage();
  const first = await load();
  await refuse(first, 30, "https://one.example/");
  await refuse(first, 30, "https://two.example/");
  page.see(true);
  const second = await load();
  assert.equal(await standing(second.tide.fetch("https://two.example/")), "pending");
  assert.equal(second.net.sent.length, 0);
  [first, second].forEach(({ tide }) => tide.dispose());
});

test("two instances of one name share one record; another name is another application", async () => {
  holdTime(mock);
  const storage = shelf();
  const [one, two] = [await load({ storage }), await load({ storage })];
  await refuse(one, 30, "https://one.example/");
  pass(mock, 1500);
  await refuse(two, 30, "https://two.example/");
  const third = await load({ storage });
  for (const name of ["one", "two"]) assert.equal(await standing(third.tide.fetch(`https://${name}.example/`)), "pending");
  const other = await load({ storage, name: "other" });
  other.tide.fetch("https://one.example/");
  assert.equal(other.net.sent.length, 1);
  assert.deepEqual([...storage.items.keys()], ["tidegate"]);
  [one, two, third, other].forEach(({ tide }) => tide.dispose());
});

test("reset forgets what is stored, dispose and clear do not", async () => {
  holdTime(mock);
  const storage = shelf();
  const { net, tide } = await load({ storage });
  await refuse({ net, tide });
  await tide.clear();
  assert.equal(storage.items.size, 1);
  tide.reset();
  assert.equal(storage.items.size, 0);
  tide.fetch(URL_A);
  assert.equal(net.sent.length, 2, "as newly made");
  net.sent[1].answer("busy", { status: 503, headers: { "retry-after": "30" } });
  for (let turn = 0; turn < 20; turn++) await null;
  tide.dispose();
  assert.equal(storage.items.size, 1);
});

test("nothing that is a secret, a URL or a name is stored or told", async () => {
  holdTime(mock);
  const storage = shelf();
  const { net, tide } = await load({ storage, channel: "c", name: "app" });
  const other = await load({ channel: "c" });
  other.tide.fetch("https://quiet.example/");
  const secret = "hunter2";
  const answer = tide.fetch(`${API}/${secret}?token=${secret}`, { method: "POST", headers: { authorization: secret }, body: secret });
  net.sent[0].answer(secret, { status: 503, headers: { "retry-after": "20", "x-secret": secret } });
  await answer;
  await tide.clear();
  pass(mock, 2000);
  const all = [...storage.items].flat().concat(air.said).join("\n");
  assert.ok(air.said.length > 2 && storage.items.size > 0);
  assert.match([...storage.items.values()].concat(air.said).join(""), /^[0-9a-f]*$/);
  for (const word of [secret, "example", "api", "token", "https"]) assert.ok(!all.includes(word), word);
  [tide, other.tide].forEach((each) => each.dispose());
});

// ── whatever stands there ───────────────────────────────────────────────────

for (const [what, value] of Object.entries({
  "an empty text": "",
  "a text of a newer version": "ff".repeat(100),
  "JSON": '{"version":1}',
  "ten megabytes": "0".repeat(10_000_000),
  "other letters": "ü\ud800\u0130".repeat(50),
  "a number": 7,
  "an object": { toString: () => assert.fail("called") },
  "a promise": Promise.resolve("02"),
  "undefined": undefined,
})) {
  test(`${what} in storage is nothing, and stays until there is something to write`, async () => {
    holdTime(mock);
    const storage = shelf();
    storage.getItem = () => value;
    const it = await load({ storage });
    const errors = [];
    it.tide.on("error", (event) => errors.push(event));
    const answer = it.tide.fetch(URL_A);
    it.net.sent[0].answer("ok");
    assert.equal((await answer).status, 200);
    assert.equal(storage.items.size, 0);
    await refuse(it, 30);
    assert.equal(storage.items.size, 1);
    assert.deepEqual(errors, []);
    it.tide.dispose();
  });
}

/** A page that is refused, loaded again, refused elsewhere, left, and loaded a third time; what its callers saw. */
async function scenario(before) {
  holdTime(mock);
  page = pretendPage();
  const storage = shelf(before);
  const seen = [];
  const errors = [];
  for (const host of ["one", "two", "three"]) {
    const it = await load({ storage });
    it.tide.on("error", ({ message }) => errors.push(message));
    await refuse(it, 20, `https://${host}.example/`);
    seen.push(it.tide.pressure(`https://${host}.example`).reason);
    pass(mock, 1100);
    await refuse(it, 3, `https://${host}.other/`);
    const held = it.tide.fetch(`https://${host}.other/`);
    pass(mock, 4500);
    it.net.sent.at(-1).answer("ok");
    seen.push((await held).status);
    page.leave();
    it.tide.dispose();
  }
  page.restore();
  page = undefined;
  mock.timers.reset();
  mock.restoreAll();
  return { seen, errors };
}

test("a storage that throws at its n-th call, for every n, or at all of them: everything else goes on, and it is told once", async () => {
  let count = 0;
  const { seen, errors } = await scenario(() => void count++);
  assert.deepEqual(errors, []);
  assert.deepEqual(seen, ["retry-after", 200, "retry-after", 200, "retry-after", 200]);
  assert.ok(count > 15, String(count));
  for (let n = 1; n <= count; n++) {
    let calls = 0;
    const broken = await scenario(() => {
      if (++calls === n) throw new DOMException("full", "QuotaExceededError");
    });
    assert.deepEqual(broken.seen, seen, `call ${n}`);
    assert.ok(broken.errors.every((message) => message === "storage") && broken.errors.length <= 1, broken.errors.join());
  }
  const dead = await scenario(() => {
    throw new DOMException("denied", "SecurityError");
  });
  assert.deepEqual(dead.seen, seen);
  assert.deepEqual(dead.errors, ["storage", "storage", "storage"]);
});

test("a page whose localStorage may not even be read goes on without", async () => {
  page = pretendPage();
  Object.defineProperty(globalThis, "localStorage", {
    configurable: true,
    get() {
      throw new DOMException("denied", "SecurityError");
    },
  });
  const it = await load();
  await refuse(it);
  assert.equal(it.tide.pressure(API).reason, "retry-after");
  it.tide.dispose();
});

test("a storage that calls back finds nothing that breaks", async () => {
  holdTime(mock);
  const it = {};
  const others = [];
  const { createTidegate } = await fresh();
  const storage = shelf((call) => {
    if (!it.tide) return;
    it.tide.getSnapshot();
    it.tide.pressure(API);
    it.tide.fetch(`${API}/from-inside`);
    if (call === "setItem") {
      const other = createTidegate({ fetch: it.net.fetch });
      other.fetch(`${API}/other`);
      others.push(other);
    }
  });
  it.net = network();
  it.tide = createTidegate({ fetch: it.net.fetch, storage, deadline: 60_000 });
  const post = it.tide.fetch(URL_A, { method: "POST" });
  it.net.sent.find((call) => call.init?.method === "POST").answer("busy", { status: 503, headers: { "retry-after": "5" } });
  await post;
  assert.ok(others.length > 0);
  const held = it.tide.fetch(`${URL_A}&held`);
  const sent = it.net.sent.length;
  pass(mock, 7000);
  assert.ok(it.net.sent.length > sent);
  it.net.sent.forEach((call) => call.answer("ok"));
  assert.equal((await held).status, 200);
  assert.equal(await it.tide.ready, "wasm");
  [it.tide, ...others].forEach((tide) => tide.dispose());
});

test("a storage that disposes of its instance is obeyed", async () => {
  const it = {};
  const storage = shelf((call) => call === "setItem" && it.tide.dispose());
  Object.assign(it, await load({ storage }));
  await refuse(it);
  const later = it.tide.fetch(URL_A);
  const response = it.net.sent.at(-1).answer("as it is", { status: 503 });
  assert.equal(await later, response);
});

test("outside a browser nothing is stored unless it is given, and a record keeps no process alive", async () => {
  const file = new URL("../../pkg/dist/index.js", import.meta.url);
  const code = `
    import { createTidegate } from ${JSON.stringify(file.href)};
    globalThis.localStorage = new Proxy({}, { get() { throw new Error("touched"); } });
    const busy = async () => new Response("busy", { status: 503, headers: { "retry-after": "600" } });
    const plain = createTidegate({ fetch: busy });
    await plain.fetch("https://api.example/");
    const items = new Map();
    const storage = { getItem: (name) => items.get(name) ?? null, setItem: (name, value) => items.set(name, value), removeItem: (name) => items.delete(name) };
    const tide = createTidegate({ fetch: busy, storage, channel: "tabs" });
    await tide.fetch("https://api.example/");
    await tide.fetch("https://other.example/");
    process.on("exit", () => console.log(items.size, items.get("tidegate").length > 100));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", code], { timeout: 120_000 });
  assert.equal(stdout.trim(), "1 true");
});
