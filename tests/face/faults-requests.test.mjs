// Requests, and every call of the host that they lead to failing once.
import { test } from "node:test";
import { tryAll } from "./host.mjs";

const busy = (seconds, more = {}) => ({ status: 503, headers: { "retry-after": `${seconds}` }, body: "busy", ...more });
const json = (status, value) => ({ status, headers: { "content-type": "application/json" }, body: JSON.stringify(value) });
const first = (refusal) => (_, nth, all) => (all === 1 ? refusal : {});

const SCENARIOS = [
  {
    name: "a plain GET, and another",
    ends: [200, 200],
    act: async (run) => {
      run.fetch("/a");
      await run.host.pass(100);
      run.fetch("/a");
    },
  },
  {
    name: "coalesced twins",
    page: true,
    ends: [200, 200, 200],
    act: async (run) => {
      for (let i = 0; i < 3; i++) run.fetch("/a");
    },
  },
  {
    name: "a held 503",
    script: first(busy(1)),
    ends: [200],
    act: async (run) => run.fetch("/a"),
  },
  {
    name: "a dropped connection",
    script: first({ drop: true }),
    ends: [200],
    act: async (run) => run.fetch("/a"),
  },
  {
    name: "twins of which the flight is held",
    page: true,
    script: first(busy(1)),
    ends: [200, 200],
    act: async (run) => {
      run.fetch("/a");
      await run.host.pass(100);
      run.fetch("/a");
    },
  },
  {
    name: "Retry-After, who waits for it, and who has no time",
    script: first(busy(2)),
    ends: [503, 200, "shed", 200],
    act: async (run) => {
      run.fetch("/save", { method: "POST", body: "x" });
      await run.host.pass(100);
      run.fetch("/a");
      run.fetch("/b", { tidegate: { deadline: 100 } });
      run.fetch("/save", { method: "POST", body: "y" });
    },
  },
  {
    name: "a refusal that is an error",
    options: { onShed: "error" },
    script: first(busy(60)),
    ends: [503, "refused", "refused"],
    act: async (run) => {
      run.fetch("/save", { method: "POST", body: "x" });
      await run.host.pass(100);
      run.fetch("/a");
      run.fetch("/a");
    },
  },
  {
    name: "a write with a key that breaks off, and the click after it",
    page: true,
    script: ({ body }, nth) => (nth < 2 ? { drop: true } : nth === 2 ? busy(0) : {}),
    ends: ["network", 200, 200],
    act: async (run) => {
      const write = (retry) => run.fetch("/pay", { method: "POST", body: "9", tidegate: { idempotent: true, retry } });
      write(false);
      await run.host.pass(100);
      write();
      await run.host.pass(20_000);
      write();
    },
  },
  {
    name: "a write without a key",
    script: () => busy(1),
    ends: [503, "shed"],
    act: async (run) => {
      run.fetch("/pay", { method: "POST", body: "9" });
      await run.host.pass(100);
      run.fetch("/pay", { method: "POST", body: "10", tidegate: { deadline: 500 } });
    },
  },
  {
    name: "run: an answer, a refusal inside an error, and who comes after",
    ends: ["done", "network", "refused"],
    act: async (run) => {
      const { tide } = run;
      run.ask(() => tide.run(async () => "done", { scope: "db" }));
      const response = { status: 503, headers: new Headers({ "retry-after": "60" }) };
      run.ask(() => tide.run(async () => Promise.reject(Object.assign(new Error("network"), { response })), { scope: "db" }));
      await run.host.pass(100);
      run.ask(() => tide.run(async () => "done", { scope: "db" }));
    },
  },
  {
    name: "a body that hints, and a GraphQL success that refuses",
    script: ({ url }, nth) =>
      url.endsWith("/graphql")
        ? { headers: { "content-type": "application/graphql-response+json", "content-length": "90" }, body: JSON.stringify({ errors: [{ message: "x", extensions: { code: "THROTTLED", retryAfter: 2 } }] }) }
        : nth === 1 ? json(503, { type: "about:blank", status: 503, retry_after: 1 }) : {},
    ends: [200, 200, 200],
    act: async (run) => {
      run.fetch("/a");
      await run.host.pass(5_000);
      run.fetch("/graphql", { method: "POST", body: "{}", tidegate: { safe: true } });
      await run.host.pass(100);
      run.fetch("/b");
    },
  },
  {
    name: "a page whose core is elsewhere and does not come",
    entry: "slim.js",
    script: first(busy(2)),
    options: { wasm: new Promise(() => {}) },
    ends: [503, 200, "shed"],
    act: async (run) => {
      run.fetch("/save", { method: "POST", body: "x" });
      await run.host.pass(100);
      run.fetch("/a");
      run.fetch("/b", { tidegate: { deadline: 100 } });
    },
  },
];

for (const scenario of SCENARIOS) test(scenario.name, () => tryAll(scenario));
