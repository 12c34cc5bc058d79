// What every page under test does: one request through tidegate, then a report.

/** The page's module; `specifier` is where it imports the package from. */
export const script = (specifier) => `
import { createTidegate } from ${JSON.stringify(specifier)};
const tide = createTidegate();
const response = await tide.fetch("/api/hello");
globalThis.reported = {
  status: response.status,
  body: await response.json(),
  ready: await tide.ready,
  state: tide.pressure().state,
};
`;

/** The page. */
export const html = (body) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>t</title><link rel="icon" href="data:,"></head><body>${body}</body></html>`;

/** What a page must report, wherever it runs. */
export const expected = { status: 200, body: { hello: "world" }, ready: "wasm", state: "nominal", errors: [] };
