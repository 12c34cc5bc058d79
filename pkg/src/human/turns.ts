// One run of an action's function at a time, the others in the order in which they were asked for.
import { define } from "../answers";
import { attempt } from "../events";
import { READERS } from "../flight";
import { type Intent, ask, intentOf, newKey, settle } from "../intents";
import type { Room } from "../room";
import { alike, quiet } from "./calls";
import type { Refusal } from "./refused";

const enum Most {
  /** Characters of arguments that make an intent, as of a body. */
  Hashed = 65536,
}

/** A run of the function, under way or waiting, and the promise of all who pressed for it. */
export interface Turn {
  readonly fn: (signal: any, ...args: any[]) => any;
  readonly args: unknown[];
  /** The application's word for its arguments. */
  readonly token: unknown;
  /** Who pressed. */
  readonly whose: string | null | undefined;
  readonly promise: Promise<any>;
  readonly keeps: (value: any) => void;
  readonly breaks: (cause: unknown) => void;
  readonly flight: AbortController;
  /** Reads how it ended. */
  readonly heeds: (outcome: any, failed: boolean, guesses: number) => Refusal | undefined;
  /** Others have joined. */
  shared?: boolean;
  intent?: Intent | undefined;
  /** It has come back. */
  back?: boolean;
}

export const newTurn = (fn: Turn["fn"], args: unknown[], token: unknown, whose: Turn["whose"], heeds: Turn["heeds"]): Turn => {
  let keeps: Turn["keeps"];
  let breaks: Turn["breaks"];
  const promise = quiet(new Promise((resolve, reject) => ((keeps = resolve), (breaks = reject))));
  return { fn, args, token, whose, promise, keeps: keeps!, breaks: breaks!, flight: new AbortController(), heeds };
};

/** Whether it is what a press asks for. Where nobody can say whose press it is, it is its own. */
export const fits = (turn: Turn, args: unknown[], token: unknown, user: Turn["whose"]): boolean =>
  user !== undefined && turn.whose === user && turn.token === token &&
  (token !== undefined || alike(args, turn.args));

/** Lets plain data through; throws at anything whose content cannot be told. */
const plain = (_: string, value: any): unknown => {
  const kind = Object(value) === value && !Array.isArray(value) ? Object.getPrototypeOf(value) : null;
  if ((kind && kind !== Object.prototype) || typeof value === "symbol" || (typeof value === "number" && !isFinite(value))) throw 0;
  return value === undefined ? "\0" : value;
};

/** The intent behind a turn; undefined: its arguments cannot be told, so that it is like no other. */
const intentBehind = (room: Room, name: string, { args, token, whose }: Turn): Intent | undefined => {
  if (whose === undefined) return;
  try {
    const text = JSON.stringify(["action", name, whose, token === undefined, token ?? args], plain);
    if (text.length <= Most.Hashed) return intentOf(room, text);
  } catch {
    // A file, an element, an event.
  }
  return;
};

/** The turn's signal with the key of its intent, which is looked up by who asks for it: nothing is stored for others. */
export const signalOf = (room: Room, name: string, turn: Turn): AbortSignal => {
  let key: string | undefined;
  return Object.defineProperty(turn.flight.signal, "idempotencyKey", {
    get: () => {
      if (!key) {
        if (!turn.back && (turn.intent = attempt(room, () => intentBehind(room, name, turn)))) ask(turn.intent);
        key = turn.intent?.key ?? newKey();
      }
      return key;
    },
  });
};

/** The turn has come back: so has its intent. Of what was thrown, the answer inside it counts. */
export const answered = (turn: Turn, outcome: any, failed: boolean): void => {
  turn.back = true;
  if (!turn.intent) return;
  const answer = failed ? (outcome?.response ?? outcome) : outcome?.headers ? outcome : { status: 200 };
  void settle(turn.intent, answer).catch(() => {});
};

/** A Response whose body all who pressed may read; a stream is read once all the same. */
export const open = (outcome: any): void => {
  // Hosts of tests may have none.
  if (!globalThis.Response || !(outcome instanceof Response)) return;
  const whole = outcome.arrayBuffer.bind(outcome);
  let bytes: Promise<ArrayBuffer> | undefined;
  const values: any = {};
  for (const read of READERS) {
    values[read] = async () => (new Response(await (bytes ??= whole()), { headers: outcome.headers }) as any)[read]();
  }
  define(outcome, values);
};
