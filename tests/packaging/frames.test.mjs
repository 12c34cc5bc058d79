// The ways in beside the core, installed as applications have them, beside the real frameworks.
import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { dependency, installed, node, read, write } from "./help/package.mjs";

const folder = installed();
for (const name of ["react", "react-dom", "svelte", "vue"]) symlinkSync(dependency(name), join(folder, "node_modules", name));

const HOOKS = "useAction,useAsyncDebouncedCallback,useDebouncedCallback,useFeature,usePressure,useThrottledCallback,useTidegate";
const NAMES = { ui: "defineTide", react: `TidegateProvider,${HOOKS}`, vue: `createTidegatePlugin,provideTidegate,${HOOKS}`, svelte: `setTidegate,${HOOKS}` };

// What a server's process would notice: a global more, or one less. Vue itself makes some.
const quiet = (load) => `
  await import("vue");
  const before = Object.getOwnPropertyNames(globalThis).join();
  const names = Object.keys(${load}).sort().join();
  console.log(names, Object.getOwnPropertyNames(globalThis).join() === before, typeof window);`;

for (const [name, names] of Object.entries(NAMES)) {
  test(`tidegate/${name}: importing it in Node has no effect`, () => {
    write(folder, { "quiet.mjs": quiet(`await import("tidegate/${name}")`) });
    assert.equal(node(folder, "quiet.mjs").trim(), `${names} true undefined`);
  });
  test(`tidegate/${name}: it carries no core`, () => {
    const code = read(folder, `dist/${name}.js`);
    assert.ok(code.length < 8000, `${code.length} bytes`);
    assert.doesNotMatch(code, /WebAssembly/);
  });
}

for (const name of ["ui", "react", "vue"]) {
  test(`tidegate/${name}: it can be required`, () => {
    write(folder, { "quiet.mjs": `import { createRequire } from "node:module"; const require = createRequire(import.meta.url); ${quiet(`require("tidegate/${name}")`)}` });
    assert.equal(node(folder, "quiet.mjs").trim(), `${NAMES[name]} true undefined`);
  });
}

test("without a page, defining the elements is no error and has no effect", () => {
  write(folder, { "define.mjs": `import { defineTide } from "tidegate/ui"; import { createTidegate } from "tidegate"; defineTide(createTidegate()); console.log("defined", typeof customElements);` });
  assert.equal(node(folder, "define.mjs").trim(), "defined undefined");
});

test("a server of React's components is told that these run in the page", () => {
  for (const end of ["js", "cjs"]) assert.match(read(folder, `dist/react.${end}`), /^"use client";/);
});

test("React renders on a server, and the process ends by itself", () => {
  write(folder, {
    "render.mjs": `
      import { createElement as h } from "react";
      import { renderToString } from "react-dom/server";
      import { createTidegate } from "tidegate";
      import { TidegateProvider, useAction, usePressure } from "tidegate/react";
      const App = () => [usePressure().state, useAction("save", () => {})[1].state].join(" ");
      console.log(renderToString(h(TidegateProvider, { tide: createTidegate() }, h(App))));`,
  });
  assert.equal(node(folder, "render.mjs").trim(), "nominal idle");
});

test("Vue renders on a server, and the process ends by itself", () => {
  write(folder, {
    "render.mjs": `
      import { createSSRApp } from "vue";
      import { renderToString } from "vue/server-renderer";
      import { createTidegate } from "tidegate";
      import { createTidegatePlugin, useAction, usePressure } from "tidegate/vue";
      const App = { setup: () => { const [, status] = useAction("save", () => {}); const pressure = usePressure(); return () => pressure.value.state + " " + status.value.state; } };
      console.log(await renderToString(createSSRApp(App).use(createTidegatePlugin(createTidegate()))));`,
  });
  assert.equal(node(folder, "render.mjs").trim(), "nominal idle");
});
