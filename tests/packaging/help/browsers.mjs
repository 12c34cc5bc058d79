// Debian's browsers, headless, each with a profile of its own.
import puppeteer from "puppeteer-core";
import { LAUNCH } from "../../support/launch.mjs";

/** The names that tests are run for. */
export const BROWSERS = ["chromium", "firefox"];

/**
 * Opens a page and answers what it reports: the page calls `report(value)` once with anything JSON can carry.
 * Errors of the page that come first are the answer's `error`.
 */
export async function visit(name, url) {
  const browser = await puppeteer.launch({ headless: true, ...LAUNCH[name] });
  try {
    const page = await browser.newPage();
    const errors = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => ["error", "warn"].includes(message.type()) && errors.push(message.text()));
    await page.goto(url);
    await page.waitForFunction("globalThis.reported !== undefined", { timeout: 60_000 }).catch((error) => {
      throw new Error(`the page reported nothing: ${errors.join("; ") || error.message}`);
    });
    const reported = await page.evaluate("globalThis.reported");
    return { ...reported, errors: errors.filter((text) => !text.includes("favicon")) };
  } finally {
    await browser.close();
  }
}
