// Callers that leave, users that leave, pages that go and come back, modes that change: and every call of the host
// failing once meanwhile.
import { test } from "node:test";
import { tryAll } from "./host.mjs";

const busy = (seconds) => ({ status: 503, headers: { "retry-after": `${seconds}` }, body: "busy" });
const first = (refusal) => (_, nth, all) => (all === 1 ? refusal : {});
const post = { method: "POST", body: "x" };

/** Closes the scope for `seconds`, and leaves three that wait. */
const closed = async (run) => {
  run.fetch("/save", post);
  await run.host.pass(100);
  for (const path of ["/a", "/b"]) run.fetch(path);
  run.fetch("/save", { ...post, body: "y" });
};

/** A body that is whole after two seconds. */
const slow = (host) => {
  let left = false;
  const start = (controller) => void host.after(2000, () => {
    if (left) return;
    controller.enqueue(new Uint8Array([123, 125]));
    controller.close();
  });
  return new ReadableStream({ start, cancel: () => (left = true) });
};

const mine = new Error("mine");
/** One that its caller leaves once `before` has happened, and one that stays. */
const leaving = (before, shared = true) => async (run) => {
  const controller = new AbortController();
  const { signal } = controller;
  run.fetch("/a", { signal }, mine);
  if (shared) run.fetch("/a", { signal: new AbortController().signal }, mine);
  await before(run);
  controller.abort(mine);
};

const SCENARIOS = [
  {
    name: "abort in flight, alone",
    ends: ["aborted"],
    act: leaving((run) => run.host.pass(5), false),
  },
  {
    name: "abort in flight, with a twin that stays",
    page: true,
    ends: ["aborted", 200],
    act: leaving((run) => run.host.pass(5)),
  },
  {
    name: "abort while held after a refusal",
    script: first(busy(2)),
    ends: ["aborted"],
    act: leaving((run) => run.host.pass(500), false),
  },
  {
    name: "abort while held after a refusal, with a twin that stays",
    page: true,
    script: first(busy(2)),
    ends: ["aborted", 200],
    act: leaving((run) => run.host.pass(500)),
  },
  {
    name: "abort while waiting for the server's time",
    script: first(busy(2)),
    ends: [503, "aborted", 200],
    act: async (run) => {
      run.fetch("/save", post);
      await run.host.pass(100);
      await leaving((run) => run.host.pass(500))(run);
    },
  },
  {
    name: "abort while a refusal's body is read",
    script: first({ status: 503, headers: { "content-type": "application/json" }, body: slow }),
    ends: ["aborted"],
    act: leaving((run) => run.host.pass(100), false),
  },
  {
    name: "abort before anything was sent",
    ends: ["aborted"],
    act: async (run) => run.fetch("/a", { signal: AbortSignal.abort(mine) }, mine),
  },
  {
    name: "abort of a run",
    ends: ["aborted"],
    also: ["done"],
    act: async (run) => {
      const controller = new AbortController();
      run.ask(() => run.tide.run(() => new Promise((end) => run.host.after(1000, () => end("done"))), { signal: controller.signal }), undefined, mine);
      await run.host.pass(5);
      controller.abort(mine);
    },
  },
  {
    name: "clear while three wait and one flies",
    script: first(busy(5)),
    options: { deadline: 60_000 },
    ends: [503, "cleared", "cleared", "cleared", 200, "done"],
    act: async (run) => {
      await closed(run);
      run.fetch("/other", { tidegate: { scope: "elsewhere" } });
      run.ask(() => run.tide.clear().then(() => "done"));
    },
  },
  {
    name: "clear while a write with a key flies",
    page: true,
    ends: [200, "done", 200],
    act: async (run) => {
      run.fetch("/save", { ...post, tidegate: { idempotent: true } });
      run.ask(() => run.tide.clear().then(() => "done"));
      await run.host.pass(100);
      run.fetch("/save", { ...post, tidegate: { idempotent: true } });
    },
  },
  {
    name: "reset while three wait",
    script: first(busy(5)),
    options: { deadline: 60_000 },
    ends: [503, "cleared", "cleared", "cleared"],
    act: async (run) => {
      await closed(run);
      run.tide.reset();
    },
  },
  {
    name: "dispose while three wait",
    script: first(busy(5)),
    options: { deadline: 60_000 },
    ends: [503, 200, 200, 200],
    gone: true,
    act: async (run) => {
      await closed(run);
      run.tide.dispose();
    },
  },
  {
    name: "off while three wait",
    script: first(busy(5)),
    options: { deadline: 60_000 },
    ends: [503, 200, 200, 200],
    act: async (run) => {
      await closed(run);
      run.tide.setMode("off");
    },
  },
  {
    name: "observe while three wait, and on again",
    script: first(busy(5)),
    options: { deadline: 60_000 },
    ends: [503, 200, 200, 200],
    act: async (run) => {
      await closed(run);
      run.tide.setMode("observe");
      await run.host.pass(20);
      run.tide.setMode("on");
    },
  },
  {
    name: "a page that is hidden while three wait, and comes back",
    page: true,
    script: first(busy(2)),
    options: { deadline: 60_000 },
    ends: [503, 200, 200, 200],
    act: async (run) => {
      await closed(run);
      run.host.show(false);
      await run.host.pass(1000);
      run.host.now += 30_000; // asleep: no timer ran
      run.host.show(true);
    },
  },
];

for (const scenario of SCENARIOS) test(scenario.name, () => tryAll(scenario));
