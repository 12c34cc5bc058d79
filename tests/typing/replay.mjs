// Types the trace into a search box, in virtual time, and counts what the server is asked.
import { readFileSync } from "node:fs";
import { Clock, say, settled } from "../face/virtual.mjs";
import { network } from "../face/kit.mjs";

export const { keys: KEYS } = JSON.parse(readFileSync(new URL("trace.json", import.meta.url), "utf8"));
export const STATES = ["nominal", "fair", "serious", "critical"];
/** How long a search takes in each state, milliseconds: a server in trouble is slow. */
export const TAKES = { nominal: 100, fair: 300, serious: 1_000, critical: 2_000 };
const SCOPE = "https://api.example";

/** Time passes with all that promises do in it. */
async function run(clock, ms) {
  const end = clock.now + ms;
  for (;;) {
    const next = Math.min(end, ...Array.from(clock.timers.values(), ({ due }) => due));
    clock.pass(Math.max(0, next - clock.now));
    await settled();
    if (next >= end) return;
  }
}

/**
 * `box(ask, tide, scope)` makes what is called with the text at each key; `ask(text)` is a request, a promise of its
 * answer. Answers how many were sent, and how long after the last key its text was answered.
 */
export async function type(createTidegate, state, box) {
  const clock = new Clock().install();
  try {
    const net = network();
    const tide = createTidegate({ fetch: net.fetch });
    await say(tide, net, state);
    let requests = 0;
    const answered = new Map();
    const ask = (text) =>
      new Promise((resolve) => {
        requests++;
        setTimeout(() => resolve(void answered.set(text, clock.now)), TAKES[state]);
      });
    const key = box(ask, tide, SCOPE);
    const begin = clock.now;
    let text = "";
    for (const [at, letter] of KEYS) {
      await run(clock, begin + at - clock.now);
      key((text += letter));
    }
    const last = clock.now;
    await run(clock, 30_000);
    tide.dispose();
    return { requests, answer: answered.get(text) - last };
  } finally {
    clock.uninstall();
  }
}
