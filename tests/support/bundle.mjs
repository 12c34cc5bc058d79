// Applications under test, bundled as applications are: the built package's ways in and the real frameworks.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "../../pkg/node_modules/esbuild/lib/main.js";

const at = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

// The built package, as if it were installed beside the frameworks.
const installed = {
  name: "installed",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^tidegate\// }, ({ path }) => ({ path: at(path.replace("tidegate", "pkg/dist") + ".js"), namespace: "tidegate" }));
    onLoad({ filter: /./, namespace: "tidegate" }, ({ path }) => ({ contents: readFileSync(path), resolveDir: at("tests") }));
  },
};

/** What all bundles have in common. `text`: a module that may import what lies in tests/ and its node_modules. */
const options = (text, more) => ({
  stdin: { contents: text, resolveDir: at("tests"), sourcefile: "application.js" },
  bundle: true,
  write: false,
  // The development builds are the strict ones.
  conditions: ["development"],
  define: { "process.env.NODE_ENV": '"development"', __VUE_OPTIONS_API__: "true", __VUE_PROD_DEVTOOLS__: "false", __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "true" },
  logLevel: "error",
  ...more,
});

/** A module for pages. */
export async function forPage(text, plugins = []) {
  // Fake timers ask for them where there is a process.
  const external = ["util", "timers", "timers/promises"];
  const made = await build(options(text, { format: "esm", platform: "browser", external, plugins: [installed, ...plugins] }));
  return made.outputFiles[0].text;
}

const folder = mkdtempSync(join(tmpdir(), "tidegate-frames-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
let made = 0;

/** The same, loaded here, as a server that renders would have it. */
export async function forServer(text, plugins = []) {
  const { outputFiles } = await build(options(text, { format: "cjs", platform: "node", plugins: [installed, ...plugins] }));
  const file = join(folder, `${++made}.cjs`);
  writeFileSync(file, outputFiles[0].text);
  return (await import(pathToFileURL(file))).default;
}
