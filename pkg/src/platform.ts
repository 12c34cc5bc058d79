// The fetch to send with, and our own place in `globalThis.fetch`. Whoever patches it, before or after: we never send
// to ourselves.
import type { FetchFunction } from "../tidegate.d.ts";

/** The `fetch` of every instance. */
const ours = new WeakSet<Function>();

const enum Most {
  /** Unanswered sends of one URL, each in a later turn than the one before: beyond, a function is taken for a loop. */
  Chain = 50,
}

/** `own`: the application's choice of fetch. */
export const createPlatform = (own: FetchFunction | undefined) => {
  const first: FetchFunction = globalThis.fetch;
  let base = first;
  let self: FetchFunction;
  let installed = false;
  let busy: FetchFunction | undefined;
  // Functions that were seen to lead back to us, and the last that answered: it does not.
  const loops = new WeakSet<Function>();
  let proven: FetchFunction | undefined;
  let chain = 0;
  let last: unknown;
  let sameTurn = false;

  const below = (): FetchFunction => (loops.has(base) ? first : base);

  const choose = (): FetchFunction => {
    if (own) return own;
    const found: FetchFunction = globalThis.fetch;
    // Once we stood there, what stands there now may be a wrapper around us.
    if (found === self) installed = true;
    return installed || ours.has(found) || loops.has(found) ? below() : found;
  };

  const known = (to: FetchFunction): boolean => to === own || to === base || to === first || to === proven;

  // A wrapper that calls us in a later turn cannot be told from a stand-in for the network, but by this: it never answers.
  const probe = (to: FetchFunction, input: any): FetchFunction => {
    const url = `${input?.url ?? input}`;
    if (url !== last) chain = 0;
    last = url;
    if (!sameTurn) {
      sameTurn = true;
      Promise.resolve().then(() => (sameTurn = false));
      if (++chain > Most.Chain) loops.add(to);
    }
    return loops.has(to) ? below() : to;
  };

  return {
    /** Whether this very call comes from the function that we are sending with. */
    nested: (): boolean => {
      if (busy && busy !== own) loops.add(busy);
      return !!busy;
    },
    /** Whether what we send with is known to end there: a flight that leads back to us must not be waited for. */
    leaf: (): boolean => known(choose()),
    send: (input: any, init?: any): Promise<Response> => {
      if (busy) return below()(input, init);
      let to = choose();
      const sure = known(to);
      if (!sure) to = probe(to, input);
      busy = to;
      try {
        const answer = to(input, init);
        if (!sure) answer.then(() => ((proven = to), (chain = 0)), () => {});
        return answer;
      } finally {
        busy = undefined;
      }
    },
    /** `fetch` is ours. */
    adopt: (fetch: FetchFunction): void => {
      ours.add((self = fetch));
      // `globalThis.fetch = createTidegate().fetch` is over by then; a wrapper often comes later.
      Promise.resolve().then(choose);
    },
    /** Takes the place of `globalThis.fetch`; answers the way back. */
    install: (): (() => void) => {
      if (!installed || globalThis.fetch === first) {
        base = globalThis.fetch;
        globalThis.fetch = self as typeof fetch;
        installed = true;
      }
      return () => {
        // Whoever wrapped us since keeps us below: the chain is not ours to cut.
        if (globalThis.fetch !== self) return;
        globalThis.fetch = base as typeof fetch;
        installed = false;
      };
    },
  };
};

export type Platform = ReturnType<typeof createPlatform>;
