// A Save button under rage clicks: one effect at the server, a countdown that is true, nothing thrown; also over a reload.
// TIDEGATE_PICTURES=1 takes the picture in docs/actions.md anew, in Chromium.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { BROWSER, claim, claimOfBoth } from "../support/browser.mjs";

const PICTURE = fileURLToPath(new URL("../../docs/save-countdown.png", import.meta.url));
/** Milliseconds for which the server refuses, seconds that it asks for. */
const REFUSES = 4000;
const AFTER = 2;
/** Clocks of whole milliseconds, the page's and this process's. */
const GRAIN = 2;

const wall = (hit) => performance.timeOrigin + hit.at;

/** Refuses at first; then saves once for each key. */
function ledger(backend) {
  const book = { effects: [], keys: [] };
  let first;
  backend.handle = async (hit) => {
    if (hit.path !== "/save") return;
    let body = "";
    for await (const part of hit.request) body += part;
    first ??= hit.at;
    const key = hit.request.headers["idempotency-key"];
    if (!book.keys.includes(key)) book.keys.push(key);
    if (hit.at - first < REFUSES) return hit.answer(503, { "retry-after": String(AFTER) });
    if (!book.effects.some((effect) => effect.key === key)) book.effects.push({ key, body });
    hit.answer(200, {}, `saved ${body}`);
  };
  return book;
}

// Runs in the page: builds it, and presses every 100 ms for `most` milliseconds, or until it says "saved". `said` gathers
// what was on the screen, and when.
async function rage({ held, most }) {
  document.body.innerHTML = `<main style="font: 16px/1.5 system-ui; margin: 2rem; max-width: 24rem">
    <h1 style="font-size: 1.25rem">Chapter 1</h1>
    <textarea style="width: 100%; height: 6rem; font: inherit">It was a dark and stormy night.</textarea>
    <p><button style="font: inherit; padding: .4rem 1.2rem">Save</button> <output></output></p></main>`;
  const [button] = document.getElementsByTagName("button");
  const [output] = document.getElementsByTagName("output");
  const tide = (globalThis.tide = tidegate.createTidegate());
  const save = tide.action("save", async (signal, text) => {
    const init = { method: "POST", body: text, signal };
    const response = held
      ? await tide.fetch("/save", { ...init, tidegate: { idempotent: true } })
      : await platformFetch("/save", { ...init, headers: { "idempotency-key": signal.idempotencyKey } });
    if (!response.ok) throw Object.assign(new Error("refused"), { response });
    return response.text();
  });
  const said = (globalThis.said = []);
  const paint = () => {
    const { state, retryAt } = save.getSnapshot();
    const at = Date.now();
    const left = retryAt && Math.ceil((retryAt - at) / 1000);
    output.textContent = { idle: output.textContent.startsWith("saved") ? output.textContent : "", pending: left ? `Saving: the server is busy, about ${left} s` : "Saving …", cooling: `Busy: try again in ${left} s` }[state];
    button.style.opacity = state === "idle" ? 1 : 0.5;
    said.push({ state, retryAt, at, text: output.textContent });
  };
  save.subscribe(paint);
  const clock = setInterval(paint, 250);
  let refusals = 0;
  let saved;
  // As event handlers do: nobody waits for what it answers.
  button.onclick = () => void save("night").then((text) => (saved = output.textContent = text), () => refusals++);
  paint();
  const end = Date.now() + most;
  while (!saved && Date.now() < end) {
    button.click();
    await new Promise((next) => setTimeout(next, 100));
  }
  while (!saved && save.state === "pending") await new Promise((next) => setTimeout(next, 50));
  clearInterval(clock);
  return { said, saved, refusals, stored: { ...localStorage } };
}

/** Every time that was on the screen: it was no longer than the server's word and a spread, and nothing was sent before it. */
function truthful(said, hits) {
  const times = [...new Set(said.map(({ retryAt }) => retryAt).filter(Boolean))];
  assert.ok(times.length >= 1, "there was a countdown");
  for (const time of times) {
    const shown = said.find(({ retryAt }) => retryAt === time);
    const next = hits.find((hit) => wall(hit) > shown.at + GRAIN);
    assert.ok(next, `nothing was sent after ${shown.text}`);
    assert.ok(wall(next) >= time - GRAIN, `"${shown.text}": sent ${time - wall(next)} ms before that time`);
    const seconds = Number(/(\d+) s$/.exec(shown.text)?.[1]);
    assert.equal(seconds, Math.ceil((time - shown.at) / 1000), shown.text);
    assert.ok(seconds >= 1 && seconds <= AFTER + 1, shown.text);
  }
}

for (const held of [true, false]) {
  const how = held ? "tide.fetch, which holds it" : "the platform's fetch";
  claimOfBoth(`a Save button by ${how}, pressed every 100 ms while the server refuses: one effect, a true countdown`, async ({ page, backend }) => {
    const book = ledger(backend);
    const done = page.evaluate(rage, { held, most: held ? 5000 : 10_000 });
    if (process.env.TIDEGATE_PICTURES && BROWSER === "chromium" && !held) await picture(page);
    const { said, saved, refusals, stored } = await done;
    assert.equal(saved, "saved night");
    assert.deepEqual(book.effects.map(({ body }) => body), ["night"]);
    assert.equal(book.keys.length, 1, "one key");
    const hits = backend.of("/save");
    assert.ok(hits.length >= 2 && hits.length <= 4, `${hits.length} requests`);
    truthful(said, hits);
    assert.ok(held ? refusals === 0 : refusals >= 2, `${refusals} presses refused`);
    assert.ok(said.some(({ state }) => state === (held ? "pending" : "cooling")));
    assert.deepEqual(stored, {}, "nothing is left behind");
  });

  claim(`the same by ${how}, with a reload in the middle: it goes on where it was`, async ({ page, backend }) => {
    const book = ledger(backend);
    const before = page.evaluate(rage, { held, most: 10_000 }).catch(() => {});
    await backend.arrival("/save", 1);
    await page.waitForFunction(() => globalThis.said?.some(({ retryAt }) => retryAt));
    const first = await page.evaluate(() => said.find(({ retryAt }) => retryAt));
    await page.reload();
    await before;
    await page.waitForFunction("globalThis.tidegate !== undefined");
    const { said, saved } = await page.evaluate(rage, { held, most: 10_000 });
    assert.equal(saved, "saved night");
    assert.deepEqual(book.effects.map(({ body }) => body), ["night"]);
    assert.equal(book.keys.length, 1, "one key");
    const hits = backend.of("/save");
    assert.ok(hits.length >= 2 && hits.length <= 4, `${hits.length} requests`);
    truthful(said, hits);
    // Stored on one axis and read on another: a millisecond is rounding.
    if (!held) assert.ok(Math.abs(said[0].retryAt - first.retryAt) <= 1, "at once, before any press");
    assert.ok(wall(hits[1]) >= wall(hits[0]) + AFTER * 1000, "F5 resets nothing");
  });
}

claim("one deliberate press may try a guess, once a rest", async ({ page, backend }) => {
  backend.handle = (hit) => hit.path === "/save" && hit.answer(503);
  await page.evaluate(() => {
    Math.random = () => 0.9;
    document.body.innerHTML = "<button>Save</button>";
    const tide = tidegate.createTidegate();
    globalThis.save = tide.action("save", (signal) => platformFetch("/save", { method: "POST", signal }));
    document.querySelector("button").onclick = () => void save();
    /** Resolves when the next rest has begun. */
    globalThis.rest = (least) => new Promise((rests) => {
      const look = () => save.state === "cooling" && save.retryAt - Date.now() > least && (off(), rests());
      const off = save.subscribe(look);
      look();
    });
    globalThis.pause = (ms) => new Promise((over) => setTimeout(over, ms));
  });
  const hits = () => backend.of("/save").length;
  await page.evaluate(async () => {
    await save();
    await pause(save.retryAt - Date.now());
    await save();
    await pause(1100);
  });
  assert.equal(hits(), 2);
  await page.click("button");
  await page.evaluate(() => rest(4000));
  assert.equal(hits(), 3);
  for (let n = 0; n < 5; n++) await page.click("button");
  assert.equal(hits(), 3, "it was on its way");
  await page.evaluate(() => pause(1100));
  await page.click("button");
  await page.evaluate(() => rest(7000));
  for (let n = 0; n < 5; n++) await page.click("button");
  assert.equal(hits(), 4);
});

async function picture(page) {
  await page.setViewport({ width: 480, height: 300, deviceScaleFactor: 2 });
  await page.waitForFunction(() => globalThis.said?.some(({ state }) => state === "cooling"));
  await page.screenshot({ path: PICTURE });
}
