// One flight, several callers: who left, who gets which Response, and whose signal reaches how far.
import { define } from "./answers";
import type { Call } from "./room";

// A signal that takes no listener is one that never aborts.
const hear = (signal: AbortSignal, how: "add" | "remove", tell: () => void): void => {
  try {
    signal[`${how}EventListener`]("abort", tell);
  } catch {}
};

/** A promise that follows `work` until `signal` aborts; then it rejects with the caller's own reason, after `leave`. */
export const watch = <T>(signal: AbortSignal, work: PromiseLike<T>, leave?: () => void): Promise<T> =>
  new Promise((resolve, reject) => {
    const off = () => hear(signal, "remove", out);
    const out = () => {
      off();
      leave?.();
      reject(signal.reason);
    };
    hear(signal, "add", out);
    work.then(resolve, reject);
    work.then(off, off);
    if (signal.aborted) out();
  });

// A lone caller holds the platform's own Response, so nobody tells when its last byte was read. The link from its signal
// to the flight lives until the body is collected: one listener a signal, however many requests it sees.
const links = new WeakMap<AbortSignal, Set<AbortController>>();
const collected = new FinalizationRegistry<() => void>((unlink) => unlink());

const link = (signal: AbortSignal, flight: AbortController, body: object): void => {
  const flights = links.get(signal) ?? new Set();
  if (!links.has(signal)) {
    links.set(signal, flights);
    hear(signal, "add", () => flights.forEach((each) => each.abort(signal.reason)));
  }
  flights.add(flight);
  collected.register(body, () => flights.delete(flight));
};

/** What reads a body whole. */
export const READERS = ["arrayBuffer", "blob", "bytes", "formData", "json", "text"];

const enum Most {
  /** Bytes that are kept for one who shares a body and does not read it. */
  Unread = 4_194_304,
}

// The same body for several readers. A clone would keep for each what the others have read before, without an end; here
// who is too far behind loses his, and nobody is held up by another, for that one may never read.
const split = (body: ReadableStream<Uint8Array>, count: number): ReadableStream[] => {
  const reader = body.getReader();
  const outs = new Set<ReadableStreamDefaultController>();
  let reading: Promise<void> | undefined;
  const pull = () =>
    (reading ??= reader.read().then(
      ({ done, value }) => {
        reading = undefined;
        for (const out of outs) {
          if (done) out.close();
          else if (out.desiredSize! + Most.Unread < value.length) {
            outs.delete(out);
            out.error(new TypeError("tidegate: unread for too long"));
          } else {
            // Bytes of its own: a reader may write to them, or give them away.
            out.enqueue(value.slice());
          }
        }
      },
      (cause) => outs.forEach((out) => out.error(cause)),
    ));
  return Array.from({ length: count }, () => {
    let own: ReadableStreamDefaultController;
    const start = (out: ReadableStreamDefaultController) => void outs.add((own = out));
    const cancel = (cause: unknown) => (outs.delete(own), outs.size ? undefined : reader.cancel(cause));
    return new ReadableStream({ start, pull, cancel }, { highWaterMark: 0, size: ({ length }) => length });
  });
};

/** As many Responses with the same body, the last of them the platform's own where what is unread is bounded by its length. */
const copies = (response: Response, count: number): Response[] => {
  const { body, headers, url, type, redirected } = response;
  const length = headers.get("content-encoding") ? null : headers.get("content-length");
  if (!body || length && +length <= Most.Unread) return Array.from({ length: count }, (_, place) => (place < count - 1 ? response.clone() : response));
  return split(body, count).map((each) => define(new Response(each, response), { url, type, redirected }));
};

// A shared body that errors for one caller alone. Made anew, a Response would lose what it says about the network, and
// the engines what the body was aborted with.
const bound = (copy: Response, signal: AbortSignal, { url, type, redirected }: Response): Response => {
  if (!copy.body) return copy;
  const own: any = new Response(copy.body.pipeThrough(new TransformStream(), { signal }), copy);
  const values: any = { url, type, redirected };
  for (const read of READERS) {
    const platform = own[read];
    if (platform) values[read] = () => watch(signal, platform.call(own));
  }
  return define(own, values);
};

/** All callers of a flight. */
export const callers = (call: Call): Call[] => call.crowd ?? [call];

/** Hands a response to all callers of a flight, in this very tick; answers the first caller's. */
export const share = (call: Call, response: Response): Response | undefined => {
  if (!call.crowd && !call.own) return response;
  const all = callers(call).filter((each) => !each.gone);
  let first: Response | undefined;
  try {
    const shared = all[1] ? copies(response, all.length) : [response];
    all.forEach((each, place) => {
      const { signal } = each;
      let mine = shared[place]!;
      if (all[1]) {
        if (signal) mine = bound(mine, signal, response);
      } else if (call.own && signal && response.body) link(signal, call.own, response.body);
      if (each === call) first = mine;
      else each.resolve!(mine);
    });
  } catch (cause) {
    // What cannot be shared is lost for all who have not theirs yet; nobody waits for ever.
    for (const each of all) each.reject?.(cause);
    throw cause;
  }
  return first;
};

/** `call` shares the flight from now on, with those who share it already. */
export const join = (call: Call, flight: Call): void => {
  const crowd = (flight.crowd ??= [flight]);
  for (const each of callers(call)) {
    crowd.push(each);
    each.crowd = crowd;
  }
};
