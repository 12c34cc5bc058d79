// The demo's command, as far as it goes without a human.
import assert from "node:assert/strict";
import { test } from "node:test";
import { xtask } from "./help/package.mjs";

test("the demo is built, names its address, and answers with its page, script and counters", () => {
  const lines = xtask(["demo", "--once", "--port", "0"]).trim().split("\n");
  assert.match(lines[0], /^tidegate demo: http:\/\/127\.0\.0\.1:\d+\/$/);
  assert.deepEqual(lines.slice(1).map((line) => line.replace(/\d+ bytes$/, "n bytes")), [
    "/: n bytes",
    "/main.js: n bytes",
    "/style.css: n bytes",
    "/api/stats: n bytes",
  ]);
});
