// What tabs tell each other, with a stand-in for their channel: patience, and how many they are.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { BUILDS, ether, fresh, holdTime, network, pass, pretendPage, shelf, standing, URL_A } from "./kit.mjs";

const API = "https://api.example";
let air;
let page;
beforeEach(() => {
  air = ether();
  holdTime(mock);
});
afterEach(() => {
  page?.restore();
  page = undefined;
  air.restore();
  mock.timers.reset();
  mock.restoreAll();
});

/** Tabs, each with its own core, that have been used once. */
async function tabs(count, options, build) {
  const all = [];
  for (let n = 0; n < count; n++) {
    const { createTidegate } = await fresh(build);
    const net = network();
    const tide = createTidegate({ fetch: net.fetch, deadline: 60_000, channel: "c", ...options });
    tide.fetch("https://cdn.example/").catch(() => {});
    net.sent[0].answer("ok");
    all.push({ net, tide });
  }
  pass(mock, 500);
  return all;
}

async function refuse({ net, tide }, seconds = 10, url = URL_A) {
  const post = tide.fetch(url, { method: "POST" });
  net.sent.at(-1).answer("busy", { status: 503, headers: seconds === null ? {} : { "retry-after": String(seconds) } });
  await post;
}

const dispose = (all) => all.forEach(({ tide }) => tide.dispose());

for (const build of BUILDS) {
  test(`what one tab is told holds the others, never before the time, and then they go (${build})`, async () => {
    const all = await tabs(3, {}, build);
    await refuse(all[0]);
    for (const { net, tide } of all.slice(1)) {
      const answer = tide.fetch(URL_A);
      assert.equal(net.sent.length, 1);
      assert.equal(tide.pressure(API).reason, "retry-after");
      pass(mock, 9900);
      assert.equal(net.sent.length, 1, "never early");
      pass(mock, 5000);
      net.sent[1].answer("ok");
      assert.equal((await answer).status, 200);
      await refuse(all[0], 10);
    }
    dispose(all);
  });
}

test("no tab waits longer than a minute for what another says", async () => {
  const all = await tabs(2);
  await refuse(all[0], 590);
  // The tab that was told is gone, and says no more.
  all[0].tide.dispose();
  const answer = all[1].tide.fetch(URL_A, { tidegate: { deadline: 300_000 } });
  pass(mock, 59_900);
  assert.equal(all[1].net.sent.length, 1);
  pass(mock, 200);
  assert.equal(all[1].net.sent.length, 2);
  all[1].net.sent[1].answer("ok");
  assert.equal((await answer).status, 200);
  dispose(all);
});

test("a clear drops what waits in every tab, and what the server said stays", async () => {
  const all = await tabs(2);
  await refuse(all[0]);
  const waiting = all[1].tide.fetch(URL_A);
  assert.equal(all[1].tide.getSnapshot().queued, 1);
  await all[0].tide.clear();
  pass(mock, 100);
  await assert.rejects(waiting, { name: "AbortError" });
  assert.equal(all[1].tide.pressure(API).reason, "retry-after");
  dispose(all);
});

test("a clear that the page is left with right away is told all the same", async () => {
  page = pretendPage();
  const all = await tabs(2);
  await refuse(all[0]);
  const waiting = all[1].tide.fetch(URL_A);
  const cleared = all[0].tide.clear();
  all[0].tide.dispose();
  await assert.rejects(waiting, { name: "AbortError" });
  pass(mock, 300);
  await cleared;
  dispose(all);
});

test("so many tabs have no more in flight than one may, and one each", async () => {
  const all = await tabs(5, { concurrency: { max: 10 } });
  for (const { tide } of all) for (let i = 0; i < 20; i++) tide.fetch(`${URL_A}&${i}`);
  const flying = () => all.reduce((sum, { net }) => sum + net.sent.length - 1, 0);
  assert.equal(flying(), 10);
  // Who leaves gives back his part.
  for (const { tide } of all.slice(1)) tide.dispose();
  pass(mock, 200);
  assert.ok(all[0].net.sent.length - 1 >= 10);
  dispose(all);
});

test("five tabs whose first requests come all at once send no more than that either", async () => {
  const all = [];
  for (let n = 0; n < 5; n++) {
    const { createTidegate } = await fresh();
    const net = network();
    all.push({ net, tide: createTidegate({ fetch: net.fetch, channel: "c", deadline: 60_000, concurrency: { max: 10 } }) });
  }
  const flying = () => all.reduce((sum, { net }) => sum + net.sent.length, 0);
  for (const { tide } of all) for (let i = 0; i < 20; i++) tide.fetch(`${URL_A}&${i}`);
  assert.equal(flying(), 5);
  pass(mock, 1000);
  assert.equal(flying(), 10);
  dispose(all);
});

test("at rest nothing is said, after a dispose nothing any more, and every channel is closed", async () => {
  const all = await tabs(3);
  const hello = air.said.length;
  pass(mock, 600_000);
  assert.equal(air.said.length, hello);
  dispose(all);
  assert.equal(air.open.size, 0);
  const bye = air.said.length;
  all[0].tide.fetch(URL_A);
  pass(mock, 60_000);
  assert.equal(air.said.length, bye);
});

test("a page that is left has no channel open, and is back with one when it is", async () => {
  page = pretendPage();
  const [here] = await tabs(1, { storage: shelf() });
  assert.equal(air.open.size, 1);
  page.leave();
  assert.equal(air.open.size, 0, "nothing keeps it from the back-forward cache");
  page.back();
  assert.equal(air.open.size, 1);
  page.back();
  assert.equal(air.open.size, 1, "a page that is shown for the first time has nothing to come back from");
  dispose([here]);
});

test("a page that comes back knows what other tabs were told meanwhile, and leaves spread", async () => {
  page = pretendPage();
  const storage = shelf();
  const [here] = await tabs(1, { storage });
  page.leave();
  const { createTidegate } = await fresh();
  const net = network();
  const there = createTidegate({ fetch: net.fetch, storage });
  await refuse({ net, tide: there }, 20);
  page.back();
  const answer = here.tide.fetch(URL_A);
  assert.equal(await standing(answer), "pending");
  assert.equal(here.net.sent.length, 1);
  dispose([here, { tide: there }]);
});

test("a hidden page holds its polls until it is seen, and they leave spread", async () => {
  page = pretendPage();
  const [{ net, tide }] = await tabs(1, { storage: null });
  page.see(true);
  const polls = Array.from({ length: 20 }, (_, i) => tide.fetch(`${URL_A}&${i}`, { tidegate: { priority: "background" } }));
  const waits = [];
  tide.on("wait", ({ reason }) => waits.push(reason));
  tide.fetch(`${URL_A}&last`, { tidegate: { priority: "background" } });
  assert.deepEqual(waits, ["hidden"]);
  tide.fetch(`${URL_A}&human`);
  assert.equal(net.sent.length, 2, "what a human has begun goes");
  net.sent[1].answer("ok");
  pass(mock, 40_000);
  assert.equal(net.sent.length, 2);
  page.see(false);
  assert.equal(net.sent.length, 2, "not at once");
  let most = 0;
  for (let step = 0; step < 12; step++) {
    const before = net.sent.length;
    pass(mock, 100);
    most = Math.max(most, net.sent.length - before);
    net.sent.slice(before).forEach((call) => call.answer("ok"));
    for (let turn = 0; turn < 20; turn++) await null;
  }
  assert.equal(net.sent.length, 23);
  assert.ok(most <= 10, String(most));
  for (const poll of polls) assert.equal((await poll).status, 200);
  tide.dispose();
});

// ── who can write to the channel ────────────────────────────────────────────

test("whatever is posted into the channel, requests go as before", async () => {
  const [{ net, tide }] = await tabs(1);
  const errors = [];
  tide.on("error", (event) => errors.push(event));
  const own = air.said.at(-1);
  const thrower = { get type() { throw new Error("no"); }, toString: () => assert.fail("called") };
  const texts = ["", "0", "02", "f".repeat(8191), "0".repeat(1e7), "ü".repeat(3000), own, own.slice(2), own.toUpperCase(), `${own}0`];
  for (const data of [...texts, 1, null, undefined, thrower, new ArrayBuffer(8), [own], { data: own }, Symbol.iterator]) air.post("c", data);
  for (let n = 0; n < 10_000; n++) air.post("c", own);
  const answer = tide.fetch(URL_A);
  net.sent[1].answer("ok");
  assert.equal((await answer).status, 200);
  assert.equal(await tide.ready, "wasm");
  assert.deepEqual(errors, []);
  tide.dispose();
});

/** Two tabs: one is refused, the other waits, both are served, both are left; what their callers saw. */
async function scenario(before) {
  air.restore();
  air = ether(before);
  const all = await tabs(2);
  const errors = [];
  all.forEach(({ tide }) => tide.on("error", ({ message }) => errors.push(message)));
  await refuse(all[0], 5);
  const answers = all.map(({ tide }) => tide.fetch(URL_A));
  for (let step = 0; step < 30; step++) {
    pass(mock, 500);
    for (const { net } of all) net.sent.slice(1).forEach((call) => call.answer("ok"));
    for (let turn = 0; turn < 10; turn++) await null;
  }
  const seen = await Promise.all(answers.map(async (answer) => (await answer).status));
  await all[0].tide.clear();
  pass(mock, 200);
  dispose(all);
  return { seen, errors };
}

test("a channel that throws at its n-th call, for every n, or at all of them: everything else goes on", async () => {
  let count = 0;
  const { seen } = await scenario(() => void count++);
  assert.deepEqual(seen, [200, 200]);
  assert.ok(count > 10, String(count));
  for (let n = 1; n <= count; n++) {
    let calls = 0;
    const broken = await scenario(() => {
      if (++calls === n) throw new DOMException("closed", "InvalidStateError");
    });
    assert.deepEqual(broken.seen, seen, `call ${n}`);
    assert.ok(broken.errors.every((message) => message === "channel"), broken.errors.join());
  }
  const dead = await scenario(() => {
    throw new Error("denied");
  });
  assert.deepEqual(dead.seen, seen);
});

test("a browser without BroadcastChannel has tabs that do not know each other", async () => {
  globalThis.BroadcastChannel = undefined;
  const all = await tabs(2, { concurrency: { max: 3 } });
  for (let i = 0; i < 5; i++) all[0].tide.fetch(`${URL_A}&${i}`);
  assert.equal(all[0].net.sent.length, 4);
  dispose(all);
});

test("channel null: none", async () => {
  page = pretendPage();
  const all = await tabs(1, { channel: null, storage: null });
  await refuse(all[0]);
  assert.deepEqual([air.open.size, air.said.length, localStorage.items.size], [0, 0, 0]);
  dispose(all);
});
