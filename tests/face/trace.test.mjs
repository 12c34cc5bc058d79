// The same trace as `cargo test --test trace`, through both modules as built: identical bits.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { replay } from "../trace/replay.mjs";

const at = (path) => new URL(`../../${path}`, import.meta.url);
const trace = readFileSync(at("tests/trace/trace.jsonl"), "utf8");

/** A copy of a build's glue with its own instance. */
const load = async (build, copy) => {
  const core = await import(`${at(`pkg/build/${build}/core.js`)}?trace=${copy}`);
  const { memory } = core.initSync({ module: readFileSync(at(`pkg/build/${build}/core_bg.wasm`)) });
  return { core, memory };
};

for (const build of ["production", "development"]) {
  test(`the ${build} module answers the trace as the native core does, bit for bit`, async () => {
    const { core, memory } = await load(build, 1);
    assert.ok(replay(core, memory, trace) > 1_500);
  });

  test(`a different answer of the ${build} module would be seen`, async () => {
    const { core, memory } = await load(build, 2);
    const lines = trace.split("\n");
    const last = lines.findLastIndex((line) => line.includes('"op":"ask"'));
    lines[last] = lines[last].replace(/"want":\["(.)/, (_, digit) => `"want":["${digit === "4" ? "3" : "4"}`);
    assert.throws(() => replay(core, memory, lines.join("\n")), { message: new RegExp(`^line ${last + 1}:`) });
  });
}
