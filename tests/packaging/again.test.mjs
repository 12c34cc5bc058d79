// Two builds of one source.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { repository, tarball, xtask } from "./help/package.mjs";

const hash = (file) => createHash("sha256").update(readFileSync(file)).digest("hex");

test("building twice gives the same bytes", () => {
  const keep = mkdtempSync(join(tmpdir(), "tidegate-again-"));
  const first = join(keep, "first.tgz");
  copyFileSync(tarball, first);
  try {
    // Nothing of the first build may be taken over: other cargo output, no stamps.
    for (const core of ["production", "development"]) rmSync(join(repository, "pkg/build", core, ".made-from"));
    const target = join(repository, "target/again");
    const second = xtask(["pack"], { CARGO_TARGET_DIR: target }).trimEnd().split("\n").at(-1);
    assert.ok(second.startsWith(target), second);
    assert.equal(hash(second), hash(first));
  } finally {
    rmSync(keep, { recursive: true, force: true });
  }
});
