// Headers as a broken or hostile server writes them: never an exception, never a wait beyond the cap, and never a
// timer that a browser would fire at once.
import assert from "node:assert/strict";
import { claim, claimOfBoth } from "../support/browser.mjs";

const LONG = "9".repeat(8192);
/** By name: the response headers of a 503. */
const CASES = {
  "1e18": { "retry-after": "1e18" },
  "digits beyond a double": { "retry-after": "9".repeat(400) },
  "more than a timer can count": { "retry-after": "2147484" },
  "2^31 as milliseconds": { "retry-after-ms": "2147483648" },
  "2^53 + 1": { "retry-after": "9007199254740993" },
  negative: { "retry-after": "-5" },
  NaN: { "retry-after": "NaN" },
  Infinity: { "retry-after": "Infinity" },
  fraction: { "retry-after": "0.5" },
  hexadecimal: { "retry-after": "0x10" },
  empty: { "retry-after": "" },
  "past date": { "retry-after": "Thu, 01 Jan 1970 00:00:00 GMT" },
  "far-future date": { "retry-after": "Fri, 31 Dec 9999 23:59:59 GMT" },
  "a date that is none": { "retry-after": "Fri, 99 Foo 2026 99:99:99 GMT" },
  doubled: { "retry-after": ["5", "1e18"] },
  "doubled, one bad": { "retry-after": ["x", "2"] },
  "8 kB": { "retry-after": LONG },
  "8 kB of a list": { "retry-after": "1,".repeat(4096) },
  "quota named __proto__": { ratelimit: '"__proto__";r=0;t=1e18', "ratelimit-policy": '"__proto__";q=1;w=60' },
  "quota named constructor": { ratelimit: '"constructor";r=0;t=99999999999999', "ratelimit-policy": '"constructor";q=1;w=60' },
  "eight kB of quotas": { ratelimit: Array.from({ length: 400 }, (_, i) => `"q${i}";r=0;t=${i}`).join(", ") },
  "unclosed structured field": { ratelimit: '"a;r=0;t=' },
  "negative quota": { "x-ratelimit-remaining": "-1", "x-ratelimit-reset": "-1", "x-ratelimit-limit": "-1" },
  "reset at the end of time": { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "99999999999999999999", "x-ratelimit-limit": "10" },
  "bytes that are not ASCII": { "retry-after": "\u00ff\u00e9" },
};

const CAP = 600_000;
/** A spread of a fifth comes after the server's time. */
const LATEST = CAP * 1.2 + 1;
const TIMER = 2 ** 31 - 1;

// Runs in the page: each case in a scope of its own.
async function meet(names) {
  const delays = [];
  const real = globalThis.setTimeout;
  globalThis.setTimeout = function (work, delay, ...rest) {
    delays.push(delay);
    return real(work, delay, ...rest);
  };
  const tide = tidegate.createTidegate({ deadline: 3_600_000 });
  const seen = {};
  const stay = new AbortController();
  const waiting = [];
  for (const [i, name] of names.entries()) {
    const own = { scope: `case ${i}` };
    const first = await tide.fetch(`/case/${i}`, { tidegate: { ...own, retry: false } });
    const { closedUntil, state } = tide.pressure(own.scope);
    const hints = tidegate.readHints(first);
    // It waits as long as it is told to: so the core arms its timer for it.
    waiting.push(tide.fetch(`/case/${i}?again`, { signal: stay.signal, tidegate: { ...own, retry: false } }).catch((cause) => cause));
    seen[name] = { status: first.status, ahead: closedUntil === null ? null : closedUntil - Date.now(), state, waitMs: hints.waitMs, quotas: hints.quotas.length, names: hints.quotas.slice(0, 3).map((quota) => quota.name) };
  }
  stay.abort("enough");
  await Promise.all(waiting);
  tide.dispose();
  return { seen, delays, polluted: Object.keys(Object.prototype).length + Object.keys(Object).length };
}

claimOfBoth("malformed and hostile hints: never beyond the cap, never an exception, never an overlong timer", async ({ page, backend }) => {
  const names = Object.keys(CASES);
  backend.handle = (hit) => {
    const again = hit.path.endsWith("?again");
    hit.answer(again ? 200 : 503, again ? {} : CASES[names[parseInt(hit.path.slice(6), 10)]]);
  };
  const { seen, delays, polluted } = await page.evaluate(meet, names);
  assert.equal(Object.keys(seen).length, names.length);
  for (const [name, { status, ahead, state, waitMs }] of Object.entries(seen)) {
    assert.equal(status, 503, name);
    assert.ok(ahead === null || ahead <= LATEST, `${name}: ${ahead} ms ahead`);
    assert.ok(waitMs === null || (Number.isFinite(waitMs) && waitMs >= 0), `${name}: ${waitMs}`);
    assert.notEqual(state, "nominal", `${name}: a 503 is a refusal all the same`);
  }
  assert.ok(delays.length > 0, "timers were armed");
  for (const delay of delays) assert.ok(delay >= 0 && delay <= TIMER, `a timer of ${delay} ms`);
  assert.equal(polluted, 0);
  // A few of which one knows what a patient reading gives.
  for (const name of ["negative", "NaN", "Infinity", "hexadecimal", "empty", "a date that is none"]) {
    assert.ok(seen[name].ahead === null || seen[name].ahead <= 30_000, `${name}: nothing but our own guess, ${seen[name].ahead}`);
  }
  assert.ok(seen["more than a timer can count"].ahead >= CAP - 60_000, "a long time is obeyed up to the cap");
  assert.deepEqual(seen["quota named __proto__"].names, ["__proto__"]);
});

claim("maxHint of a day: one waits in timers of an hour at most, and still waits", async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(503, { "retry-after": "86400" });
  const seen = await page.evaluate(async () => {
    const delays = [];
    const real = globalThis.setTimeout;
    globalThis.setTimeout = (work, delay, ...rest) => (delays.push(delay), real(work, delay, ...rest));
    const tide = tidegate.createTidegate({ maxHint: 86_400_000, deadline: 86_400_000, queue: { maxWait: 86_400_000 } });
    await tide.fetch("/api", { tidegate: { retry: false } });
    const ahead = tide.pressure().closedUntil - Date.now();
    tide.dispose();
    return { ahead, longest: Math.max(...delays) };
  });
  assert.ok(seen.ahead > 86_300_000, `${seen.ahead}`);
  assert.ok(seen.longest <= 3_600_000, `${seen.longest}`);
});

claim("a success with hostile headers closes nothing that matters to a human", async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(200, { "retry-after": "1e18", ratelimit: '"a";r=abc;t=-1', "x-ratelimit-reset": "NaN" });
  const events = await page.evaluate(async () => {
    const tide = tidegate.createTidegate();
    const events = [];
    for (const type of ["wait", "shed"]) tide.on(type, (event) => events.push([type, event.reason]));
    for (let i = 0; i < 40; i++) await (await tide.fetch(`/api?${i}`)).text();
    return events;
  });
  assert.deepEqual(events, []);
  assert.equal(backend.hits.length, 40);
});

claim("bad options: production uses the defaults and tells once; development names every faulty path", async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(200);
  const bad = { deadline: -1, mode: "sometimes", retry: { attempts: 1.5, budget: { percent: 900 } }, breaker: { trip: 7 }, fetch: 3, onShed: "shrug" };
  const production = await page.evaluate(async (bad) => {
    const tide = tidegate.createTidegate(bad);
    const errors = [];
    tide.on("error", (event) => errors.push(event.message));
    const { status } = await tide.fetch("/api");
    await (await tide.fetch("/api")).text();
    return { errors, status, mode: tide.mode };
  }, bad);
  assert.equal(production.status, 200);
  assert.equal(production.errors.length, 1);
  const paths = ["deadline", "mode", "retry.attempts", "retry.budget.percent", "breaker.trip", "fetch", "onShed"];
  for (const path of paths) assert.ok(production.errors[0].includes(path), `${path} in: ${production.errors[0]}`);
  assert.equal(production.mode, "on");
  const thrown = await page.evaluate(async (bad) => {
    const { createTidegate } = await load("/dist/dev.js");
    try {
      createTidegate(bad);
    } catch (cause) {
      return cause.message;
    }
  }, bad);
  for (const path of paths) assert.ok(thrown?.includes(path), `${path} in: ${thrown}`);
});
