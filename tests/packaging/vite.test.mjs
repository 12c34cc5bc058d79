// Vite without a configuration file: its build, and its development server.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { build, createServer } from "vite";
import { BROWSERS, visit } from "./help/browsers.mjs";
import { installed, write } from "./help/package.mjs";
import { expected, html, script } from "./help/page.mjs";
import { api, serve } from "./help/server.mjs";

const folder = installed();
write(folder, { "index.html": html('<script type="module" src="/main.js"></script>'), "main.js": script("tidegate") });
const vite = { root: folder, configFile: false, logLevel: "warn", build: { target: "es2022" } };

before(() => build(vite));

test("its build carries the production core, inside the script", () => {
  const assets = join(folder, "dist/assets");
  const names = readdirSync(assets);
  assert.ok(names.every((name) => name.endsWith(".js")), names.join());
  const code = names.map((name) => readFileSync(join(assets, name), "utf8")).join("");
  const text = readFileSync(join(folder, "node_modules/tidegate/dist/index.js"), "utf8").match(/"[^"]{10000,}"/)[0];
  assert.ok(code.includes(text.slice(1, -1)));
});

for (const browser of BROWSERS) {
  test(`${browser}: a page built by Vite fetches through tidegate`, async () => {
    const server = await serve(join(folder, "dist"));
    try {
      assert.deepEqual(await visit(browser, server.url), expected);
      assert.equal(server.hits.length, 1);
    } finally {
      await server.close();
    }
  });

  test(`${browser}: a page served by Vite's development server fetches through the development build`, async () => {
    const { hits, handle } = api();
    const plugin = { name: "api", configureServer: (server) => void server.middlewares.use(handle) };
    const server = await createServer({ ...vite, plugins: [plugin], server: { host: "127.0.0.1", port: 0 } });
    try {
      await server.listen();
      assert.deepEqual(await visit(browser, server.resolvedUrls.local[0]), expected);
      assert.equal(hits.length, 1);
    } finally {
      await server.close();
    }
  });
}
