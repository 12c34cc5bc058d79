// Which changes of src/hint and src/text do the reader's tests notice? Runs the mutants of `cargo mutants` and writes one verdict a line.
//
//     node docs/mutants.mjs target/mutants.jsonl [FILE.rs ...]
//
// `cargo mutants` itself needs two or three seconds for each of more than a thousand. The reader stands on nothing but
// src/text and src/time.rs, so here it is compiled alone, as a shared library, and the tests, built once, load the changed one. The
// list and the changes are those of `cargo mutants --list --json --diff`. A test's time is limited in seconds of
// processor, not of the clock, and its memory too. Verdicts that stand in the file are kept, so that a run goes on
// where it was ended.
import { execFileSync, spawn } from "node:child_process";
import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";

const [record, ...only] = process.argv.slice(2);
const WORK = resolve("target/mutants");
/** In this order; the first that fails decides. */
const TESTS = ["hints", "structured_fields", "hints_json", "hints_any", "hints_twin"];
const LIMITS = "ulimit -t 15 -v 4000000; exec";
const run = (file, args) => execFileSync(file, args, { encoding: "utf8", maxBuffer: 1 << 28 });

const libraries = `${run("rustc", ["--print", "target-libdir"]).trim()}`;
const RUSTC = ["--edition=2024", "-Cprefer-dynamic", "-Cdebuginfo=0", "-Awarnings"];

/** How a command ended: its exit code, or the signal's name. */
function ended(command, place, { input, loud } = {}) {
  return new Promise((resolve) => {
    const env = {
      ...process.env,
      CARGO_MANIFEST_DIR: process.cwd(),
      LD_LIBRARY_PATH: `${place}:${libraries}`,
      PROPTEST_DISABLE_FAILURE_PERSISTENCE: "1",
      PROPTEST_MAX_SHRINK_ITERS: "0",
    };
    const cwd = input === undefined ? process.cwd() : place;
    const child = spawn("bash", ["-c", command], { cwd, env, stdio: ["pipe", "ignore", loud ? "inherit" : "ignore"] });
    // One that reads nothing may be gone before it is given nothing.
    child.stdin.on("error", () => {});
    child.stdin.end(input ?? "");
    child.on("close", (code, signal) => resolve(signal ?? code));
  });
}

const library = (place) =>
  ended(`rustc --crate-name=tidegate --crate-type=dylib -Cincremental=${place}/kept ${RUSTC.join(" ")} \
    -o ${place}/libtidegate.so ${place}/src/lib.rs`, place);

/** What the tests are linked with, as cargo built it. */
function externs() {
  const tree = run("cargo", ["tree", "--package=tidegate", "--edges=dev,normal", "--depth=1", "--prefix=none"]);
  const direct = tree.split("\n").slice(1).map((line) => line.replace(/^(\S+) v(\S+).*$/, "$1@$2"));
  const args = ["test", "--no-run", "--message-format=json", ...TESTS.map((name) => `--test=${name}`)];
  const messages = run("cargo", args).split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  const built = messages.filter((told) => direct.some((name) => told.package_id?.endsWith(`#${name}`)));
  const files = built.flatMap(({ target, filenames = [] }) => filenames.map((file) => [target?.name, file]));
  const named = files.filter(([, file]) => file.endsWith(".rlib"));
  const folder = named[0][1].replace(/[^/]*$/, "");
  return `-L dependency=${folder} ${named.map(([name, file]) => `--extern ${name}=${file}`).join(" ")}`;
}

const linked = externs();
const test = (name, place, to) =>
  ended(`rustc --test --crate-name=${name} -Copt-level=1 ${RUSTC.join(" ")} ${linked} \
    --extern tidegate=${place}/libtidegate.so tests/${name}.rs -o ${to}/${name}`, place, { loud: true });

/** What the tests say of the library as it now is. */
async function told(names, place, from) {
  for (const name of names) {
    const end = await ended(`${LIMITS} ${from}/${name} -q`, place);
    if (end === "SIGXCPU" || end === "SIGKILL") return "Timeout";
    if (end === 127) return "Stale";
    if (end !== 0) return "CaughtMutant";
  }
  return "MissedMutant";
}

async function judge(mutant, place) {
  const file = `${place}/${mutant.file}`;
  const before = readFileSync(file);
  try {
    if (await ended("patch -s -p0", place, { input: mutant.diff })) throw new Error(`no such change: ${mutant.name}`);
    if (await library(place)) return "Unviable";
    const verdict = await told(TESTS, place, WORK);
    // What tables hold was built into the tests, and the names of what stands in them: then they are built anew.
    const tables = verdict === "MissedMutant" && (mutant.genre === "StructField" || !mutant.function);
    if (verdict !== "Stale" && !tables) return verdict;
    return (await test("hints", place, place)) ? "Unviable" : await told(["hints"], place, place);
  } finally {
    writeFileSync(file, before);
  }
}

async function prepare(place) {
  rmSync(place, { recursive: true, force: true });
  mkdirSync(`${place}/src`, { recursive: true });
  for (const part of ["hint", "text", "time.rs"]) cpSync(`src/${part}`, `${place}/src/${part}`, { recursive: true });
  writeFileSync(`${place}/src/lib.rs`, "#![no_std]\nextern crate alloc;\nextern crate std as _;\npub mod hint;\npub mod text;\npub mod time;\n");
  if (await library(place)) throw new Error("the library does not build");
}

const places = Array.from({ length: availableParallelism() }, (_, n) => `${WORK}/${n}`);
for (const place of places) await prepare(place);
for (const name of TESTS) {
  if (await test(name, places[0], WORK)) throw new Error(`${name} does not build`);
}
for (const place of places) {
  if ((await told(TESTS, place, WORK)) !== "MissedMutant") throw new Error("a test fails without any change");
}
const known = existsSync(record) ? readFileSync(record, "utf8").trim().split("\n").map((line) => JSON.parse(line).name) : [];
const files = (only.length ? only : ["*.rs"]).flatMap((name) => ["-f", `src/hint/${name}`, "-f", `src/text/${name}`]);
const all = JSON.parse(run("cargo", ["mutants", "--list", "--json", "--diff", ...files]));
const left = all.filter(({ name }) => !known.includes(name));
console.log(`${all.length} mutants, ${left.length} of them left`);
await Promise.all(places.map(async (place) => {
  for (let mutant = left.shift(); mutant; mutant = left.shift()) {
    const summary = await judge(mutant, place);
    appendFileSync(record, `${JSON.stringify({ name: mutant.name, genre: mutant.genre, summary })}\n`);
  }
}));
