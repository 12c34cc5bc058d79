// Kept answers that outlive the page, and users that do not: the server counts.
import assert from "node:assert/strict";
import { BROWSER, claim, claimOfBoth } from "../support/browser.mjs";

const FRESH = { "cache-control": "max-age=600", etag: '"1"' };
const loaded = (page) => page.waitForFunction("globalThis.tidegate !== undefined");

/** Uses the page's one instance; answers the body and its Age. */
const get = (page, path) =>
  page.evaluate(async (path) => {
    globalThis.tide ??= tidegate.createTidegate({ cache: { persist: true }, name: "own" });
    globalThis.tide.on("error", ({ message, cause }) => (globalThis.wrong = `${message}: ${cause}`));
    // The browser's own cache is out of this.
    const answer = await tide.fetch(path, { headers: { "x-n": "1" } });
    return [await answer.text(), answer.headers.get("age") !== null, globalThis.wrong ?? null];
  }, path);

/** Until what is due is written. */
const written = (page, path) =>
  page.waitForFunction(async (path) => {
    for (const name of await caches.keys()) if (await (await caches.open(name)).match(path)) return true;
  }, { polling: 50 }, path);

/** The server says who asked how often. */
const counting = (backend) => {
  backend.handle = (hit) => hit.answer(200, { ...FRESH, "content-type": "text/plain" }, `${hit.path} ${backend.of(hit.path).length}`);
};

claimOfBoth("F5: a fresh copy is served without a request, by its own headers", async ({ page, backend }) => {
  counting(backend);
  assert.deepEqual(await get(page, "/a"), ["/a 1", false, null]);
  await written(page, "/a");
  for (let press = 0; press < 3; press++) {
    await page.reload();
    await loaded(page);
    assert.deepEqual(await get(page, "/a"), ["/a 1", true, null]);
  }
  assert.equal(backend.of("/a").length, 1);
});

claim("F5 right behind a write: what it outdated is not served", async ({ page, backend }) => {
  counting(backend);
  await get(page, "/a");
  await written(page, "/a");
  await page.evaluate(async () => {
    await tide.fetch("/a", { method: "POST" });
    location.reload();
  });
  await page.waitForFunction("globalThis.tidegate !== undefined && !globalThis.tide");
  await get(page, "/a");
  assert.equal(backend.of("/a").length, 3);
});

claim("a page that is left writes what is due", async ({ page, backend }) => {
  counting(backend);
  await page.evaluate(async () => {
    const tide = tidegate.createTidegate({ cache: { persist: true }, name: "own" });
    for (const path of ["/a", "/b"]) await (await tide.fetch(path, { headers: { "x-n": "1" } })).text();
    // The copy's own body is read to its end.
    await new Promise((resolve) => setTimeout(resolve, 0));
    dispatchEvent(new Event("pagehide"));
  });
  await written(page, "/b");
});

claim("a clear leaves nothing in the store, in this tab or another, when it resolves", async ({ page, backend }) => {
  counting(backend);
  const other = await page.browser().newPage();
  try {
    await get(page, "/a");
    await written(page, "/a");
    await other.goto(page.url());
    await loaded(other);
    assert.deepEqual(await get(other, "/a"), ["/a 1", true, null]);
    await get(other, "/b");
    const left = await page.evaluate(async () => {
      await tide.clear();
      return caches.keys();
    });
    assert.deepEqual(left, []);
    // Both ask again, at once.
    assert.deepEqual((await get(other, "/b")).slice(1), [false, null], "nothing of ours");
    assert.deepEqual((await get(page, "/a")).slice(1), [false, null]);
  } finally {
    await other.close();
  }
});

claim("a page from the back-forward cache serves nothing of a user who left meanwhile", async ({ page, backend }) => {
  counting(backend);
  await page.evaluate(() => addEventListener("pageshow", ({ persisted }) => (globalThis.came = persisted)));
  await get(page, "/me");
  await page.goto(`${backend.origin}/page?entry=/dist/index.js&second`);
  await loaded(page);
  await page.evaluate(() => tidegate.createTidegate({ cache: { persist: true }, name: "own" }).clear());
  await page.evaluate(() => void history.back());
  await page.waitForFunction("globalThis.came !== undefined");
  assert.equal(await page.evaluate("came"), true);
  // The browser's own cache below may answer.
  assert.deepEqual((await get(page, "/me")).slice(1), [false, null], "nothing of ours");
});

claim(`Clear-Site-Data on an answer of the own origin ${BROWSER === "chromium" ? "is not shown to a page" : "empties it"}`, async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(200, hit.path === "/logout" ? { "clear-site-data": '"cache"' } : FRESH, `${hit.path} ${backend.of(hit.path).length}`);
  await get(page, "/a");
  await written(page, "/a");
  await get(page, "/logout");
  if (BROWSER === "chromium") return assert.equal(await page.evaluate(async () => (await fetch("/logout")).headers.get("clear-site-data")), null);
  await page.waitForFunction(async () => !(await caches.keys()).length, { polling: 50 });
  assert.equal((await get(page, "/a"))[1], false, "nothing of ours");
});
