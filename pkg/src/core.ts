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

let bytes = new Uint8Array();
let numbers = new Float64Array();

/** What was made over the memory is empty once that has grown: made anew only then, which costs more than what is read. */
const look = (): void => {
  if (bytes.length) return;
  bytes = new Uint8Array(memory.buffer);
  numbers = new Float64Array(memory.buffer);
};

// Made once, and not by an import: either costs more than what it does here.
let encoder: TextEncoder | undefined;
let decoder: TextDecoder | undefined;

/** Writes text, and bytes behind it, where the core reads them; answers their length in bytes. */
export const put = (text: string, behind?: Uint8Array): number => {
  const at = core("buffer", 3 * text.length + (behind?.length ?? 0));
  try {
    look();
    const into = bytes.subarray(at);
    const { written } = (encoder ??= new TextEncoder()).encodeInto(text, into);
    if (behind) into.set(behind, written);
    return written + (behind?.length ?? 0);
  } catch (cause) {
    // Half a text would be another one.
    die(cause);
    return 0;
  }
};

/** The registers that the core filled, by their places: it answered where. Valid until it is entered again. */
export const registers = (at: number): ((place: number) => number | undefined) => {
  look();
  return (place) => numbers[at / 8 + place];
};

/** Text that the core left: `length` bytes from `at`. */
export const left = (at: number, length: number): string =>
  (decoder ??= new TextDecoder("utf-8", { ignoreBOM: true })).decode(bytes.subarray(at, at + length));
