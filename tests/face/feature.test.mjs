// Features as a page sees them: handles, events, snapshots, marks of requests, and what bad input does.
import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import { BUILDS, fresh, holdTime, hooked, network, pass, pretendPage, shelf, standing, URL_A } from "./kit.mjs";

const API = "https://api.example";
let page;
afterEach(() => {
  page?.restore();
  page = undefined;
  mock.timers.reset();
  mock.restoreAll();
});

async function load(options, build) {
  const { createTidegate } = await fresh(build);
  const net = network();
  const tide = createTidegate({ fetch: net.fetch, storage: null, channel: null, ...options });
  const events = [];
  tide.on("feature", (event) => events.push(event));
  const errors = [];
  tide.on("error", ({ message }) => errors.push(message));
  return { net, tide, events, errors };
}

/** One request that the server answers so, at once. */
async function ask({ net, tide }, status, headers = {}, url = URL_A) {
  const post = tide.fetch(url, { method: "POST" });
  net.sent.at(-1).answer("ok", { status, headers });
  await post;
}

const busy = (it, seconds = 1) => ask(it, 503, { "retry-after": String(seconds) });
const told = (events) => events.map(({ name, enabled }) => (enabled ? "+" : "-") + name).join(" ");

for (const build of BUILDS) {
  test(`${build}: features go off in order, their requests are refused, and they come back in reverse order`, async () => {
    holdTime(mock);
    const it = await load({ brownout: { restoreAfter: 3000 } }, build);
    const { tide, net, events } = it;
    const option = { scope: API };
    const [high, fair, low, critical] = [
      tide.feature("high", { ...option, importance: 5 }),
      tide.feature("fair", { ...option, shedAt: "fair", importance: 9 }),
      tide.feature("low", { ...option, importance: -1 }),
      tide.feature("critical", { ...option, shedAt: "critical" }),
    ];
    const all = () => [high, fair, low, critical].map(({ enabled }) => enabled);
    assert.deepEqual(all(), [true, true, true, true]);
    await busy(it);
    assert.equal(tide.pressure(API).state, "serious");
    assert.deepEqual(all(), [false, false, false, true]);
    assert.deepEqual(events.map(({ state }) => state), ["serious", "serious", "serious"]);
    assert.deepEqual({ ...tide.getSnapshot().features }, { high: false, fair: false, low: false, critical: true });
    const sent = net.sent.length;
    const answer = await tide.fetch(`${API}/low`, { tidegate: { feature: "low" } });
    assert.deepEqual([answer.status, answer.headers.get("x-tidegate"), (await answer.json()).reason], [503, "shed", "brownout"]);
    assert.ok(+answer.headers.get("retry-after") >= 3, "and when to look again");
    assert.equal(net.sent.length, sent);
    for (let step = 0; step < 60; step++) pass(mock, 1000);
    assert.equal(told(events), "-fair -low -high +high +low +fair");
    assert.deepEqual(all(), [true, true, true, true]);
    tide.fetch(`${API}/low`, { tidegate: { feature: "low" } });
    assert.equal(net.sent.length, sent + 1);
    tide.dispose();
  });

  test(`${build}: the server names features to do without, for as long as it says`, async () => {
    holdTime(mock);
    const it = await load({}, build);
    const [one, other] = ["related items", "suggestions"].map((name) => it.tide.feature(name, { scope: API }));
    await ask(it, 200, { backpressure: 'off=("related items"), for=20' });
    assert.deepEqual([one.enabled, other.enabled], [false, true]);
    pass(mock, 19_000);
    assert.equal(one.enabled, false);
    pass(mock, 2000);
    assert.equal(one.enabled, true);
    assert.deepEqual(it.events, [{ name: "related items", enabled: false, state: "nominal" }, { name: "related items", enabled: true, state: "nominal" }]);
    await ask(it, 200, { backpressure: 'off=("related items"), for=20' });
    pass(mock, 1500);
    await ask(it, 200, { backpressure: "off=()" });
    assert.equal(one.enabled, true, "called on again");
    it.tide.dispose();
  });

  test(`${build}: an override wins over the state, for requests too, and is lifted again`, async () => {
    holdTime(mock);
    const it = await load({}, build);
    const { tide, net } = it;
    const feature = tide.feature("x", { scope: API });
    const marked = () => tide.fetch(`${API}/x?${Math.random()}`, { tidegate: { feature: "x", deadline: 0 } });
    let heard = 0;
    feature.subscribe(() => heard++);
    feature.override(false);
    assert.deepEqual([feature.enabled, heard], [false, 1]);
    const refused = await marked();
    assert.deepEqual([(await refused.json()).reason, refused.headers.get("retry-after")], ["brownout", null]);
    assert.equal(net.sent.length, 0);
    feature.override(null);
    assert.deepEqual([feature.enabled, heard], [true, 2]);
    await ask(it, 200, { backpressure: "state=critical, for=600" });
    assert.deepEqual([feature.enabled, heard], [false, 3]);
    feature.override(true);
    assert.deepEqual([feature.enabled, heard], [true, 4]);
    marked();
    assert.equal(net.sent.length, 2, "its requests pass as well");
    feature.override("yes");
    assert.deepEqual([feature.enabled, heard], [false, 5], "what is no boolean lifts it");
    assert.equal(told(it.events), "-x +x -x +x -x");
    tide.dispose();
  });

  test(`${build}: observe decides and tells and changes nothing for the page; off does not even decide`, async () => {
    holdTime(mock);
    const it = await load({ mode: "observe" }, build);
    const { tide, net } = it;
    const feature = tide.feature("x", { scope: API });
    const shed = [];
    tide.on("shed", ({ reason }) => shed.push(reason));
    let heard = 0;
    feature.subscribe(() => heard++);
    await ask(it, 200, { backpressure: "state=serious, for=600" });
    assert.deepEqual([told(it.events), feature.enabled, tide.getSnapshot().features.x, heard], ["-x", true, true, 0]);
    tide.fetch(`${API}/x`, { tidegate: { feature: "x" } });
    assert.deepEqual([net.sent.length, shed.join()], [2, "brownout"]);
    tide.setMode("on");
    assert.deepEqual([feature.enabled, heard], [false, 1]);
    tide.setMode("off");
    assert.deepEqual([feature.enabled, heard], [true, 2]);
    tide.fetch(`${API}/x`, { tidegate: { feature: "x" } });
    assert.equal(net.sent.length, 3);
    tide.dispose();
  });

  test(`${build}: run is refused with an error while its feature is off`, async () => {
    const it = await load({}, build);
    it.tide.feature("x", { scope: API }).override(false);
    const ran = it.tide.run(() => assert.fail("ran"), { feature: "x", scope: API });
    await assert.rejects(ran, { name: "TidegateError", reason: "brownout", retryAt: null });
    assert.equal(await it.tide.run(() => 7, { feature: "another", scope: API }), 7, "an undeclared one is on");
    it.tide.dispose();
  });

  test(`${build}: a feature under a state that was restored is off from its first look`, async () => {
    holdTime(mock);
    const storage = shelf();
    const before = await load({ storage }, build);
    await busy(before, 30);
    before.tide.dispose();
    const { tide } = await load({ storage }, build);
    assert.equal(tide.feature("x", { scope: API }).enabled, false);
    assert.equal(tide.feature("elsewhere", { scope: "https://other.example" }).enabled, true);
    tide.dispose();
  });

  test(`${build}: without a core all are on, and overrides work`, async () => {
    mock.method(console, "warn", () => {});
    const { createTidegate } = await fresh(build);
    const net = network();
    const real = WebAssembly.Module;
    WebAssembly.Module = class { constructor() { throw new WebAssembly.CompileError("blocked"); } };
    const tide = createTidegate({ fetch: net.fetch });
    const feature = tide.feature("x", { scope: API });
    assert.equal(feature.enabled, true);
    WebAssembly.Module = real;
    feature.override(false);
    assert.equal(feature.enabled, false);
    assert.equal((await tide.fetch(URL_A, { tidegate: { feature: "x" } })).headers.get("x-tidegate"), "shed");
    feature.override(null);
    tide.fetch(URL_A, { tidegate: { feature: "x" } });
    assert.deepEqual([feature.enabled, net.sent.length], [true, 1]);
    tide.dispose();
  });

  test(`${build}: the 65th feature is always on, and told; one that was there keeps its place`, async () => {
    const it = await load({}, build);
    const all = Array.from({ length: 66 }, (_, n) => it.tide.feature(`f${n}`, { scope: API }));
    await busy(it, 30);
    assert.deepEqual(all.map(({ enabled }) => +enabled).join(""), "0".repeat(64) + "11");
    assert.deepEqual(it.errors, ["features full", "features full"]);
    assert.equal(it.tide.feature("f3"), all[3]);
    it.tide.dispose();
  });

  test(`${build}: reset and dispose leave every feature on, and say so`, async () => {
    holdTime(mock);
    for (const end of ["reset", "dispose"]) {
      const it = await load({}, build);
      const feature = it.tide.feature("x", { scope: API });
      const forced = it.tide.feature("forced", { scope: API });
      forced.override(false);
      let heard = 0;
      feature.subscribe(() => heard++);
      await busy(it, 30);
      assert.deepEqual([feature.enabled, heard], [false, 1]);
      it.tide[end]();
      assert.deepEqual([feature.enabled, forced.enabled, heard], [true, true, 2], end);
      it.tide.dispose();
    }
  });
}

test("the same name is the same handle, the first options count, and the handle is for useSyncExternalStore", async () => {
  const it = await load();
  const feature = it.tide.feature("x", { scope: API, shedAt: "fair" });
  assert.equal(it.tide.feature("x", { shedAt: "critical" }), feature);
  const { subscribe, getSnapshot, getServerSnapshot, override } = feature;
  const heard = [];
  const off = subscribe(() => heard.push(getSnapshot()));
  await busy(it, 30);
  override(true);
  off();
  override(null);
  assert.deepEqual([heard, getSnapshot(), getServerSnapshot(), feature.name], [[false, true], false, true, "x"]);
  it.tide.dispose();
});

test("declaring touches nothing; a server renders every feature on", async () => {
  const { createTidegate } = await fresh();
  const compile = mock.method(WebAssembly, "Module", () => assert.fail("compiled"));
  const tide = createTidegate();
  const feature = tide.feature("x");
  assert.equal(feature.getServerSnapshot(), true);
  const server = tide.getServerSnapshot();
  assert.deepEqual([{ ...server.features }, server.ready], [{ x: true }, "loading"]);
  assert.equal(tide.getServerSnapshot(), server);
  assert.deepEqual({ ...tide.getSnapshot().features }, { x: true });
  assert.equal(compile.mock.callCount(), 0);
  tide.dispose();
});

test("snapshots change when a feature does, and hold any name as a name", async () => {
  holdTime(mock);
  const it = await load();
  const names = ["__proto__", "constructor", "", "7", "ü\ud800"];
  names.forEach((name) => it.tide.feature(name, { scope: API }));
  let heard = 0;
  it.tide.subscribe(() => heard++);
  const before = it.tide.getSnapshot();
  assert.deepEqual(Object.keys(before.features).sort(), [...names].sort());
  assert.ok(Object.values(before.features).every((on) => on === true) && Object.isFrozen(before.features));
  it.tide.feature("7").override(false);
  assert.notEqual(it.tide.getSnapshot(), before);
  assert.equal(it.tide.getSnapshot().features["7"], false);
  pass(mock, 1);
  assert.equal(heard, 1);
  it.tide.dispose();
});

test("what cannot be used of the options is told, and the default taken", async () => {
  holdTime(mock);
  const it = await load();
  for (const shedAt of ["nominal", "worst", 2, null, {}]) it.tide.feature(`state ${String(shedAt)}`, { scope: API, shedAt });
  for (const importance of [NaN, "9", null, {}]) it.tide.feature(`importance ${String(importance)}`, { scope: API, importance });
  it.tide.feature("scope", { scope: 7 });
  it.tide.feature("none", null);
  it.tide.feature("infinite", { scope: API, importance: Infinity });
  assert.deepEqual(it.errors, [...Array(5).fill("feature.shedAt"), ...Array(4).fill("feature.importance"), "feature.scope"]);
  for (const name of [Symbol("s"), { toString() { throw new Error("no name"); } }]) {
    assert.equal(it.tide.feature(name).name, "", "what is no text");
    assert.equal(it.errors.pop(), "callback");
  }
  await busy(it);
  const off = it.events.map(({ name }) => name);
  assert.ok(off.indexOf("state worst") < off.indexOf("infinite"), "default importance is less than that");
  it.tide.dispose();
});

test("a listener that throws is told as an error, and the others hear all the same", async () => {
  const it = await load();
  const feature = it.tide.feature("x", { scope: API });
  let heard = 0;
  feature.subscribe(() => { throw new Error("a listener's own"); });
  feature.subscribe(() => heard++);
  feature.override(false);
  assert.deepEqual([heard, it.errors], [1, ["callback"]]);
  it.tide.dispose();
});

test("a request that waits when its feature goes off is refused at once; what is not marked waits on", async () => {
  holdTime(mock);
  const it = await load();
  const feature = it.tide.feature("x", { scope: API });
  await busy(it, 3);
  feature.override(true);
  const optional = it.tide.fetch(`${API}/optional`, { tidegate: { feature: "x" } });
  const other = it.tide.fetch(`${API}/other`);
  assert.deepEqual([await standing(optional), await standing(other)], ["pending", "pending"]);
  feature.override(null);
  assert.deepEqual([await standing(optional), await standing(other)], ["resolved", "pending"]);
  assert.equal((await (await optional).json()).reason, "brownout");
  it.tide.dispose();
  other.catch(() => {});
});

test("an equal request that is not marked keeps a shared flight alive", async () => {
  holdTime(mock);
  const it = await load({ coalesce: true });
  const feature = it.tide.feature("x", { scope: API });
  feature.override(true);
  const marked = it.tide.fetch(`${API}/me`, { tidegate: { feature: "x" } });
  it.net.sent[0].answer("busy", { status: 503, headers: { "retry-after": "2" } });
  assert.equal(await standing(marked), "pending", "held");
  const plain = it.tide.fetch(`${API}/me`);
  feature.override(null);
  assert.equal(feature.enabled, false);
  assert.deepEqual([await standing(marked), await standing(plain)], ["pending", "pending"]);
  for (let step = 0; step < 6; step++) pass(mock, 1000);
  assert.equal(it.net.sent.length, 2);
  it.net.sent[1].answer("me");
  assert.deepEqual([await (await marked).text(), await (await plain).text()], ["me", "me"]);
  it.tide.dispose();
});

test("features that are on set no timer", async () => {
  const timers = async (features) => {
    holdTime(mock);
    const set = mock.method(globalThis, "setTimeout");
    const it = await load();
    for (let n = 0; n < features; n++) it.tide.feature(`f${n}`, { scope: API }).subscribe(() => {});
    it.tide.subscribe(() => {});
    pass(mock, 1);
    const before = set.mock.callCount();
    for (let n = 0; n < 20; n++) {
      const answer = it.tide.fetch(`${URL_A}&${n}`, { tidegate: { feature: "f0" } });
      it.net.sent.at(-1).answer("ok");
      await answer;
      pass(mock, 500);
    }
    it.tide.dispose();
    mock.timers.reset();
    mock.restoreAll();
    return set.mock.callCount() - before;
  };
  assert.equal(await timers(10), await timers(0));
});

test("a core that traps while a feature is off gives it back", async () => {
  holdTime(mock);
  mock.method(console, "warn", () => {});
  const hook = "featureTrap";
  const { createTidegate } = await hooked(hook);
  const net = network();
  const tide = createTidegate({ fetch: net.fetch });
  const feature = tide.feature("x", { scope: API });
  let heard = 0;
  feature.subscribe(() => heard++);
  await busy({ net, tide }, 30);
  assert.equal(feature.enabled, false);
  globalThis[hook] = () => { throw new WebAssembly.RuntimeError("unreachable"); };
  tide.fetch(`${API}/next`);
  delete globalThis[hook];
  assert.deepEqual([feature.enabled, heard], [true, 2]);
  tide.dispose();
});
