// The tarball under test, made once per run, and folders that it is installed in.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const repository = fileURLToPath(new URL("../../../", import.meta.url));

/** Runs the chores; `cargo xtask test` names its own program, so that nothing is compiled twice. */
export function xtask(args, env = {}) {
  const [program, before] = process.env.TIDEGATE_XTASK ? [process.env.TIDEGATE_XTASK, []] : ["cargo", ["xtask"]];
  const options = { cwd: repository, env: { ...process.env, ...env }, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] };
  return execFileSync(program, [...before, ...args], options);
}

const lastLine = (text) => text.trimEnd().split("\n").at(-1);

/** Path of the packed tarball. */
export const tarball = process.env.TIDEGATE_TARBALL || lastLine(xtask(["pack"]));

/** An empty folder with nothing but the package installed, gone when the process ends. */
export function installed() {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  write(folder, { "package.json": '{ "private": true, "type": "module" }' });
  npm(folder, "install", "--no-audit", "--no-fund", tarball);
  return folder;
}

/** Writes files into a folder, by name. */
export function write(folder, files) {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

/** Runs npm in a folder and answers what it prints. */
export function npm(folder, ...args) {
  return execFileSync("npm", args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** Runs Node in a folder and answers what it prints. A program that does not end by itself is an error. */
export function node(folder, ...args) {
  return execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8", timeout: 60_000, stdio: ["ignore", "pipe", "pipe"] });
}

/** A text file of the installed package. */
export const read = (folder, name) => readFileSync(join(folder, "node_modules/tidegate", name), "utf8");

/** Where a package of tests/node_modules has its root. */
export const dependency = (name) => join(dirname(fileURLToPath(new URL("../../package.json", import.meta.url))), "node_modules", name);
