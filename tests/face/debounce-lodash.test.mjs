// debounce and throttle do what lodash's do: the same random sequences of calls, in the same virtual time, through both.
// Compared is everything that can be seen: what was called when, with which `this` and arguments, what every call gave
// back, and what was thrown. Timers do not overflow here: where they do, lodash's rings without a pause. (lodash-es 4.18; es-toolkit/compat where it does not itself differ from lodash.)
import assert from "node:assert/strict";
import { test } from "node:test";
import { debounce as lodashDebounce, throttle as lodashThrottle } from "lodash-es";
import { debounce as toolkitDebounce } from "es-toolkit/compat";
import { BUILDS, fresh } from "./kit.mjs";
import { Clock, chance } from "./virtual.mjs";

const WAITS = [0, 1, 5, 20, 32, 50, 100, 100, 200, 16.7, "32", " 0x20 ", "0b11", "x", -5, NaN, undefined, null, true, 2 ** 31 + 5, 1e12, Infinity, { valueOf: () => 40 }, [7], Symbol("w")];
const OPTIONS = [undefined, undefined, null, 1, "leading", true, () => {}];

/** Options as anybody may write them. */
function options(random) {
  if (random.next() < 0.15) return random.of(OPTIONS);
  const given = random.next() < 0.1 ? Object.create({ leading: true, maxWait: 70 }) : {};
  for (const name of ["leading", "trailing"]) if (random.next() < 0.5) given[name] = random.of([true, false, true, false, 1, 0, "", undefined, null]);
  if (random.next() < 0.5) given.maxWait = random.of([0, 10, 50, 64, 100, 150, 400, "80", NaN, undefined, -1, 1e12]);
  return random.next() < 0.05 ? Object.assign(() => {}, given) : given;
}

/**
 * One sequence: how the functions are made, and what happens then. `set`: how far the clock is set meanwhile. Set forward,
 * what is due by it is looked at sooner than by timers of its own, which only shows when a flush has left one behind.
 */
function sequence(seed, { functions = 1, set, odd = true }) {
  const random = chance(seed);
  const ends = set?.some((by) => by > 0) ? ["cancel"] : ["cancel", "flush"];
  const made = Array.from({ length: functions }, () => ({
    throttles: random.next() < 0.4,
    wait: odd ? random.of(WAITS) : random.of([0, 5, 20, 32, 50, 100, 200]),
    options: options(random),
    // What it does at which of its invocations.
    acts: odd ? Array.from({ length: 8 }, () => (random.next() < 0.15 ? random.of(["throw", "again", ...ends]) : undefined)) : [],
  }));
  const steps = Array.from({ length: 6 + random.below(24) }, () => {
    const kind = random.next();
    const who = random.below(functions);
    if (kind < 0.5) return { do: "call", who, args: Array.from({ length: random.below(3) }, () => random.below(9)) };
    if (kind < 0.84) return { do: "pass", ms: random.of([0, 1, 3, 10, 20, 31, 32, 33, 50, 99, 100, 101, 250]) };
    if (kind < 0.95) return { do: random.of(ends), who };
    return set ? { do: "set", by: random.of(set) } : { do: "pass", ms: 7 };
  });
  return { made, steps };
}

/** Everything that can be seen of a sequence. */
function watch({ made, steps }, library) {
  const clock = new Clock().install();
  const seen = [];
  const note = (...what) => seen.push([clock.now, ...what]);
  const guarded = (name, who, call) => {
    try {
      note(name, who, call());
    } catch (cause) {
      note(name, who, "throws", cause.constructor.name, cause.message);
    }
  };
  try {
    const all = made.map(({ throttles, wait, options, acts }, who) => {
      let turns = 0;
      const own = library[throttles ? "throttle" : "debounce"](
        function (...args) {
          const turn = turns++;
          note("invoked", who, this?.name, ...args);
          const act = turn < 8 && acts[turn];
          if (act === "throw") throw new RangeError(`${who} ${turn}`);
          if (act === "again") note("inner", who, own.call({ name: "inner" }, turn));
          else if (act) note(act, who, own[act]());
          return `${who}:${turn}`;
        },
        wait,
        options,
      );
      return own;
    });
    for (const step of steps) {
      if (step.do === "pass") clock.pass(step.ms);
      else if (step.do === "set") clock.ahead += step.by;
      else if (step.do === "call") guarded("call", step.who, () => all[step.who].apply({ name: `this${step.args.length}` }, step.args));
      else guarded(step.do, step.who, () => all[step.who][step.do]());
    }
    // Long enough for the longest of the usual waits.
    clock.pass(1_000);
    for (const { at, cause } of clock.thrown) seen.push([at, "uncaught", +cause.message[0], cause.message]);
    return seen;
  } catch (cause) {
    return [["made", cause.constructor.name, cause.message]];
  } finally {
    clock.uninstall();
  }
}

const lodash = { debounce: lodashDebounce, throttle: lodashThrottle };

async function compare(build, count, seeds, kind, library = lodash) {
  const { createTidegate } = await fresh(build);
  const tide = createTidegate();
  let invocations = 0;
  for (let n = 0; n < count; n++) {
    // Microtasks run too.
    if (n % 100 === 0) await null;
    const what = sequence(seeds + n, kind);
    const [expected, seen] = [library, tide].map((each) => watch(what, each));
    // A clock set back begins a second timer: who comes first in one and the same millisecond is open then.
    if (kind.set && kind.functions > 1) for (const list of [expected, seen]) list.sort((a, b) => a[2] - b[2]);
    invocations += expected.filter(([, event]) => event === "invoked").length;
    if (JSON.stringify(seen) !== JSON.stringify(expected)) assert.deepEqual(seen, expected, `seed ${seeds + n}: ${JSON.stringify(what)}`);
  }
  tide.dispose();
  return invocations;
}

const BACK = [-3_600_000, -5_000];

test("100 000 sequences of one function, whatever it was given, with clocks that are set back, and calls within calls", async () => {
  assert.ok((await compare("index.js", 60_000, 1, {})) > 100_000);
  assert.ok((await compare("index.js", 40_000, 1e6, { set: BACK })) > 100_000);
});

test("20 000 sequences with a clock that is set forward and back", async () => {
  assert.ok((await compare("index.js", 20_000, 2e6, { set: [...BACK, -1, 1, 70, 3_600_000] })) > 30_000);
});

test("20 000 sequences that es-toolkit answers as lodash does: whole waits, no maxWait, no flush, no clock that is set", async () => {
  const { createTidegate } = await fresh();
  const tide = createTidegate();
  const plain = (what) => ({
    made: what.made.map(({ wait, options }) => ({ throttles: false, wait, acts: [], options: { leading: !!options?.leading, trailing: options?.trailing !== false } })),
    steps: what.steps.map((step) => (step.do === "flush" ? { do: "pass", ms: 3 } : step)),
  });
  for (let n = 0; n < 20_000; n++) {
    if (n % 100 === 0) await null;
    const what = plain(sequence(5e6 + n, { odd: false }));
    const [theirs, lodashs, ours] = [{ debounce: toolkitDebounce }, lodash, tide].map((each) => JSON.stringify(watch(what, each)));
    assert.equal(theirs, lodashs, `es-toolkit, seed ${5e6 + n}: ${JSON.stringify(what)}`);
    assert.equal(ours, theirs);
  }
});

test("20 000 sequences of five functions at once: the same order too", async () => {
  assert.ok((await compare("index.js", 20_000, 3e6, { functions: 5, odd: false })) > 50_000);
});

for (const build of BUILDS) {
  test(`${build}: 5 000 sequences of three functions, whatever they were given, with clocks that are set back`, async () => {
    assert.ok((await compare(build, 5_000, 4e6, { functions: 3, set: BACK })) > 10_000);
  });
}
