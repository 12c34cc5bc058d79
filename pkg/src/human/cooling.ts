// How long a button rests after a refusal: kept over reloads, moved by no clock that is set back.
import type { Reason } from "../../tidegate.d.ts";
import { reasonOf } from "../answers";
import { now, wall } from "../clock";
import { shelve } from "../intents";
import type { Room } from "../room";
import { type Refusal, longest } from "./refused";
import { reasons } from "#names";

const SHELF = "actions";

/** A rest, or none. */
export interface Cooling {
  /** Epoch milliseconds; 0: none. */
  until: number;
  reason: Reason | null;
  /** Not a guess. */
  sure: boolean;
  /** Epoch milliseconds of its beginning. */
  since: number;
  /** The same on the core's axis, which knows a clock that was set from a closed lid. */
  axis: number;
  /** The clock when it was looked at last. */
  looked: number;
  /** Refusals in a row without a time. */
  guesses: number;
  /** A press has tried it. */
  tried: boolean;
  /** It stands in storage. */
  kept: boolean;
}

/** None. */
export const none = (): Cooling => ({ until: 0, reason: null, sure: true, since: 0, axis: 0, looked: 0, guesses: 0, tried: false, kept: false });

/** Nobody's laptop sleeps longer with a page open, as in the core's clock. Milliseconds. */
const MONTH = 30 * 86_400_000;

/** Whether it lasts. A clock that was set back, or forward by more than a sleep, takes its end along. */
export const lasts = (cooling: Cooling): boolean => {
  const at = now();
  const step = wall - cooling.looked;
  cooling.looked = wall;
  if (step < 0 || step > MONTH) {
    const since = wall - Math.max(0, at - cooling.axis);
    cooling.until += since - cooling.since;
    cooling.since = since;
  }
  return wall < cooling.until;
};

/** Whether it certainly lasts: looked at a moment ago, and no press may try it. The quick way, which keeps nothing in mind. */
export const surely = ({ until, looked, sure, tried }: Cooling): boolean => {
  try {
    const step = Date.now() - looked;
    return step >= 0 && step < 1000 && looked + step < until && (sure || tried);
  } catch {
    return false;
  }
};

/** It begins now. */
export const cool = (cooling: Cooling, { wait, reason, sure }: Refusal): void => {
  const axis = now();
  const guesses = sure ? 0 : cooling.guesses + 1;
  Object.assign(cooling, { until: Math.ceil(wall + wait), reason, sure, since: wall, axis, looked: wall, guesses, tried: false });
};

/** Writes it down for the page that comes after a reload; or strikes it off. */
export const keep = (room: Room, mark: string, cooling: Cooling): void => {
  const { until, since, reason, sure, guesses } = cooling;
  if (!until && !cooling.kept) return;
  cooling.kept = !!until;
  shelve(room, SHELF, mark, (lines, place) => {
    const others = lines.filter((line) => !line.startsWith(place));
    return until ? [`${place}${[until - since, reasons.indexOf(reason!), +sure, guesses]} ${since}`, ...others] : others;
  });
};

/** What the page before left. A clock that was moved can shorten it, never lengthen it. */
export const recall = (room: Room, mark: string, cooling: Cooling): void =>
  shelve(room, SHELF, mark, (lines, place) => {
    now();
    const rest = (line: string): Refusal & { guesses: number } => {
      const [, word, at] = line.split(" ") as [string, string, string];
      const [left, code, sure, guesses] = word.split(",").map(Number) as [number, number, number, number];
      const wait = Math.min(left, left - Math.max(0, wall - +at), longest(room, !!sure, 1.2));
      return { wait, reason: reasonOf(code << 4)!, sure: !!sure, guesses };
    };
    lines = lines.filter((line) => rest(line).wait > 0);
    const mine = lines.find((line) => line.startsWith(place));
    if (mine) {
      cool(cooling, rest(mine));
      cooling.guesses = rest(mine).guesses | 0;
      cooling.kept = true;
    }
    return lines;
  });

/** Forgets all of them. */
export const forgetCooling = (room: Room): void => shelve(room, SHELF, "", () => []);
