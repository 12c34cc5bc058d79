// The package in Node, without any configuration.
import assert from "node:assert/strict";
import { test } from "node:test";
import { installed, node, write } from "./help/package.mjs";
import { serve } from "./help/server.mjs";

const folder = installed();
write(folder, {
  "import.mjs": `import * as tidegate from "tidegate"; console.log(Object.keys(tidegate).sort().join());`,
  "require.cjs": `console.log(Object.keys(require("tidegate")).sort().join());`,
  "development.mjs": `import * as tidegate from "tidegate/development"; console.log(Object.keys(tidegate).sort().join());`,
  "hints.mjs": `import { readHints } from "tidegate";
    console.log(JSON.stringify(readHints({ status: 503, headers: { "retry-after": "7" } })));`,
  "hints.cjs": `const { readHints } = require("tidegate");
    console.log(JSON.stringify(readHints({ status: 503, headers: { "retry-after": "7" } })));`,
  "slim.mjs": `import { readFile } from "node:fs/promises";
    import { init, readHints } from "tidegate/slim";
    await init(await readFile(new URL(import.meta.resolve("tidegate/tidegate.wasm"))));
    console.log(JSON.stringify(readHints({ status: 503, headers: { "retry-after": "7" } })));`,
  "both.cjs": `const { createTidegate } = require("tidegate");
    import("tidegate").then(({ isTidegateError, TidegateError, createTidegate: other }) => {
      const error = new (require("tidegate").TidegateError)("m");
      console.log(isTidegateError(error), error instanceof TidegateError, createTidegate === other);
    });`,
  "silent.mjs": `import { createTidegate } from "tidegate"; createTidegate(); console.log("made");`,
});

const NAMES = "TidegateError,createTidegate,hintHeaders,init,isTidegateError,readHints";
const SEVEN = { waitMs: 7000 };

for (const file of ["import.mjs", "require.cjs", "development.mjs"]) {
  test(`${file} finds every export of the contract and no other`, () => {
    assert.equal(node(folder, file).trim(), NAMES);
  });
}

for (const file of ["hints.mjs", "hints.cjs", "slim.mjs"]) {
  test(`${file} reads a hint with the core running`, () => {
    const { waitMs } = JSON.parse(node(folder, file));
    assert.deepEqual({ waitMs }, SEVEN);
  });
}

test("both builds stand behind the condition that tools set", () => {
  write(folder, { "which.mjs": `console.log(import.meta.resolve("tidegate"))`, "which.cjs": `console.log(require.resolve("tidegate"))` });
  assert.match(node(folder, "which.mjs"), /dist\/index\.js$/m);
  assert.match(node(folder, "which.cjs"), /dist\/index\.cjs$/m);
  assert.match(node(folder, "--conditions=development", "which.mjs"), /dist\/dev\.js$/m);
  assert.match(node(folder, "--conditions=development", "which.cjs"), /dist\/dev\.cjs$/m);
  assert.match(node(folder, "--conditions=workerd", "--conditions=development", "which.mjs"), /dist\/workerd\.js$/m);
});

test("an error of one copy is recognised by the other", () => {
  assert.equal(node(folder, "both.cjs").trim(), "true false false");
});

test("importing it and making one keeps no process alive", () => {
  assert.equal(node(folder, "silent.mjs").trim(), "made");
});

test("a request through it is answered, and the process ends by itself", async () => {
  const server = await serve(folder);
  write(folder, {
    "fetch.mjs": `import { createTidegate } from "tidegate";
      const tide = createTidegate();
      const response = await tide.fetch(process.argv[2] + "api/hello");
      console.log(response.status, await tide.ready, JSON.stringify(await response.json()));`,
  });
  try {
    const { execFile } = await import("node:child_process");
    const { promisify } = await import("node:util");
    const { stdout } = await promisify(execFile)(process.execPath, ["fetch.mjs", server.url], { cwd: folder, timeout: 60_000 });
    assert.equal(stdout.trim(), '200 wasm {"hello":"world"}');
    assert.equal(server.hits.length, 1);
  } finally {
    await server.close();
  }
});
