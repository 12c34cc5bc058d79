// Where the comparisons run: Node, and a page of Debian's Chromium served from loopback.
import { build } from "../../pkg/node_modules/esbuild/lib/main.js";
import puppeteer from "../../tests/node_modules/puppeteer-core/lib/esm/puppeteer/puppeteer-core.js";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

const at = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** The groups and the peers they need, as one module. */
const bundle = async (platform) => {
  const { outputFiles } = await build({
    entryPoints: [at("benches/overhead/groups.mjs")],
    nodePaths: [at("tests/node_modules")],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    platform,
    alias: { "#names": at("pkg/build/names.js") },
    logLevel: "warning",
  });
  return outputFiles[0].text;
};

/** Imports what is measured from `dist` and `core`, measures group `name`, and tells by `tell`, which finds it in `measured`. */
const script = ({ groups, dist, core, wasm, name, tell }) => `
  import * as tidegate from ${JSON.stringify(dist)};
  import * as core from ${JSON.stringify(core)};
  import { measure } from ${JSON.stringify(groups)};
  const { memory } = core.initSync({ module: ${wasm} });
  const measured = await measure(${JSON.stringify(name)}, { tidegate, core, memory });
  ${tell}`;

/** Node: a process for each group. */
export async function node() {
  const folder = await mkdtemp(join(tmpdir(), "tidegate-bench-"));
  const groups = join(folder, "groups.mjs");
  await writeFile(groups, await bundle("node"));
  const url = (path) => pathToFileURL(path).href;
  return {
    title: `Node ${process.versions.node}`,
    run: async (name) => {
      const main = join(folder, "main.mjs");
      await writeFile(main, script({
        name,
        groups: url(groups),
        dist: url(at("pkg/dist/index.js")),
        core: url(at("pkg/build/production/core.js")),
        wasm: `(await import("node:fs")).readFileSync(${JSON.stringify(at("pkg/build/production/core_bg.wasm"))})`,
        // What still waits would keep the process.
        tell: "console.log(JSON.stringify(measured)); process.exit();",
      }));
      const { stdout } = await promisify(execFile)(process.execPath, [main]);
      return JSON.parse(stdout);
    },
    close: () => rm(folder, { recursive: true }),
  };
}

const FILES = {
  "/dist.js": ["text/javascript", () => readFile(at("pkg/dist/index.js"))],
  "/core.js": ["text/javascript", () => readFile(at("pkg/build/production/core.js"))],
  "/core.wasm": ["application/wasm", () => readFile(at("pkg/build/production/core_bg.wasm"))],
  "/groups.js": ["text/javascript", () => bundle("browser")],
};

/** The page's server. An isolated page has a clock of 5 µs; others have 100 µs. */
async function serve() {
  const server = createServer(async ({ url }, response) => {
    const { pathname, searchParams } = new URL(url, "http://x");
    const [type, read] = FILES[pathname] ?? ["text/html", () => {
      const main = script({
        name: searchParams.get("group"),
        groups: "/groups.js",
        dist: "/dist.js",
        core: "/core.js",
        wasm: 'await (await fetch("/core.wasm")).arrayBuffer()',
        tell: "globalThis.measured = measured;",
      });
      return `<!doctype html><title>bench</title><link rel="icon" href="data:,"><script type="module">${main}</script>`;
    }];
    response.writeHead(200, {
      "content-type": `${type};charset=utf-8`,
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
    });
    response.end(await read());
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return server;
}

/** Chromium: a page for each group. */
export async function chromium() {
  const server = await serve();
  const browser = await puppeteer.launch({
    executablePath: process.env.TIDEGATE_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"],
  });
  return {
    title: (await browser.version()).replace("/", " "),
    run: async (name) => {
      const page = await browser.newPage();
      try {
        const broken = new Promise((_, reject) => page.on("pageerror", reject));
        await page.goto(`http://127.0.0.1:${server.address().port}/?group=${encodeURIComponent(name)}`);
        await Promise.race([broken, page.waitForFunction("globalThis.measured", { timeout: 180_000, polling: 500 })]);
        return await page.evaluate("globalThis.measured");
      } finally {
        await page.close();
      }
    },
    close: async () => {
      await browser.close();
      server.close();
    },
  };
}
