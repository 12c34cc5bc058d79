// Writes the table of docs/coverage.md: what the tests of the hint reader reach, and which changes of it they notice.
//
//     node docs/coverage.mjs COVERAGE.json VERDICTS...
//
// The first is what `cargo llvm-cov --json` wrote. Each of the others is what docs/mutants.mjs wrote, or the
// `outcomes.json` of `cargo mutants`; of two verdicts on one mutant the later counts.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";

const BOOK = new URL("coverage.md", import.meta.url);
const MARKS = ["<!-- made by docs/coverage.mjs -->", "<!-- end -->"];
const VERDICTS = ["CaughtMutant", "Timeout", "MissedMutant", "Unviable"];

/** Of each file of `src/hint` and `src/text`: how many lines and branches there are, and how many of them ran. */
function covered(path) {
  const [{ files }] = JSON.parse(readFileSync(path, "utf8")).data;
  const own = files.filter(({ filename }) => /\/src\/(hint|text)\/\w+\.rs$/.test(filename));
  return own.map(({ filename, summary }) => ({ name: basename(filename), ...summary }));
}

/** The verdict on each mutant, by its name. */
function judged(paths) {
  const verdicts = new Map();
  for (const path of paths) {
    const text = readFileSync(path, "utf8");
    const told = path.endsWith("outcomes.json")
      ? JSON.parse(text).outcomes.filter(({ scenario }) => scenario.Mutant)
          .map(({ scenario, summary }) => ({ name: scenario.Mutant.name, summary }))
      : text.trim().split("\n").map((line) => JSON.parse(line));
    for (const { name, summary } of told) verdicts.set(name, summary);
  }
  return verdicts;
}

const percent = (some, all) => (all ? `${((100 * some) / all).toFixed(1)} %` : "");
const sum = (all, pick) => all.reduce((total, one) => total + pick(one), 0);

function line(name, files, verdicts) {
  const share = (kind) => {
    const count = sum(files, (file) => file[kind].count);
    return count ? `${sum(files, (file) => file[kind].covered)} of ${count}` : "none";
  };
  const counts = VERDICTS.map((verdict) => verdicts.filter((told) => told === verdict).length);
  const [caught, timeout, missed] = counts;
  const cells = [name, share("lines"), share("branches"), ...counts, percent(caught + timeout, caught + timeout + missed)];
  return `| ${cells.join(" | ")} |`;
}

const [coverage, ...records] = process.argv.slice(2);
const files = covered(coverage);
const verdicts = [...judged(records)].map(([mutant, verdict]) => ({ mutant: mutant.replace(/src\/(hint|text)\//, ""), verdict }));
const of = (name) => verdicts.filter(({ mutant }) => mutant.startsWith(`${name}:`)).map(({ verdict }) => verdict);
const commit = execFileSync("git", ["log", "-1", "--format=%h", "--", "src/hint", "src/text", "tests"], { encoding: "utf8" }).trim();
const report = [
  `Measured on commit ${commit}.`,
  "",
  "| file | lines run | branches taken | caught | timeout | missed | unviable | score |",
  "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
  ...files.map((file) => line(`\`${file.name}\``, [file], of(file.name))),
  line("all", files, verdicts.map(({ verdict }) => verdict)),
  "",
  "The survivors, by the names that `cargo mutants` gives them:",
  "",
  "```text",
  ...verdicts.filter(({ verdict }) => verdict === "MissedMutant").map(({ mutant }) => mutant),
  "```",
].join("\n");
const [before, , after] = readFileSync(BOOK, "utf8").split(new RegExp(MARKS.join("|")));
writeFileSync(BOOK, `${before}${MARKS[0]}\n\n${report}\n\n${MARKS[1]}${after}`);
