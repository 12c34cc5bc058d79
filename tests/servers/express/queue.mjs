/** The queue was too long, or a turn in it came too late. */
export class Busy extends Error {}

/** `workers` at once; who waits longer than `patience` ms is refused, who hangs up is forgotten. */
export function createQueue({ workers, patience, most = 1000 }) {
  const waiting = new Set(); // oldest first
  let running = 0;

  const turn = (signal) =>
    new Promise((start, refuse) => {
      if (waiting.size >= most) return refuse(new Busy());
      const leave = (how, why) => {
        clearTimeout(late);
        signal.removeEventListener("abort", gone);
        waiting.delete(next);
        how(why);
      };
      const next = () => leave(start);
      const gone = () => leave(refuse, signal.reason);
      const late = setTimeout(() => leave(refuse, new Busy()), patience);
      signal.addEventListener("abort", gone);
      waiting.add(next);
    });

  return {
    load: () => ({ running, waiting: waiting.size }),
    /** Calls `work(signal, waited)`, `waited`: ms in the queue. Rejects with Busy, or as an aborted fetch does. */
    async run(signal, work) {
      signal.throwIfAborted();
      const since = performance.now();
      const waits = running >= workers;
      if (!waits) running += 1;
      else await turn(signal); // takes over the place of the one that ends
      try {
        signal.throwIfAborted();
        return await work(signal, waits ? performance.now() - since : 0);
      } finally {
        const [next] = waiting;
        if (next) next();
        else running -= 1;
      }
    },
  };
}

/** Aborts when the client hangs up before its answer is complete. */
export function clientGone(response) {
  const gone = new AbortController();
  response.once("close", () => response.writableFinished || gone.abort());
  return gone.signal;
}
