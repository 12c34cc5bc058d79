// A plain page: one script element, no build step, no configuration.
import assert from "node:assert/strict";
import { test } from "node:test";
import { buildSync } from "../../pkg/node_modules/esbuild/lib/main.js";
import { BROWSERS, visit } from "./help/browsers.mjs";
import { installed, write } from "./help/package.mjs";
import { expected, html, script } from "./help/page.mjs";
import { serve } from "./help/server.mjs";

const folder = installed();
write(folder, {
  "index.html": html(`<script type="module">${script("/node_modules/tidegate/dist/index.js")}</script>`),
  "main.js": script("tidegate"),
  "old.html": html('<script src="bundled.js"></script>', "windows-1252"),
  "map.html": html(`<script type="importmap">{ "imports": { "tidegate": "/node_modules/tidegate/dist/dev.js" } }</script>
    <script type="module">${script("tidegate")}</script>`),
});
buildSync({ absWorkingDir: folder, entryPoints: ["main.js"], outfile: "bundled.js", bundle: true, format: "iife" });

const PAGES = {
  "": "a module script fetches through the default entry",
  "map.html": "a module script fetches through the development build, by an import map",
  "old.html": "a classic script in a windows-1252 page fetches through the default entry",
};

for (const browser of BROWSERS) {
  for (const [page, claim] of Object.entries(PAGES)) {
    test(`${browser}: ${claim}`, async () => {
      const server = await serve(folder);
      try {
        assert.deepEqual(await visit(browser, server.url + page), expected);
        assert.equal(server.hits.length, 1, "one request, one hit");
      } finally {
        await server.close();
      }
    });
  }
}
