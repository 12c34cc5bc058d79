// Records the traces beside it: `node tests/cache/record.mjs` (needs strace, a built package, and some minutes).
// `session`: every file that is opened for reading while somebody works on this repository, with its size.
// `history`: every file that this repository's commits wrote, in their order, with its greatest size.
// Packed: for each request how many others were asked for since it was last (0: its first time, its size follows), as
// LEB128, in base64. Files above 256 KiB are left out: a page's answers are smaller.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const LARGEST = 1 << 18;

const DAY = `
git status
node pkg/build.mjs
node --test tests/face/open.test.mjs
touch src/cache/store.rs
cargo check
git diff HEAD~3
node --test tests/face/coalesce.test.mjs
grep -rn Promise pkg/src
tests/node_modules/.bin/tsc -p pkg --noEmit
node pkg/build.mjs
git log -p -5
touch src/gate.rs
cargo check --tests
node --test tests/face/scope.test.mjs
git status
node pkg/build.mjs
node --test tests/face/open.test.mjs
grep -rln deadline src tests/gate tests/face docs
touch src/queue.rs
cargo check
npm ls --all --prefix tests
tests/node_modules/.bin/tsc -p pkg --noEmit
node pkg/build.mjs
node --test tests/face/request.test.mjs
git status
git diff HEAD~1`;

/** The opens that one command's strace tells: those that another thread interrupted stand on two lines. */
const opens = (text) => {
  const halves = new Map();
  return text.split("\n").flatMap((line) => {
    let [, thread, call = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (call.endsWith("<unfinished ...>")) return halves.set(thread, call.slice(0, -16)), [];
    const rest = /^<\.\.\. \w+ resumed>(.*)$/.exec(call);
    if (rest) call = (halves.get(thread) ?? "") + rest[1];
    const [, path, flags] = /^open(?:at)?\((?:AT_FDCWD|\d+)?,? ?"([^"]+)", ([A-Z_|]+)[^=]*\) *= \d+$/.exec(call) ?? [];
    const read = path && !/O_(WRONLY|RDWR|DIRECTORY|CREAT|PATH)/.test(flags) && !/^\/(proc|sys|dev)\//.test(path);
    return read ? [resolve(ROOT, path)] : [];
  });
};

const session = () => {
  const folder = mkdtempSync(join(tmpdir(), "opens-"));
  const requests = [];
  for (const command of DAY.trim().split("\n")) {
    const told = join(folder, "told");
    spawnSync("strace", ["-f", "-qq", "-e", "trace=open,openat", "-e", "signal=none", "-o", told, ...command.split(" ")], { cwd: ROOT });
    for (const path of opens(readFileSync(told, "utf8"))) {
      const found = statSync(path, { throwIfNoEntry: false });
      if (found?.isFile()) requests.push([path, found.size]);
    }
  }
  rmSync(folder, { recursive: true });
  return requests;
};

const history = () => {
  const git = (input, ...words) => execFileSync("git", words, { cwd: ROOT, input, maxBuffer: 1 << 28 }).toString();
  const log = git("", "log", "--reverse", "--no-merges", "--format=%H", "--raw", "--no-abbrev", "-r");
  const written = [...log.matchAll(/^:\d+ \d+ \w+ (\w+) [AM]\t(.*)$/gm)].map(([, blob, path]) => [path, blob]);
  const asked = written.map(([, blob]) => blob).join("\n");
  const sizes = git(asked, "cat-file", "--batch-check=%(objectsize)").trim().split("\n").map(Number);
  return written.map(([path], nth) => [path, sizes[nth]]);
};

const pack = (requests) => {
  const sizes = new Map();
  for (const [path, size] of requests) sizes.set(path, Math.max(size, sizes.get(path) ?? 0));
  const bytes = [];
  const put = (number) => {
    for (; number > 127; number >>>= 7) bytes.push((number & 127) | 128);
    bytes.push(number);
  };
  const recent = [];
  for (const [path] of requests) {
    const size = sizes.get(path);
    if (!size || size > LARGEST) continue;
    const at = recent.indexOf(path);
    put(at + 1);
    if (at < 0) put(size);
    else recent.splice(at, 1);
    recent.unshift(path);
  }
  return Buffer.from(bytes).toString("base64");
};

for (const [name, record] of Object.entries({ session, history }))
  writeFileSync(new URL(`${name}.base64`, import.meta.url), `${pack(record())}\n`);
