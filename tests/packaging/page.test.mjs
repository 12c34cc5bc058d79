// A plain page: one script element, no build step, no configuration.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BROWSERS, visit } from "./help/browsers.mjs";
import { installed, write } from "./help/package.mjs";
import { expected, html, script } from "./help/page.mjs";
import { serve } from "./help/server.mjs";

const folder = installed();
write(folder, {
  "index.html": html(`<script type="module">${script("/node_modules/tidegate/dist/index.js")}</script>`),
  "map.html": html(`<script type="importmap">{ "imports": { "tidegate": "/node_modules/tidegate/dist/dev.js" } }</script>
    <script type="module">${script("tidegate")}</script>`),
});

for (const browser of BROWSERS) {
  for (const [page, which] of [["", "the default entry"], ["map.html", "the development build, by an import map"]]) {
    test(`${browser}: a module script fetches through ${which}`, async () => {
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
