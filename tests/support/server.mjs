// A loopback backend that counts its own hits: one fetch is not always one request, so only the server can say.
import { createServer } from "node:http";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const at = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const JAVASCRIPT = "text/javascript; charset=utf-8";

// Read once: the package may be built anew while tests run.
const folder = process.env.TIDEGATE_DIST || at("pkg/dist");
const dist = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith(".js"))
    .map((name) => [`/dist/${name}`, readFileSync(join(folder, name), "utf8")]),
);

/** The text of a file of the built package. */
export const built = (name) => dist.get(`/dist/${name}`);

/** A file of one of the two cores, as wasm-bindgen left it. */
export const core = (build, name) => readFileSync(join(folder, "../build", build, name));

/** The page of every test: it loads one entry of the package and keeps the platform's fetch at hand. */
const html = (entry) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>t</title><link rel="icon" href="data:,">
<script type="module" src="/start.js?entry=${entry}"></script></head><body></body></html>`;

// A file of its own, so that a page with a strict policy runs it too.
const start = (entry) => `import * as tidegate from ${JSON.stringify(entry)};
globalThis.thrown = [];
for (const type of ["error", "unhandledrejection"]) addEventListener(type, (event) => thrown.push(String(event.reason ?? event.message)));
globalThis.platformFetch = globalThis.fetch.bind(globalThis);
globalThis.load = (path) => import(path);
globalThis.tidegate = tidegate;`;

/** One request as the server saw it. `at`: milliseconds on this process's monotonic clock. */
function record(request, response) {
  const hit = {
    at: performance.now(),
    method: request.method,
    path: request.url,
    /** Names and values in the order in which they came. */
    headers: request.rawHeaders,
    request,
    response,
    /** When the answer left. */
    answeredAt: undefined,
    /** Resolves when the exchange is over: true when the client has gone before the answer was whole. */
    left: new Promise((over) => response.on("close", () => over(!response.writableFinished))),
    answer(status, headers = {}, body = "ok") {
      hit.answeredAt = performance.now();
      response.writeHead(status, { "cache-control": "no-store", ...headers });
      response.end(body);
    },
  };
  return hit;
}

/**
 * Serves the package, the test's page and the test's own files on a free port of 127.0.0.1. Everything else is a hit,
 * answered by `handle`, which each test sets; without one the hit stays open until the test answers it.
 */
export async function serve() {
  const waiting = new Set();
  const backend = {
    hits: [],
    /** Path to text of JavaScript, or to bytes. */
    files: new Map(),
    handle: undefined,
    /** Hits of one path. */
    of: (path) => backend.hits.filter((hit) => hit.path === path),
    /** Resolves with the `count`-th hit that fits, as soon as it is there. `fits`: a path or a predicate. */
    arrival: (fits, count = 1) => new Promise((resolve) => {
      const test = typeof fits === "function" ? fits : (hit) => hit.path === fits;
      const look = () => {
        const hit = backend.hits.filter(test)[count - 1];
        if (hit) waiting.delete(look), resolve(hit);
      };
      waiting.add(look);
      look();
    }),
  };

  const fixed = (url, response) => {
    const send = (type, text, headers = {}) => (response.writeHead(200, { "content-type": type, ...headers }).end(text), true);
    if (url.pathname === "/page") {
      const policy = url.searchParams.get("csp");
      return send("text/html; charset=utf-8", html(url.searchParams.get("entry") ?? "/dist/index.js"), policy ? { "content-security-policy": policy } : {});
    }
    if (url.pathname === "/start.js") return send(JAVASCRIPT, start(url.searchParams.get("entry")));
    const text = backend.files.get(url.pathname) ?? dist.get(url.pathname);
    return text !== undefined && send(JAVASCRIPT, text);
  };

  const server = createServer((request, response) => {
    if (request.method === "GET" && fixed(new URL(request.url, "http://x"), response)) return;
    const hit = record(request, response);
    backend.hits.push(hit);
    backend.handle?.(hit, backend);
    for (const look of [...waiting]) look();
  });
  // Waiters in the browser reuse connections after seconds of silence: a server that closes them meanwhile makes the
  // browser send twice.
  server.keepAliveTimeout = 120_000;
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  backend.origin = `http://127.0.0.1:${server.address().port}`;
  backend.close = () => new Promise((closed) => {
    server.close(closed);
    server.closeAllConnections();
  });
  return backend;
}

/** Serves the ES modules below a folder of tests/node_modules to pages, under the same path. */
export function lend(backend, folder) {
  const root = at(`tests/node_modules/${folder}`);
  for (const name of readdirSync(root, { recursive: true })) {
    if (name.endsWith(".js")) backend.files.set(`/${folder}/${name}`, readFileSync(join(root, name), "utf8"));
  }
}
