// Type-ahead: whose promise gets which result, what is aborted, and that nothing is left hanging.
import assert from "node:assert/strict";
import { after, afterEach, beforeEach, test } from "node:test";
import { BUILDS, fresh, network, standing } from "./kit.mjs";
import { Clock, chance, say, settled } from "./virtual.mjs";

const SCOPE = "https://api.example";

let clock;
beforeEach(() => (clock = new Clock().install()));
afterEach(() => clock.uninstall());
const unhandled = [];
const hear = (cause) => unhandled.push(cause);
process.on("unhandledRejection", hear);
after(() => process.off("unhandledRejection", hear));

/** A server whose answers are given by hand. `aborts`: the flight fails when its signal does, as a fetch would. */
function server({ aborts = true } = {}) {
  const asked = [];
  const fn = (signal, ...args) =>
    new Promise((resolve, reject) => {
      asked.push({ signal, args, answer: resolve, fail: reject });
      if (aborts) signal.addEventListener("abort", () => reject(signal.reason));
    });
  return { asked, fn };
}

const aborted = (promise) => assert.rejects(promise, { name: "AbortError" });

for (const build of BUILDS) {
  test(`${build}: all calls of a window share one promise, and the last arguments are asked`, async () => {
    const { asked, fn } = server();
    const search = (await fresh(build)).createTidegate().asyncDebounce(fn, 100);
    assert.deepEqual([search.isPending(), search.flush()], [false, undefined]);
    const [a, b] = [search("a"), search("ab")];
    assert.equal(a, b);
    clock.pass(99);
    assert.deepEqual([asked.length, search.isPending()], [0, true]);
    clock.pass(1);
    assert.deepEqual(asked[0].args, ["ab"]);
    assert.equal(search.isPending(), true, "until it is answered");
    asked[0].answer("answer");
    assert.equal(await a, "answer");
    assert.equal(search.isPending(), false);
    assert.equal(search.flush(), a, "nothing waits: the last there was");
  });

  test(`${build}: a newer window aborts the older flight, whose callers get the newest result`, async () => {
    for (const aborts of [true, false]) {
      const { asked, fn } = server({ aborts });
      const search = (await fresh(build)).createTidegate().asyncDebounce(fn, 100);
      const all = [];
      for (const text of ["a", "b", "c"]) {
        all.push(search(text));
        assert.ok(asked.every(({ signal }, place) => signal.aborted === place < asked.length - 1), "a window that is open aborts nothing");
        clock.pass(100);
      }
      assert.deepEqual(asked.map(({ signal }) => signal.aborted), [true, true, false]);
      assert.equal(asked[0].signal.reason.name, "AbortError");
      asked[0].answer("old");
      assert.equal(await standing(all[0]), "pending");
      asked[2].answer("new");
      assert.deepEqual(await Promise.all(all), ["new", "new", "new"]);
    }
  });

  test(`${build}: what fails, also at once, fails for all who wait for it`, async () => {
    const { asked, fn } = server({ aborts: false });
    const tide = (await fresh(build)).createTidegate();
    const search = tide.asyncDebounce(fn, 100);
    const old = search("a");
    clock.pass(100);
    const young = search("b");
    clock.pass(100);
    asked[0].answer("ignored");
    asked[1].fail(new RangeError("no"));
    for (const each of [old, young]) await assert.rejects(each, /no/);
    const broken = tide.asyncDebounce(() => { throw new RangeError("now"); }, 100, { leading: true });
    await assert.rejects(broken("x"), /now/);
    assert.equal(broken.isPending(), false);
    assert.deepEqual(clock.thrown, []);
  });

  test(`${build}: cancel rejects all that is pending, aborts the flight, and what comes later is new`, async () => {
    const { asked, fn } = server();
    const search = (await fresh(build)).createTidegate().asyncDebounce(fn, 100);
    const flying = search("a");
    clock.pass(100);
    const waiting = search("b");
    search.cancel(new Event("click"));
    assert.deepEqual([search.isPending(), asked[0].signal.aborted, clock.timers.size], [false, true, 0]);
    await aborted(flying);
    await aborted(waiting);
    search.cancel();
    const next = search("c");
    clock.pass(100);
    asked[1].answer(1);
    assert.equal(await next, 1);
  });

  test(`${build}: a signal ends it for good, with its own reason`, async () => {
    const { asked, fn } = server();
    const tide = (await fresh(build)).createTidegate();
    const leave = new AbortController();
    const search = tide.asyncDebounce(fn, 100, { signal: leave.signal });
    const flying = search("a");
    clock.pass(100);
    leave.abort(new RangeError("gone"));
    await assert.rejects(flying, /gone/);
    assert.match(asked[0].signal.reason.message, /gone/);
    await assert.rejects(search("b"), /gone/);
    await aborted(tide.asyncDebounce(fn, 0, { signal: AbortSignal.abort(), leading: true })("c"));
    clock.pass(1_000);
    assert.deepEqual([asked.length, search.isPending()], [1, false]);
  });

  test(`${build}: leading, maxWait, flush, and edges that nobody asked for`, async () => {
    const tide = (await fresh(build)).createTidegate();
    const make = (options) => {
      const { asked, fn } = server();
      return { asked, search: tide.asyncDebounce(fn, 100, options) };
    };
    const first = make({ leading: true });
    const [a, b] = [first.search("a"), first.search("b")];
    assert.ok(a !== b && first.asked.length === 1);
    clock.pass(100);
    assert.deepEqual(first.asked.map(({ args }) => args[0]), ["a", "b"]);
    first.asked[1].answer("B");
    assert.deepEqual(await Promise.all([a, b]), ["B", "B"]);
    const only = make({ leading: true, trailing: false });
    assert.equal(only.search("a"), only.search("b"));
    clock.pass(100);
    assert.equal(only.asked.length, 1);
    only.search.cancel();
    const none = make({ trailing: false });
    await aborted(none.search("a"));
    clock.pass(100);
    assert.deepEqual([none.asked.length, none.search.isPending()], [0, false]);
    const long = make({ maxWait: 250 });
    for (let n = 0; n < 25; n++) long.search(n), clock.pass(10);
    assert.deepEqual(long.asked.map(({ args }) => args[0]), [24]);
    const flushed = long.search.flush();
    assert.deepEqual([long.asked.length, long.asked[0].signal.aborted], [1, false]);
    long.asked[0].answer(1);
    assert.equal(await flushed, 1);
    const waits = long.search("w");
    assert.equal(long.search.flush(), waits);
    long.search.cancel();
  });

  test(`${build}: what was answered in the last five seconds costs no request`, async () => {
    const { asked, fn } = server();
    const tide = (await fresh(build)).createTidegate({ user: () => user });
    let user = "ann";
    const search = tide.asyncDebounce(fn, 100);
    const ask = async (...args) => {
      const before = asked.length;
      const promise = search(...args);
      clock.pass(100);
      if (asked.length > before) asked.at(-1).answer(`${user}: ${args}`);
      return [await promise, asked.length - before];
    };
    assert.deepEqual(await ask("a", 1), ["ann: a,1", 1]);
    assert.deepEqual(await ask("a"), ["ann: a", 1]);
    assert.deepEqual(await ask("a", 1), ["ann: a,1", 0]);
    assert.deepEqual(await ask("a", "1"), ["ann: a,1", 1], "a text is no number");
    clock.pass(4_000);
    assert.deepEqual(await ask("a", 1), ["ann: a,1", 0]);
    user = "bob";
    assert.deepEqual(await ask("a", 1), ["bob: a,1", 1], "another user's answers are his own");
    user = "ann";
    clock.pass(1_000);
    assert.deepEqual(await ask("a", 1), ["ann: a,1", 1], "too old");
    for (const end of ["clear", "reset", "dispose"]) {
      assert.equal((await ask("a", 1))[1], 0);
      await tide[end]();
      assert.equal((await ask("a", 1))[1], 1, end);
    }
    for (let n = 0; n < 16; n++) await ask(n);
    assert.equal((await ask(0))[1], 1 - 1);
    for (let n = 16; n < 18; n++) await ask(n);
    assert.equal((await ask(0))[1], 1, "only the last few are kept");
    const failing = search("f");
    clock.pass(100);
    asked.at(-1).fail(new Error("no"));
    await assert.rejects(failing);
    assert.equal((await ask("f"))[1], 1, "a failure is no answer");
    const newer = search("n");
    clock.pass(100);
    assert.deepEqual(await ask("f"), ["ann: f", 0]);
    assert.equal(await newer, "ann: f", "who was superseded by it gets it too");
    assert.equal(asked.at(-1).signal.aborted, true);
  });

  test(`${build}: clear, reset and dispose end it like cancel`, async () => {
    const { asked, fn } = server({ aborts: false });
    const tide = (await fresh(build)).createTidegate();
    const search = tide.asyncDebounce(fn, 100);
    for (const end of ["clear", "reset", "dispose"]) {
      const flying = search(`${end} 1`);
      clock.pass(100);
      const waiting = search(`${end} 2`);
      await tide[end]();
      await aborted(flying);
      await aborted(waiting);
      assert.deepEqual([asked.at(-1).signal.aborted, search.isPending(), clock.timers.size], [true, false, 0], end);
      asked.at(-1).answer("late");
    }
    const later = search("later");
    clock.pass(100);
    asked.at(-1).answer("there");
    assert.equal(await later, "there");
  });

  test(`${build}: while what a human waits for is unanswered for twice the usual, a window waits as at serious`, async () => {
    const net = network();
    const tide = (await fresh(build)).createTidegate({ fetch: net.fetch });
    const { asked, fn } = server();
    const get = () => tide.fetch(`${SCOPE}/search`);
    for (let nth = 0; nth < 5; nth++) {
      const answer = get();
      clock.pass(100);
      net.sent[nth].answer();
      await answer;
    }
    let plain = 0;
    const search = tide.asyncDebounce(fn, 100, { scope: SCOPE });
    const other = tide.debounce(() => plain++, 100, { scope: SCOPE });
    const flight = get();
    clock.pass(50);
    search("usual");
    clock.pass(100);
    assert.equal(asked.length, 1, "not late yet");
    clock.pass(100);
    search("slow");
    other();
    clock.pass(100);
    assert.deepEqual([asked.length, plain, tide.pressure(SCOPE).state], [1, 1, "nominal"], "debounce goes by the state alone");
    clock.pass(199);
    assert.equal(asked.length, 1);
    clock.pass(1);
    assert.equal(asked.length, 2, "three times its wait");
    net.sent[5].answer();
    await flight;
    search("there");
    clock.pass(100);
    assert.equal(asked.length, 3);
    search.cancel();
    tide.dispose();
    assert.equal(clock.timers.size, 0);
  });
}

test("4 000 random lives: every promise settles, with its own window's or a newer one's result", async () => {
  const net = network();
  const tide = (await fresh()).createTidegate({ fetch: net.fetch });
  for (let seed = 0; seed < 4_000; seed++) {
    if (seed % 500 === 0) await say(tide, net, ["nominal", "critical", "fair", "serious"][(seed / 500) % 4]);
    const random = chance(seed);
    const { asked, fn } = server({ aborts: random.next() < 0.7 });
    const options = { scope: SCOPE };
    for (const name of ["leading", "trailing"]) if (random.next() < 0.3) options[name] = random.next() < 0.5;
    if (random.next() < 0.3) options.maxWait = random.of([0, 150, 600]);
    let inside = 0;
    const search = tide.asyncDebounce((signal, text) => {
      const act = inside++ < 5 ? random.below(20) : 9;
      if (act === 0) throw new Error("at once");
      if (act === 1) search.cancel();
      if (act === 2) all.push([text, search(text)]);
      if (act === 3) search.flush();
      if (act === 4) return text;
      return fn(signal, text);
    }, random.of([0, 50, 100]), options);
    const all = [];
    for (let step = 0; step < 25; step++) {
      const kind = random.below(10);
      if (kind < 4) all.push([step, search(step)]);
      else if (kind < 7) clock.pass(random.of([0, 10, 50, 100, 400]));
      else if (kind === 7) random.of([() => search.cancel(), () => search.flush(), () => {}])();
      else if (asked.length) random.of([(each) => each.answer(each.args[0]), (each) => each.fail(new Error("no"))])(random.of(asked));
      if (random.next() < 0.3) await null;
    }
    // The server answers whatever is open; then time does the rest.
    for (let n = 0; n < 20 && search.isPending(); n++) {
      clock.pass(12_000);
      for (const each of asked) each.answer(each.args[0]);
      await settled();
    }
    assert.equal(search.isPending(), false, `seed ${seed}`);
    const outcomes = await Promise.race([Promise.all(all.map(([, promise]) => promise.catch(() => "failed"))), settled()]);
    assert.ok(outcomes, `seed ${seed}: hangs`);
    // Without a trailing edge the last answer is all there is.
    all.forEach(([text], place) => assert.ok(outcomes[place] === "failed" || options.trailing === false || outcomes[place] >= text, `seed ${seed}: ${text} got ${outcomes[place]}`));
  }
  await new Promise(setImmediate);
  assert.deepEqual([clock.thrown, unhandled], [[], []]);
  tide.dispose();
  assert.equal(clock.timers.size, 0);
});
