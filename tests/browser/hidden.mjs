// A tab that nobody looks at for minutes, in a browser without a driver's switches and without a debugger attached: both
// keep timers of hidden tabs running. Run on demand: `node tests/browser/hidden.mjs [minutes]`; six take seven minutes.
// The result of the last run stands in docs/behaviour.md.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LAUNCH } from "../support/launch.mjs";
import { serve } from "../support/server.mjs";

const minutes = Number(process.argv[2] ?? 6);
const after = (ms) => new Promise((over) => setTimeout(over, ms));

// A page that polls once a second; a worker's clock wakes it, because no browser slows that down. Beside it the same polls
// go bare, so that one sees what the tab would do without.
const PAGE = `
import { createTidegate } from "/dist/index.js";
export * from "/dist/index.js";
const tide = createTidegate();
const tell = (path) => navigator.sendBeacon(path);
let n = 0;
const clock = new Worker(URL.createObjectURL(new Blob(["setInterval(() => postMessage(0), 1000)"])));
clock.onmessage = () => {
  n++;
  tide.fetch("/poll?" + n, { tidegate: { priority: "background" } }).catch(() => {});
  fetch("/bare?" + n).catch(() => {});
};
document.addEventListener("visibilitychange", () => tell("/" + document.visibilityState));
await tide.fetch("/ready");
`;

const backend = await serve();
backend.files.set("/hidden.js", PAGE);
backend.handle = (hit) => hit.answer(200);

const profile = mkdtempSync(join(tmpdir(), "tidegate-hidden-"));
const { executablePath, args } = LAUNCH.chromium;
const browser = spawn(executablePath, [...args, "--headless=new", "--remote-debugging-port=0", `--user-data-dir=${profile}`, `${backend.origin}/page?entry=/hidden.js`], { stdio: ["ignore", "ignore", "pipe"] });

try {
  // The port is for opening and choosing tabs only: nothing is attached.
  const door = await new Promise((found, failed) => {
    let said = "";
    browser.stderr.on("data", (chunk) => {
      const port = (said += chunk).match(/DevTools listening on ws:\/\/([^/]+)/);
      if (port) found(`http://${port[1]}`);
    });
    browser.on("exit", () => failed(new Error(said)));
  });
  await backend.arrival("/ready");
  const [first] = (await (await fetch(`${door}/json/list`)).json()).filter(({ type }) => type === "page");
  await backend.arrival((hit) => hit.path.startsWith("/poll"), 3);
  await fetch(`${door}/json/new?about:blank`, { method: "PUT" });
  const away = await backend.arrival("/hidden");
  await after(minutes * 60_000);
  const asked = backend.hits.filter(({ path, at }) => path.startsWith("/bare") && at > away.at).length;
  await fetch(`${door}/json/activate/${first.id}`);
  const back = await backend.arrival("/visible");
  await backend.arrival((hit) => hit.path.startsWith("/poll") && hit.at > back.at, 20);
  await after(3000);

  const polls = backend.hits.filter(({ path }) => path.startsWith("/poll")).map(({ at }) => at);
  const hidden = polls.filter((at) => at > away.at + 50 && at < back.at).length;
  const returned = polls.filter((at) => at >= back.at).map((at) => at - back.at);
  const most = Math.max(...returned.map((from) => returned.filter((at) => at >= from && at < from + 100).length));
  console.log(`hidden for ${minutes} min: the page asked ${asked} times; ${hidden} polls were sent`);
  const soon = returned.filter((at) => at <= 1000).length;
  console.log(`return: ${returned.length} polls in ${(Math.max(...returned) / 1000).toFixed(2)} s, ${soon} of them in the first, the first after ${Math.min(...returned).toFixed(0)} ms, at most ${most} in 100 ms`);
  assert.ok(asked > minutes * 50, "the page was awake");
  assert.equal(hidden, 0);
  assert.ok(most <= Math.max(10, returned.length / 4), "no burst");
} finally {
  browser.removeAllListeners("exit").kill();
  await new Promise((over) => browser.once("exit", over));
  rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  await backend.close();
}
