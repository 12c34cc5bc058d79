// One flight, several callers: who left, who gets which Response, and whose signal reaches how far.
import type { Call } from "./room";

/** A promise that follows `work` until `signal` aborts; then it rejects with the caller's own reason, after `leave`. */
export const watch = <T>(signal: AbortSignal, work: PromiseLike<T>, leave: () => void): Promise<T> =>
  new Promise((resolve, reject) => {
    const off = () => signal.removeEventListener("abort", out);
    const out = () => {
      off();
      leave();
      reject(signal.reason);
    };
    signal.addEventListener("abort", out);
    work.then(
      (value) => (off(), resolve(value)),
      (cause) => (off(), reject(cause)),
    );
    if (signal.aborted) out();
  });

// A lone caller holds the platform's own Response, so nobody tells when its last byte was read. The link from its signal
// to the flight lives until the body is collected: one listener a signal, however many requests it sees.
const links = new WeakMap<AbortSignal, Set<AbortController>>();
const collected = new FinalizationRegistry<() => void>((unlink) => unlink());

const link = (signal: AbortSignal, flight: AbortController, body: object): void => {
  let flights = links.get(signal);
  if (!flights) {
    const all = (flights = new Set());
    links.set(signal, all);
    signal.addEventListener("abort", () => all.forEach((each) => each.abort(signal.reason)), { once: true });
  }
  flights.add(flight);
  collected.register(body, () => flights.delete(flight));
};

// A shared body that errors for one caller alone. Made anew, a Response would lose what it says about the network, and
// the engines what the body was aborted with.
const bound = (copy: Response, signal: AbortSignal, { url, type, redirected }: Response): Response => {
  if (!copy.body) return copy;
  const own: any = new Response(copy.body.pipeThrough(new TransformStream(), { signal }), copy);
  const define = (name: string, value: unknown) => Object.defineProperty(own, name, { value });
  for (const read of ["arrayBuffer", "blob", "bytes", "formData", "json", "text"]) {
    const platform = own[read];
    if (platform) define(read, () => watch(signal, platform.call(own), () => {}));
  }
  define("url", url);
  define("type", type);
  return define("redirected", redirected);
};

/** Hands a response to all callers of a flight, in this very tick; answers the first caller's. */
export const share = (call: Call, response: Response): Response | undefined => {
  if (!call.also && !call.own) return response;
  const all = [call, ...(call.also ?? [])].filter((each) => !each.gone);
  let first: Response | undefined;
  all.forEach((each, place) => {
    let mine = response;
    if (all.length > 1) {
      if (place < all.length - 1) mine = response.clone();
      if (each.signal) mine = bound(mine, each.signal, response);
    } else if (call.own && each.signal && response.body) link(each.signal, call.own, response.body);
    if (each === call) first = mine;
    else each.resolve(mine);
  });
  return first;
};

/** `call` shares the flight from now on, with those who share it already. */
export const join = (call: Call, flight: Call): void => {
  flight.also = [...(flight.also ?? []), call, ...(call.also ?? [])];
  flight.callers += call.callers;
  call.also = undefined;
  call.into = flight;
};

/** All callers of a flight. */
export const callers = (call: Call): Call[] => [call, ...(call.also ?? [])];
