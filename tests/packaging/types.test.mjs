// The shipped declarations, compiled as users compile them.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { dependency, installed, write } from "./help/package.mjs";

const folder = installed();
const beside = (name) => readFileSync(new URL(name, import.meta.url), "utf8");
const contract = beside("contract.d.ts");

mkdirSync(join(folder, "node_modules/@types"));
for (const name of ["@types/node", "@types/react", "svelte", "undici-types", "vue"]) symlinkSync(dependency(name), join(folder, "node_modules", name));

/** `Shipped.Name` stands where `Contract.Name` is expected; what users write (options), also the other way round. */
function assignments() {
  const example = { F: "(text: string) => number", A: "[number, string]", R: "Date", K: '"shed"' };
  const lines = [];
  for (const [, name, parameters] of contract.matchAll(/^export (?:interface|type|class) (\w+)(?:<(.*?)>(?= extends| \{| =))?/gm)) {
    const given = parameters ? `<${parameters.split(/,\s*(?=[A-Z])/).map((each) => example[each[0]]).join()}>` : "";
    lines.push(`export const to${name} = (value: Shipped.${name}${given}): Contract.${name}${given} => value;`);
    if (/(Options|Init|Source|Function|Storage)$/.test(name)) {
      lines.push(`export const from${name} = (value: Contract.${name}${given}): Shipped.${name}${given} => value;`);
    }
  }
  assert.ok(lines.length > 40, "the contract's types were found");
  return lines.join("\n");
}

write(folder, {
  "contract.d.ts": contract,
  "assignable.ts": `${beside("types/assignable.ts")}\n${assignments()}\n`,
  "frames.ts": beside("types/frames.ts"),
  "frames.mts": beside("types/frames.ts"),
  // Svelte is modules only.
  "frames.cts": `import { useAction } from "tidegate/react"; import { defineTide } from "tidegate/ui"; import { usePressure } from "tidegate/vue"; export { defineTide, useAction, usePressure };`,
  "usage.ts": beside("types/usage.ts"),
  "usage.mts": beside("types/usage.ts"),
  // The slim entry is for bundlers and runtimes that speak ECMAScript modules.
  "usage.cts": beside("types/usage.ts").replaceAll("tidegate/slim", "tidegate"),
});

const COMPILERS = { "TypeScript 5.4": "typescript-5.4", "newest TypeScript": "typescript" };
const PLACES = {
  "a page": { lib: ["es2022", "dom", "dom.iterable"], types: [] },
  Node: { lib: ["es2022"], types: ["node"] },
  "a worker": { lib: ["es2022", "webworker", "webworker.iterable"], types: [] },
};
const strict = { strict: true, noEmit: true, target: "es2022", exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };

/** Compiles, and answers the errors but for those in declarations that are not ours. */
function errors(compiler, name, compilerOptions, files) {
  write(folder, { [name]: JSON.stringify({ compilerOptions: { ...strict, ...compilerOptions }, files }) });
  try {
    execFileSync(process.execPath, [join(dependency(compiler), "bin/tsc"), "-p", name, "--pretty", "false"], { cwd: folder, encoding: "utf8" });
    return [];
  } catch ({ stdout }) {
    return stdout.split("\n").filter((line) => /error TS/.test(line) && !/node_modules\/(?!tidegate\/)/.test(line));
  }
}

for (const [label, compiler] of Object.entries(COMPILERS)) {
  for (const [place, { lib, types }] of Object.entries(PLACES)) {
    test(`${label}, ${place}: the contract and an application compile`, () => {
      const options = { lib, types, module: "esnext", moduleResolution: "bundler" };
      assert.deepEqual(errors(compiler, "tsconfig.json", options, ["assignable.ts", "usage.ts"]), []);
    });
  }
  test(`${label}: the elements and the ways in for frameworks compile`, () => {
    const options = { lib: ["es2022", "dom", "dom.iterable"], types: [], module: "esnext", moduleResolution: "bundler" };
    assert.deepEqual(errors(compiler, "tsconfig.json", options, ["frames.ts"]), []);
  });
  test(`${label}: modules and CommonJS resolve as Node resolves them`, () => {
    const options = { lib: ["es2022", "dom", "dom.iterable"], types: [], module: "node16", moduleResolution: "node16" };
    assert.deepEqual(errors(compiler, "tsconfig.json", options, ["usage.mts", "usage.cts", "frames.mts", "frames.cts"]), []);
  });
}

test("a declaration that breaks the contract is noticed", () => {
  const broken = contract.replace("readonly closedUntil: number | null", "readonly closedUntil: string");
  assert.notEqual(broken, contract);
  write(folder, { "contract.d.ts": broken });
  const options = { lib: ["es2022", "dom"], types: [], module: "esnext", moduleResolution: "bundler" };
  const found = errors("typescript", "tsconfig.json", options, ["assignable.ts"]);
  write(folder, { "contract.d.ts": contract });
  assert.ok(found.some((line) => line.includes("toPressure") || line.startsWith("assignable.ts")), found.join("\n"));
});
