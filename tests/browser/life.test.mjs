// What one can see, and how an instance begins and ends.
import assert from "node:assert/strict";
import { claimOfBoth } from "../support/browser.mjs";

claimOfBoth("importing and creating touch nothing; the first use starts the core", async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(200);
  const seen = await page.evaluate(async () => {
    const touched = [];
    const spy = (owner, name) => {
      owner[name] = new Proxy(owner[name], {
        apply: (real, self, args) => (touched.push(name), Reflect.apply(real, self, args)),
        construct: (real, args) => (touched.push(name), Reflect.construct(real, args)),
      });
    };
    spy(globalThis, "setTimeout");
    spy(globalThis, "BroadcastChannel");
    spy(WebAssembly, "Module");
    spy(WebAssembly, "Instance");
    spy(document, "addEventListener");
    const tides = [tidegate.createTidegate(), tidegate.createTidegate()];
    const before = [...touched];
    const { ready } = tides[0].getSnapshot();
    await tides[0].fetch("/api");
    await tides[1].fetch("/api");
    return { before, ready, compiled: touched.filter((name) => name === "Module").length, after: await tides[0].ready };
  });
  assert.deepEqual(seen, { before: [], ready: "loading", compiled: 1, after: "wasm" });
});

claimOfBoth("snapshots are the same frozen object until something changes; listeners run once a task", async ({ page, backend }) => {
  backend.handle = (hit) => (hit.path.startsWith("/busy") ? hit.answer(503, { "retry-after": "60" }) : hit.answer(200));
  const seen = await page.evaluate(async () => {
    const tide = tidegate.createTidegate({ retry: false });
    const server = tide.getServerSnapshot();
    const shots = [];
    let told = 0;
    let next;
    const calm = () => new Promise((resolve) => setTimeout(resolve, 0));
    const off = tide.subscribe(() => (told++, shots.push(tide.getSnapshot()), next?.()));
    await tide.fetch("/fine");
    await calm();
    const first = tide.getSnapshot();
    const stable = first === tide.getSnapshot() && Object.isFrozen(first) && Object.isFrozen(first.scopes) && Object.isFrozen(first.scopes[0]) && Object.getPrototypeOf(first.features) === null;
    const alone = told;
    // Five new scopes in one task: whoever watches is told once.
    await Promise.all([1, 2, 3, 4, 5].map((i) => tide.fetch(`/fine/${i}`, { tidegate: { scope: `scope ${i}` } })));
    await calm();
    const once = told - alone;
    const before = told;
    const open = tide.getSnapshot();
    const heard = new Promise((resolve) => (next = resolve));
    await tide.fetch("/busy");
    await heard;
    const burst = told - before;
    const closed = tide.getSnapshot();
    off();
    await tide.fetch("/shed");
    await calm();
    const silent = told - before - burst;
    return { stable, once, burst, silent, changed: closed !== open && open !== first, same: tide.getSnapshot() === closed, state: closed.scopes[0], ready: closed.ready, distinct: new Set(shots).size === shots.length, server: [server.ready, server.scopes.length, server === tide.getServerSnapshot()] };
  });
  assert.equal(seen.stable && seen.changed && seen.same && seen.distinct, true, JSON.stringify(seen));
  assert.deepEqual([seen.once, seen.burst], [1, 1]);
  assert.deepEqual([seen.silent, seen.ready, seen.state.scope, seen.state.reason], [0, "wasm", backend.origin, "retry-after"]);
  assert.ok(["serious", "critical"].includes(seen.state.state));
  assert.deepEqual(seen.server, ["loading", 0, true]);
});

claimOfBoth("pressure events rise with refusals and fall with answers; listeners that throw harm nobody", async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(backend.hits.length <= 2 ? 503 : 200, { "retry-after": "0" });
  const seen = await page.evaluate(async () => {
    const tide = tidegate.createTidegate({ retry: false });
    const states = [];
    const errors = [];
    tide.on("error", ({ message }) => errors.push(message));
    tide.on("pressure", () => {
      throw new Error("a listener's own");
    });
    let nominal;
    const calm = new Promise((resolve) => (nominal = resolve));
    const off = tide.on("pressure", ({ state, scope }) => (states.push(state), state === "nominal" && nominal(scope)));
    while ((await tide.fetch("/api")).status !== 200);
    // It falls by itself: nothing more is asked.
    const scope = await calm;
    off();
    return { states, errors: new Set(errors).size, scope };
  });
  assert.ok(["serious", "critical"].includes(seen.states[0]), seen.states.join());
  assert.deepEqual([seen.states.at(-1), seen.errors, seen.scope], ["nominal", 1, backend.origin]);
});

claimOfBoth("reset is as newly made; what waited ends with an AbortError", async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(hit.path === "/busy" ? 503 : 200, { "retry-after": "6" });
  const seen = await page.evaluate(async () => {
    const tide = tidegate.createTidegate();
    await tide.fetch("/busy", { tidegate: { retry: false } });
    const waiting = tide.fetch("/waits").catch(({ name }) => name);
    const queued = tide.getSnapshot().queued;
    tide.reset();
    return { queued, waited: await waiting, state: tide.pressure(), after: (await tide.fetch("/open")).status };
  });
  assert.deepEqual([seen.queued, seen.waited, seen.state.state, seen.state.closedUntil, seen.after], [1, "AbortError", "nominal", null, 200]);
  assert.equal(backend.of("/waits").length, 0);
});

claimOfBoth("clear forgets what a user left waiting, and keeps what the server said about times", async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(503, { "retry-after": "6" });
  const seen = await page.evaluate(async () => {
    const tide = tidegate.createTidegate();
    await tide.fetch("/busy", { tidegate: { retry: false } });
    const { closedUntil } = tide.pressure();
    const waiting = tide.fetch("/waits").catch(({ name }) => name);
    await tide.clear();
    return { waited: await waiting, kept: tide.pressure().closedUntil === closedUntil, queued: tide.getSnapshot().queued };
  });
  assert.deepEqual(seen, { waited: "AbortError", kept: true, queued: 0 });
  assert.equal(backend.hits.length, 1);
});

claimOfBoth("dispose lets go what waits, spaced; later calls are the platform's; twice is once", async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(hit.path === "/busy" ? 503 : 200, { "retry-after": "6" }, hit.path);
  const seen = await page.evaluate(async () => {
    const platform = globalThis.fetch;
    const tide = tidegate.createTidegate();
    tide.install();
    await fetch("/busy", { tidegate: { retry: false } });
    const waiting = [1, 2, 3].map((i) => fetch(`/waits/${i}`).then((r) => r.text()));
    tide.dispose();
    tide.dispose();
    const texts = await Promise.all(waiting);
    await tide.fetch("/later");
    return { texts, restored: globalThis.fetch === platform };
  });
  assert.deepEqual(seen, { texts: ["/waits/1", "/waits/2", "/waits/3"], restored: true });
  const left = backend.hits.filter((hit) => hit.path.startsWith("/waits"));
  assert.ok(left.at(-1).at - left[0].at >= 50, "not in a burst");
  assert.ok(left.at(-1).at < backend.of("/busy")[0].answeredAt + 6000, "at once, not at the server's time");
  assert.equal(backend.of("/later").length, 1);
});
