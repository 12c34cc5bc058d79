// debounce and throttle: what lodash's have not, what the host does to them, and bad input.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { afterEach, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { debounce as lodash } from "lodash-es";
import { BUILDS, fresh } from "./kit.mjs";
import { Clock, settled } from "./virtual.mjs";

let clock;
beforeEach(() => (clock = new Clock().install()));
afterEach(() => clock.uninstall());

const recorder = () => {
  const calls = [];
  return Object.assign((...args) => (calls.push(args), calls.length), { calls });
};

for (const build of BUILDS) {
  test(`${build}: a call is pending until its timer has rung, whether or not it will be made`, async () => {
    const tide = (await fresh(build)).createTidegate();
    const fn = recorder();
    for (const options of [{}, { leading: true, trailing: false }, { leading: false, trailing: false }]) {
      const debounced = tide.debounce(fn, 100, options);
      assert.equal(debounced.isPending(), false);
      debounced();
      clock.pass(99);
      assert.equal(debounced.isPending(), true);
      clock.pass(1);
      assert.equal(debounced.isPending(), false);
      debounced();
      debounced.cancel();
      assert.equal(debounced.isPending(), false);
      debounced();
      debounced.flush();
      assert.equal(debounced.isPending(), false);
    }
    assert.equal(clock.timers.size <= 1, true);
  });

  test(`${build}: a signal that aborts cancels for good; later calls get the last result`, async () => {
    const tide = (await fresh(build)).createTidegate();
    for (const make of ["debounce", "throttle"]) {
      const fn = recorder();
      const leave = new AbortController();
      const own = tide[make](fn, 100, { signal: leave.signal, leading: true });
      assert.equal(own("a"), 1);
      own("b");
      leave.abort();
      assert.deepEqual([own.isPending(), clock.timers.size], [false, 0]);
      clock.pass(1_000);
      assert.equal(own("c"), 1);
      assert.equal(own.flush(), 1);
      clock.pass(1_000);
      assert.deepEqual(fn.calls, [["a"]]);
      const never = tide[make](fn, 0, { signal: AbortSignal.abort(), leading: true });
      assert.equal(never("d"), undefined);
      clock.pass(1_000);
      assert.equal(fn.calls.length, 1);
    }
  });

  test(`${build}: what is no function is refused, in lodash's words; what is no signal is none`, async () => {
    const tide = (await fresh(build)).createTidegate();
    for (const make of ["debounce", "throttle", "asyncDebounce"]) {
      for (const bad of [undefined, null, "f", {}, 1]) assert.throws(() => tide[make](bad, 1), new TypeError("Expected a function"));
      const own = tide[make](() => 1, 10, { signal: "no", scope: "https://api.example", stretch: 7 });
      own();
      clock.pass(10);
      own.cancel();
    }
    assert.throws(() => tide.debounce(() => {}, 1n), TypeError);
  });

  test(`${build}: dispose, clear and reset cancel; what is called later is debounced all the same`, async () => {
    const tide = (await fresh(build)).createTidegate();
    const other = (await fresh(build)).createTidegate();
    const fn = recorder();
    const theirs = recorder();
    const debounced = tide.debounce(fn, 100);
    const throttled = tide.throttle(fn, 100, { leading: false });
    other.debounce(theirs, 100)();
    for (const end of ["clear", "reset", "dispose"]) {
      debounced("before");
      throttled("before");
      debounced.flush();
      debounced(end);
      fn.calls.length = 0;
      await tide[end]();
      assert.equal(debounced.isPending() || throttled.isPending(), false, end);
      clock.pass(200);
      assert.deepEqual(fn.calls, [], end);
      debounced("after", end);
      clock.pass(99);
      assert.equal(fn.calls.length, 0);
      clock.pass(1);
      assert.deepEqual(fn.calls, [["after", end]]);
    }
    assert.equal(theirs.calls.length, 1, "another instance's are its own");
    assert.equal(clock.timers.size, 0);
  });
}

test("a hundred thousand that wait have one timer, and calling them again does not touch it", async () => {
  const tide = (await fresh()).createTidegate();
  const due = [];
  const all = Array.from({ length: 100_000 }, (_, n) => tide.debounce(() => due.push(n), 100 + ((n * 7919) % 1000)));
  for (const each of all) each();
  assert.equal(clock.timers.size, 1);
  const { armed, reads } = clock;
  for (const each of all) each();
  assert.deepEqual([clock.armed, clock.reads], [armed, reads + all.length]);
  clock.pass(50);
  for (const each of all.slice(0, 50_000)) each.cancel();
  assert.equal(clock.timers.size, 1);
  clock.pass(5_000);
  assert.equal(due.length, 50_000);
  assert.deepEqual(due, Array.from(due).sort((a, b) => ((a * 7919) % 1000) - ((b * 7919) % 1000) || a - b), "in the order of their times, then of their calls");
  assert.equal(clock.timers.size, 0);
});

test("the clock is read as often as lodash reads it", async () => {
  const tide = (await fresh()).createTidegate();
  const count = (debounce) => {
    const from = clock.reads;
    const own = debounce(() => {}, 50, { maxWait: 70 });
    for (let n = 0; n < 10; n++) own(), clock.pass(20);
    own.flush();
    own.cancel();
    clock.pass(500);
    return clock.reads - from;
  };
  assert.equal(count(tide.debounce), count(lodash));
});

test("a wait of more than 2^31 - 1 ms is as long as it is", async () => {
  clock.uninstall();
  clock = new Clock({ overflows: true }).install();
  const tide = (await fresh()).createTidegate();
  const fn = recorder();
  const month = tide.debounce(fn, 2 ** 31 + 1_000);
  const never = tide.debounce(fn, Infinity);
  month();
  never();
  clock.pass(2 ** 31 + 999);
  assert.equal(fn.calls.length, 0);
  assert.ok(clock.armed < 5, "and nothing rings meanwhile");
  clock.pass(1);
  assert.equal(fn.calls.length, 1);
  clock.pass(2 ** 40);
  assert.deepEqual([fn.calls.length, never.isPending()], [1, true]);
  tide.dispose();
  assert.equal(clock.timers.size, 0);
});

test("what throws is thrown by the timer; the others that are due ring all the same", async () => {
  const tide = (await fresh()).createTidegate();
  const fn = recorder();
  const broken = tide.debounce(() => { throw new RangeError("mine"); }, 50);
  tide.debounce(fn, 50)("first");
  broken();
  tide.debounce(fn, 50)("second");
  broken();
  clock.pass(50);
  assert.deepEqual(clock.thrown.map(({ at, cause }) => [at, cause.message]), [[50, "mine"]]);
  assert.deepEqual(fn.calls, [["first"], ["second"]]);
  broken();
  assert.throws(() => broken.flush(), /mine/);
  assert.equal(broken.isPending(), false);
});

test("a host that sets no timer once: the call is made in its time", async () => {
  const tide = (await fresh()).createTidegate();
  const { setTimeout: works } = globalThis;
  let broken = 1;
  globalThis.setTimeout = (...args) => {
    if (broken-- > 0) throw new Error("no timer");
    return works(...args);
  };
  const fn = recorder();
  tide.debounce(fn, 100)("a");
  await settled();
  clock.pass(99);
  assert.equal(fn.calls.length, 0);
  clock.pass(1);
  assert.deepEqual(fn.calls, [["a"]]);
});

test("a process waits for the call that is pending, as with lodash, and for nothing else", async () => {
  const entry = fileURLToPath(new URL("../../pkg/dist/index.js", import.meta.url));
  const script = `import { createTidegate } from ${JSON.stringify(entry)};
    const { debounce } = createTidegate();
    debounce(console.log, 20)("called");
    const long = debounce(console.log, 1e9);
    long();
    long.cancel();`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
  assert.equal(stdout, "called\n");
});
