// tidegate/react with the real React.
import assert from "node:assert/strict";
import { claim } from "../support/browser.mjs";
import { forPage } from "../support/bundle.mjs";
import { claims, help } from "./frames.mjs";

await claims({
  name: "React",
  page: `
    import { createRoot, hydrateRoot } from "react-dom/client";
    import { flushSync } from "react-dom";
    import { app } from "./browser/apps/react.mjs";
    export * from "./browser/apps/shop.mjs";
    export { set } from "./browser/apps/react.mjs";
    const stop = (root) => () => flushSync(() => root.unmount());
    export const start = (element, tide) => {
      const root = createRoot(element);
      flushSync(() => root.render(app(tide)));
      return stop(root);
    };
    export const hydrate = (element, tide) => stop(hydrateRoot(element, app(tide), { onRecoverableError: (error) => console.error(String(error)) }));`,
  server: `
    import { renderToString } from "react-dom/server";
    import { app, lonely as alone } from "./browser/apps/react.mjs";
    export const render = async (tide) => renderToString(app(tide));
    export const lonely = async () => renderToString(alone());`,
});

const more = await forPage(`
  import { createRoot } from "react-dom/client";
  import { flushSync } from "react-dom";
  import { app, hands, log, set as change } from "./browser/apps/react-more.mjs";
  export { hands, log };
  export const set = (props) => flushSync(() => change(props));
  export const start = (element, tide) => {
    const root = createRoot(element);
    flushSync(() => root.render(app(tide)));
    return () => flushSync(() => root.unmount());
  };`);

const prepare = (backend) => {
  backend.files.set("/help.js", help);
  backend.files.set("/app.js", more);
};

claim("React: functions stay the same over renderings; a changed wait calls what was pending at once, a component that goes cancels it", { prepare }, async ({ page }) => {
  const seen = await page.evaluate(async () => {
    const { box, holdTime, settled } = await load("/help.js");
    const { hands, log, set, start } = await load("/app.js");
    const clock = holdTime();
    const stop = start(box(), tidegate.createTidegate());
    const first = hands();
    set({ wait: 400, version: 2, stretch: { fair: 2 } });
    const out = { stretched: hands().debounced !== first.debounced && hands().throttled === first.throttled };
    // Equal options, written anew in each rendering, change nothing.
    const { debounced } = hands();
    set({ wait: 400, version: 3, stretch: { fair: 2 } });
    out.equal = hands().debounced === debounced;
    hands().debounced("a");
    hands().throttled("b");
    hands().throttled("c");
    const found = hands().found("d");
    out.before = [...log];
    set({ wait: 500, version: 4, stretch: { fair: 2 } });
    await settled();
    out.after = [...log];
    out.found = await found;
    hands().debounced("e");
    const aborted = hands().found("f");
    const { found: last } = hands();
    set({ gone: true });
    await settled();
    clock.tick(10_000);
    out.end = log.length;
    out.aborted = await aborted.catch(({ name }) => name);
    out.pending = last.isPending();
    stop();
    await settled();
    out.timers = clock.countTimers();
    clock.uninstall();
    return out;
  });
  assert.deepEqual(seen, {
    stretched: true, equal: true, before: ["throttled b of 3"], after: ["throttled b of 3", "debounced a of 4", "throttled c of 4"],
    found: "found d of 4", end: 3, aborted: "AbortError", pending: false, timers: 0,
  });
});

claim("React: a countdown beside the button follows the action, holds the button, and both go in time", { prepare }, async ({ page, backend }) => {
  backend.handle = (hit) => (hit.path === "/api/save" && backend.hits.length > 1 ? hit.answer(200) : hit.answer(503, { "retry-after": "60" }));
  const seen = await page.evaluate(async () => {
    const { at, box, holdTime, settled } = await load("/help.js");
    const { start } = await load("/app.js");
    const { defineTide } = await load("/dist/ui.js");
    const clock = holdTime();
    const tide = tidegate.createTidegate();
    defineTide(tide);
    const stop = start(box(), tide);
    const part = (name) => document.querySelector("tide-countdown").shadowRoot.querySelector(`[part=${name}]`);
    const later = async (fits) => {
      for (let i = 0; i < 200 && !fits(); i++) await settled(clock.tick(1));
      return fits();
    };
    at("save").focus();
    at("save").click();
    const out = { cooling: await later(() => at("save").textContent === "Save cooling" && part("time").textContent) };
    const { retryAt } = tide.action("save", () => {});
    out.left = `Try again in ${Math.ceil((retryAt - Date.now()) / 1000)} seconds.`;
    out.held = at("save").getAttribute("aria-disabled");
    at("save").click();
    for (; Date.now() < retryAt; await settled()) clock.tick(Math.min(retryAt - Date.now(), 10_000));
    out.over = await later(() => at("save").textContent === "Save idle" && part("now").textContent);
    out.free = [at("save").getAttribute("aria-disabled"), document.activeElement === at("save")];
    at("save").click();
    out.told = part("now").textContent;
    await later(() => at("save").textContent === "Save idle");
    stop();
    clock.uninstall();
    return out;
  });
  assert.equal(seen.cooling, seen.left);
  assert.deepEqual([seen.held, seen.over, seen.free, seen.told], ["true", "You can try again now.", [null, true], ""]);
  await backend.arrival("/api/save", 2);
  assert.equal(backend.of("/api/save").length, 2);
});
