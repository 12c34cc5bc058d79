// One trace, bit for bit the same in the browser: through the production core and through the development core.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { claim } from "../support/browser.mjs";
import { core } from "../support/server.mjs";

const file = (name) => readFileSync(new URL(`../trace/${name}`, import.meta.url), "utf8");
const trace = file("trace.jsonl");

for (const build of ["production", "development"]) {
  const prepare = ({ files }) => {
    files.set("/core.js", core(build, "core.js").toString());
    files.set("/core.wasm", core(build, "core_bg.wasm"));
    files.set("/replay.mjs", file("replay.mjs"));
    files.set("/trace.jsonl", trace);
  };
  claim(`the trace through the ${build} core: the same numbers`, { prepare }, async ({ page }) => {
    const same = await page.evaluate(async () => {
      const { replay } = await load("/replay.mjs");
      const core = await load("/core.js");
      const bytes = await (await platformFetch("/core.wasm")).arrayBuffer();
      const { memory } = core.initSync({ module: new WebAssembly.Module(bytes) });
      return replay(core, memory, await (await platformFetch("/trace.jsonl")).text());
    });
    assert.ok(same > 100, `${same} steps`);
  });
}
