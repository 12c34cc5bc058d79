// Whether an outcome is a refusal, and until when: read from what the common clients throw and answer.
import type { Hints, Reason } from "../../tidegate.d.ts";
import { ours } from "../answers";
import { spread, today } from "../clock";
import { after } from "../fallback";
import { readHints } from "../hints";
import { nameOf } from "../keys";
import type { Room } from "../room";
import { pressureOf } from "../store";
import { longestGuess, obeyed } from "#names";

/** Milliseconds. */
const enum Most {
  /** That an application may have a server's word obeyed. */
  Day = 86_400_000,
  /** The first guess is between this and twice this: long enough to read that it failed. */
  First = 1000,
}

/** A run that was refused. */
export interface Refusal {
  /** Milliseconds from now. */
  wait: number;
  readonly reason: Reason;
  /** Named by the server or the application, not guessed: no press tries it before. */
  readonly sure: boolean;
}

/** Those that refuse whatever else they say; the core knows more. */
const REFUSALS = [429, 503, 529];

const named = (reason: Reason | null): boolean => reason === "retry-after" || reason === "quota";

/** The longest that a time is obeyed, in milliseconds. `spread`: it holds a spread already. */
export const longest = ({ options }: Room, sure: boolean, spread = 1): number => {
  const most = (options as any).maxHint;
  return sure ? (most >= 1 && most <= Most.Day ? most : obeyed) * spread : longestGuess;
};

/** What no server named: longer with each in a row. */
const guess = (refusals: number): number => Math.min(longestGuess, Most.First * (1 + Math.random()) * 2 ** Math.min(refusals, 9));

/**
 * Reads an outcome; `failed`: it was thrown. Of `refusals` in a row before this one no time was known. Undefined: it is no
 * refusal, or cannot be read.
 */
export const readRefusal = (room: Room, outcome: any, failed: boolean, scope: string | URL | undefined, refusals: number): Refusal | undefined => {
  try {
    const answer = (failed && outcome?.response) || outcome;
    const own = ours(outcome) ?? ours(answer);
    const { status = answer?.statusCode, headers } = answer ?? {};
    let reason: Reason = "overload";
    let wait: number | null = null;
    let spent = 1.2;
    if (own) {
      reason = own.reason;
      // No server's word: an action that was pressed from inside itself.
      if (reason === "repeat") return;
      if (own.retryAt !== null) wait = own.retryAt - today();
    } else {
      if (!(status >= 400) || (!failed && !headers)) return;
      let hints: Partial<Hints> = {};
      try {
        hints = readHints({ status, headers });
      } catch {
        // No core: the status and Retry-After must do.
      }
      const { waitMs, overloaded } = hints;
      if (!overloaded && !REFUSALS.includes(status) && !(status >= 500 && waitMs! > 0)) return;
      const field = (name: string): any => headers?.get?.(name) ?? headers?.[name];
      wait = waitMs ?? (after(field("retry-after")) || null);
      if (!field("x-tidegate")) spent = 1;
      if (wait !== null) reason = "retry-after";
    }
    const { closedUntil, reason: why } = pressureOf(room, nameOf(scope ?? (answer.url || undefined)));
    const closed = closedUntil ? closedUntil - today() : 0;
    if (wait === null) {
      // What the gate holds it will hold for this button too.
      if (closed > 0) return { wait: closed, reason: why ?? reason, sure: named(why) };
      return { wait: guess(refusals), reason, sure: false };
    }
    wait = Math.max(0, Math.min(wait, longest(room, true, spent)));
    // The gate has spread the same word: who comes back then does not wait again.
    if (spent === 1) wait = closed >= wait && closed <= wait + Math.max(1000, wait / 5) ? closed : spread(wait);
    return { wait, reason, sure: !own || named(reason) };
  } catch {
    // Getters of a stranger.
    return;
  }
};
