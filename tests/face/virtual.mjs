// A host's clock and timers in virtual time, in the place of the globals: `Date.now`, which may be set, and timers, which
// nobody can set. As the HTML standard has it: by deadline, then by order of arming.
const REAL = { setTimeout, clearTimeout, Date };

export class Clock {
  /** Milliseconds since the beginning; `Date.now` is that and `ahead`. */
  now = 0;
  ahead = 1_700_000_000_000;
  timers = new Map();
  /** What timers threw. */
  thrown = [];
  /** How often each was called. */
  armed = 0;
  reads = 0;
  #id = 0;

  /** `overflows`: beyond 2^31 - 1 ms a timer fires at once, as everywhere. */
  constructor({ overflows = false } = {}) {
    this.longest = overflows ? 2 ** 31 - 1 : Infinity;
  }

  install() {
    const clock = this;
    performance.now = () => clock.now;
    globalThis.setTimeout = (call, delay, ...args) => {
      clock.armed++;
      const due = clock.now + (delay > 0 && delay <= clock.longest ? Math.max(1, Math.trunc(delay)) : 0);
      clock.timers.set(++clock.#id, { due, id: clock.#id, call, args });
      return clock.#id;
    };
    globalThis.clearTimeout = (id) => void clock.timers.delete(id);
    globalThis.Date = class extends REAL.Date {
      static now() {
        clock.reads++;
        return clock.now + clock.ahead;
      }
    };
    return this;
  }

  uninstall() {
    Object.assign(globalThis, REAL);
    delete performance.now;
  }

  /** Lets time pass, and timers ring. What they throw is kept, as a page's `error` events would be. */
  pass(ms) {
    const end = this.now + ms;
    for (let rung = 0; this.#ring(end); rung++) {
      if (rung > 100_000) throw new Error("timers that ring for ever");
    }
    this.now = end;
  }

  /** The same with a turn of the host's own loop behind each: all that is promised happens in its time. */
  async live(ms) {
    const end = this.now + ms;
    while (this.#ring(end)) await new Promise((resolve) => setImmediate(resolve));
    this.now = end;
  }

  // The next that is due by then; answers whether there was one.
  #ring(end) {
    let next;
    for (const each of this.timers.values()) if (each.due <= end && (!next || each.due < next.due)) next = each;
    if (!next) return false;
    this.timers.delete(next.id);
    this.now = Math.max(this.now, next.due);
    try {
      next.call(...next.args);
    } catch (cause) {
      this.thrown.push({ at: this.now, cause });
    }
    return true;
  }
}

/** A source of chance with a seed (mulberry32): numbers below 1, and below what is asked for. */
export function chance(seed) {
  const next = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n) => Math.floor(next() * n);
  return { next, below, of: (list) => list[below(list.length)] };
}

/** All that happens without time happens. */
export async function settled() {
  for (let turn = 0; turn < 30; turn++) await null;
}

/** A server's word about itself, said to `tide` on an answer that is none of the test's. */
export async function say(tide, net, state, url = "https://api.example/") {
  const answer = tide.fetch(`${url}${net.sent.length}`, { method: "POST", tidegate: { priority: "user-blocking" } });
  const call = net.sent.at(-1);
  call.answer("ok", { headers: { backpressure: `state=${state}, for=600` } });
  await answer;
}
