// What one `createTidegate()` holds: plain records that the other files work on.
import type { Priority, Reason } from "../tidegate.d.ts";
import type { TidegateError } from "./answers";
import type { Disk } from "./cache/persist";
import type { Copy } from "./cache/shelves";
import type { Part } from "./human/feature";
import type { Intent } from "./intents";
import type { Options } from "./options";
import { type Platform, createPlatform } from "./platform";

/** Requests that share a backend's fate. */
export interface Scope {
  readonly name: string;
  /** Handle in the core; 0: not interned. */
  id: number;
  /** Header names that carried hints on successes so far; undefined: no success was seen. */
  names?: string[];
  /** The hint text that crossed last. */
  last?: string;
  /** The values of those names as they crossed, when hearing them again would say nothing. */
  values?: (string | null)[] | undefined;
  /** Successes seen. */
  seen: number;
  /** The last refusal, so that the same refusal is the same object. */
  refusal?: TidegateError;
  /** The application was told which headers to expose. */
  advised?: boolean;
  /** Writes that were acknowledged. */
  writes: number;
  /** Whose bodies are still being read for the cache. */
  readonly reading: Set<Call>;
  /** The fallback's: epoch milliseconds before which it is left alone. */
  time: number;
}

/** Why a request waits, and until when in epoch milliseconds. */
export interface Wait {
  reason: Reason;
  until: number;
}

/** One request or run, from the moment it asks until it is settled. */
export interface Call {
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
  /** Sends it with the platform; again when the gate says so. */
  readonly send: (call: Call) => PromiseLike<any>;
  /** Ticket in the core. */
  id: number;
  label?: string;
  /** How it was to be sent, if anything was said. */
  given?: any;
  onWait?: (wait: Wait) => void;
  /** Not a fetch: refused by an error, and done with when its caller leaves. */
  hard?: boolean;
  /** Those who share its flight, gone or not, and itself; the first has the ticket. None: itself alone. */
  crowd?: Call[];
  /** Of a flight that others may join: so that its first caller's signal is not the flight's. */
  own?: AbortController;
  /** Its caller has aborted. */
  gone?: boolean;
  /** It was not sent in the caller's own tick: its arguments may have been changed since. */
  later?: boolean;
  /** Its user has left: it is not sent again. */
  stale?: boolean;
  /** What its callers were told last: who joins is told the same. */
  told?: Wait;
  /** What its human wants done once. */
  intent?: Intent;
  /** Which feature it serves. */
  feature?: unknown;
  /** Of its answer, for who comes later. */
  status?: number;
  /** Whose copies may answer it, and which credentials they were asked with; undefined: none may. */
  shelf?: string | undefined;
  /** Its own header lines, if it has any. */
  fields?: string;
  /** Fetch's cache mode, by its code at the boundary. */
  asking: number;
  /** The greatest age that it accepts while the backend suffers, as the application wrote it: a switch or milliseconds. */
  most?: number;
  /** What it was asked with, to ask again. */
  asked?: Copy["asked"];
  /** The copy that the origin may confirm, and how it is asked to. */
  copy?: Copy | undefined;
  asks?: any;
  /** Looked for in what outlives the page. */
  recalled?: boolean;
  /** It is nobody's: only to bring that copy up to date. */
  renews?: boolean;
  /** There while it waits for a poll, or for the flight that it joined. */
  resolve?: ((value: any) => void) | undefined;
  reject?: (reason: unknown) => void;
}

/** A number that can be a time or a count, else NaN. */
export const natural = (value: unknown): number => (typeof value === "number" && value >= 0 ? value : NaN);

/** A call that has not asked yet. One literal, because a spread would cost more than the whole decision. */
export const newCall = (
  scope: Scope,
  key: string,
  method: string,
  url: string,
  how: number,
  patience: unknown,
  signal: Call["signal"],
  send: Call["send"],
): Call => ({
  scope,
  key,
  method,
  url,
  how,
  patience: natural(patience),
  signal,
  send,
  id: 0,
  shelf: undefined,
  asking: 0,
});

const blank = ({ mode }: Options) => ({
  /** Place in MODES. */
  mode: Math.max(0, MODES.indexOf(mode!)),
  /** What waits or is in flight, by its ticket's slot. */
  calls: [] as (Call | undefined)[],
  /** By name. */
  scopes: new Map<string, Scope>(),
  /** Handles of keys with the scope that each belongs to, and which key has each of the core's 1 024 slots. */
  keys: new Map<string, { handle: number; scope: Scope }>(),
  slots: [] as string[],
  /** Kept answers by URL, the newest first, and by the core's slots. */
  shelves: new Map<string, Copy>(),
  copies: [] as (Copy | undefined)[],
  /** What outlives the page, by user. */
  disks: new Map<string, Disk>(),
  /** URLs for which the browser's own cache may hold what is out of date. */
  past: new Set<string>(),
  /** Who asked last, and whether the browser's own cache may hold what is another's. */
  met: null as string | null,
  wary: false,
  /** Those without an answer, by their marks. */
  intents: new Map<string, Intent>(),
});

/** Forgets everything but the listeners: as newly made. */
export const renew = (room: Room): void => void Object.assign(room, blank(room.options));

/** By their codes at the boundary. */
export const MODES = ["on", "observe", "off"] as const;
export const PRIORITIES: readonly Priority[] = ["user-blocking", "user-visible", "background"];

/** Bits of the question. */
export const enum How {
  /** It only reads. */
  Safe = 4,
  /** It may be sent again. */
  Repeat = 8,
  /** It may share a flight. */
  Share = 16,
  /** Its first answer is handed over. */
  NoHold = 32,
  /** What it takes says nothing about the server. */
  Untimed = 64,
  /** A human has just pressed for it. */
  Press = 128,
}

/** The bits of a priority's word; `other` when it is none. */
export const priority = (word: unknown, other: number): number => {
  const place = word ? PRIORITIES.indexOf(word as Priority) : -1;
  return place < 0 ? other : place;
};

/** All state of one instance in this file's terms. */
export interface Room extends ReturnType<typeof blank> {
  /** Handle in the core; 0: not open. */
  id: number;
  disposed: boolean;
  readonly options: Options;
  /** What is wrong with the options; told once. */
  readonly faults: string[];
  readonly platform: Platform;
  /** The application has no say in scopes and keys: one plain GET of a URL is like another. */
  readonly plain: boolean;
  /** Equal requests in flight share one. */
  readonly shares: boolean;
  /** Answers are kept. */
  readonly caches: boolean;
  /** Whose time it is, by a word in storage; null: the first. Undefined: nobody knows. */
  era?: string | null | undefined;
  /** What outlives the page is being deleted. */
  emptied?: Promise<void>;
  /** It was told that what outlives the page is in trouble. */
  flawed?: boolean;
  /** By kind of event; the empty kind: the snapshot has changed. */
  readonly listeners: Map<string, Set<{ tell: (event: any) => void }>>;
  /** The page's features, by name. */
  readonly features: Map<string, Part>;
  /** Awaits the browser's own entries about requests, if the application named what to look for. */
  timing?: { expect: (call: Call, status: number) => void; end: () => void };
  /** Something that snapshots show may have changed. */
  changed: () => void;
  /** What the human's side does when all is over for somebody. */
  readonly ends: ((end: End) => void)[];
  /** Who wants to know what the requests of a signal wait for. */
  readonly waits: WeakMap<AbortSignal, (told: Wait) => void>;
}

/** For whom it is over. */
export const enum End {
  /** The user: what servers said about times stays. */
  User,
  /** Everybody: as newly made. */
  All,
  /** The instance itself. */
  Instance,
}

/** A page or a worker of a browser: what runs there belongs to one user. */
export const inBrowser = (): boolean => !!globalThis.document || "importScripts" in globalThis;

/** A room that was never used. */
export const newRoom = (options: Options, faults: string[]): Room => ({
  ...blank(options),
  id: 0,
  disposed: false,
  options,
  faults,
  platform: createPlatform(options.fetch),
  plain: !options.scope && !options.user,
  shares: typeof options.coalesce === "boolean" ? options.coalesce : inBrowser(),
  caches: options.keeps ?? inBrowser(),
  listeners: new Map(),
  features: new Map(),
  changed: () => {},
  ends: [],
  waits: new WeakMap(),
});
