// A page's host in virtual time whose every call is counted, and fails once at the n-th: SQLite's way of testing what
// happens when the world breaks ("How SQLite Is Tested", section 3). A scenario is run as it is, which counts its calls,
// and then once for each of them. Whatever fails: every call of the page settles once, with the right answer, a typed
// error, or what the platform itself would have given; nothing is thrown into the page; nothing hangs or is left behind.
import assert from "node:assert/strict";
import { fresh, shelf } from "./kit.mjs";
import { vault } from "./vault.mjs";

const { setImmediate: later, TextEncoder: RealEncoder, AbortSignal, EventTarget, crypto } = globalThis;
const BEGIN = 1_700_000_000_000;
/** Longer than anything that tidegate waits for by itself. */
const LONG = 700_000;

/** What a host throws. */
class Fault extends Error {}

const listen = (signal, tell) => EventTarget.prototype.addEventListener.call(signal, "abort", tell);

class Host {
  #undo = [];
  #ids = 0;
  timers = new Map();
  calls = [];
  now = BEGIN;
  /** Thrown into the page by a callback, or left as an unhandled rejection. */
  thrown = [];

  constructor(failing, { page, blocked, bodies, caches }) {
    this.failing = failing;
    this.storage = shelf((name) => this.call(`storage.${name}`));
    this.#put(globalThis, "setTimeout", (run, ms = 0) => (this.call("setTimeout"), this.after(ms, run)));
    this.#put(globalThis, "clearTimeout", (id) => (this.call("clearTimeout"), void this.timers.delete(id)));
    this.#put(Date, "now", () => (this.call("Date.now"), this.now));
    this.#put(performance, "now", () => (this.call("performance.now"), this.now - BEGIN));
    const { getRandomValues } = crypto;
    this.#put(crypto, "getRandomValues", (into) => (this.call("getRandomValues"), getRandomValues.call(crypto, into)));
    const host = this;
    this.#put(globalThis, "TextEncoder", class extends RealEncoder {
      constructor() {
        host.call("TextEncoder");
        super();
      }
      encodeInto(text, into) {
        host.call("encodeInto");
        return super.encodeInto(text, into);
      }
    });
    this.#put(AbortSignal.prototype, "addEventListener", function (type, tell, options) {
      host.call("signal.addEventListener");
      return EventTarget.prototype.addEventListener.call(this, type, tell, options);
    });
    this.#put(AbortSignal.prototype, "removeEventListener", function (type, tell, options) {
      host.call("signal.removeEventListener");
      return EventTarget.prototype.removeEventListener.call(this, type, tell, options);
    });
    this.#put(globalThis, "PerformanceObserver", class {
      constructor(tell) {
        host.call("PerformanceObserver");
        host.observed = tell;
      }
      observe() {
        host.call("observe");
      }
      disconnect() {
        host.call("disconnect");
      }
    });
    this.#put(console, "warn", () => {});
    if (blocked) this.#put(WebAssembly, "Module", class { constructor() { throw new WebAssembly.CompileError("blocked"); } });
    if (bodies) this.#bodies();
    if (page) this.#page();
    if (caches) {
      this.vault = vault((name) => this.call(name));
      this.#put(globalThis, "caches", this.vault.caches);
    }
    const unhandled = (cause) => this.thrown.push(cause);
    process.on("unhandledRejection", unhandled);
    this.#undo.push(() => process.off("unhandledRejection", unhandled));
  }

  /** Everything that what is kept goes through; the page's own calls are not counted. */
  #bodies() {
    const host = this;
    const counted = (object, name, kind, mine = () => true) => {
      const was = object[name];
      this.#put(object, name, function (...given) {
        if (!host.quiet && mine.call(this)) host.call(kind);
        return was.apply(this, given);
      });
    };
    counted(Response.prototype, "clone", "clone");
    // A reader of the page's own is not the package's.
    const theirs = new WeakSet();
    counted(ReadableStream.prototype, "getReader", "getReader");
    const { getReader } = ReadableStream.prototype;
    this.#put(ReadableStream.prototype, "getReader", function (...given) {
      const reader = getReader.apply(this, given);
      if (host.quiet) theirs.add(reader);
      return reader;
    });
    counted(ReadableStreamDefaultReader.prototype, "read", "read", function () {
      return !theirs.has(this);
    });
    for (const name of ["get", "has", "set", "delete"]) counted(Headers.prototype, name, `headers.${name}`);
    const { Response: Real, Headers: Fields } = globalThis;
    const made = (real, kind) => new Proxy(real, { construct: (to, given) => (host.quiet || host.call(kind), Reflect.construct(to, given)) });
    this.#put(globalThis, "Response", made(Real, "Response"));
    this.#put(globalThis, "Headers", made(Fields, "Headers"));
  }

  /** What the test does itself fails never. */
  aside(work) {
    const was = this.quiet;
    this.quiet = true;
    try {
      return work();
    } finally {
      this.quiet = was;
    }
  }

  #page() {
    const counted = (target, name) => {
      for (const way of ["addEventListener", "removeEventListener"]) {
        target[way] = (...given) => (this.call(`${name}.${way}`), EventTarget.prototype[way].apply(target, given));
      }
      return target;
    };
    this.document = Object.assign(counted(new EventTarget(), "document"), { baseURI: "https://api.example/", visibilityState: "visible", hidden: false });
    this.window = counted(new EventTarget(), "window");
    this.#put(globalThis, "document", this.document);
    this.#put(globalThis, "window", this.window);
    this.#put(globalThis, "localStorage", this.storage);
    const host = this;
    const open = new Set();
    this.#put(globalThis, "BroadcastChannel", class extends EventTarget {
      constructor(name) {
        host.call("BroadcastChannel");
        super();
        this.name = name;
        open.add(counted(this, "channel"));
      }
      postMessage(data) {
        host.call("postMessage");
        host.post(this.name, data, this);
      }
      close() {
        open.delete(this);
        host.call("close");
      }
    });
    /** What any script of the origin may do. */
    this.post = (name, data, from) => {
      for (const each of open) {
        const tell = () => open.has(each) && each.dispatchEvent(Object.assign(new Event("message"), { data }));
        if (each !== from && each.name === name) this.after(1, tell);
      }
    };
  }

  #put(object, name, value) {
    const was = Object.getOwnPropertyDescriptor(object, name);
    Object.defineProperty(object, name, { configurable: true, writable: true, value });
    this.#undo.push(() => (was ? Object.defineProperty(object, name, was) : delete object[name]));
  }

  end() {
    this.#undo.reverse().forEach((undo) => undo());
  }

  /** One call from inside the package. */
  call(kind) {
    this.calls.push(kind);
    if (this.calls.length === this.failing) throw new Fault(kind);
  }

  /** A timer that nobody counts. */
  after(ms, run) {
    this.timers.set(++this.#ids, { at: this.now + Math.max(0, ms), run });
    return this.#ids;
  }

  /** Time passes, and all that it brings about happens. */
  async pass(ms) {
    const end = this.now + ms;
    for (let steps = 0; ; steps++) {
      assert.ok(steps < 10_000, "timers without an end");
      await new Promise(later);
      const [id, next] = [...this.timers].reduce((first, each) => (each[1].at < (first[1]?.at ?? Infinity) ? each : first), []);
      if (!next || next.at > end) break;
      this.timers.delete(id);
      this.now = Math.max(this.now, next.at);
      try {
        next.run();
      } catch (cause) {
        this.thrown.push(cause);
      }
    }
    this.now = end;
    await new Promise(later);
  }

  /** All happens that takes no time, threads and all. */
  async calm() {
    for (let turn = 0; turn < 40; turn++) await new Promise(later);
  }

  /** The page is left, perhaps for the back-forward cache, or back from there. */
  leave(left) {
    this.window.dispatchEvent(Object.assign(new Event(left ? "pagehide" : "pageshow"), { persisted: true }));
  }

  /** The page is hidden, or seen again. */
  show(visible) {
    Object.assign(this.document, { visibilityState: visible ? "visible" : "hidden", hidden: !visible });
    this.document.dispatchEvent(new Event("visibilitychange"));
  }
}

/** One run of a scenario: an instance in such a host, and a server that follows a script. */
class Run {
  asked = [];
  arrivals = [];

  constructor(host, { script = () => ({}) }, library) {
    Object.assign(this, { host, script, library });
  }

  tides = [];

  /** Another tab or, when the one before is disposed of, the page again. */
  open(options) {
    this.tide = this.library.createTidegate({ fetch: (input, init) => this.#serve(input, init), seed: this.tides.length + 1, ...options });
    this.tides.push(this.tide);
    return this.tide;
  }

  #serve(input, init) {
    this.host.call("fetch");
    const url = String(input?.url ?? input);
    const signal = init?.signal ?? input?.signal;
    const arrival = { url, at: this.host.now - BEGIN, method: init?.method ?? "GET", body: init?.body, key: this.host.aside(() => new Headers(init?.headers).get("idempotency-key")) };
    this.arrivals.push(arrival);
    const nth = this.arrivals.filter((each) => each.url === url && each.body === init?.body).length;
    const { status = 200, headers = {}, body = "ok", after = 20, drop } = (url.endsWith("/after") ? {} : this.script(arrival, nth, this.arrivals.length)) ?? {};
    arrival.said = drop ? "network" : status;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      if (signal) listen(signal, () => reject(signal.reason));
      const answer = () => (drop ? reject(new TypeError("network")) : resolve(this.host.aside(() => new Response(typeof body === "function" ? body(this.host) : body, { status, headers: { ...headers, "x-for": url } }))));
      this.host.after(after, answer);
    });
  }

  /** A call of the page. Of what it may end with, `told` names what it did; anything else is kept as it came. */
  ask(send, url, reason, body) {
    const entry = { url, body, ends: 0, told: "pending" };
    const end = (told) => Object.assign(entry, { ends: entry.ends + 1, told });
    this.asked.push(entry);
    const refused = (cause) => {
      if (cause === reason && reason) return end("aborted");
      if (cause?.name === "AbortError") return end("cleared");
      if (this.library.isTidegateError(cause)) return end("refused");
      if (cause?.message === "network") return end("network");
      // What the platform's fetch throws is the platform's.
      if (cause instanceof Fault && cause.message === "fetch") return end("fetch");
      // So it is with a body that cannot be read, or not be handed to several.
      if (cause instanceof Fault && /^(headers\.get|getReader|Response|read|clone)$/.test(cause.message)) return end("platform");
      end(cause);
    };
    const answered = async (answer) => {
      if (!(answer instanceof Response)) return end(`${answer}`);
      const [mark, from] = this.host.aside(() => ["x-tidegate", "x-for"].map((name) => answer.headers.get(name)));
      if (mark === "shed") return end("shed");
      if (url && from !== url) return end(`the answer of ${from}`);
      const text = await this.host.aside(() => answer.text());
      end(text.length || answer.status === 304 ? mark ?? answer.status : "an empty answer");
    };
    try {
      send().then(answered, refused).catch(refused);
    } catch (cause) {
      end(`thrown: ${cause}`);
    }
  }

  /** A fetch of the page. */
  fetch(path, init, reason, { tide } = this) {
    const url = `https://api.example${path}`;
    this.ask(() => tide.fetch(url, init), url, reason, init?.body);
  }

  get told() {
    return this.asked.map(({ told }) => told);
  }
}

/** What holds whatever has failed. A call ends as one of the scenario's does (`ends`, `also`), or as the server said, or the platform. */
async function judge(run, { gone, ends, also = [] }) {
  const { host, tide, tides, asked, arrivals } = run;
  const fair = (told) => told === 200 || told === "fetch" || [...ends, ...also].includes(told) || arrivals.some(({ said }) => said === told);
  await host.pass(LONG);
  for (const { told, ends, url } of asked) {
    assert.equal(ends, 1, `${url}: settles once`);
    assert.ok(fair(told), `${url}: ${told?.stack ?? told}`);
  }
  if (!gone) {
    // The one call that fails may be one of these.
    for (let i = 0; i < 2; i++) {
      run.fetch("/after");
      await host.pass(LONG);
    }
    const after = asked.slice(-2).map(({ told }) => told);
    assert.ok(after.every((told) => fair(told) || ["shed", "refused"].includes(told)) && after.includes(200), `what comes after: ${after}`);
    const { queued, inFlight } = tide.getSnapshot();
    assert.deepEqual([queued, inFlight], [0, 0], "queued and in flight at rest");
  }
  for (const { method, key, body, url } of arrivals) {
    const like = (each) => each.url === url && each.body === body;
    const went = arrivals.filter((each) => like(each) && each.key === key).length;
    const calls = asked.filter(like).length;
    assert.ok(went <= calls * (method === "GET" || key ? 4 : 1), `${method} ${url} went ${went} times for ${calls} calls`);
  }
  tides.forEach((each) => each.dispose());
  await host.pass(LONG);
  assert.equal(host.timers.size, 0, "zero timers at rest");
  assert.deepEqual(host.thrown, [], "nothing is thrown into the page");
}

async function once(scenario, failing) {
  const library = await fresh(scenario.entry);
  const host = new Host(failing, scenario);
  try {
    const run = new Run(host, scenario, library);
    let fault;
    try {
      run.open(scenario.options);
      await scenario.act(run);
      await judge(run, scenario);
    } catch (cause) {
      fault = cause;
    }
    if (failing && fault) {
      const where = `call ${failing} (${host.calls[failing - 1]}): ${fault.message}`;
      return { where, fault, calls: host.calls.length };
    }
    if (fault) throw fault;
    return { calls: host.calls.length, kinds: host.calls, told: run.told };
  } finally {
    host.end();
  }
}

/** The scenario as it is, then with each of its host calls failing once. Prints how many positions were tried. */
export async function tryAll(scenario) {
  const clean = await once(scenario, 0);
  assert.deepEqual(clean.told.slice(0, scenario.ends.length), scenario.ends, "how it ends when nothing fails");
  const broken = [];
  for (let n = 1; n <= clean.calls; n++) {
    const { where } = await once(scenario, n);
    if (where) broken.push(where);
  }
  assert.deepEqual(broken, [], `${broken.length} of ${clean.calls} positions`);
  const kinds = new Set(clean.kinds);
  console.log(`${scenario.name}: ${clean.calls} positions of ${[...kinds].sort().join(", ")}`);
  return clean.calls;
}
