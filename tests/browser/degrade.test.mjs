// An application of ten widgets that learns to step back with at most twenty changed lines: the lines, and what they do.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { BROWSER, claim } from "../support/browser.mjs";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const OPTIONAL = ["visitors", "recent", "promotion", "reviews", "recommendations"];
const ESSENTIAL = ["product", "price", "stock", "delivery", "cart"];

test(`${BROWSER}: the change is at most twenty lines, and docs/degrade.md shows it as it is`, () => {
  const git = spawnSync("git", ["-c", "core.pager=", "diff", "--no-index", "--no-color", "--no-ext-diff", "--unified=1", "before", "after"], { cwd: at("degrade"), encoding: "utf8" });
  assert.equal(git.status, 1, git.stderr);
  const lines = git.stdout.trimEnd().split("\n").filter((line) => !/^(diff|index) /.test(line));
  const changed = lines.filter((line) => /^[+-](?![+-]{2} )/.test(line));
  assert.ok(changed.length > 8 && changed.length <= 20, `${changed.length} lines were added or taken away`);
  const page = at("../../docs/degrade.md");
  const text = readFileSync(page, "utf8");
  const fresh = text.replace(/(<!-- diff: .*? -->\n)[^]*?(<!-- end of diff: ).*?( -->)/, (_, begin, end, tail) => `${begin}\`\`\`diff\n${lines.join("\n")}\n\`\`\`\n${end}${changed.length} lines${tail}`);
  if (fresh !== text) writeFileSync(page, fresh);
  assert.equal(fresh, text, "docs/degrade.md was stale and is written anew");
});

/** A server that can answer only so many a second, while it is in trouble, and refuses the others. */
function shop(backend) {
  for (const version of ["before", "after"]) {
    for (const name of readdirSync(at(`degrade/${version}`))) backend.files.set(`/${version}/${name}`, readFileSync(at(`degrade/${version}/${name}`), "utf8"));
  }
  const html = readFileSync(at("degrade/shop.html"), "utf8");
  const it = { trouble: false };
  let left = 0;
  backend.handle = (hit) => {
    const [, version, page] = /^\/(before|after)(\/?)$/.exec(hit.path) ?? [];
    if (version) return hit.answer(200, { "content-type": "text/html" }, html.replace("</body>", `<script type="module" src="/${version}/main.js"></script></body>`));
    hit.refused = it.trouble && left-- <= 0;
    if (hit.refused) hit.answer(503, { "retry-after": "1" });
    else hit.answer(200, { "content-type": "application/json" }, JSON.stringify({ text: `as of request ${backend.hits.length}` }));
  };
  /** From now on it bears so many more requests, and then refuses. */
  it.bear = (count) => ((it.trouble = true), (left = count));
  it.recover = () => (it.trouble = false);
  /** What reached it meanwhile, by name. */
  it.take = () => backend.hits.splice(0).filter((hit) => hit.path.startsWith("/api/")).map((hit) => hit.path.slice(5));
  return it;
}

const visit = async (page, backend, version) => {
  await page.goto(`${backend.origin}/${version}`);
  await page.waitForSelector("html[data-ready]");
  await page.evaluate(() => {
    globalThis.thrown = [];
    globalThis.look = (names, state) => names.every((name) => document.getElementById(name).dataset.state === state && !document.getElementById(name).hidden);
    globalThis.hidden = () => [...document.querySelectorAll("section[hidden]")].map(({ id }) => id);
  });
};
const refresh = (page) => page.evaluate(() => void dispatchEvent(new Event("refresh")));

claim("ten widgets before: whoever stands last on the page gets nothing, and that is what one came for", async ({ page, backend }) => {
  const server = shop(backend);
  await visit(page, backend, "before");
  assert.equal(server.take().length, 10);
  server.bear(5);
  await refresh(page);
  await page.waitForFunction((names) => look(names, "failed"), {}, ESSENTIAL);
  assert.equal(await page.evaluate((names) => look(names, "fresh"), OPTIONAL), true);
});

claim("ten widgets after: the optional ones step back, the essential ones go on, and all come back in reverse order", async ({ page, backend }) => {
  const server = shop(backend);
  await visit(page, backend, "after");
  assert.deepEqual(server.take().sort(), [...OPTIONAL, ...ESSENTIAL].sort(), "healthy: each asks once, as before");
  server.bear(5);
  await refresh(page);
  // The first refusals tell; the essential ones are held until the server's time, and served.
  await backend.arrival((hit) => hit.refused);
  server.bear(1000);
  await page.waitForFunction((names) => hidden().length === 5 && look(names, "fresh"), {}, ESSENTIAL);
  assert.deepEqual((await page.evaluate(() => hidden())).sort(), [...OPTIONAL].sort());
  server.take();
  await page.evaluate(() => {
    globalThis.back = [];
    for (const section of document.querySelectorAll("section[hidden]")) {
      new MutationObserver(() => section.hidden || back.push(section.id)).observe(section, { attributeFilter: ["hidden"] });
    }
  });
  await refresh(page);
  await Promise.all(ESSENTIAL.map((name) => backend.arrival(`/api/${name}`)));
  assert.deepEqual(server.take().sort(), [...ESSENTIAL].sort(), "half of the requests, and all of them of use");
  assert.equal(await page.evaluate(() => hidden().length), 5);
  server.recover();
  await page.waitForFunction((names) => hidden().length === 0 && look(names, "fresh"), {}, [...OPTIONAL, ...ESSENTIAL]);
  assert.deepEqual(await page.evaluate(() => back), [...OPTIONAL].reverse());
  assert.deepEqual(new Set(server.take()), new Set(OPTIONAL), "each asks again when it is back");
});
