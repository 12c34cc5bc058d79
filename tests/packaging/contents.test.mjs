// What is in the tarball, and what is not.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { transformSync } from "../../pkg/node_modules/esbuild/lib/main.js";
import { measure } from "../../pkg/sizes.mjs";
import { installed, npm, read, repository, tarball } from "./help/package.mjs";

const folder = installed();
const root = join(folder, "node_modules/tidegate");
const manifest = JSON.parse(read(folder, "package.json"));
const places = [repository.replace(/\/$/, ""), process.env.HOME].filter((place) => place?.length > 1);

// The decoder is TypeScript without anything that must be compiled away but types.
const { code } = transformSync(readFileSync(join(repository, "pkg/src/decode.ts"), "utf8"), { loader: "ts", format: "esm" });
const { decode } = await import(`data:text/javascript,${encodeURIComponent(code)}`);

test("the tarball holds exactly the package's files", () => {
  const [{ files }] = JSON.parse(npm(folder, "pack", "--dry-run", "--json", root));
  assert.deepEqual(files.map((file) => file.path).sort(), [
    "CHANGELOG.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "dist/dev.cjs",
    "dist/dev.js",
    "dist/index.cjs",
    "dist/index.d.cts",
    "dist/index.d.ts",
    "dist/index.js",
    "dist/request-init.d.cts",
    "dist/request-init.d.ts",
    "dist/slim.js",
    "dist/tidegate.wasm",
    "dist/workerd.js",
    "package.json",
  ]);
  const onDisk = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  assert.equal(onDisk.length, files.length, "npm lists what was installed");
});

test("it brings no dependencies and runs nothing when installed", () => {
  for (const key of ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "bundleDependencies", "scripts", "bin"]) {
    assert.equal(manifest[key], undefined, key);
  }
  assert.equal(manifest.sideEffects, false);
  assert.deepEqual(readdirSync(join(folder, "node_modules")).filter((name) => !name.startsWith(".")), ["tidegate"]);
});

test("every file that the manifest names is there", () => {
  const named = [manifest.main, manifest.module, manifest.types];
  const walk = (value) => (typeof value === "string" ? named.push(value) : Object.values(value).forEach(walk));
  walk(manifest.exports);
  for (const name of named) assert.ok(read(folder, name).length > 0, name);
});

test("the code is ASCII, so that any page encoding will do", () => {
  for (const name of readdirSync(join(root, "dist")).filter((name) => /js$/.test(name))) {
    assert.match(read(folder, `dist/${name}`), /^[\n\x20-\x7e]*$/, name);
  }
});

test("no file names the machine that it was built on", () => {
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const text = readFileSync(join(entry.parentPath ?? entry.path, entry.name), "latin1");
    for (const place of places) assert.ok(!text.includes(place), `${entry.name} holds ${place}`);
  }
});

test("the module imports from its own glue only, and nothing from env", () => {
  const module = new WebAssembly.Module(readFileSync(join(root, "dist/tidegate.wasm")));
  const from = new Set(WebAssembly.Module.imports(module).map((each) => each.module));
  assert.deepEqual([...from], ["tidegate"]);
});

test("the inlined text is the module, byte for byte, in both builds", async () => {
  for (const [core, entry] of [["production", "index.js"], ["development", "dev.js"]]) {
    const wasm = readFileSync(join(repository, "pkg/build", core, "core_bg.wasm"));
    const { text } = await import(join(repository, "pkg/build", core, "inline.js"));
    assert.ok(read(folder, `dist/${entry}`).includes(text), "the entry carries it");
    assert.ok(Buffer.from(decode(text)).equals(wasm), core);
    const words = wasm.toString("latin1");
    for (const place of [...places, "crates.io", "registry/src", "/target/"]) assert.ok(!words.includes(place), `${core} holds ${place}`);
  }
  assert.ok(readFileSync(join(root, "dist/tidegate.wasm")).equals(readFileSync(join(repository, "pkg/build/production/core_bg.wasm"))));
});

test("inlined text that is cut off is refused, wherever it is", async () => {
  const { text } = await import(join(repository, "pkg/build/production/inline.js"));
  for (let cut = 0; cut < text.length; cut += 1_009) assert.throws(() => decode(text.slice(0, cut)), /cut off/, `${cut}`);
  assert.throws(() => decode(text.slice(0, -1)), /cut off/);
});

test("the production module names no source file", () => {
  assert.doesNotMatch(readFileSync(join(root, "dist/tidegate.wasm"), "latin1"), /\w\.rs/);
});

test("no part is larger than its ceiling", () => {
  const sizes = measure();
  const ceilings = JSON.parse(readFileSync(new URL("sizes.json", import.meta.url), "utf8"));
  for (const [part, ceiling] of Object.entries(ceilings)) {
    for (const [form, most] of Object.entries(ceiling)) {
      assert.ok(sizes[part][form] <= most, `${part}: ${sizes[part][form]} bytes ${form}, ceiling ${most}`);
    }
  }
  assert.equal(sizes["default entry"].raw, readFileSync(join(root, "dist/index.js")).length, "what was measured is what was packed");
});

test("the tarball is named after the version", () => {
  assert.ok(tarball.endsWith(`tidegate-${manifest.version}.tgz`), tarball);
  const cargo = readFileSync(join(repository, "Cargo.toml"), "utf8");
  assert.equal(cargo.match(/^version = "(.*)"$/m)?.[1], manifest.version, "npm and cargo agree");
});
