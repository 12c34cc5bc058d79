// Somebody types into a real page, into a box of lodash's and one of ours, before a server that counts.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { claim, claimOfBoth } from "../support/browser.mjs";
import { lend } from "../support/server.mjs";

const { keys } = JSON.parse(readFileSync(new URL("../typing/trace.json", import.meta.url), "utf8"));
/** The burst, and as many keys of the slow part. */
const KEYS = [...keys.slice(0, 40), ...keys.slice(-45).map(([at, key]) => [at - keys.at(-46)[0] + keys[39][0] - 4_000, key])];
const prepare = (backend) => lend(backend, "lodash-es");

// Runs in the page: types the keys, each at its time, and resolves when both boxes have had their last answer.
async function type(keys, wait) {
  const { default: debounce } = await load("/lodash-es/debounce.js");
  const tide = (globalThis.tide ??= tidegate.createTidegate());
  const boxes = document.createElement("form");
  boxes.innerHTML = '<input name="theirs"><input name="ours"><input name="search">';
  const ask = (path) => (text) => platformFetch(`/${path}?${encodeURIComponent(text)}`);
  const last = {};
  const listen = (name, call) => boxes.elements[name].addEventListener("input", ({ target }) => (last[name] = call(target.value)));
  let lodash, ours;
  listen("theirs", debounce((text) => (lodash = ask("theirs")(text)), wait));
  listen("ours", tide.debounce((text) => (ours = ask("ours")(text)), wait));
  listen("search", tide.asyncDebounce((signal, text) => ask("search")(text).then(() => text), wait));
  document.body.append(boxes);
  const begin = performance.now();
  let text = "";
  for (const [at, key] of keys) {
    await new Promise((next) => setTimeout(next, begin + at - performance.now()));
    text += key;
    for (const box of boxes.elements) {
      box.value = text;
      box.dispatchEvent(new InputEvent("input", { data: key }));
    }
  }
  const answered = await last.search;
  await Promise.all([lodash, ours]);
  return [answered, text];
}

for (const [state, most] of [["nominal", 1], ["critical", 1 / 3]]) {
  claim(`typing while the server is ${state}`, { prepare }, async ({ page, backend }) => {
    backend.handle = (hit) => hit.answer(200, { backpressure: `state=${state}, for=600` });
    await page.evaluate(async () => (await (globalThis.tide = tidegate.createTidegate()).fetch("/first")).text());
    assert.equal(await page.evaluate(() => tide.pressure().state), state);
    const [answered, text] = await page.evaluate(type, KEYS, 150);
    assert.equal(answered, text);
    const ask = (name) => backend.hits.filter(({ path }) => path.startsWith(`/${name}?`)).map(({ path }) => decodeURIComponent(path.slice(name.length + 2)));
    const theirs = ask("theirs");
    // Two timers that are due in the same millisecond as a key may see it or not.
    const slack = state === "nominal" ? 2 : 0;
    for (const name of ["ours", "search"]) {
      assert.ok(ask(name).length <= theirs.length * most + slack, `${ask(name).length} of ${theirs.length}`);
      assert.ok(state !== "nominal" || ask(name).length >= theirs.length - slack);
      assert.equal(ask(name).at(-1), text, "the last text is asked for");
    }
  });
}

claimOfBoth("a hundred thousand that wait have one timer, and all are called", async ({ page }) => {
  const { most, called, left } = await page.evaluate(async () => {
    const { setTimeout: set, clearTimeout: clear } = globalThis;
    const open = new Set();
    let most = 0;
    globalThis.setTimeout = (call, ms) => {
      const id = set(() => (open.delete(id), call()), ms);
      open.add(id);
      most = Math.max(most, open.size);
      return id;
    };
    globalThis.clearTimeout = (id) => (open.delete(id), clear(id));
    const tide = tidegate.createTidegate();
    let called = 0;
    await new Promise((done) => {
      for (let n = 0; n < 100_000; n++) tide.debounce(() => ++called === 100_000 && done(), 200 + (n % 500))();
    });
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
    return { most, called, left: open.size };
  });
  assert.deepEqual([most, called, left], [1, 100_000, 0]);
});

claim("a main thread that is held up: what became due meanwhile is called once, with what was typed last", async ({ page }) => {
  const calls = await page.evaluate(async () => {
    const tide = tidegate.createTidegate();
    const calls = [];
    const called = new Promise((done) => {
      const debounced = tide.debounce((text) => (calls.push(text), done()), 50);
      debounced("a");
      debounced("b");
    });
    const until = performance.now() + 500;
    while (performance.now() < until);
    await called;
    await new Promise((next) => setTimeout(next, 100));
    return calls;
  });
  assert.deepEqual(calls, ["b"]);
});
