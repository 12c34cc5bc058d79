// A server of one folder that counts what else it is asked.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".wasm": "application/wasm" };

/** Answers `GET /api/hello` itself. To be used in front of anything that serves pages. */
export function api() {
  const hits = [];
  const handle = (request, response, next) => {
    if (request.url !== "/api/hello") return next();
    hits.push(request.headers);
    response.setHeader("content-type", "application/json").end('{"hello":"world"}');
  };
  return { hits, handle };
}

/** Serves `folder` and the API on a free port of 127.0.0.1. */
export async function serve(folder) {
  const { hits, handle } = api();
  const server = createServer((request, response) =>
    handle(request, response, async () => {
      const path = normalize(new URL(request.url, "http://x").pathname);
      const file = join(folder, path.endsWith("/") ? `${path}index.html` : path);
      try {
        const bytes = await readFile(file);
        response.setHeader("content-type", TYPES[extname(file)] ?? "application/octet-stream").end(bytes);
      } catch {
        response.writeHead(404).end();
      }
    }),
  );
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const close = () => new Promise((closed) => {
    server.close(closed);
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${server.address().port}/`, hits, close };
}
