// What a response said, for those who listen; and what it could not say because CORS hides it.
import type { TidegateEvents } from "../tidegate.d.ts";
import { wall } from "./clock";
import { emit } from "./events";
import { decode } from "./hints";
import type { Call, Room } from "./room";

/** By name: a star does not count where credentials are sent. */
const EXPOSE = "Access-Control-Expose-Headers: Retry-After, RateLimit, RateLimit-Policy, Backpressure, Date";

const listens = ({ listeners }: Room, kind: keyof TidegateEvents): boolean => !!listeners.get(kind)?.size;

/** Reads again what has just crossed, `length` bytes of it; answers how to tell it once all state is settled. */
export const explain = (room: Room, call: Call, status: number, answer: any, length: number): (() => void) | undefined => {
  if (!room.listeners.size) return;
  const { scope, id, label = null } = call;
  const hidden = listens(room, "unexposed") && answer?.type === "cors" && !scope.advised;
  if (!hidden && !(listens(room, "hint") && (length || status >= 400))) return;
  const { hints, field } = decode(status, wall, length);
  return () => {
    if (field) emit(room, "hint", { id, label, scope: scope.name, hints, field } satisfies TidegateEvents["hint"]);
    if (!hidden || !hints.overloaded || hints.waitMs !== null) return;
    scope.advised = true;
    emit(room, "unexposed", { scope: scope.name, status, advice: EXPOSE } satisfies TidegateEvents["unexposed"]);
  };
};
