// What survives a reload and what tabs tell each other, with every call of the storage, of the channel and of the rest of
// the host failing once.
import { test } from "node:test";
import { tryAll } from "./host.mjs";

const busy = (seconds) => ({ status: 503, headers: { "retry-after": `${seconds}` }, body: "busy" });
const first = (refusal) => (_, nth, all) => (all === 1 ? refusal : {});
const post = { method: "POST", body: "x" };
const patient = { deadline: 60_000 };

/** The server's word for five seconds, and the time to write it down and to tell it. */
const refuse = async (run) => {
  run.fetch("/save", post);
  await run.host.pass(1500);
};

const SCENARIOS = [
  {
    name: "F5 while the server's time is in force",
    page: true,
    options: patient,
    script: first(busy(5)),
    ends: [503, 200],
    act: async (run) => {
      await refuse(run);
      run.tide.dispose();
      run.open(patient);
      run.fetch("/a");
    },
  },
  {
    name: "a storage that the application gave, outside a browser",
    script: first(busy(5)),
    ends: [503, 503, 200],
    act: async (run) => {
      run.tide.dispose();
      const options = { ...patient, storage: run.host.storage };
      run.open(options);
      await refuse(run);
      run.tide.dispose();
      run.open(options);
      run.script = (_, nth) => (nth === 1 ? busy(2) : {});
      run.fetch("/save", { ...post, body: "y" });
      await run.host.pass(20_000);
      run.fetch("/a");
    },
  },
  {
    name: "a record that somebody has damaged",
    page: true,
    options: patient,
    script: first(busy(5)),
    ends: [503, 200],
    act: async (run) => {
      for (const name of ["tidegate", "tidegate:intents"]) run.host.storage.items.set(name, "\u0000 not ours");
      await refuse(run);
      run.fetch("/pay", { ...post, body: "9", tidegate: { idempotent: true } });
    },
  },
  {
    name: "a second tab learns of the closure and waits",
    page: true,
    options: patient,
    script: first(busy(5)),
    ends: [200, 503, 200, 200],
    act: async (run) => {
      const one = run.tide;
      run.script = () => ({});
      run.fetch("/warm");
      run.open(patient);
      await run.host.pass(500);
      run.script = (_, nth) => (nth === 1 ? busy(5) : {});
      run.fetch("/save", post, undefined, { tide: one });
      await run.host.pass(500);
      run.script = () => ({});
      run.fetch("/a");
      run.fetch("/a", undefined, undefined, { tide: one });
    },
  },
  {
    name: "clear in one tab while another's request waits",
    page: true,
    options: patient,
    script: first(busy(5)),
    ends: [503, "cleared", "done"],
    also: [200],
    act: async (run) => {
      const one = run.tide;
      await refuse(run);
      run.open(patient);
      run.fetch("/a");
      await run.host.pass(200);
      run.ask(() => one.clear().then(() => "done"));
    },
  },
  {
    name: "messages that no tab has sent",
    page: true,
    ends: [200, 200],
    act: async (run) => {
      run.fetch("/a");
      await run.host.pass(100);
      for (const data of ["", "hello", 5, null, { a: 1 }, "x".repeat(10_000), "tg1 \u0000"]) run.host.post("tidegate", data);
      await run.host.pass(100);
      run.fetch("/a");
    },
  },
  {
    name: "a page that is left while one waits, and comes back",
    page: true,
    options: patient,
    script: first(busy(5)),
    ends: [503, 200],
    act: async (run) => {
      await refuse(run);
      run.fetch("/a");
      run.host.show(false);
      run.host.leave(true);
      run.host.now += 2000;
      run.host.leave(false);
      run.host.show(true);
    },
  },
  {
    name: "a page that is left, and whose timers go on",
    page: true,
    options: patient,
    script: first(busy(5)),
    ends: [503, 200],
    act: async (run) => {
      await refuse(run);
      run.host.leave(true);
      await run.host.pass(20_000);
      run.host.leave(false);
      run.fetch("/a");
    },
  },
  {
    name: "reset and dispose with a record and a channel",
    page: true,
    options: patient,
    script: first(busy(5)),
    ends: [503, "cleared", 200],
    act: async (run) => {
      await refuse(run);
      run.fetch("/a");
      run.tide.reset();
      run.fetch("/a");
      await run.host.pass(100);
      run.tide.dispose();
    },
  },
];

for (const scenario of SCENARIOS) test(scenario.name, () => tryAll(scenario));
