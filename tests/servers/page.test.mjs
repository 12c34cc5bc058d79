// docs/servers.md shows the files that run here, to the letter.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const SNIPPETS = ["nginx/site.conf", "express/queue.mjs", "express/server.mjs", "fastify/server.mjs", "axum/src/main.rs", "fastapi/server.py"];
const page = readFileSync(root("docs/servers.md"), "utf8");

/** Lines of HTTP and of a shell, which are no snippets. */
const UNTESTED = 2;

/** A code block and the link to its file in the line above it. */
const BLOCK = /(\[`(tests\/servers\/[^`]+)`\]\(\.\.\/\2\)[^\n]*\n\n```[a-z]+\n)([\s\S]*?)(```\n)/g;

test("every code block of the page is the file that it names, and every snippet is on the page", () => {
  const shown = [...page.matchAll(BLOCK)].map(([, , path]) => path.replace("tests/servers/", ""));
  assert.deepEqual(shown, SNIPPETS);
  assert.equal(page.match(/^```/gm).length, 2 * (SNIPPETS.length + UNTESTED), "no other code");
  const fresh = page.replace(BLOCK, (_, before, path, text, after) => before + readFileSync(root(path), "utf8") + after);
  if (fresh === page) return;
  writeFileSync(root("docs/servers.md"), fresh);
  assert.fail("docs/servers.md was stale and has been rewritten");
});

test("every file that the page links is there", () => {
  for (const [, path] of page.matchAll(/\]\(([^)#:]+)[^):]*\)/g)) readFileSync(root(`docs/${path}`));
});
