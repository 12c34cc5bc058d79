// The decision alone: one request asked for and settled in the core, each crossing into WebAssembly and back, against
// cockatiel's retry, breaker and bulkhead composed, which must be called with something to call.
import { bulkhead, circuitBreaker, ConsecutiveBreaker, ExponentialBackoff, handleAll, retry, wrap } from "cockatiel";

const SAFE_REPEAT_JOIN = 1 | 4 | 8 | 16;
const KEYS = 32;

const put = (core, memory, text) => {
  const bytes = new TextEncoder().encode(text);
  new Uint8Array(memory.buffer, core.buffer(bytes.length), bytes.length).set(bytes);
  return bytes.length;
};

/** A batch of decisions. Time runs on by 10 µs each, as if something were sent in between. */
const decisions = (core, memory) => {
  const room = core.open(1, () => {});
  let now = 1000;
  const scope = core.scope(room, now, put(core, memory, "https://api.example"));
  const keys = Array.from({ length: KEYS }, (_, i) => core.key(room, now, scope, put(core, memory, `GET\nhttps://api.example/items?page=${i}`)));
  return (count) => {
    for (let i = 0; i < count; i++) {
      const asked = core.ask(room, now, keys[i % KEYS], SAFE_REPEAT_JOIN, NaN);
      if ((asked & 15) !== 1) throw new Error(`a healthy request was answered ${asked & 15}`);
      const settled = core.settle(room, now, 1.7e12 + now, Math.floor(asked / 2048), 200, 0);
      if ((settled & 15) !== 5) throw new Error(`a good answer was answered ${settled & 15}`);
      now += 0.01;
    }
  };
};

/** `core`: the production core's glue, started; `memory`: its memory. */
export function decision(core, memory) {
  const policy = wrap(
    retry(handleAll, { maxAttempts: 2, backoff: new ExponentialBackoff() }),
    circuitBreaker(handleAll, { halfOpenAfter: 10_000, breaker: new ConsecutiveBreaker(5) }),
    bulkhead(64, 256),
  );
  const work = () => undefined;
  return [
    ["cockatiel", async (count) => { for (let i = 0; i < count; i++) await policy.execute(work); }],
    ["ask and settle", decisions(core, memory)],
  ];
}
