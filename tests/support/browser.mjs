// Debian's browsers, headless: the one that TIDEGATE_BROWSER names, started once per file of tests.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import puppeteer from "puppeteer-core";
import { LAUNCH } from "./launch.mjs";
import { serve } from "./server.mjs";

export const BROWSER = process.env.TIDEGATE_BROWSER || "chromium";

let browser;
before(async () => (browser = await puppeteer.launch({ headless: true, protocolTimeout: 120_000, ...LAUNCH[BROWSER] })));
after(() => browser?.close());

/** Both builds of the package; behaviour must not differ. */
export const BUILDS = ["index.js", "dev.js"];

/** A page of a backend, with the package loaded as `globalThis.tidegate`. `entry`: path of the module. */
export async function visit(backend, { entry = "/dist/index.js", csp = "" } = {}) {
  const page = await browser.newPage();
  page.said = [];
  page.on("console", (message) => page.said.push({ type: message.type(), text: message.text() }));
  await page.goto(`${backend.origin}/page?${new URLSearchParams({ entry, csp })}`);
  await page.waitForFunction("globalThis.tidegate !== undefined");
  return page;
}

/**
 * A test with a backend and a page of its own. Whatever the claim: nothing may be thrown into the page unhandled, by us
 * or by a promise that we left behind.
 */
export function claim(name, options, act) {
  if (typeof options === "function") [options, act] = [{}, options];
  test(`${BROWSER}: ${name}`, async () => {
    const backend = await serve();
    options.prepare?.(backend);
    let page;
    try {
      page = await visit(backend, options);
      await act({ page, backend });
      assert.deepEqual(await page.evaluate(() => globalThis.thrown), [], "nothing is thrown into the page");
    } finally {
      await page?.close();
      await backend.close();
    }
  });
}

/** The same claim for the production and the development build. */
export function claimOfBoth(name, act) {
  for (const build of BUILDS) claim(`${name} (${build})`, { entry: `/dist/${build}` }, act);
}
