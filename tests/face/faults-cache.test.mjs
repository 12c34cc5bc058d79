// Kept answers, and every call of the host that they lead to failing once: the answer itself is never lost for it.
import { test } from "node:test";
import { tryAll } from "./host.mjs";

const FRESH = { "cache-control": "max-age=60" };
const SPARE = { "cache-control": "max-age=1, stale-if-error=600", etag: '"1"' };
const busy = { status: 503, headers: { "retry-after": "5" }, body: "busy" };
const options = { cache: {}, coalesce: true };

const SCENARIOS = [
  {
    name: "an answer is kept, and served while it is fresh",
    options,
    bodies: true,
    script: () => ({ headers: FRESH }),
    ends: [200, 200, 200],
    act: async (run) => {
      for (let i = 0; i < 3; i++) run.fetch("/a", i ? { headers: { accept: "x" } } : undefined), await run.host.pass(1000);
    },
  },
  {
    name: "a stale one is confirmed",
    options,
    bodies: true,
    script: (_, nth) => (nth === 1 ? { headers: SPARE } : { status: 304, headers: SPARE, body: null }),
    ends: [200, 200],
    // Where what is kept is lost in between, a caller without conditions is told what the server said; where it cannot be
    // sent, what is kept stands in.
    also: [304, "stale"],
    act: async (run) => {
      for (let i = 0; i < 2; i++) run.fetch("/a"), await run.host.pass(5000);
    },
  },
  {
    name: "a stale one stands in for a refusal, for what is closed, and is refreshed",
    options,
    bodies: true,
    page: true,
    script: (_, nth) => (nth === 2 ? busy : { headers: SPARE }),
    ends: [200, "stale", "stale", 200],
    also: ["shed", "stale"],
    act: async (run) => {
      run.fetch("/a"), await run.host.pass(3000);
      run.fetch("/a"), await run.host.pass(100);
      run.fetch("/a"), await run.host.pass(60_000);
      run.fetch("/a");
    },
  },
  {
    name: "three share a flight that breaks off, and one of them leaves",
    options: { ...options, cache: { staleWhileOverloaded: true } },
    bodies: true,
    script: (_, nth) => (nth === 2 ? { drop: true } : {}),
    ends: [200, "stale", "stale", "aborted"],
    also: ["platform"],
    act: async (run) => {
      run.fetch("/a"), await run.host.pass(1000);
      const controller = new AbortController();
      const mine = new Error("mine");
      run.fetch("/a"), run.fetch("/a"), run.fetch("/a", { signal: controller.signal }, mine);
      await run.host.pass(5);
      controller.abort(mine);
    },
  },
  {
    name: "a write takes away what is kept, a HEAD describes it anew",
    options,
    bodies: true,
    script: ({ method }) => (method === "POST" ? { status: 201, headers: { location: "/b" } } : { headers: FRESH }),
    ends: [200, 200, 201, 200, 200],
    act: async (run) => {
      for (const [path, method] of [["/a"], ["/b"], ["/a", "POST"], ["/a"], ["/b"]]) run.fetch(path, method && { method }), await run.host.pass(1000);
    },
  },
];

for (const scenario of SCENARIOS) test(scenario.name, () => tryAll(scenario));
