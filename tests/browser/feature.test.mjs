// Features in a browser, and what a page does when it comes back: with a server that counts.
import assert from "node:assert/strict";
import { claim, claimOfBoth } from "../support/browser.mjs";

claimOfBoth("a feature goes off with a refusal, its requests stay here, and it comes back by itself", async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(hit.path === "/busy" ? 503 : 200, hit.path === "/busy" ? { "retry-after": "1" } : {});
  const seen = await page.evaluate(async () => {
    const tide = tidegate.createTidegate({ brownout: { restoreAfter: 500 } });
    const feature = tide.feature("suggestions");
    const events = [];
    const back = new Promise((resolve) => tide.on("feature", (event) => (events.push({ ...event }), event.enabled && resolve())));
    const heard = [];
    feature.subscribe(() => heard.push(feature.getSnapshot()));
    const get = () => tide.fetch("/suggest", { tidegate: { feature: "suggestions" } });
    const first = (await get()).status;
    await tide.fetch("/busy", { tidegate: { retry: false } });
    const shed = await get();
    const off = [feature.enabled, tide.getSnapshot().features.suggestions, shed.status, (await shed.json()).reason];
    await back;
    return { first, off, on: feature.enabled, last: (await get()).status, heard, events };
  });
  assert.deepEqual([seen.first, seen.off, seen.on, seen.last], [200, [false, false, 503, "brownout"], true, 200]);
  assert.deepEqual(seen.heard, [false, true]);
  assert.deepEqual(seen.events.map(({ name, enabled }) => [name, enabled]), [["suggestions", false], ["suggestions", true]]);
  assert.equal(seen.events[0].state, "serious");
  assert.equal(backend.of("/suggest").length, 2);
});

claimOfBoth("a feature that was off is off from its first look after a reload", async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(503, { "retry-after": "30" });
  await page.evaluate(async () => {
    const tide = tidegate.createTidegate();
    await tide.fetch("/busy", { tidegate: { retry: false } });
  });
  await page.reload();
  await page.waitForFunction("globalThis.tidegate !== undefined");
  const seen = await page.evaluate(() => {
    const tide = tidegate.createTidegate();
    return [tide.feature("x").enabled, tide.feature("forced").enabled];
  });
  assert.deepEqual(seen, [false, false]);
  assert.equal(backend.hits.length, 1);
});

/**
 * Ten widgets that ask anew whenever the page is focused, seen or online. Their listeners on the document stand there before
 * ours, and come after them all the same; on the window, which has no such order, they come when all are shown.
 */
const widgets = (page, init) =>
  page.evaluate(async (init) => {
    const tide = tidegate.createTidegate();
    const ask = () => Promise.all(Array.from({ length: 10 }, (_, n) => tide.fetch(`/w/${n}`, init)));
    let done;
    const renew = () => (done = ask());
    document.addEventListener("visibilitychange", () => document.hidden || renew());
    const waits = [];
    tide.on("wait", ({ reason, until }) => waits.push([reason, until - Date.now()]));
    await ask();
    for (const type of ["focus", "online"]) addEventListener(type, renew);
    /** The page returns; how its widgets wait, and whether all were served. */
    globalThis.back = async (target, type) => {
      waits.length = 0;
      target.dispatchEvent(new Event(type));
      const told = waits.splice(0);
      const all = await done;
      return { told, served: all.every(({ status }) => status === 200) };
    };
  }, init);

for (const [target, type] of [["window", "focus"], ["document", "visibilitychange"], ["window", "online"]]) {
  claim(`ten widgets that renew on ${type} are one wave: one at once, nine spread over a second, each once`, async ({ page, backend }) => {
    backend.handle = (hit) => hit.answer(200);
    await widgets(page);
    const { told, served } = await page.evaluate(
      (target, type) => {
        // A page comes back that was away.
        if (type === "visibilitychange") {
          Object.defineProperty(document, "hidden", { value: true, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
          delete document.hidden;
        }
        if (type === "online") dispatchEvent(new Event("offline"));
        return back(globalThis[target], type);
      },
      target,
      type,
    );
    // Ten when the browser itself had focused the page within the second before: then one has gone already. Who draws a
    // moment that is over when its turn comes does not wait.
    assert.ok(told.length >= 7 && told.length <= 10, JSON.stringify(told));
    assert.ok(told.every(([reason, left]) => reason === "hidden" && left > -50 && left <= 1000));
    assert.ok(new Set(told.map(([, left]) => Math.floor(left / 100))).size >= 3, JSON.stringify(told));
    assert.equal(served, true);
    assert.equal(backend.hits.length, 20);
  });
}

claim("what blocks a human waits for no wave, nor does a page that sees something for the first time", async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(200);
  await widgets(page, { tidegate: { priority: "user-blocking" } });
  const blocking = await page.evaluate(() => back(window, "focus"));
  assert.deepEqual(blocking, { told: [], served: true });
  const first = await page.evaluate(async () => {
    const tide = tidegate.createTidegate();
    const waits = [];
    tide.on("wait", (event) => waits.push(event.reason));
    await tide.fetch("/opens");
    dispatchEvent(new Event("focus"));
    await Promise.all([1, 2, 3].map((n) => tide.fetch(`/new/${n}`)));
    return waits;
  });
  assert.deepEqual(first, []);
});

claim("offline, background work waits for the browser, and what a human asks for goes to the platform", async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(200);
  const waits = await page.evaluate(async () => {
    Object.defineProperty(navigator, "onLine", { value: false, configurable: true });
    globalThis.tide = tidegate.createTidegate();
    const waits = [];
    tide.on("wait", ({ reason }) => waits.push(reason));
    globalThis.polls = [1, 2, 3].map((n) => tide.fetch(`/poll/${n}`, { priority: "low" }));
    globalThis.wanted = tide.fetch("/wanted", { method: "POST" });
    return waits;
  });
  assert.deepEqual(waits, ["hidden", "hidden", "hidden"]);
  await backend.arrival("/wanted");
  const statuses = await page.evaluate(async () => {
    // It was a hint: the answer refutes it, and what waited goes without an event.
    const { status } = await wanted;
    return [status, ...(await Promise.all(polls)).map((response) => response.status)];
  });
  assert.deepEqual(statuses, [200, 200, 200, 200]);
  assert.equal(backend.hits.length, 4);
});
