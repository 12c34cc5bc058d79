// A town in virtual time: one backend that can be overloaded, and humans before it, each with a page and a client of
// their own. Small beside the fleet (`cargo run --release --example fleet`), but of the package as it ships, with real
// client libraries, real promises and real Response objects.
import { setMaxListeners } from "node:events";
import { chance } from "./virtual.mjs";

/** Chance with a seed, as waits are distributed. */
export function moments(seed) {
  const { next } = chance(seed);
  const exponential = (mean) => -mean * Math.log(1 - next());
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return { next, exponential, logNormal: (median, sigma) => median * Math.exp(sigma * normal()) };
}

/** One queue, first in, first out, that goes on working for who has left. `capacity(now)`: requests a second. */
export function backend(time, random, capacity) {
  const waiting = [];
  const hits = [];
  let busy = false;
  const work = () => {
    const hit = waiting.shift();
    busy = !!hit;
    if (hit) setTimeout(() => (hit.resolve(new Response("{}", { headers: { "content-type": "application/json" } })), work()), random.exponential(1000 / capacity(time.now)));
  };
  const fetch = (input, init) =>
    new Promise((resolve, reject) => {
      const url = String(input?.url ?? input);
      const signal = init?.signal ?? input?.signal;
      signal?.throwIfAborted?.();
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      hits.push({ at: time.now, url });
      waiting.push({ resolve });
      if (!busy) work();
    });
  return { fetch, hits, queued: () => waiting.length };
}

/**
 * A human: wants a view (two essential requests, three that decorate it), looks at it for a while, and wants the next.
 * While nothing comes, some click again, some reload, and all give up in the end. `client()` opens a page; answers its
 * fetch, and how it is closed.
 */
export function human({ time, random, client, name, until, ended }) {
  const habit = random.next();
  let page = client();
  let views = 0;
  const view = async () => {
    const [begun, id] = [time.now, `${name}/${++views}`];
    const patience = Math.min(30_000, Math.max(3_000, random.logNormal(9_000, 0.857)));
    let leave;
    const arrive = () => setMaxListeners(0, (leave = new AbortController()).signal);
    arrive();
    let served = false;
    const load = () => {
      const { signal } = leave;
      const get = (path, priority) => page.fetch(`https://api.example/${path}?of=${id}`, { signal, priority }).then((r) => r.ok);
      for (const path of ["map", "news", "faces"]) get(path, "low").catch(() => {});
      const parts = ["item", "price"].map((path) => get(path, "high"));
      Promise.all(parts).then((all) => {
        if (!served && !signal.aborted) all.every(Boolean) ? ((served = true), finish()) : (broken = true);
      }, () => (broken ||= !signal.aborted));
    };
    let finish;
    let broken = false;
    const answered = new Promise((resolve) => (finish = resolve));
    load();
    // What the human does while nothing comes, or an error stands there.
    const act = () => {
      if (served || time.now >= begun + patience) return finish();
      if (broken || habit > 0.4) {
        broken = false;
        if (habit > 0.7) {
          leave.abort();
          page.close();
          page = client();
          arrive();
        }
        load();
      }
      setTimeout(act, Math.max(1, Math.min(random.logNormal(3_500, 0.4), begun + patience - time.now)));
    };
    setTimeout(act, Math.min(random.logNormal(4_000, 0.5), patience));
    await answered;
    ended({ begun, served });
    leave.abort();
    // Who was served early does not want more for it, nor who was not served less.
    const next = begun + patience + random.exponential(7_000);
    if (next < until) setTimeout(view, next - time.now);
  };
  setTimeout(view, random.exponential(7_000));
}
