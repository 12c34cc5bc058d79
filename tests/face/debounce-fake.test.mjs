// Fake timers come and go in tests: those of Sinon, of Jest and of Vitest.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import sinon from "@sinonjs/fake-timers";
import { ModernFakeTimers } from "@jest/fake-timers";
import { throttle as lodash } from "lodash-es";
import { BUILDS, fresh } from "./kit.mjs";
import { settled } from "./virtual.mjs";

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** What all fake timers can do. `now`: where their clock begins, if they let one choose. */
const FAKES = {
  sinon: (now) => {
    const clock = sinon.install({ now });
    return { tick: (ms) => clock.tick(ms), empty: () => clock.reset(), end: () => clock.uninstall() };
  },
  jest: (now = Date.now()) => {
    const jest = new ModernFakeTimers({ config: { rootDir: at(""), fakeTimers: {} }, global: globalThis });
    jest.useFakeTimers({ now });
    return { tick: (ms) => jest.advanceTimersByTime(ms), empty: () => jest.clearAllTimers(), end: () => jest.useRealTimers() };
  },
};

/** Makes functions, and promises for their next calls. */
const heard = () => {
  const calls = [];
  let tell;
  const fn = (...args) => (calls.push(args), tell?.());
  return { fn, calls, next: () => new Promise((resolve) => (tell = resolve)) };
};

for (const [name, install] of Object.entries(FAKES)) {
  for (const build of BUILDS) {
    test(`${name}, ${build}: in fake time, with a clock from zero and from now`, async () => {
      const tide = (await fresh(build)).createTidegate();
      for (const now of [0, undefined, 1e12]) {
        const fake = install(now);
        try {
          const [one, two, lodashs] = [heard(), heard(), heard()];
          const debounced = tide.debounce(one.fn, 1_000);
          const throttled = [tide.throttle(two.fn, 100), lodash(lodashs.fn, 100)];
          for (let n = 0; n < 5; n++) {
            debounced(n);
            throttled.forEach((each) => each(n));
            fake.tick(99);
            assert.deepEqual(two.calls, lodashs.calls);
          }
          assert.deepEqual([one.calls.length, two.calls.length], [0, 4]);
          fake.tick(900);
          assert.equal(one.calls.length, 0);
          fake.tick(1);
          assert.deepEqual(one.calls, [[4]]);
        } finally {
          fake.end();
        }
      }
    });

    test(`${name}, ${build}: a test ends with a call pending, the next one has real timers`, async () => {
      const tide = (await fresh(build)).createTidegate();
      for (const leading of [false, true]) {
        const [same, other] = [heard(), heard()];
        const debounced = tide.debounce(same.fn, 20, { leading });
        const fake = install(0);
        debounced("lost");
        fake.tick(10);
        fake.end();
        const begin = performance.now();
        const arrivals = [other.next()];
        tide.debounce(other.fn, 20)("real");
        same.calls.length = 0;
        if (!leading) arrivals.push(same.next());
        debounced("again");
        await Promise.all(arrivals);
        assert.deepEqual([same.calls, other.calls], [[["again"]], [["real"]]]);
        assert.ok(performance.now() - begin > 15);
        debounced.cancel();
      }
    });

    test(`${name}, ${build}: a test begins while real timers run`, async () => {
      const tide = (await fresh(build)).createTidegate();
      const [real, moved, faked] = [heard(), heard(), heard()];
      const arrival = real.next();
      tide.debounce(real.fn, 30)("real");
      const debounced = tide.debounce(moved.fn, 30);
      debounced("real");
      const fake = install();
      debounced("moved");
      tide.debounce(faked.fn, 30)("faked");
      fake.tick(29);
      assert.deepEqual([moved.calls, faked.calls], [[], []]);
      fake.tick(1);
      assert.deepEqual([moved.calls, faked.calls], [[["moved"]], [["faked"]]]);
      fake.end();
      await arrival;
      assert.deepEqual([real.calls, moved.calls], [[["real"]], [["moved"]]]);
    });

    test(`${name}, ${build}: timers are emptied between tests, and installed anew`, async () => {
      const tide = (await fresh(build)).createTidegate();
      let fake = install(0);
      try {
        const first = heard();
        tide.debounce(heard().fn, 50)();
        fake.empty();
        await settled();
        tide.debounce(first.fn, 50)("a");
        fake.tick(50);
        assert.deepEqual(first.calls, [["a"]]);
        tide.throttle(first.fn, 50, { leading: false })("left");
        fake.end();
        fake = install(0);
        const second = heard();
        const throttled = tide.throttle(second.fn, 50);
        throttled("b");
        throttled("c");
        fake.tick(50);
        assert.deepEqual(second.calls, [["b"], ["c"]]);
      } finally {
        fake.end();
      }
    });
  }
}

test("vitest: a run of its own, fake timers in one test and real ones in the next", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [at("node_modules/vitest/vitest.mjs"), "run", "--root", at("face/vitest"), "--reporter", "tap", "--no-cache"]).catch((failed) => failed);
  assert.match(stdout, /^\s*ok \d/m);
  assert.doesNotMatch(stdout, /not ok/);
  assert.equal(stdout.match(/^ {4,}ok \d.*#/gm)?.length, 7, stdout);
});
