// The one way into the core: started by the first use, left for good after its first exception.
// After a trap the instance would still answer, from half-written memory: so it is never entered again.
import * as core from "#core";
import { module as inlined } from "#start";

export { core };

/** 0 not started, 1 on its way from elsewhere, 2 runs, 3 dead. */
export let state = 0;

let memory: WebAssembly.Memory;
let bytes = new Uint8Array();
let settleReady: (how: "wasm" | "fallback") => void;

/** Resolves when it runs or never will. Another promise after a trap: how things are, not how they were. */
export let ready = new Promise<"wasm" | "fallback">((resolve) => (settleReady = resolve));

/** Called after each change of `state`; `cause` only at death. */
export const watchers = new Set<(cause?: unknown) => void>();

/** What `call` answers, or `none` when there is no living core. */
export const guard = <T>(none: T, call: () => T): T => {
  if (state === 2) {
    try {
      return call();
    } catch (cause) {
      die(cause);
    }
  }
  return none;
};

/** Gives the core up: from here on the fallback serves. Idempotent. */
export const die = (cause: unknown): void => {
  if (state === 3) return;
  state = 3;
  console.warn("tidegate: fallback", cause);
  settleReady("fallback");
  ready = Promise.resolve("fallback");
  for (const tell of watchers) tell(cause);
};

const run = (module: WebAssembly.Module): void => {
  memory = core.initSync({ module }).memory;
  state = 2;
  settleReady("wasm");
  for (const tell of watchers) tell();
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
  return state === 2;
};

/** Starts a core from elsewhere (URL, Response, bytes, module, or a promise of one). A second call changes nothing. */
export const load = async (source: unknown): Promise<void> => {
  if (state) return;
  state = 1;
  try {
    let from: any = await source;
    if (typeof from === "string" || from instanceof URL) from = await fetch(from);
    // Not streaming: a server with the wrong media type would refuse that, and the file is small.
    if (typeof from.arrayBuffer === "function") from = await from.arrayBuffer();
    run(from instanceof WebAssembly.Module ? from : await WebAssembly.compile(from));
  } catch (cause) {
    die(cause);
  }
};

const room = (length: number): number => {
  const at = core.buffer(length);
  if (bytes.buffer !== memory.buffer) bytes = new Uint8Array(memory.buffer);
  return at;
};

/** Writes text where the core reads it; answers its length in bytes. Only inside `guard`. */
export const put = (text: string): number => {
  const at = room(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) {
      const coded = new TextEncoder().encode(text);
      bytes.set(coded, room(coded.length));
      return coded.length;
    }
    bytes[at + i] = code;
  }
  return text.length;
};

/** The text that the core left, `length` bytes. Only inside `guard`. */
export const take = (length: number): string => {
  const at = room(length);
  return new TextDecoder().decode(bytes.subarray(at, at + length));
};
