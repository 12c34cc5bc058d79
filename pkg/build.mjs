// Bundles the face with a core into pkg/dist. Run by `cargo xtask build`, which makes pkg/build first.
import { build } from "esbuild";
import { minify } from "terser";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

/** One line per file of the package: which core it carries, how that core is started, which module system it speaks. */
const ENTRIES = [
  { file: "index.js", core: "production", start: "inline", format: "esm" },
  { file: "index.cjs", core: "production", start: "inline", format: "cjs" },
  { file: "dev.js", core: "development", start: "inline", format: "esm" },
  { file: "dev.cjs", core: "development", start: "inline", format: "cjs" },
  { file: "workerd.js", core: "production", start: "workerd", format: "esm" },
  { file: "slim.js", core: "production", start: "slim", format: "esm" },
];

/** What stands beside the core and carries none: a way in for each framework, and custom elements. Both cores' users share it. */
const BESIDE = ["ui", "react", "vue", "svelte"];
/** Those who read CommonJS: Svelte 4 and 5 are modules only. */
const REQUIRED = BESIDE.filter((name) => name !== "svelte");

// What a server's renderer of components must be told: these run in the page.
const HEADS = { react: '"use client";' };

// Static imports of a .wasm file are kept: the runtimes that want them read the file themselves.
const keepWasm = {
  name: "keep-wasm",
  setup: ({ onResolve }) => onResolve({ filter: /\.wasm$/ }, () => ({ path: "./tidegate.wasm", external: true })),
};

/** Members of the face's own records that nobody else's objects have: renamed, they cost a letter each. */
const INTERNAL = [
  "adopt advised asks calls changed crowd disposed faults given gone hard how intent intents last later leaf listeners names nested own patience plain platform refusal seen shares shown slots timing writes renews",
  // src/cache
  "disks dropped emptied era flawed recalled urls",
  // src/human
  "axis back breaks calling cooling due ends flight full guesses heeds held keeps kept known looked mark shared since sure token tried waits whose",
  "armed debounced factors fresh greatest heap house lastArgs lastCall lastInvoke lastThis least level look made maxing owner rings stops turn wall",
].flatMap((names) => names.split(" "));

/** Options for one bundle; `more` adds plugins. Names that begin with # are this project's own. */
function options({ file, core, start, format }, more = []) {
  return {
    entryPoints: [at("src/index.ts")],
    outfile: at(`dist/${file}`),
    bundle: true,
    minify: true,
    mangleProps: new RegExp(`^(${INTERNAL.join("|")})$`),
    charset: "ascii",
    target: "es2022",
    platform: "neutral",
    legalComments: "none",
    logLevel: "warning",
    format,
    define: { __DEV__: String(core === "development") },
    alias: {
      "#core": at(`build/${core}/core.js`),
      "#inline": at(`build/${core}/inline.js`),
      "#names": at("build/names.js"),
      "#start": at(`src/start/${start}.ts`),
    },
    plugins: [keepWasm, ...more],
  };
}

// A second minifier behind the first: it folds what esbuild leaves alone, 3 % of the face. No option that changes what
// code does on any input. New for each file, because terser writes into the options it is given: shared, a CommonJS file
// was folded as whichever module system happened to come first.
const fold = (format) => ({
  module: format === "esm",
  toplevel: true,
  ecma: 2020,
  compress: { passes: 3 },
  format: { ascii_only: true },
});

/** Makes one file of the package, or only its bytes. */
async function bundle(entry, more) {
  const made = await build({ ...options(entry, more), write: false });
  const { code } = await minify(made.outputFiles[0].text, fold(entry.format));
  return code;
}

/** Makes one of the files beside the core. No member is renamed: all that they touch is somebody else's. */
async function beside(name, format) {
  const made = await build({
    entryPoints: [at(existsSync(at(`src/${name}.ts`)) ? `src/${name}.ts` : `src/${name}/index.ts`)],
    bundle: true,
    minify: true,
    charset: "ascii",
    target: "es2022",
    platform: "neutral",
    external: BESIDE,
    logLevel: "warning",
    format,
    write: false,
  });
  const { code } = await minify(made.outputFiles[0].text, fold(format));
  await writeFile(at(`dist/${name}.${format === "esm" ? "js" : "cjs"}`), (HEADS[name] ?? "") + code);
}

/** Throws when a member that is renamed has become a member of the contract. */
async function insist() {
  const contract = await readFile(at("tidegate.d.ts"), "utf8");
  const taken = INTERNAL.filter((name) => new RegExp(`\\b${name}\\??:`).test(contract));
  if (taken.length) throw new Error(`pkg/build.mjs renames what the contract names: ${taken}`);
}

/** Declarations. TypeScript asks for the same words under another name beside a .cjs file. */
async function declarations() {
  for (const name of ["tidegate", "request-init", ...BESIDE]) {
    const words = (await readFile(at(`${name}.d.ts`), "utf8")).replaceAll("./tidegate.js", "./index.js");
    const to = name === "tidegate" ? "index" : name;
    await writeFile(at(`dist/${to}.d.ts`), words);
    if (name !== "svelte") await writeFile(at(`dist/${to}.d.cts`), words.replaceAll("./index.js", "./index.cjs"));
  }
}

/** Bundles whose bytes are only counted: what the default entry is made of. Each leaves something out. */
async function parts() {
  const leaveOut = (filter, exports) => ({
    name: "leave-out",
    setup({ onLoad }) {
      onLoad({ filter }, () => ({ contents: exports, loader: "js" }));
    },
  });
  const empty = leaveOut(/[/\\]inline\.js$/, 'export const text = "";');
  const withoutCore = { name: "no-core", setup: ({ onResolve }) => onResolve({ filter: /^#core$/ }, () => ({ path: "#core", external: true })) };
  const bytes = (more) => bundle(ENTRIES[0], more);
  await mkdir(at("build/parts"), { recursive: true });
  await writeFile(at("build/parts/face.js"), await bytes([empty, withoutCore]));
  await writeFile(at("build/parts/face-and-glue.js"), await bytes([empty]));
}

await insist();
await rm(at("dist"), { recursive: true, force: true });
await mkdir(at("dist"), { recursive: true });
await Promise.all(ENTRIES.map(async (entry) => writeFile(at(`dist/${entry.file}`), await bundle(entry))));
await Promise.all(BESIDE.map((name) => beside(name, "esm")));
await Promise.all(REQUIRED.map((name) => beside(name, "cjs")));
await copyFile(at("build/production/core_bg.wasm"), at("dist/tidegate.wasm"));
await declarations();
await parts();
