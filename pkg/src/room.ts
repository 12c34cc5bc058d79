// What one `createTidegate()` holds: plain records that the other files work on.
import type { Priority, Reason, TidegateError } from "../tidegate.d.ts";
import type { Options } from "./options";
import { type Platform, createPlatform } from "./platform";

/** Requests that share a backend's fate. */
export interface Scope {
  readonly name: string;
  /** Handle in the core; 0: not interned. */
  id: number;
  /** Header names that carried hints on successes so far; undefined: no success was seen. */
  names: string[] | undefined;
  /** The hint text that crossed last. */
  last: string;
  /** Successes seen. */
  seen: number;
  /** The last refusal, so that the same refusal is the same object. */
  refusal: { why: number; until: number; error: TidegateError } | undefined;
}

/** What a request or run asks for. */
export interface Intent {
  readonly scope: Scope;
  /** Equal for requests that may share an answer. */
  readonly key: string;
  readonly method: string;
  /** Absolute, without fragment. */
  readonly url: string;
  /** Flags of the question, as the core reads them. */
  readonly how: number;
  /** Milliseconds it may wait; NaN: the policy's. */
  readonly patience: number;
  readonly signal: AbortSignal | null | undefined;
  readonly label: string | null;
  readonly onWait: ((wait: { reason: Reason; until: number }) => void) | undefined;
  /** Not a fetch: refused by an error, and done with when its caller leaves. */
  readonly hard: boolean;
  /** Sends it with the platform; again when the gate says so. */
  readonly send: (call: Call) => PromiseLike<any>;
}

/** One intent from the moment it asks until it is settled. */
export interface Call extends Intent {
  /** Ticket in the core. */
  id: number;
  /** The room's, when it asked. */
  era: number;
  /** Of a flight that others may join: so that its first caller's signal is not the flight's. */
  own: AbortController | undefined;
  /** Callers that have not left. */
  callers: number;
  /** Those who joined, gone or not. */
  also: Call[] | undefined;
  /** The flight that this one joined. */
  into: Call | undefined;
  /** Its caller has aborted. */
  gone: boolean;
  /** It waits for a poll. */
  parked: boolean;
  /** Why it waits and until when on the core's axis, as its callers were told last: who joins is told the same. */
  told: [Reason, number] | undefined;
  /** A promise of ours watches over its signal. */
  watched: boolean;
  /** It was not sent in the caller's own tick: its arguments may have been changed since. */
  later: boolean;
  resolve: (value: any) => void;
  reject: (reason: unknown) => void;
}

const nothing = () => {};

/** A call that has not asked yet. One literal, because a spread would cost more than the whole decision. */
export const newCall = (
  scope: Scope,
  key: string,
  method: string,
  url: string,
  how: number,
  patience: unknown,
  signal: Intent["signal"],
  send: Intent["send"],
  label: string | null = null,
  onWait?: Intent["onWait"],
  hard = false,
): Call => ({
  scope,
  key,
  method,
  url,
  how,
  patience: typeof patience === "number" && patience >= 0 ? patience : NaN,
  signal,
  send,
  label,
  onWait,
  hard,
  id: 0,
  era: 0,
  own: undefined,
  callers: 1,
  also: undefined,
  into: undefined,
  gone: false,
  parked: false,
  told: undefined,
  watched: false,
  later: false,
  resolve: nothing,
  reject: nothing,
});

/** All state of one instance in this file's terms. */
export interface Room {
  /** Handle in the core; 0: not open. */
  id: number;
  /** Place in MODES; `first`: as the options say. */
  mode: number;
  readonly first: number;
  disposed: boolean;
  readonly options: Options;
  readonly platform: Platform;
  /** Equal requests in flight share one. */
  readonly shares: boolean;
  /** By ticket: what waits or is in flight. */
  calls: Map<number, Call>;
  /** Scopes by name, by handle, and by origin as written. */
  scopes: Map<string, Scope>;
  handles: Map<number, Scope>;
  prefixes: Map<string, Scope>;
  /** Handles of keys, and which key has each of the core's 1 024 slots. */
  keys: Map<string, number>;
  slots: string[];
  /** Counted up by `clear()`: requests of different eras share nothing. */
  era: number;
  /** The fallback's: epoch milliseconds before which a scope is left alone. */
  times: Map<string, number>;
  readonly listeners: Map<string, Set<{ tell: (event: any) => void }>>;
  /** Listens to the core's life; there from the first use on. */
  watch: ((cause?: unknown) => void) | undefined;
  /** Something that snapshots show may have changed. */
  changed: () => void;
}

/** By their codes at the boundary. */
export const MODES = ["on", "observe", "off"] as const;
export const PRIORITIES: readonly Priority[] = ["user-blocking", "user-visible", "background"];

const tables = () => ({
  calls: new Map<number, Call>(),
  scopes: new Map<string, Scope>(),
  handles: new Map<number, Scope>(),
  prefixes: new Map<string, Scope>(),
  keys: new Map<string, number>(),
  slots: [],
  times: new Map<string, number>(),
});

/** Forgets everything but the listeners: as newly made. */
export const blank = (room: Room): void => void Object.assign(room, tables());

/** A page or a worker of a browser: what runs there belongs to one user. */
const inBrowser = (): boolean => typeof document === "object" || typeof (globalThis as any).importScripts === "function";

/** A room that was never used. */
export const newRoom = (options: Options): Room => {
  const first = Math.max(0, MODES.indexOf(options.mode!));
  const { coalesce } = options;
  return {
    ...tables(),
    id: 0,
    mode: first,
    first,
    disposed: false,
    options,
    platform: createPlatform(options.fetch),
    shares: typeof coalesce === "boolean" ? coalesce : inBrowser(),
    era: 0,
    listeners: new Map(),
    watch: undefined,
    changed: nothing,
  };
};
