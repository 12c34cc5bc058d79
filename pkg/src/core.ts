// The one way into the core: started by the first use, left for good after its first exception.
// After a trap the instance would still answer, from half-written memory: so it is never entered again.
import * as glue from "#core";
import { module as inlined } from "#start";

type Exports = Omit<typeof glue, "default" | "initSync">;

/** How far it is, in the words of `ready`. */
export const enum State {
  /** Not started. */
  Idle = "",
  /** On its way from elsewhere. */
  Coming = "loading",
  Runs = "wasm",
  /** Gone for good. */
  Dead = "fallback",
}

export let state: State = State.Idle;

let exports: any;
let memory = { buffer: new ArrayBuffer(0) };
let settleReady: (how: "wasm" | "fallback") => void;

/** Resolves when it runs or never will. Another promise after a trap: how things are, not how they were. */
export let ready = new Promise<"wasm" | "fallback">((resolve) => (settleReady = resolve));

/** Called after each change of `state`, each for its owner; `cause` only at death. */
export const watchers = new Map<object, (cause?: unknown) => void>();

/** What an export of the core answers; NaN when there is no living core. */
export const core: <K extends keyof Exports>(name: K, ...args: Parameters<Exports[K]>) => number =
  // Named one by one: a list made for each call costs more than the call. WebAssembly passes over what it did not ask for.
  (name: string, a?: unknown, b?: unknown, c?: unknown, d?: unknown, e?: unknown, f?: unknown): number => {
    if (state === State.Runs) {
      try {
        return exports[name](a, b, c, d, e, f);
      } catch (cause) {
        die(cause);
      }
    }
    return NaN;
  };

/** Development build: throws what is wrong with options. */
export const check = (options: unknown): void => Object(glue).check(options);

const turn = (to: State.Runs | State.Dead, cause?: unknown): void => {
  state = to;
  settleReady(to);
  ready = Promise.resolve(to);
  watchers.forEach((tell) => tell(cause));
};

/** Gives the core up: from here on the fallback serves. Idempotent. */
export const die = (cause: unknown): void => {
  if (state === State.Dead) return;
  console.warn("tidegate: fallback", cause);
  turn(State.Dead, cause);
};

const run = (module: any): void => {
  exports = glue.initSync({ module });
  memory = exports.memory;
  turn(State.Runs);
};

/** Starts the inlined core if nothing is under way; true: it runs. */
export const start = (): boolean => {
  if (!state) {
    try {
      const module = inlined();
      if (module) run(module);
    } catch (cause) {
      die(cause);
    }
  }
  return state === State.Runs;
};

/** Starts a core from elsewhere (URL, Response, bytes, module, or a promise of one). A second call changes nothing. */
export const load = async (source: unknown): Promise<void> => {
  if (state) return;
  state = State.Coming;
  try {
    let from: any = await source;
    if (typeof from === "string" || from instanceof URL) from = await fetch(from);
    // Not streaming: a server with the wrong media type would refuse that, and the file is small.
    run(from.arrayBuffer ? await from.arrayBuffer() : from);
  } catch (cause) {
    die(cause);
  }
};

/** The core's text buffer, at least `length` bytes of it. */
const view = (length: number): Uint8Array => {
  const at = core("buffer", length);
  return new Uint8Array(memory.buffer).subarray(at);
};

// Made once, and not by an import: either costs more than what it does here.
let encoder: TextEncoder | undefined;
let decoder: TextDecoder | undefined;

/** Writes text, and bytes behind it, where the core reads them; answers their length in bytes. */
export const put = (text: string, bytes?: Uint8Array): number => {
  const into = view(3 * text.length + (bytes?.length ?? 0));
  const { written } = (encoder ??= new TextEncoder()).encodeInto(text, into);
  if (!bytes) return written;
  into.set(bytes, written);
  return written + bytes.length;
};

/** The texts that the core left, one behind the other: answers the next `length` bytes of them as text. */
export const taker = (all: number): ((length: number) => string) => {
  const bytes = view(all);
  decoder ??= new TextDecoder("utf-8", { ignoreBOM: true });
  let at = 0;
  return (length) => decoder!.decode(bytes.subarray(at, (at += length)));
};
