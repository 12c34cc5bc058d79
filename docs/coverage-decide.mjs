// Writes the second table of docs/coverage.md: what the tests of the modules that decide reach, and which changes of
// them they notice.
//
//     node docs/coverage-decide.mjs COVERAGE.json VERDICTS.jsonl
//
// The first is what `cargo llvm-cov --branch --json` wrote, the second what docs/mutants-decide.mjs wrote; of two verdicts on
// one mutant the later counts. Branches in a file's own tests are left out.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const BOOK = new URL("coverage.md", import.meta.url);
const MARKS = ["<!-- made by docs/coverage-decide.mjs -->", "<!-- end of it -->"];
const NOT_HERE = /^(cache|hint|text|web)\/|^(time|rng|num|reason|event|packed|verdict|lib)\.rs$/;
const run = (file, args) => execFileSync(file, args, { encoding: "utf8", maxBuffer: 1 << 28 });
const sum = (all, pick) => all.reduce((total, one) => total + pick(one), 0);
const percent = (some, all) => (all ? `${((100 * some) / all).toFixed(1)} %` : "");

/** The branches of one file, two for each condition: where it stands, and which of them were taken. */
function branches(file, told) {
  const lines = readFileSync(file, "utf8").split("\n");
  const tests = lines.findIndex((line) => line.startsWith("#[cfg(test)]"));
  const conditions = new Map();
  for (const [line, column, endLine, endColumn, yes, no] of told) {
    if (tests >= 0 && line > tests) continue;
    const key = [line, column, endLine, endColumn].join(":");
    const known = conditions.get(key) ?? { line, column, yes: 0, no: 0, text: lines[line - 1].slice(column - 1, endColumn - 1) };
    conditions.set(key, { ...known, yes: known.yes + yes, no: known.no + no });
  }
  return [...conditions.values()];
}

const [coverage, record] = process.argv.slice(2);
const verdicts = new Map(readFileSync(record, "utf8").trim().split("\n").map((line) => JSON.parse(line)).map((told) => [told.name, told]));
const covered = JSON.parse(readFileSync(coverage, "utf8")).data[0].files
  .map(({ filename, branches: told }) => ({ name: filename.split("/src/")[1] ?? "", told }))
  .filter(({ name }) => name && !NOT_HERE.test(name));
const files = covered.map(({ name, told }) => {
  const list = JSON.parse(run("cargo", ["mutants", "--list", "--json", "-f", `src/${name}`]));
  const judged = list.map((mutant) => ({ name: mutant.name, ...verdicts.get(mutant.name) }));
  return { name, conditions: branches(`src/${name}`, told), judged };
});

function line(name, some) {
  const conditions = some.flatMap((file) => file.conditions);
  const judged = some.flatMap((file) => file.judged);
  const count = (summary) => judged.filter((told) => told.summary === summary).length;
  const [caught, timeout, missed] = ["CaughtMutant", "Timeout", "MissedMutant"].map(count);
  const taken = sum(conditions, ({ yes, no }) => (yes > 0) + (no > 0));
  const cells = [name, conditions.length ? `${taken} of ${2 * conditions.length}` : "none", judged.length, caught, timeout, missed,
    count("Unviable"), count(undefined), percent(caught + timeout, caught + timeout + missed)];
  return `| ${cells.join(" | ")} |`;
}

const by = (name) => files.flatMap((file) => file.judged).filter((told) => told.by === name).length;
const untaken = files.flatMap(({ name, conditions }) => conditions.filter(({ yes, no }) => !yes || !no)
  .map(({ line: at, column, yes, no, text }) => `${name}:${at}:${column}: ${yes ? "" : "never "}${yes || no ? "" : "nor ever not "}${no || !yes ? "" : "always "}${text}`));
const missed = files.flatMap(({ judged }) => judged).filter(({ summary }) => summary === "MissedMutant");
const all = files.flatMap(({ conditions }) => conditions);
const commit = run("git", ["log", "-1", "--format=%h", "--", "src", "tests"]).trim();
const report = [
  `Measured on commit ${commit}. Branches: ${percent(sum(all, ({ yes, no }) => (yes > 0) + (no > 0)), 2 * all.length)}.`,
  `${by("trace")} of the mutants were noticed by the recorded trace alone.`,
  "",
  "| file | branches taken | mutants | caught | timeout | missed | unviable | not run | score |",
  "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
  ...files.map((file) => line(`\`${file.name}\``, [file])),
  line("all", files),
  "",
  "The branches that are not taken:",
  "",
  "```text",
  ...untaken,
  "```",
  "",
  "The survivors, by the names that `cargo mutants` gives them:",
  "",
  "```text",
  ...missed.map(({ name }) => name.replace("src/", "")),
  "```",
].join("\n");
const [before, , after] = readFileSync(BOOK, "utf8").split(new RegExp(MARKS.join("|")));
writeFileSync(BOOK, `${before}${MARKS[0]}\n\n${report}\n\n${MARKS[1]}${after}`);
