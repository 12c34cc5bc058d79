// How large the package's files are. Run after a build: `node pkg/sizes.mjs` prints a table, with the path of a file
// that file's sizes alone: raw, gzip, brotli.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** What is counted, in the order of the table. */
const FILES = {
  "default entry": "dist/index.js",
  "  face alone": "build/parts/face.js",
  "  face and glue": "build/parts/face-and-glue.js",
  "  wasm": "dist/tidegate.wasm",
  "default entry, CommonJS": "dist/index.cjs",
  "development entry": "dist/dev.js",
  "  wasm, development": "build/development/core_bg.wasm",
  "workerd entry": "dist/workerd.js",
  "slim entry": "dist/slim.js",
  "ui": "dist/ui.js",
  "react": "dist/react.js",
  "vue": "dist/vue.js",
  "svelte": "dist/svelte.js",
};

/** Sizes in bytes, by part: as they are, gzip -9, brotli -q 11. */
export function measure() {
  const sizes = {};
  for (const [part, file] of Object.entries(FILES)) {
    sizes[part.trim()] = weigh(readFileSync(new URL(file, import.meta.url)));
  }
  return sizes;
}

function weigh(bytes) {
  return {
    raw: bytes.length,
    gzip: gzipSync(bytes, { level: 9 }).length,
    brotli: brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }).length,
  };
}

const [, script, file] = process.argv;
if (script === fileURLToPath(import.meta.url) && file) {
  console.log(Object.values(weigh(readFileSync(file))).join(" "));
} else if (script === fileURLToPath(import.meta.url)) {
  const sizes = measure();
  const row = (name, columns) => console.log(name.padEnd(26) + columns.map((text) => String(text).padStart(10)).join(""));
  row("bytes", ["raw", "gzip", "brotli"]);
  for (const part of Object.keys(FILES)) {
    const { raw, gzip, brotli } = sizes[part.trim()];
    row(part, [raw, gzip, brotli]);
  }
}
