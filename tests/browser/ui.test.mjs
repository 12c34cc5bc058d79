// The custom elements: true, quiet, and never in the way of the keyboard.
import assert from "node:assert/strict";
import { BROWSER, claim } from "../support/browser.mjs";
import { forPage } from "../support/bundle.mjs";

const help = await forPage(`
  import FakeTimers from "@sinonjs/fake-timers";
  import axe from "axe-core";
  /** Time is the test's from here on. */
  export const holdTime = () => FakeTimers.install({ now: 1_700_000_000_000, toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
  /** What the checker finds wrong with the page, and how many rules it looked at. */
  export const check = async () => {
    const { violations, passes } = await axe.run(document);
    return { wrong: violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html).join()), looked: passes.length };
  };
  /** Texts that a live region of the element's shadow was given since. */
  export const hear = (element) => {
    const heard = [];
    const region = element.shadowRoot.querySelector("[role=status]");
    new MutationObserver(() => heard.push(region.textContent)).observe(region, { childList: true, characterData: true, subtree: true });
    return heard;
  };
  export const part = (element, name) => element.shadowRoot.querySelector("[part=" + name + "]");
`);

const prepare = (backend) => {
  backend.files.set("/help.js", help);
  backend.handle = (hit) => hit.answer(503, { "retry-after": "60" });
};

const page = `<main><h1>Shop</h1><p>Server: <tide-status></tide-status></p>
  <form><label>Name <input name="name"></label> <button id="save">Save</button></form> <tide-countdown for="save"></tide-countdown></main>`;

claim("importing defines nothing, and defining twice is no error", { entry: "/dist/ui.js" }, async ({ page }) => {
  const seen = await page.evaluate(() => {
    const before = [!!customElements.get("tide-status"), Object.keys(tidegate)];
    tidegate.defineTide();
    const first = customElements.get("tide-countdown");
    tidegate.defineTide(null, { strings: { now: "Now." } });
    return [...before, first === customElements.get("tide-countdown"), !!customElements.get("tide-status")];
  });
  assert.deepEqual(seen, [false, ["defineTide"], true, true]);
});

claim("the status tells state, reason and time, and announces each change once", { prepare }, async ({ page: tab, backend }) => {
  const seen = await tab.evaluate(async (html) => {
    const { hear, part } = await load("/help.js");
    const { defineTide } = await load("/dist/ui.js");
    const tide = tidegate.createTidegate({ retry: false });
    document.body.innerHTML = html;
    defineTide(tide);
    const status = document.querySelector("tide-status");
    const text = part(status, "text");
    const first = [text.textContent, status.getAttribute("state"), text.role, text.lang];
    const heard = hear(status);
    const changed = new Promise((resolve) => new MutationObserver(resolve).observe(text, { childList: true }));
    await tide.fetch("/api");
    await changed;
    for (let i = 0; i < 5; i++) await tide.fetch("/api");
    await new Promise((resolve) => setTimeout(resolve, 0));
    const { closedUntil, state } = tide.pressure();
    return { first, heard, closedUntil, state, shown: status.getAttribute("state"), clock: new Intl.DateTimeFormat("en", { timeStyle: "medium" }).format(Math.ceil(closedUntil / 1000) * 1000) };
  }, page);
  assert.deepEqual(seen.first, ["All is well.", "nominal", "status", "en"]);
  assert.equal(seen.shown, seen.state);
  assert.deepEqual(seen.heard.length, 1, seen.heard.join(" | "));
  assert.ok(seen.heard[0].endsWith(`Waiting until ${seen.clock}: the server asked for it.`), seen.heard[0]);
  assert.equal(backend.hits.length, 1);
});

claim("the countdown holds its button until the very time, keeps the focus, and speaks at the beginning and at the end only", { prepare }, async ({ page: tab }) => {
  const seen = await tab.evaluate(async (html) => {
    const { hear, holdTime, part } = await load("/help.js");
    const { defineTide } = await load("/dist/ui.js");
    const clock = holdTime();
    document.body.innerHTML = html;
    defineTide();
    const countdown = document.querySelector("tide-countdown");
    const button = document.querySelector("button");
    let pressed = 0;
    let sent = 0;
    button.addEventListener("click", () => pressed++);
    document.addEventListener("submit", (event) => (event.preventDefault(), sent++));
    const press = () => (button.click(), [pressed, sent, button.getAttribute("aria-disabled"), button.disabled]);
    const heard = hear(countdown);
    const out = { before: press(), focus: [] };
    button.focus();
    countdown.until = Date.now() + 3500;
    const eye = part(countdown, "time");
    out.role = [eye.role, eye.getAttribute("aria-live")];
    out.seen = [eye.textContent];
    out.early = press();
    for (let i = 0; i < 3; i++) {
      await null;
      clock.tick(i ? 1000 : 500);
      out.seen.push(eye.textContent);
    }
    clock.tick(999);
    out.last = press();
    out.focus.push(document.activeElement === button, countdown.getAttribute("state"));
    await null;
    clock.tick(1);
    await null;
    out.ready = countdown.getAttribute("state");
    out.timers = clock.countTimers();
    out.after = press();
    await null;
    out.focus.push(document.activeElement === button, countdown.getAttribute("state"));
    clock.uninstall();
    return { ...out, heard };
  }, page);
  assert.deepEqual(seen.role, ["timer", "off"]);
  assert.deepEqual(seen.before, [1, 1, null, false]);
  assert.deepEqual(seen.seen, [4, 3, 2, 1].map((n) => `Try again in ${n} second${n > 1 ? "s" : ""}.`));
  assert.deepEqual([seen.early, seen.last], [[1, 1, "true", false], [1, 1, "true", false]]);
  assert.deepEqual([seen.after, seen.ready, seen.timers], [[2, 2, null, false], "ready", 0]);
  assert.deepEqual(seen.focus, [true, "waiting", true, null]);
  // The sentence of the beginning is taken back when it would no longer be true; taking back says nothing.
  assert.deepEqual(seen.heard, ["Try again in 4 seconds.", "You can try again now.", ""].flatMap((text) => (text.startsWith("Try") ? [text, ""] : text)));
});

claim("a countdown without action or time follows its scope; what is removed gives the button back and leaves nothing behind", { prepare }, async ({ page: tab }) => {
  const seen = await tab.evaluate(async (html) => {
    const { holdTime, part } = await load("/help.js");
    const { defineTide } = await load("/dist/ui.js");
    const clock = holdTime();
    const tide = tidegate.createTidegate({ retry: false });
    let followers = 0;
    const counted = { ...tide, subscribe: (tell) => {
      const off = tide.subscribe(tell);
      followers++;
      return () => (followers--, off());
    } };
    document.body.innerHTML = html;
    defineTide(counted);
    const button = document.querySelector("button");
    button.setAttribute("aria-disabled", "false");
    const countdown = document.querySelector("tide-countdown");
    const status = document.querySelector("tide-status");
    const out = { followers };
    await tide.fetch("/api");
    clock.tick(1);
    const { closedUntil } = tide.pressure();
    const left = Math.ceil((closedUntil - Date.now()) / 1000);
    out.text = [part(countdown, "time").textContent, `Try again in ${left} seconds.`];
    out.held = button.getAttribute("aria-disabled");
    const other = Object.assign(document.createElement("button"), { textContent: "Order" });
    button.after(other);
    other.id = "order";
    countdown.setAttribute("for", "order");
    out.moved = [button.getAttribute("aria-disabled"), other.getAttribute("aria-disabled")];
    countdown.remove();
    out.removed = [button.getAttribute("aria-disabled"), other.getAttribute("aria-disabled"), followers];
    document.querySelector("main").append(countdown);
    out.back = other.getAttribute("aria-disabled");
    // The time passes that the server named, and nobody asks anything: both tell so by themselves.
    clock.tick(closedUntil - Date.now());
    out.over = [other.getAttribute("aria-disabled"), part(countdown, "now").textContent, part(status, "text").textContent.includes("until")];
    status.remove();
    countdown.remove();
    out.end = followers;
    tide.dispose();
    // The task in which subscribers would be told.
    clock.tick(1);
    out.timers = clock.countTimers();
    clock.uninstall();
    return out;
  }, page);
  assert.equal(seen.text[0], seen.text[1]);
  assert.deepEqual([seen.followers, seen.held, seen.moved, seen.removed, seen.back], [2, "true", ["false", "true"], ["false", null, 1], "true"]);
  assert.deepEqual(seen.over, [null, "You can try again now.", false]);
  assert.deepEqual([seen.end, seen.timers], [0, 0]);
});

claim("an action by name is followed; what is under way needs no countdown; a time that is our own guess may be pressed", { prepare }, async ({ page: tab, backend }) => {
  const seen = await tab.evaluate(async (html) => {
    const { holdTime, part } = await load("/help.js");
    const { defineTide } = await load("/dist/ui.js");
    const clock = holdTime();
    const tide = tidegate.createTidegate();
    document.body.innerHTML = html;
    const countdown = document.querySelector("tide-countdown");
    const button = document.querySelector("button");
    const held = () => [part(countdown, "time").textContent, button.getAttribute("aria-disabled")];
    const save = tide.action("save", (signal) => tide.fetch("/save", { method: "POST", signal }));
    countdown.setAttribute("action", "save");
    defineTide(tide);
    const out = { idle: held() };
    const pressed = save();
    clock.tick(1);
    out.pending = held();
    await pressed.catch(() => {});
    clock.tick(1);
    const left = Math.ceil((save.retryAt - Date.now()) / 1000);
    out.cooling = [...held(), save.state];
    out.left = [`Try again in ${left} seconds.`, "true", "cooling"];
    // Anything that tells how it stands will do.
    let tell;
    let snapshot = { state: "cooling", retryAt: Date.now() + 5000, reason: "breaker" };
    countdown.action = { subscribe: (listener) => ((tell = listener), () => {}), getSnapshot: () => snapshot };
    out.guess = held();
    snapshot = { ...snapshot, reason: "retry-after" };
    tell();
    out.word = held();
    snapshot = { ...snapshot, state: "pending" };
    tell();
    out.waits = [...held(), part(countdown, "now").textContent];
    snapshot = { state: "idle", retryAt: null, reason: null };
    tell();
    out.done = [...held(), part(countdown, "now").textContent];
    countdown.remove();
    tide.dispose();
    clock.uninstall();
    return out;
  }, page);
  assert.deepEqual([seen.idle, seen.pending], [["", null], ["", null]]);
  assert.deepEqual(seen.cooling, seen.left);
  assert.deepEqual([seen.guess, seen.word], [["Try again in 5 seconds.", null], ["Try again in 5 seconds.", "true"]]);
  assert.deepEqual([seen.waits, seen.done], [["", null, ""], ["", null, ""]]);
  assert.equal(backend.of("/save").length, 1);
});

claim("after a reload the countdown goes on where the refusal left off, before anybody presses", { prepare }, async ({ page: tab, backend }) => {
  const begin = async (html, press) => {
    const { part } = await load("/help.js");
    const { defineTide } = await load("/dist/ui.js");
    const tide = tidegate.createTidegate();
    const save = tide.action("save", (signal) => tide.fetch("/save", { method: "POST", signal }));
    if (press) await save().catch(() => {});
    document.body.innerHTML = html;
    const countdown = document.querySelector("tide-countdown");
    countdown.setAttribute("action", "save");
    defineTide(tide);
    return { retryAt: save.retryAt, left: save.retryAt - Date.now(), text: part(countdown, "time").textContent, held: document.querySelector("button").getAttribute("aria-disabled") };
  };
  const before = await tab.evaluate(`(${begin})(${JSON.stringify(page)}, true)`);
  await tab.reload();
  await tab.waitForFunction("globalThis.tidegate !== undefined");
  const after = await tab.evaluate(`(${begin})(${JSON.stringify(page)}, false)`);
  for (const { text, held, left } of [before, after]) {
    assert.equal(held, "true");
    assert.ok(Math.abs(Number(/in (\d+) seconds/.exec(text)?.[1] ?? NaN) - left / 1000) <= 2, text);
  }
  assert.ok(Math.abs(after.retryAt - before.retryAt) < 1000, `${after.retryAt - before.retryAt} ms apart`);
  assert.equal(backend.of("/save").length, 1);
});

claim("texts come from attributes, properties and defaults, in the page's language, and are never markup", {}, async ({ page: tab }) => {
  const seen = await tab.evaluate(async () => {
    const { defineTide } = await load("/dist/ui.js");
    const shown = (element) => element.shadowRoot.querySelector("[part=time],[part=text]").textContent;
    document.body.innerHTML = '<main lang="de"><tide-countdown></tide-countdown><tide-countdown text-wait="Gleich: {in} {nonsense}"></tide-countdown></main>';
    const [first, second] = document.querySelectorAll("tide-countdown");
    // Before they are defined, as frameworks do.
    first.until = second.until = Date.now() + 11_900;
    first.strings = { wait: "<img src=x onerror=alert(1)> {in}" };
    defineTide(null, { strings: { wait: "Noch einmal {in}" } });
    const third = document.createElement("tide-countdown");
    third.until = Date.now() + 3 * 60_000 - 500;
    const fourth = document.createElement("tide-countdown");
    fourth.until = Date.now() + 5 * 3_600_000;
    fourth.lang = "no_language";
    document.querySelector("main").append(third, fourth);
    const out = [first, second, third].map(shown);
    out.push(first.shadowRoot.querySelector("img"), /5/.test(shown(fourth)));
    for (const until of [NaN, -1, Infinity, "soon"]) {
      fourth.until = until;
      out.push(shown(fourth).includes("Noch"));
    }
    // English as it is written elsewhere; another language's page keeps English whole.
    defineTide(null);
    for (const lang of ["en-GB", "fr"]) {
      fourth.lang = lang;
      fourth.until = Date.now() + 7900;
      out.push(shown(fourth), fourth.shadowRoot.querySelector("[part=time]").lang);
    }
    // No instance: nothing to tell, and no error.
    const lonely = document.createElement("tide-status");
    document.body.append(lonely);
    return [...out, lonely.shadowRoot.textContent];
  });
  assert.deepEqual(seen, ["<img src=x onerror=alert(1)> in 12 Sekunden", "Gleich: in 12 Sekunden", "Noch einmal in 3 Minuten", null, true, false, false, false, false, "Try again in 8 seconds.", "en-GB", "Try again in 8 seconds.", "en", ""]);
});

const STRICT = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; img-src data:; require-trusted-types-for 'script'";

claim("a strict policy is kept, with styles and all", { csp: STRICT, prepare }, async ({ page: tab }) => {
  const seen = await tab.evaluate(async () => {
    const { defineTide } = await load("/dist/ui.js");
    const broken = [];
    addEventListener("securitypolicyviolation", (event) => broken.push(event.violatedDirective));
    const status = document.createElement("tide-status");
    const countdown = document.createElement("tide-countdown");
    countdown.until = Date.now() + 5000;
    defineTide(tidegate.createTidegate());
    document.body.append(status, countdown);
    const look = (element, part) => getComputedStyle(element.shadowRoot.querySelector(`[part=${part}]`));
    return { broken, mark: look(status, "mark").backgroundColor, ear: look(countdown, "now").position };
  });
  assert.deepEqual(seen, { broken: [], mark: "rgb(42, 128, 80)", ear: "absolute" });
});

claim("the checker finds nothing wrong, whatever the elements show", { prepare }, async ({ page: tab }) => {
  const seen = await tab.evaluate(async (html) => {
    const { check } = await load("/help.js");
    const { defineTide } = await load("/dist/ui.js");
    const tide = tidegate.createTidegate({ retry: false });
    document.body.innerHTML = html;
    defineTide(tide);
    const countdown = document.querySelector("tide-countdown");
    const found = [await check()];
    await tide.fetch("/api");
    countdown.until = Date.now() + 60_000;
    found.push(await check());
    countdown.until = Date.now();
    found.push(await check());
    return [...found, countdown.getAttribute("state")];
  }, page);
  assert.equal(seen.pop(), "ready");
  for (const { wrong, looked } of seen) {
    assert.deepEqual(wrong, []);
    assert.ok(looked > 10, "it did look");
  }
});

// What a screen reader is told; only Chromium's driver can show it.
if (BROWSER === "chromium") {
  claim("to assistive technology they are a live region and a timer, and the held button is disabled and focusable", { prepare }, async ({ page: tab }) => {
    await tab.evaluate(async (html) => {
      const { defineTide } = await load("/dist/ui.js");
      document.body.innerHTML = html;
      document.querySelector("tide-countdown").until = Date.now() + 50_000;
      defineTide(tidegate.createTidegate());
      document.querySelector("button").focus();
    }, page);
    const all = [];
    const walk = (node) => (all.push(node), node.children?.forEach(walk));
    walk(await tab.accessibility.snapshot({ interestingOnly: false }));
    const of = (role) => all.filter((node) => node.role === role);
    const within = (node) => [node.name, ...(node.children ?? []).map(within)].filter(Boolean).join(" ");
    assert.deepEqual(of("status").map(({ live }) => live), ["polite", "polite"]);
    assert.match(within(of("status")[0]), /All is well\./);
    assert.match(within(of("timer")[0]), /Try again in (50|49) seconds\./);
    const [save] = of("button");
    assert.deepEqual([save.name, save.disabled, save.focused], ["Save", true, true]);
  });
}
