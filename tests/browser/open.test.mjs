// Fail open: whatever becomes of WebAssembly, the page's requests go on as the platform would send them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BROWSER, BUILDS, claim, visit } from "../support/browser.mjs";
import { built, serve } from "../support/server.mjs";

const OUR_WARNING = "tidegate: fallback";
/** Our warnings in the page's console. */
const warnings = (page) => page.said.filter(({ type, text }) => /^warn/.test(type) && text.includes(OUR_WARNING)).length;

// A script of the page itself, so that the page's policy holds for it; evaluated code may be exempt.
const SCRIPT = `import { createTidegate, readHints } from "/dist/ENTRY";
const tide = createTidegate();
const errors = [];
tide.on("error", (event) => errors.push(event.message));
const response = await tide.fetch("/api/first");
const readied = await tide.ready;
const hints = readHints({ status: 503, headers: { "retry-after": "7" } }).waitMs;
let evaluated = true;
try { eval("0") } catch { evaluated = false }
globalThis.reported = { status: response.status, text: await response.text(), readied, errors, snapshot: tide.getSnapshot().ready, hints, evaluated };`;

const POLICIES = {
  "script-src 'self'": false,
  "default-src 'self'": false,
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'": true,
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; require-trusted-types-for 'script'": true,
};

for (const [csp, runs] of Object.entries(POLICIES)) {
  for (const build of BUILDS) {
    claim(`under ${csp} (${build}): ${runs ? "the core runs" : "the fallback serves, one warning, one event"}`, { csp, prepare: (backend) => backend.files.set("/script.js", SCRIPT.replace("ENTRY", build)) }, async ({ page, backend }) => {
      backend.handle = (hit) => hit.answer(200, {}, "served");
      await page.evaluate(() => {
        const script = document.createElement("script");
        [script.type, script.src] = ["module", globalThis.trustedTypes ? trustedTypes.createPolicy("test", { createScriptURL: (url) => url }).createScriptURL("/script.js") : "/script.js"];
        document.head.append(script);
      });
      await page.waitForFunction("globalThis.reported !== undefined");
      const seen = await page.evaluate(() => globalThis.reported);
      const readied = runs ? "wasm" : "fallback";
      assert.deepEqual(seen, { status: 200, text: "served", readied, errors: runs ? [] : ["fallback"], snapshot: readied, hints: runs ? 7000 : null, evaluated: false });
      assert.equal(warnings(page), runs ? 0 : 1);
    });
  }
}

/** The bundle with some of its inlined bytes changed, as a broken proxy or editor would. */
function damaged() {
  const text = built("index.js");
  // The longest literal is the core.
  const literal = text.match(/"[^"\\]{20000,}"/)[0];
  const place = text.indexOf(literal) + 2000;
  return `${text.slice(0, place)}${"x".repeat(64)}${text.slice(place + 64)}`;
}

claim("damaged bytes: the platform's answers, one warning, one event", { entry: "/damaged.js", prepare: (backend) => backend.files.set("/damaged.js", damaged()) }, async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(200, {}, hit.path);
  const seen = await page.evaluate(async () => {
    const tide = tidegate.createTidegate();
    const other = tidegate.createTidegate();
    const errors = [[], []];
    tide.on("error", (event) => errors[0].push(event.message));
    other.on("error", (event) => errors[1].push(event.message));
    const texts = [];
    for (let i = 0; i < 3; i++) texts.push(await (await tide.fetch(`/api/${i}`)).text());
    texts.push(await (await other.fetch("/other")).text());
    return { texts, errors, ready: await tide.ready, initialised: await tidegate.init().then(() => true, () => false) };
  });
  assert.deepEqual(seen, { texts: ["/api/0", "/api/1", "/api/2", "/other"], errors: [["fallback"], ["fallback"]], ready: "fallback", initialised: false });
  assert.equal(warnings(page), 1);
});

claim("no WebAssembly at all", async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(200);
  const ready = await page.evaluate(async () => {
    delete globalThis.WebAssembly;
    const tide = tidegate.createTidegate();
    await tide.fetch("/api");
    return tide.ready;
  });
  assert.equal(ready, "fallback");
  assert.equal(warnings(page), 1);
});

// Runs in the page before the first use: every export of the core traps when its name is due; counts who enters after.
function boobyTrap(name, nth) {
  const Real = WebAssembly.Instance;
  globalThis.entered = { before: 0, trapped: 0, after: [], exports: [] };
  WebAssembly.Instance = function (...args) {
    const { exports } = new Real(...args);
    const hooked = {};
    for (const [key, value] of Object.entries(exports)) {
      if (typeof value !== "function") {
        hooked[key] = value;
        continue;
      }
      entered.exports.push(key);
      let calls = 0;
      // The timer's own closure is the one way in that no guard stands before: gloo-timers runs it in the instance, where
      // it marks its alarm and calls the page's function, which is guarded.
      const timer = key === "_c";
      hooked[key] = (...inputs) => {
        if (entered.trapped && !timer) entered.after.push(key);
        else if (key === name && ++calls === nth) {
          entered.trapped++;
          throw new WebAssembly.RuntimeError("unreachable");
        } else entered.before++;
        return value(...inputs);
      };
    }
    return { exports: hooked };
  };
}

// Runs in the page: uses all that reaches the core. Nothing of it may fail.
async function everything() {
  const tide = tidegate.createTidegate({ deadline: 20_000 });
  const errors = [];
  for (const kind of ["pressure", "wait", "shed", "retry", "coalesced", "stale"]) tide.on(kind, () => {});
  tide.on("error", (event) => errors.push(event.message));
  const status = async (promise) => (await promise).status;
  const statuses = [];
  statuses.push(...(await Promise.all([status(tide.fetch("/busy-once")), status(tide.fetch("/busy-once")), status(tide.fetch("/other"))])));
  statuses.push(await status(tide.fetch("/post", { method: "POST", body: "x" })));
  // What the body of a success says comes behind its back: it is known when it is told, or when the core is no more.
  const heard = new Promise((tell) => ["pressure", "error"].forEach((kind) => tide.on(kind, tell)));
  statuses.push(await status(tide.fetch("/graphql", { method: "POST", body: "x" })));
  if (!errors.length) await heard;
  // What is kept is there when its body was read behind the caller's back.
  for (let times = 0; times < 3; times++) statuses.push(await tide.fetch("/kept").then(async (kept) => (await kept.text(), kept.status)));
  const ran = await tide.run(() => 7);
  tide.setMode("observe");
  statuses.push(await status(tide.fetch("/observed")));
  tide.setMode("on");
  const hints = tidegate.readHints({ status: 503, headers: { "retry-after": "1" } });
  tide.pressure();
  tide.getSnapshot();
  const extra = tide.feature("extra");
  for (const word of [false, null]) extra.override(word);
  const typed = await tide.asyncDebounce(async (signal, text) => text, 1)("typed");
  document.dispatchEvent(new Event("visibilitychange"));
  await tide.clear();
  const before = await tide.ready;
  tide.reset();
  statuses.push(await status(tide.fetch("/after-reset")));
  const snapshot = tide.getSnapshot().ready;
  tide.dispose();
  statuses.push(await status(tide.fetch("/after-dispose")));
  return { statuses, ran, typed, hints: typeof hints, before, snapshot, errors, ready: await tide.ready };
}

const THROTTLED = JSON.stringify({ errors: [{ extensions: { code: "THROTTLED" } }] });
const busyOnce = (hit, backend) => hit.path === "/kept" ? hit.answer(200, { "cache-control": "max-age=60" }, "kept") : hit.path === "/graphql" ? hit.answer(200, { "content-type": "application/json", "content-length": THROTTLED.length }, THROTTLED) : (hit.path === "/busy-once" && backend.of("/busy-once").length === 1 ? hit.answer(503, { "retry-after": "0" }) : hit.answer(200));

/** Exports that pages reach; the rest belongs to wasm-bindgen. */
const EXPORTS = "_s clock stage open refused shut buffer scope key ask settle poll told set_mode pressure typing closed listen event read word keep share woke wipe forget feature force copy_about copy_judge copy_fill copy_gone copy_forget copy_look".split(" ");

test(`${BROWSER}: the traps below name every export of the core`, async () => {
  const backend = await serve();
  const page = await visit(backend);
  try {
    await page.evaluate(boobyTrap, "", 0);
    backend.handle = busyOnce;
    const seen = await page.evaluate(everything);
    assert.deepEqual(seen.errors, []);
    const { exports, before } = await page.evaluate(() => globalThis.entered);
    assert.ok(before > 20, "the core was entered through the hook");
    assert.deepEqual(exports.filter((name) => /^[a-z]/.test(name)).sort(), EXPORTS.filter((name) => /^[a-z]/.test(name)).sort());
  } finally {
    await page.close();
    await backend.close();
  }
});

for (const name of EXPORTS) {
  for (const nth of ["ask", "settle", "poll", "buffer"].includes(name) ? [1, 2, 3] : [1]) {
    claim(`call ${nth} of ${name} traps: requests go on, one warning, one event, and the core is never entered again`, async ({ page, backend }) => {
      backend.handle = busyOnce;
      await page.evaluate(boobyTrap, name, nth);
      const seen = await page.evaluate(everything);
      const { trapped, after } = await page.evaluate(() => globalThis.entered);
      assert.equal(trapped, 1, "it was reached");
      assert.deepEqual(after, []);
      for (const status of seen.statuses) assert.ok(status === 200 || status === 503, `${status}`);
      assert.deepEqual([seen.ran, seen.typed, seen.hints, seen.errors, seen.ready], [7, "typed", "object", ["fallback"], "fallback"]);
      assert.equal(warnings(page), 1);
    });
  }
}

claim("who waits when the core dies is let go, spaced, in order, and nothing is lost", async ({ page, backend }) => {
  backend.handle = (hit) => (hit.path === "/first" ? hit.answer(503, { "retry-after": "6" }) : hit.answer(200, {}, hit.path));
  await page.evaluate(boobyTrap, "pressure", 1);
  const seen = await page.evaluate(async () => {
    const tide = tidegate.createTidegate({ retry: false });
    await tide.fetch("/first");
    const waiting = Array.from({ length: 5 }, (_, i) => tide.fetch(`/waiting/${i}`).then((r) => r.text()));
    const { queued } = tide.getSnapshot();
    // Asking for the pressure is what trapped, or does now.
    tide.pressure();
    return { queued, texts: await Promise.all(waiting), after: globalThis.entered.after };
  });
  assert.deepEqual(seen.texts, [0, 1, 2, 3, 4].map((i) => `/waiting/${i}`));
  assert.deepEqual(seen.after, []);
  const released = backend.hits.filter((hit) => hit.path.startsWith("/waiting"));
  assert.deepEqual(released.map((hit) => hit.path), [0, 1, 2, 3, 4].map((i) => `/waiting/${i}`));
  assert.ok(released.at(-1).at - released[0].at > 100, "not in a burst");
  assert.ok(released.at(-1).at < backend.of("/first")[0].answeredAt + 6000, "at once, not when the dead core would have let them");
});

claim("the fallback honours Retry-After per origin: holds what reads, refuses beyond the deadline, leaves other origins alone", { entry: "/damaged.js", prepare: (backend) => backend.files.set("/damaged.js", damaged()) }, async ({ page, backend }) => {
  const other = await serve();
  try {
    other.handle = (hit) => hit.answer(200, { "access-control-allow-origin": "*" });
    backend.handle = (hit) => (hit.path === "/long" ? hit.answer(429, { "retry-after": "60" }) : hit.path === "/short" && backend.of("/short").length === 1 ? hit.answer(503, { "retry-after": "1" }) : hit.answer(200));
    const seen = await page.evaluate(async (origin) => {
      const tide = tidegate.createTidegate();
      const statuses = [(await tide.fetch("/short")).status];
      const waiting = tide.fetch("/short");
      statuses.push((await tide.fetch("/post", { method: "POST" })).status, (await tide.fetch(`${origin}/free`)).status, (await waiting).status);
      statuses.push((await tide.fetch("/long")).status);
      const shed = await tide.fetch("/refused");
      return { statuses, shed: [shed.status, shed.headers.get("x-tidegate"), Number(shed.headers.get("retry-after")) > 55], closed: tide.pressure().closedUntil > Date.now(), reason: tide.pressure().reason };
    }, other.origin);
    assert.deepEqual(seen, { statuses: [503, 200, 200, 200, 429], shed: [503, "shed", true], closed: true, reason: "retry-after" });
    const [refused, served] = backend.of("/short");
    assert.ok(served.at >= refused.answeredAt + 998, `${served.at - refused.answeredAt} ms`);
    assert.equal(backend.of("/refused").length, 0);
    assert.equal(backend.of("/post").length, 1);
  } finally {
    await other.close();
  }
});
