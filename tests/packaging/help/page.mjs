// What every page under test does: one request through tidegate, then a report.

/** The page's script, as a module or bundled; `specifier` is where it imports the package from. */
export const script = (specifier) => `
import { createTidegate } from ${JSON.stringify(specifier)};
const tide = createTidegate();
const visit = async () => {
  const response = await tide.fetch("/api/hello");
  const body = await response.json();
  globalThis.reported = { status: response.status, body, ready: await tide.ready, state: tide.pressure().state };
};
void visit();
`;

/** The page. */
export const html = (body, charset = "utf-8") => `<!doctype html><html lang="en"><head><meta charset="${charset}"><title>t</title><link rel="icon" href="data:,"></head><body>${body}</body></html>`;

/** What a page must report, wherever it runs. */
export const expected = { status: 200, body: { hello: "world" }, ready: "wasm", state: "nominal", errors: [] };
