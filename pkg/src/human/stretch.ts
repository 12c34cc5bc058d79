// By how much a wait grows while the server suffers.
import type { DebounceOptions } from "../../tidegate.d.ts";
import { now } from "../clock";
import { core } from "../core";
import { type Room, natural } from "../room";
import { STATES } from "../store";
import { stretch, stretchedLongest } from "#names";

/** The state of a scope as a place in STATES. Nominal where tidegate does not act: no core, not yet used, another mode. */
export const levelOf = (room: Room, scope: string, question: "pressure" | "typing"): number => {
  const id = !room.mode && room.scopes.get(scope)?.id;
  return id ? core(question, room.id, now(), id) & 3 : 0;
};

/** What a wait is multiplied by, per state. A factor that is no number from 1 up leaves the usual one. */
export const factorsOf = (given: DebounceOptions["stretch"]): readonly number[] =>
  given
    ? stretch.map((usual, place) => {
        const own = natural(given[STATES[place]!]);
        return own >= 1 && own < Infinity ? own : usual;
      })
    : stretch;

/** A wait of `ms`, multiplied; never beyond the longest stretch, and never shorter than it was. */
export const span = (ms: number, factor: number): number => (factor > 1 ? Math.min(ms * factor, Math.max(ms, stretchedLongest)) : ms);
