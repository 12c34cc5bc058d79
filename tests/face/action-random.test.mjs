// Random presses, outcomes, pauses, clocks that are set and cancels, against a naive twin: who shares a run, what runs when,
// what each press gets, and that every promise settles.
import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import { fresh } from "./kit.mjs";

const thrown = [];
process.on("unhandledRejection", (cause) => thrown.push(cause));
afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

const TRACES = 400;
const STEPS = 60;
const BEGIN = 1_700_000_000_000;
const YEAR = 365 * 86_400_000;

/** mulberry32: the same numbers for the same seed. */
const chance = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};

/** What the contract says, in as few words as possible. Time is a number that only rises. */
function twin() {
  const calls = [];
  let run, line = [], until = 0, refused, ids = 0;
  const begin = (turn) => {
    run = turn;
    if (turn) calls.push(turn.arg);
  };
  return {
    calls,
    state: (now) => (run ? "pending" : now < until ? "cooling" : "idle"),
    /** The group whose fate a press shares. */
    press(now, arg) {
      if (!run && now < until) return refused;
      const found = [run, ...line].find((turn) => turn?.arg === arg);
      if (found) return found;
      if (line.length >= 64) return "full";
      const turn = { id: ids++, arg, fate: undefined };
      if (run) line.push(turn);
      else begin(turn);
      return turn;
    },
    settle(now, fate, rest) {
      run.fate = fate;
      if (rest > 0) {
        until = now + rest;
        refused = run;
        for (const turn of line.splice(0)) turn.fate = fate;
        return begin(undefined);
      }
      begin(line.shift());
    },
    cancel() {
      for (const turn of [run, ...line]) if (turn) turn.fate = "AbortError";
      line = [];
      run = undefined;
    },
    running: () => !!run,
  };
}

/** The button under test. */
function bench({ createTidegate }) {
  const tide = createTidegate();
  const runs = [];
  let flying = 0;
  const save = tide.action("save", (signal, arg) => {
    const cancelled = new Promise((_, reject) => signal.addEventListener("abort", () => (flying--, reject(signal.reason))));
    assert.ok(++flying <= 1, "one in flight");
    return Promise.race([cancelled, new Promise((resolve, reject) => runs.push({ arg, end: (how, value) => (flying--, how === "keep" ? resolve(value) : reject(value)) }))]);
  }, { refused: (outcome) => outcome?.at ?? null });
  return { tide, save, runs };
}

const turn = async () => {
  for (let i = 0; i < 12; i++) await null;
};

async function trace(module, time, seed) {
  const random = chance(seed);
  const upTo = (n) => Math.floor(random() * n);
  const { tide, save, runs } = bench(module);
  const model = twin();
  const pressed = [];
  // A press with more kinds of arguments than may wait, now and then.
  const kinds = random() < 0.1 ? 100 : 4;
  for (let step = 0; step < STEPS; step++) {
    const where = `seed ${seed}, step ${step}`;
    const what = upTo(20);
    if (what < 11) {
      for (let n = upTo(kinds > 4 ? 90 : 4) + 1; n; n--) {
        const arg = upTo(kinds);
        pressed.push({ promise: save(arg), group: model.press(time.now, arg), where });
      }
    } else if (what < 16 && model.running()) {
      const rest = upTo(3) ? 0 : upTo(20_000) + 1;
      const value = { id: `${where}`, at: rest && Date.now() + rest };
      const how = upTo(2) ? "keep" : "break";
      runs.at(-1).end(how, value);
      await turn();
      model.settle(time.now, value, rest);
      // No jump that a pause makes up for to the second: nobody could see it.
    } else if (what === 16) time.shift += [-YEAR, YEAR, -1_234_567, -1][upTo(4)];
    else if (what === 17 && !upTo(3)) {
      save.cancel();
      model.cancel();
      await turn();
    } else time.now += [0, 1, 500, 5000, 3_600_000][upTo(5)];
    assert.equal(save.state, model.state(time.now), where);
    assert.deepEqual(runs.map(({ arg }) => arg), model.calls, where);
  }
  save.cancel();
  model.cancel();
  const groups = new Map();
  for (const { promise, group, where } of pressed) {
    const known = groups.get(group) ?? promise;
    groups.set(group, known);
    assert.equal(promise, known, `${where}: who shares a fate shares a promise`);
    const fate = await promise.catch((cause) => cause);
    if (group === "full") assert.equal(fate.reason, "queue-full", where);
    else if (group.fate === "AbortError") assert.equal(fate.name, "AbortError", where);
    else assert.equal(fate, group.fate, where);
  }
  assert.equal(new Set(groups.values()).size, groups.size);
  tide.dispose();
}

for (const build of ["index.js", "dev.js"]) {
  test(`${TRACES} random traces of ${STEPS} steps (${build})`, async () => {
    const module = await fresh(build);
    // A clock that can be set beside one that only rises.
    const time = { now: BEGIN, shift: 0 };
    mock.method(Date, "now", () => time.now + time.shift);
    mock.method(performance, "now", () => time.now - BEGIN);
    for (let seed = 1; seed <= TRACES; seed++) await trace(module, time, seed);
    await new Promise(setImmediate);
    assert.deepEqual(thrown, [], "nobody has to catch anything");
  });
}
