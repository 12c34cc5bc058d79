// Those who look on (events, snapshots, Server-Timing), and what is left without a core: with every call of the host
// failing once.
import { test } from "node:test";
import { tryAll } from "./host.mjs";

const busy = (seconds) => ({ status: 503, headers: { "retry-after": `${seconds}` }, body: "busy" });
const first = (refusal) => (_, nth, all) => (all === 1 ? refusal : {});
const post = { method: "POST", body: "x" };
const KINDS = ["pressure", "hint", "unexposed", "wait", "shed", "retry", "coalesced", "error"];

const SCENARIOS = [
  {
    name: "events, a snapshot's subscriber, and who is told to wait",
    page: true,
    script: first(busy(2)),
    ends: [200, 200, "shed"],
    act: async (run) => {
      const { tide } = run;
      KINDS.forEach((kind) => tide.on(kind, () => {}));
      tide.subscribe(() => tide.getSnapshot());
      run.fetch("/a", { tidegate: { onWait: () => {}, label: "a" } });
      await run.host.pass(100);
      run.fetch("/a", { tidegate: { onWait: () => {} } });
      run.fetch("/b", { tidegate: { deadline: 10 } });
    },
  },
  {
    name: "listeners that throw and that call in",
    script: first(busy(2)),
    ends: [200, 200],
    act: async (run) => {
      const { tide } = run;
      let once = true;
      tide.on("retry", () => { throw new Error("listener"); });
      tide.on("pressure", () => {
        if (once) run.fetch("/inner");
        once = false;
      });
      tide.subscribe(() => { throw new Error("subscriber"); });
      run.fetch("/a", { tidegate: { onWait: () => { throw new Error("onWait"); } } });
    },
  },
  {
    name: "Server-Timing that tells a wait",
    options: { serverTiming: { wait: "retry" } },
    ends: [200, 200],
    act: async (run) => {
      run.fetch("/a");
      await run.host.pass(100);
      run.host.observed?.({ getEntries: () => [{ name: "https://api.example/a", serverTiming: [{ name: "retry", duration: 1500 }] }] });
      run.fetch("/b");
    },
  },
  {
    name: "pressure and snapshots of a page that only looks",
    ends: ["done", "done"],
    act: async (run) => {
      const { tide } = run;
      run.ask(async () => tide.pressure("https://api.example").state === "nominal" && "done");
      run.ask(async () => tide.getSnapshot().scopes && "done");
      await run.host.pass(100);
    },
  },
  {
    name: "the option of a user, a scope, and a key that is told",
    page: true,
    options: { user: () => "ann", scope: ({ url }) => url.pathname },
    script: ({ body }, nth) => (nth === 1 && body ? { drop: true } : {}),
    ends: [200, 200, 200],
    act: async (run) => {
      run.fetch("/a");
      run.fetch("/a");
      run.fetch("/pay", { ...post, tidegate: { idempotent: "mine" } });
    },
  },
  {
    name: "observe: everything goes at once",
    options: { mode: "observe" },
    script: first(busy(2)),
    ends: [503, 200, 200],
    act: async (run) => {
      run.fetch("/save", post);
      await run.host.pass(100);
      run.fetch("/a");
      run.fetch("/save", { ...post, body: "y" });
    },
  },
  {
    name: "no core: the server's time is waited for, or refused",
    blocked: true,
    script: first(busy(2)),
    ends: [503, 200, "shed", 200],
    act: async (run) => {
      run.fetch("/save", post);
      await run.host.pass(100);
      run.fetch("/a");
      run.fetch("/b", { tidegate: { deadline: 100 } });
      run.fetch("/save", { ...post, body: "y" });
    },
  },
  {
    name: "no core: abort, and a key",
    blocked: true,
    page: true,
    script: first(busy(2)),
    ends: [503, "aborted", "network", 200],
    act: async (run) => {
      const mine = new Error("mine");
      const controller = new AbortController();
      run.fetch("/save", post);
      await run.host.pass(100);
      run.fetch("/a", { signal: controller.signal }, mine);
      await run.host.pass(100);
      controller.abort(mine);
      run.script = ({ body }, nth) => (body === "9" && nth === 1 ? { drop: true } : {});
      for (let i = 0; i < 2; i++) {
        run.fetch("/pay", { method: "POST", body: "9", tidegate: { idempotent: true } });
        await run.host.pass(100);
      }
    },
  },
];

for (const scenario of SCENARIOS) test(scenario.name, () => tryAll(scenario));
