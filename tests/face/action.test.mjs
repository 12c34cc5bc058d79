// A button: who joins, who takes turns, who is refused at no cost, and what its store shows.
import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import { BUILDS, fresh, holdTime, network, pass, standing } from "./kit.mjs";

const open = [];
const thrown = [];
process.on("unhandledRejection", (cause) => thrown.push(cause));
afterEach(() => {
  open.splice(0).forEach((tide) => tide.dispose());
  mock.timers.reset();
  mock.restoreAll();
  assert.deepEqual(thrown.splice(0), [], "no promise is left behind");
});

/** A test of both builds, in the test's own time. `work(tide, module)`. */
function both(name, work, options) {
  for (const build of BUILDS) {
    test(`${name} (${build})`, async () => {
      holdTime(mock);
      const module = await fresh(build);
      const tide = module.createTidegate(options);
      open.push(tide);
      await work(tide, module);
    });
  }
}

/** A function whose runs end when the test says so. */
function work() {
  const runs = [];
  const fn = (signal, ...args) => new Promise((resolve, reject) => runs.push({ signal, args, resolve, reject }));
  return { fn, runs };
}

const busy = (seconds) => Object.assign(new Error("busy"), { response: { status: 503, headers: { "retry-after": String(seconds) } } });
const turn = async () => {
  for (let i = 0; i < 20; i++) await null;
};

both("equal presses join the run, others take their turn, in order", async (tide) => {
  const { fn, runs } = work();
  const save = tide.action("save", fn);
  const one = [save(1), save(1)];
  const two = [save(2), save(2), save(2)];
  const three = save(3);
  assert.equal(save.state, "pending");
  assert.equal(runs.length, 1);
  runs[0].resolve("one");
  assert.deepEqual(await Promise.all(one), ["one", "one"]);
  assert.deepEqual(runs.map(({ args }) => args), [[1], [2]]);
  runs[1].reject(new Error("two"));
  for (const each of two) await assert.rejects(each, /two/);
  assert.equal(runs.length, 3, "a failure holds nobody up");
  runs[2].resolve("three");
  assert.equal(await three, "three");
  assert.deepEqual(save.getSnapshot(), { state: "idle", retryAt: null, reason: null });
});

both("arguments are equal by Object.is, one by one, or by their key", async (tide) => {
  const { fn, runs } = work();
  const plain = tide.action("plain", fn);
  plain(NaN, "a");
  plain(NaN, "a");
  plain(NaN);
  plain(0);
  plain(-0);
  plain({});
  plain({});
  for (let n = 0; n < 6; n++) {
    assert.equal(runs.length, n + 1);
    runs[n].resolve();
    await turn();
  }
  const keyed = tide.action("keyed", fn, { key: ({ id }) => `${id}` });
  assert.equal(keyed({ id: 1 }), keyed({ id: 1 }));
  assert.notEqual(keyed({ id: 1 }), keyed({ id: 2 }));
  assert.equal(runs.length, 7);
});

both("as many as a human can mean wait; more are refused by one and the same error", async (tide, { TidegateError }) => {
  const { fn, runs } = work();
  const save = tide.action("save", fn);
  const turns = Array.from({ length: 65 }, (_, n) => save(n));
  const [first, second] = [save("more"), save("still more")];
  assert.equal(first, second);
  const cause = await first.catch((error) => error);
  assert.ok(cause instanceof TidegateError);
  assert.deepEqual([cause.reason, cause.retryAt], ["queue-full", null]);
  assert.equal(save(64), turns[64], "who is in line may be joined");
  for (let n = 0; n < 65; n++) {
    runs[n].resolve(n);
    assert.equal(await turns[n], n);
  }
});

both("after a refusal presses get it again, at no cost, until its time", async (tide) => {
  const { fn, runs } = work();
  const save = tide.action("save", fn);
  const first = save(1);
  const other = save(2);
  const cause = busy(10);
  runs[0].reject(cause);
  for (const each of [first, other]) assert.equal(await each.catch((error) => error), cause);
  assert.equal(runs.length, 1, "who waited for a turn is told the same");
  const { state, retryAt, reason } = save;
  assert.deepEqual([state, reason], ["cooling", "retry-after"]);
  const ahead = retryAt - Date.now();
  assert.ok(ahead >= 10_000 && ahead <= 12_000, `${ahead}`);
  assert.equal(save(1), save(2), "the same promise");
  assert.equal(save(3), first);
  pass(mock, ahead - 1);
  assert.equal(save(1), first);
  assert.equal(runs.length, 1);
  pass(mock, 1);
  assert.equal(save.state, "idle");
  const again = save(1);
  assert.equal(runs.length, 2);
  runs[1].resolve("saved");
  assert.equal(await again, "saved");
  assert.equal(save.state, "idle");
});

both("an answer that is a refusal is given again too", async (tide) => {
  const refused = new Response("busy", { status: 429, headers: { "retry-after": "5" } });
  const save = tide.action("save", () => refused);
  assert.equal(await save(), refused);
  assert.equal(save.state, "cooling");
  assert.equal(await save("other"), refused);
});

both("a Response is read by all who pressed, whatever way; a lone one is the platform's", async (tide) => {
  const { fn, runs } = work();
  const save = tide.action("save", fn);
  const all = [save(), save(), save()];
  const answer = Response.json({ a: 1 }, { status: 201 });
  runs[0].resolve(answer);
  const read = (await Promise.all(all)).map((each, place) => each[["json", "text", "blob"][place]]());
  const [json, text, blob] = await Promise.all(read);
  assert.deepEqual(json, { a: 1 });
  assert.equal(text, '{"a":1}');
  assert.deepEqual([blob.type, await blob.text(), answer.status], ["application/json", '{"a":1}', 201]);
  const refused = new Response("busy", { status: 503, headers: { "retry-after": "5" } });
  const first = save();
  runs[1].resolve(refused);
  for (const press of [first, save(), save(2)]) assert.equal(await (await press).text(), "busy");
  pass(mock, 10_000);
  const lone = save();
  const own = new Response("own");
  runs[2].resolve(own);
  assert.equal((await lone).text, Response.prototype.text);
  assert.equal(await own.text(), "own");
});

both("a failure that is no refusal leaves the button as it was", async (tide) => {
  for (const cause of [new TypeError("network"), { response: { status: 404, headers: { "retry-after": "5" } } }, undefined, null, 7, "503"]) {
    const save = tide.action("save", () => Promise.reject(cause));
    assert.equal(await save().catch((error) => error), cause);
    assert.equal(save.state, "idle", `${cause}`);
  }
});

both("a guess grows from refusal to refusal, and an answer makes it short again", async (tide) => {
  mock.method(Math, "random", () => 0.5);
  let outcome = () => Promise.reject({ status: 503 });
  const save = tide.action("save", () => outcome());
  const rests = [];
  const press = async () => {
    await save().catch(() => {});
    const rest = (save.retryAt ?? Date.now()) - Date.now();
    pass(mock, rest);
    return rest;
  };
  for (let n = 0; n < 7; n++) rests.push(await press());
  assert.deepEqual(rests, [1500, 3000, 6000, 12_000, 24_000, 30_000, 30_000]);
  assert.equal(save.reason, null);
  outcome = () => "saved";
  assert.equal(await press(), 0);
  outcome = () => Promise.reject({ status: 503 });
  assert.equal(await press(), 1500);
});

both("one deliberate press a rest may try a guess, and none a time that was named", async (tide) => {
  mock.method(Math, "random", () => 0.5);
  const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  const active = { isActive: true };
  Object.defineProperty(globalThis, "navigator", { value: { userActivation: active }, configurable: true });
  try {
    let runs = 0;
    let outcome = { status: 503 };
    const save = tide.action("save", () => (runs++, Promise.reject(outcome)));
    const press = () => save().catch(() => {});
    for (let n = 0; n < 3; n++) {
      await press();
      pass(mock, save.retryAt - Date.now());
    }
    await press();
    assert.equal(runs, 4);
    assert.equal(save.retryAt - Date.now(), 12_000);
    pass(mock, 900);
    await press();
    assert.equal(runs, 4, "it was on its way");
    pass(mock, 100);
    active.isActive = false;
    await press();
    assert.equal(runs, 4, "no human pressed");
    active.isActive = true;
    const retryAt = save.retryAt;
    await press();
    assert.equal(runs, 5);
    assert.ok(save.retryAt > retryAt);
    pass(mock, save.retryAt - Date.now() - 1500);
    await press();
    assert.equal(runs, 5, "it is over soon");
    pass(mock, 1500);
    outcome = busy(20);
    await press();
    assert.equal(runs, 6);
    pass(mock, 5000);
    await press();
    assert.equal(runs, 6, "a server's time");
  } finally {
    if (before) Object.defineProperty(globalThis, "navigator", before);
    else delete globalThis.navigator;
  }
});

both("listeners are told once a task, of what has changed, and of the end by itself", async (tide) => {
  const { fn, runs } = work();
  const save = tide.action("save", fn);
  const seen = [];
  const faults = [];
  tide.on("error", ({ message }) => faults.push(message));
  save.subscribe(() => {
    throw new Error("listener");
  });
  const off = save.subscribe(() => seen.push(save.getSnapshot()));
  const idle = save.getSnapshot();
  assert.equal(idle, save.getSnapshot());
  const pressed = save();
  assert.deepEqual(seen, [], "in a task of its own");
  pass(mock, 1);
  assert.deepEqual(seen.map(({ state }) => state), ["pending"]);
  assert.equal(seen[0], save.getSnapshot());
  assert.deepEqual(faults, ["callback"]);
  runs[0].reject(busy(2));
  await pressed.catch(() => {});
  pass(mock, 1);
  assert.deepEqual(seen.map(({ state }) => state), ["pending", "cooling"]);
  assert.ok(Object.isFrozen(seen[1]));
  save(), save(2), save(3);
  pass(mock, 500);
  assert.equal(seen.length, 2, "presses that cost nothing tell nobody");
  pass(mock, seen[1].retryAt - Date.now());
  assert.deepEqual(seen.map(({ state }) => state), ["pending", "cooling", "idle"]);
  assert.equal(seen[2], save.getServerSnapshot());
  off();
  off();
  save();
  pass(mock, 10);
  assert.equal(seen.length, 3);
});

both("what changes and changes back in one task is told to nobody", async (tide) => {
  const save = tide.action("save", () => "at once");
  let told = 0;
  save.subscribe(() => told++);
  await save();
  pass(mock, 1);
  assert.equal(told, 0);
});

both("a clock that is set takes the time along; a closed lid does not", async (tide) => {
  const YEAR = 365 * 86_400_000;
  let shift = 0;
  const real = Date.now;
  mock.method(Date, "now", () => real() + shift);
  mock.method(performance, "now", () => real() - 1_700_000_000_000);
  let runs = 0;
  const save = tide.action("save", () => (runs++, Promise.reject(busy(60))));
  const press = () => save().catch(() => {});
  await press();
  const left = save.retryAt - Date.now();
  for (shift of [-YEAR, YEAR, 0]) assert.equal(save.retryAt - Date.now(), left);
  await press();
  assert.equal(runs, 1);
  let told = 0;
  save.subscribe(() => told++);
  shift = -YEAR;
  pass(mock, left);
  assert.equal(told, 1);
  assert.equal(save.state, "idle");
  await press();
  shift += 8 * 3_600_000;
  assert.equal(save.state, "idle", "after a night");
  assert.equal(runs, 2);
});

both("cancel ends the run, what waits, and no cooling; what comes late changes nothing", async (tide) => {
  const { fn, runs } = work();
  const save = tide.action("save", fn);
  const turns = [save(1), save(2)];
  save.cancel();
  assert.equal(save.state, "idle");
  for (const each of turns) await assert.rejects(each, { name: "AbortError" });
  assert.equal(runs[0].signal.aborted, true);
  assert.equal(runs[0].signal.reason.name, "AbortError");
  const again = save(1);
  assert.equal(runs.length, 2, "the turn that waited was never taken");
  runs[0].reject(busy(60));
  await turn();
  assert.equal(save.state, "pending");
  runs[1].reject(busy(60));
  await again.catch(() => {});
  assert.equal(save.state, "cooling");
  save.cancel();
  assert.equal(save.state, "cooling");
});

both("a function that throws, returns at once, never returns, or presses from inside itself", async (tide, { isTidegateError }) => {
  const broken = tide.action("broken", () => {
    throw new RangeError("at once");
  });
  await assert.rejects(broken(), RangeError);
  assert.equal(broken.state, "idle");
  assert.equal(await tide.action("plain", () => 7)(), 7);
  assert.equal(await tide.action("thenable", () => ({ then: (resolve) => resolve(8) }))(), 8);
  await assert.rejects(tide.action("nothing", undefined)(), TypeError);

  const never = tide.action("never", () => new Promise(() => {}));
  const hung = never();
  assert.equal(await standing(hung), "pending");
  never.cancel();
  assert.equal(await standing(hung), "rejected");

  const inside = tide.action("inside", async (_, depth) => (depth ? inside(depth - 1).catch((error) => error) : "done"));
  const cause = await inside(3);
  assert.ok(isTidegateError(cause));
  assert.equal(cause.reason, "repeat");
  assert.equal(await inside(0), "done");
});

both("one name is one state, each handle with its own function; anything can be taken off", async (tide) => {
  const { fn, runs } = work();
  const one = tide.action("save", fn);
  const two = tide.action("save", (_, n) => `two ${n}`);
  const first = one(1);
  const second = two(2);
  assert.equal(two(1), first, "the same press");
  assert.deepEqual([two.state, one.getSnapshot()], ["pending", two.getSnapshot()]);
  runs[0].resolve("one");
  assert.equal(await second, "two 2");
  const { action, action: again } = tide;
  assert.equal(await action("other", () => 1)(), 1);
  assert.equal(again("save", fn).state, "idle");
  const { cancel, subscribe, getSnapshot } = two;
  const off = subscribe(() => {});
  two(3);
  cancel();
  assert.equal(getSnapshot().state, "idle");
  off();
});

both("the application's own word for a refusal; one that throws or answers nonsense is none", async (tide) => {
  const faults = [];
  tide.on("error", ({ message }) => faults.push(message));
  let said;
  const save = tide.action("save", () => "done", { refused: (outcome) => said(outcome) });
  said = () => Date.now() + 3000;
  await save();
  assert.deepEqual({ ...save.getSnapshot() }, { state: "cooling", retryAt: Date.now() + 3000, reason: "retry-after" });
  pass(mock, 3000);
  for (const nonsense of [null, undefined, NaN, 0, -1, Date.now(), "soon", {}]) {
    said = () => nonsense;
    await save();
    assert.equal(save.state, "idle", String(nonsense));
  }
  said = () => {
    throw new Error("refused");
  };
  assert.equal(await save(), "done");
  assert.deepEqual([save.state, faults], ["idle", ["callback"]]);
  said = () => Infinity;
  await save();
  assert.equal(save.retryAt - Date.now(), 600_000, "at most maxHint");
});

both("a key that throws is told, and the arguments count", async (tide) => {
  const faults = [];
  tide.on("error", ({ message }) => faults.push(message));
  const { fn } = work();
  const save = tide.action("save", fn, {
    key: () => {
      throw new Error("key");
    },
  });
  assert.equal(save(1), save(1));
  assert.notEqual(save(1), save(2));
  assert.ok(faults.every((message) => message === "callback"));
});

both("clear ends what belongs to the user and keeps the times; reset forgets all", async (tide, { isTidegateError }) => {
  const { fn, runs } = work();
  const save = tide.action("save", fn);
  const [own, waiting] = [save(1), save(2)];
  await tide.clear();
  await assert.rejects(waiting, { name: "AbortError" });
  const next = save(1);
  assert.notEqual(next, own, "nobody joins another user's run");
  assert.equal(runs.length, 2);
  assert.equal(runs[0].signal.aborted, false);
  runs[0].resolve("his");
  assert.equal(await own, "his");
  runs[1].reject(busy(60));
  await next.catch(() => {});
  const { retryAt } = save;
  await tide.clear();
  assert.equal(save.retryAt, retryAt);
  const cause = await save(1).catch((error) => error);
  assert.ok(isTidegateError(cause), "and not what he was told");
  assert.deepEqual([cause.retryAt, cause.reason], [retryAt, "retry-after"]);
  assert.equal(save(2), save(1));
  tide.reset();
  assert.equal(save.state, "idle");
  const last = save(1);
  tide.reset();
  await assert.rejects(last, { name: "AbortError" });
});

both("dispose lets runs and turns go on, and refuses nobody any more", async (tide) => {
  const { fn, runs } = work();
  const save = tide.action("save", fn);
  const other = tide.action("other", () => Promise.reject(busy(60)));
  await other().catch(() => {});
  const turns = [save(1), save(2)];
  tide.dispose();
  assert.equal(other.state, "idle");
  runs[0].reject(busy(60));
  await turn();
  assert.equal(runs.length, 2);
  runs[1].resolve("two");
  assert.equal(await turns[1], "two");
  assert.equal(save.state, "idle");
  await assert.rejects(turns[0], /busy/);
});

for (const mode of ["observe", "off"]) {
  both(`mode ${mode}: presses join and take turns, and nobody is refused`, async (tide) => {
    let runs = 0;
    const save = tide.action("save", () => (runs++, Promise.reject(busy(60))));
    assert.equal(save(1), save(1));
    await save(2).catch(() => {});
    assert.deepEqual([runs, save.state], [2, "idle"]);
  }, { mode });
}

both("another user's press joins nothing", async (tide) => {
  const { fn, runs } = work();
  const save = tide.action("save", fn);
  const [ann, again] = [save(1), save(1)];
  user = "bob";
  const bob = save(1);
  assert.equal(ann, again);
  assert.notEqual(ann, bob);
  runs[0].resolve("ann's");
  await turn();
  runs[1].resolve("bob's");
  assert.deepEqual(await Promise.all([ann, bob]), ["ann's", "bob's"]);
  user = "ann";
}, { user: () => user });
let user = "ann";

both("while its request waits at the gate, a pending button says until when", async (tide) => {
  const net = network();
  tide = (await fresh()).createTidegate({ fetch: net.fetch });
  open.push(tide);
  const save = tide.action("save", (signal) => tide.fetch("https://api.example/save", { signal }));
  const pressed = save();
  net.sent[0].answer("busy", { status: 503, headers: { "retry-after": "2" } });
  await turn();
  const { state, retryAt, reason } = save.getSnapshot();
  assert.deepEqual([state, reason], ["pending", "retry-after"]);
  assert.ok(retryAt - Date.now() >= 2000 && retryAt - Date.now() <= 3000, `${retryAt - Date.now()}`);
  pass(mock, retryAt - Date.now() + 1);
  await turn();
  assert.equal(net.sent.length, 2);
  assert.deepEqual({ ...save.getSnapshot() }, { state: "pending", retryAt: null, reason: null });
  net.sent[1].answer("saved");
  assert.equal((await pressed).status, 200);
});

both("a thousand names and more are bounded, those in use stay", async (tide) => {
  const { fn } = work();
  const busyOne = tide.action("busy", fn);
  const pressed = busyOne();
  for (let n = 0; n < 3000; n++) tide.action(`row ${n}`, fn);
  assert.equal(tide.action("busy", fn)(), pressed);
});
