// Buttons, and every call of the host that they lead to failing once.
import { test } from "node:test";
import { tryAll } from "./host.mjs";

const URL_SAVE = "https://api.example/save";
const busy = (seconds) => ({ status: 503, headers: seconds === undefined ? {} : { "retry-after": `${seconds}` }, body: "busy" });
const first = (refusal) => (_, nth, all) => (all === 1 ? refusal : {});

/** A Save button of the page that is open: how to press it. */
function button(run, own = { idempotent: true }) {
  const { tide } = run;
  const save = tide.action("save", (signal, text) => tide.fetch(URL_SAVE, { method: "POST", body: text, signal, tidegate: own }));
  save.subscribe(() => void save.getSnapshot());
  return { save, press: (text = "x") => run.ask(() => save(text), URL_SAVE, undefined, text) };
}

const SCENARIOS = [
  {
    name: "presses that join, take turns and are refused, and the press after",
    page: true,
    script: first(busy(60)),
    ends: [503, 503, 503, 503, 503, 200],
    act: async (run) => {
      const { press } = button(run);
      press(), press(), press("y");
      await run.host.pass(1000);
      press(), press("z");
      await run.host.pass(80_000);
      press();
    },
  },
  {
    name: "a press that is held, and those that join it",
    page: true,
    script: first(busy(1)),
    ends: [200, 200, 200],
    act: async (run) => {
      const { press } = button(run);
      press(), press();
      await run.host.pass(500);
      press();
    },
  },
  {
    name: "a refusal without a time, and presses until it is over",
    script: (_, nth) => (nth < 3 ? busy() : {}),
    ends: [503, 503],
    also: ["shed"],
    act: async (run) => {
      const { press } = button(run, { retry: false });
      for (let n = 0; n < 12; n++) press(), await run.host.pass(1000);
    },
  },
  {
    name: "F5 while a button cools",
    page: true,
    script: first(busy(60)),
    ends: [503, "refused", "refused", 200],
    // Where the rest was not written or not read, the gate may still know, or not.
    also: ["shed"],
    act: async (run) => {
      button(run).press();
      await run.host.pass(1000);
      run.host.leave(true);
      run.tide.dispose();
      run.open();
      const { press } = button(run);
      press(), press("y");
      await run.host.pass(80_000);
      press();
    },
  },
  {
    name: "cancel, clear and reset while one runs and others wait",
    page: true,
    ends: ["cleared", "cleared", 200, "cleared", "cleared", "cleared", 200],
    act: async (run) => {
      const { save, press } = button(run);
      press(), press("y");
      save.cancel();
      press(), press("y");
      run.ask(() => run.tide.clear().then(() => Promise.reject(new DOMException("", "AbortError"))));
      await run.host.pass(1000);
      press();
      run.tide.reset();
      press();
    },
  },
  {
    name: "no core: the status and Retry-After must do",
    page: true,
    blocked: true,
    script: first(busy(60)),
    ends: [503, 503, 200],
    act: async (run) => {
      const { press } = button(run);
      press();
      await run.host.pass(1000);
      press();
      await run.host.pass(80_000);
      press();
    },
  },
];

for (const scenario of SCENARIOS) test(scenario.name, () => tryAll(scenario));
