// Which changes of the modules that decide do their tests notice? Runs the mutants of `cargo mutants`, all from one build.
//
//     node docs/mutants-decide.mjs target/decide.jsonl [FILE.rs[:LINE] ...]
//
// `cargo mutants` builds everything anew for each of 1700 changes, which takes hours. Here a copy of the house is made in
// which every function holds all of its changed bodies beside its own one, and the environment says which of them runs:
//
//     fn may(&self) -> bool { match crate::switched::body() { 7 => { true } 8 => { self.n <= 2 } _ => { self.n < 2 } } }
//
// Changed bodies that do not compile are taken out until the rest does. What stands in no function, or in one that
// answers an `impl Trait`, is built alone. A test's time is limited in seconds of processor, and its memory too.
// Verdicts that stand in the file are kept, so that a run goes on where it was ended; those of the files that are
// named are run again.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

const [record, ...only] = process.argv.slice(2);
const WORK = resolve(process.env.CARGO_TARGET_DIR ?? "target", "switched");
const MODULES = ["gate/*", "limit/*", "policy/*", "pressure/*", "rate/*", "retry/*", "gate", "breaker", "brownout", "coalesce",
  "queue", "scope", "snapshot", "tickets"].map((name) => `src/${name}.rs`);
/** In this order; the first that fails decides. */
const TESTS = ["lib", "gate", "reload", "brownout", "tabs", "models", "idle", "properties", "trace"];
const SWITCH = `
pub mod switched {
    extern crate std;
    /// Which of a function's bodies runs: the number that the environment names, 0 for none.
    pub fn body() -> u32 {
        static BODY: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
        *BODY.get_or_init(|| std::env::var("BODY").map_or(0, |text| text.parse().unwrap()))
    }
}
`;
const ENV = {
  ...process.env,
  CARGO_TARGET_DIR: `${WORK}/target`,
  CARGO_MANIFEST_DIR: WORK,
  RUSTFLAGS: "--cap-lints=allow",
  PROPTEST_CASES: "32",
  PROPTEST_MAX_SHRINK_ITERS: "0",
  PROPTEST_DISABLE_FAILURE_PERSISTENCE: "1",
};
const read = (file) => readFileSync(file, "utf8");
const run = (file, args) => execFileSync(file, args, { encoding: "utf8", maxBuffer: 1 << 28 });

/** Where a line and column, counted from one, stand in a text. */
function offset(text, { line, column }) {
  let at = 0;
  for (let n = 1; n < line; n += 1) at = text.indexOf("\n", at) + 1;
  return at + column - 1;
}

/** Where the body of a mutant's function stands, with its braces; undefined when it cannot hold more than one. */
function bodyOf(text, { function: it }) {
  if (!it) return undefined;
  const [start, end] = [offset(text, it.span.start), offset(text, it.span.end)];
  const head = /^\s*(?:pub(?:\(\w+\))? )?fn /m.exec(text.slice(start, end));
  if (!head || /-> impl /.test(it.return_type)) return undefined;
  let depth = 0;
  for (let at = start + head.index; at < end; at += 1) {
    if ("([".includes(text[at])) depth += 1;
    if (")]".includes(text[at])) depth -= 1;
    if (text[at] === "{" && depth === 0) return [at, end];
  }
  return undefined;
}

const changed = (text, { span, replacement }, from = 0, to = text.length) =>
  text.slice(from, offset(text, span.start)) + replacement + text.slice(offset(text, span.end), to);

/** A file whose functions hold their changed bodies, and which mutant each of its lines is. */
function switched(text, mutants) {
  const bodies = new Map();
  for (const mutant of mutants) {
    const body = bodyOf(text, mutant);
    if (!body) continue;
    if (!bodies.has(body[0])) bodies.set(body[0], { body, mutants: [] });
    bodies.get(body[0]).mutants.push(mutant);
  }
  let [out, done, lines] = ["", 0, []];
  const add = (piece, mutant) => {
    for (let n = piece.split("\n").length - 1; n > 0; n -= 1) lines.push(mutant);
    out += piece;
  };
  for (const { body: [from, to], mutants: own } of [...bodies.values()].sort((a, b) => a.body[0] - b.body[0])) {
    if (from < done) throw new Error("a function in a function");
    add(`${text.slice(done, from)}{ match crate::switched::body() {\n`);
    for (const mutant of own) add(`${mutant.number} => ${changed(text, mutant, from, to)}\n`, mutant);
    add(`_ => ${text.slice(from, to)} } }`);
    done = to;
  }
  add(text.slice(done));
  return { out, lines };
}

/** What cargo says, one message a line. */
function cargo(args) {
  const { stdout } = spawnSync("cargo", [...args, "--message-format=json"], { cwd: WORK, env: ENV, encoding: "utf8", maxBuffer: 1 << 28 });
  return stdout.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
}

const target = (name) => (name === "lib" ? "--lib" : `--test=${name}`);

/** The tests' programs, by name; undefined when one does not build. */
function built(names) {
  const told = cargo(["test", "--no-run", ...names.map(target)]);
  if (!told.at(-1).success) return undefined;
  const programs = told.filter(({ executable }) => executable).map(({ target: { name, kind }, executable }) => [kind[0] === "test" ? name : "lib", executable]);
  return Object.fromEntries(programs);
}

/** How a test's program ended with this body. */
function told(name, program, body) {
  return new Promise((done) => {
    const skip = name === "lib" ? "--skip hint::" : "";
    const child = spawn("bash", ["-c", `ulimit -t 8 -v 6000000; exec ${program} -q ${skip}`],
      { cwd: WORK, env: { ...ENV, BODY: body }, stdio: "ignore" });
    child.on("close", (code, signal) => done(signal === "SIGXCPU" || signal === "SIGKILL" ? "Timeout" : code === 0 ? undefined : "CaughtMutant"));
  });
}

async function judge(programs, body) {
  for (const name of TESTS) {
    const summary = await told(name, programs(name), body);
    if (summary) return { summary, by: name };
  }
  return { summary: "MissedMutant" };
}

/** Writes a file of the copy, unless it is so already: then cargo need not build it anew. */
function put(file, text) {
  const to = `${WORK}/${file}`;
  if (existsSync(to) && read(to) === text) return;
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, text);
}

/** Copies the house, but for the files that are changed. */
function copy(files) {
  for (const file of run("git", ["ls-files", "-co", "--exclude-standard", "-z", "--", ":!pkg", ":!www/page"]).split("\0")) {
    if (/\.(rs|toml|lock|md|jsonl?|base64)$/.test(file) && existsSync(file) && !files.has(file)) put(file, read(file));
  }
  put("src/lib.rs", read("src/lib.rs") + SWITCH);
}

/** Writes the house with all bodies that compile; of the others, the verdict is that they do not. */
function assemble(mutants, files) {
  const unviable = new Set();
  for (;;) {
    const lines = new Map();
    for (const file of files) {
      const of = mutants.filter((mutant) => mutant.file === file && !unviable.has(mutant));
      const made = switched(read(file), of);
      lines.set(file, made.lines);
      put(file, made.out);
    }
    const errors = cargo(["check", "--lib"]).filter(({ message }) => message?.level === "error").flatMap(({ message }) => message.spans);
    if (!errors.length) return unviable;
    const before = unviable.size;
    for (const { file_name: file, line_start: line, is_primary: primary } of errors) {
      const mutant = primary && lines.get(file)?.[line - 1];
      if (mutant) unviable.add(mutant);
    }
    if (unviable.size === before) throw new Error("the house does not build");
    console.log(`${unviable.size} do not compile`);
  }
}

const all = JSON.parse(run("cargo", ["mutants", "--list", "--json", ...MODULES.flatMap((file) => ["-f", file])]));
all.forEach((mutant, n) => { mutant.number = n + 1; });
const verdicts = existsSync(record) ? read(record).trim().split("\n").map((line) => JSON.parse(line).name) : [];
const named = ({ name }) => only.some((part) => name.startsWith(`src/${part}:`));
const left = all.filter((mutant) => (only.length ? named(mutant) : !verdicts.includes(mutant.name)));
const write = (mutant, verdict) => appendFileSync(record, `${JSON.stringify({ name: mutant.name, genre: mutant.genre, ...verdict })}\n`);

const files = new Set(all.map(({ file }) => file));
copy(files);
const unviable = assemble(all, files);
const programs = built(TESTS);
if ((await judge((name) => programs[name], 0)).summary !== "MissedMutant") throw new Error("a test fails without any change");
console.log(`${all.length} mutants, ${left.length} of them left`);
// A fair sample at any moment: in an order that has nothing to do with the files'.
left.sort((a, b) => (a.number * 2654435761) % 4294967296 - (b.number * 2654435761) % 4294967296);
const alone = left.filter((mutant) => !bodyOf(read(mutant.file), mutant));
for (const mutant of left.filter((one) => !alone.includes(one))) {
  write(mutant, unviable.has(mutant) ? { summary: "Unviable" } : await judge((name) => programs[name], mutant.number));
}
for (const file of files) put(file, read(file));
for (const mutant of alone) {
  put(mutant.file, changed(read(mutant.file), mutant));
  const viable = built(["lib"]);
  write(mutant, viable ? await judge((name) => (name === "lib" ? viable.lib : built([name])[name]), 0) : { summary: "Unviable" });
  put(mutant.file, read(mutant.file));
}
