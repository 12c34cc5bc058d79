// What holds for every framework: one list of claims, made about the same shop (see apps/shop.mjs).
import assert from "node:assert/strict";
import { test } from "node:test";
import { claim } from "../support/browser.mjs";
import { forPage, forServer } from "../support/bundle.mjs";

/** What every page of these tests has at hand. */
export const help = await forPage(`
  import FakeTimers from "@sinonjs/fake-timers";
  /** Time is the test's from here on. */
  export const holdTime = () => FakeTimers.install({ now: 1_700_000_000_000, toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"] });
  export const at = (id) => document.getElementById(id);
  /** Resolves when the page shows it. */
  export const shown = (fits) => new Promise((resolve) => {
    const look = () => fits() && (watch.disconnect(), resolve());
    const watch = new MutationObserver(look);
    watch.observe(document.body, { childList: true, characterData: true, attributes: true, subtree: true });
    look();
  });
  const frame = globalThis.requestAnimationFrame;
  /** All that is due in tasks of this moment, with everything that follows: three pictures have been drawn since. */
  export const settled = async () => {
    for (let i = 0; i < 3; i++) await new Promise((resolve) => frame(resolve));
  };
  /** The instance, and how many follow it, its actions and its features. */
  export const counted = (tide) => {
    const book = { followers: 0 };
    const count = (subscribe) => (tell) => {
      const off = subscribe(tell);
      let there = true;
      book.followers++;
      return () => (there && book.followers--, (there = false), off());
    };
    const spy = (owner, more) => new Proxy(owner, { get: (target, name) => (name === "subscribe" ? count(target.subscribe) : more?.[name] ?? target[name]) });
    const made = (name) => (...args) => spy(tide[name](...args));
    return { book, tide: spy(tide, { action: made("action"), feature: made("feature") }) };
  };
  export const box = () => document.body.appendChild(Object.assign(document.createElement("div"), { id: "app" }));
`);

const refuse = (backend) => {
  backend.handle = (hit) => hit.answer(503, { "retry-after": "60" });
};

/**
 * Makes the claims. `page`: text of a module that exports `start(element, tide)` and `hydrate(element, tide)`, which answer the way to stop,
 * `set(properties)` and `calls`; `server`: one that exports `render(tide)` → HTML, and `lonely()`, which renders without an instance.
 */
export async function claims({ name, page, server, clientPlugins, serverPlugins }) {
  const app = await forPage(page, clientPlugins);
  const prepare = (backend) => {
    backend.files.set("/help.js", help);
    backend.files.set("/app.js", app);
    refuse(backend);
  };
  const there = await forServer(server, serverPlugins);
  const tidegate = await import("../../pkg/dist/index.js");

  claim(`${name}: a change of pressure renders once, another scope's does not render at all`, { prepare }, async ({ page }) => {
    const seen = await page.evaluate(async () => {
      const { at, box, counted, settled, shown } = await load("/help.js");
      const { start } = await load("/app.js");
      const { tide, book } = counted(tidegate.createTidegate({ retry: false }));
      const stop = start(box(), tide);
      await settled();
      const out = { before: at("state").textContent, followers: book.followers };
      const commits = Number(at("commits").textContent);
      await tide.fetch("/api");
      await shown(() => at("state").textContent !== "nominal");
      await settled();
      out.after = at("state").textContent === tide.pressure().state;
      out.commits = Number(at("commits").textContent) - commits;
      await tide.fetch("/api", { tidegate: { scope: "elsewhere" } });
      await settled();
      out.others = Number(at("commits").textContent) - commits - out.commits;
      stop();
      await settled();
      return { ...out, left: book.followers, page: document.getElementById("app").textContent };
    });
    assert.deepEqual(seen, { before: "nominal", followers: 3, after: true, commits: 1, others: 0, left: 0, page: "" });
  });

  claim(`${name}: a refused save shows so until its time, presses cost nothing meanwhile, and then it goes`, { prepare }, async ({ page, backend }) => {
    const well = backend.arrival("/well");
    const saves = () => backend.of("/api/save").length;
    backend.handle = async (hit) => {
      if (hit.path === "/well") return hit.answer(200);
      if (saves() === 1) return hit.answer(503, { "retry-after": "60" });
      await well;
      hit.answer(200);
    };
    const seen = await page.evaluate(async () => {
      const { at, box, holdTime, settled } = await load("/help.js");
      const { start } = await load("/app.js");
      const clock = holdTime();
      const tide = tidegate.createTidegate();
      const stop = start(box(), tide);
      const press = () => at("save").click();
      const says = async (text) => {
        for (let i = 0; i < 200 && at("save").textContent.trim() !== text; i++) await settled(clock.tick(1));
        if (at("save").textContent.trim() !== text) throw new Error(`not ${text} but ${at("save").textContent}`);
      };
      const out = [at("save").textContent.trim()];
      press();
      await says("cooling retry-after");
      const { retryAt } = tide.action("save", () => {});
      for (let i = 0; i < 5; i++) press();
      await settled();
      out.push(at("save").textContent.trim(), at("save").title !== "false");
      for (; Date.now() < retryAt; await settled()) clock.tick(Math.min(retryAt - Date.now(), 30_000));
      await says("idle");
      press();
      await says("pending");
      await platformFetch("/well");
      await says("idle");
      stop();
      clock.uninstall();
      return out;
    });
    assert.deepEqual(seen, ["idle", "cooling retry-after", true]);
    assert.equal(saves(), 2);
  });

  claim(`${name}: a feature steps back and returns`, { prepare }, async ({ page }) => {
    const seen = await page.evaluate(async () => {
      const { at, box, shown } = await load("/help.js");
      const { start } = await load("/app.js");
      const tide = tidegate.createTidegate({ retry: false });
      const stop = start(box(), tide);
      const out = [!!at("reviews")];
      const { override } = tide.feature("reviews");
      override(false);
      await shown(() => !at("reviews"));
      override(null);
      await shown(() => at("reviews"));
      await tide.fetch("/api");
      await shown(() => !at("reviews"));
      stop();
      return [...out, tide.pressure().state !== "nominal"];
    });
    assert.deepEqual(seen, [true, true]);
  });

  claim(`${name}: what is debounced calls the newest function once, and nothing after its component has gone`, { prepare }, async ({ page }) => {
    const seen = await page.evaluate(async () => {
      const { at, box, holdTime, settled } = await load("/help.js");
      const { start, set, calls, WAIT } = await load("/app.js");
      const clock = holdTime();
      const stop = start(box(), tidegate.createTidegate());
      const type = async () => (at("type").click(), await settled());
      const pass = async (ms) => (clock.tick(ms), await settled());
      for (let i = 0; i < 3; i++) await type();
      set({ version: 2 });
      await settled();
      await pass(WAIT - 1);
      const out = [calls.length];
      await pass(1);
      out.push(...calls);
      await type();
      set({ version: 2, gone: true });
      await settled();
      await pass(10 * WAIT);
      out.push(calls.length, !!at("type"), clock.countTimers());
      set({ version: 3 });
      await settled();
      await type();
      await pass(WAIT);
      stop();
      await settled();
      clock.uninstall();
      return [...out, calls.at(-1).slice(-4)];
    });
    assert.deepEqual(seen, [0, "3 of 2", 1, false, 0, "of 3"]);
  });

  claim(`${name}: what a server rendered is taken over without a murmur, also when the page knows better`, { prepare }, async ({ page }) => {
    const tide = tidegate.createTidegate();
    const html = await there.render(tide);
    tide.dispose();
    assert.match(html, /nominal/);
    assert.match(html, /Reviews/);
    const seen = await page.evaluate(async (html) => {
      const { at, box, settled, shown } = await load("/help.js");
      const { hydrate } = await load("/app.js");
      const tide = tidegate.createTidegate({ retry: false });
      await tide.fetch("/api");
      const element = box();
      element.innerHTML = html;
      const state = at("state");
      const stop = hydrate(element, tide);
      await shown(() => at("state").textContent === tide.pressure().state && !at("reviews"));
      await settled();
      const out = [state === at("state")];
      stop();
      return out;
    }, html);
    assert.deepEqual(seen, [true], "the server's elements were kept");
    const murmurs = page.said.filter(({ type, text }) => ["error", "warn", "warning"].includes(type) && !/status of 503|favicon/.test(text));
    assert.deepEqual(murmurs, []);
  });

  test(`${name}: on a server nobody is followed, and without an instance the error says what to do`, async () => {
    let followers = 0;
    const real = tidegate.createTidegate();
    const follow = (owner) => new Proxy(owner, { get: (target, key) => (key === "subscribe" ? () => (followers++, () => {}) : target[key]) });
    await there.render(new Proxy(real, { get: (target, key) => (key === "subscribe" ? () => (followers++, () => {}) : ["action", "feature"].includes(key) ? (...args) => follow(target[key](...args)) : target[key]) }));
    assert.equal(followers, 0);
    real.dispose();
    await assert.rejects(async () => there.lonely(), /tidegate: no instance here: .+/);
  });
}

