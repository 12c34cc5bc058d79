// Events: recorded by the core only while somebody listens, told when all state is settled.
import type { TidegateEvents } from "../tidegate.d.ts";
import { word } from "./answers";
import { epoch, wall } from "./clock";
import { core, guard } from "./core";
import { type Call, type Room, PRIORITIES } from "./room";
import { pressureOf } from "./store";

/** By the core's codes. */
const KINDS = ["", "pressure", "wait", "shed", "retry", "coalesced", "error"] as const;
const ERRORS = ["", "events dropped", "malformed hints", "scopes full"];

/** What a function of the application answers. An exception is told as an `error` event and goes no further. */
export const attempt = <T>(room: Room, call: () => T): T | undefined => {
  try {
    return call();
  } catch (cause) {
    fail(room, "callback", cause);
    return;
  }
};

/** Tells an event to those who listen. */
export const emit = <K extends keyof TidegateEvents>(room: Room, type: K, event: TidegateEvents[K]): void => {
  for (const { tell } of [...(room.listeners.get(type) ?? [])]) {
    // A listener for errors that throws would be told its own exception for ever.
    if (type === "error") try { tell(event); } catch {}
    else attempt(room, () => tell(event));
  }
};

/** Tells that tidegate itself is in trouble. */
export const fail = (room: Room, message: string, cause?: unknown): void =>
  emit(room, "error", __DEV__ ? { message, cause } : { message });

/** Tells the core which kinds are listened to. */
export const listen = (room: Room): void => {
  let mask = 0;
  KINDS.forEach((kind, code) => (mask |= room.listeners.get(kind)?.size ? 1 << code : 0));
  if (room.id) guard(undefined, () => core.listen(room.id, mask));
};

/** Adds a listener; answers how to take it away. */
export const on = (room: Room, type: string, tell: (event: any) => void): (() => void) => {
  const entry = { tell };
  let all = room.listeners.get(type);
  if (!all) room.listeners.set(type, (all = new Set()));
  all.add(entry);
  listen(room);
  return () => {
    if (all.delete(entry)) listen(room);
  };
};

const PATIENCE = 8_000;

/** Until when a request waits at most: a place in a queue has no time of its own, but patience has an end. */
export const latest = (call: Call | undefined, at: number): number => epoch(at) ?? wall + (call?.patience || PATIENCE);

/** Tells what the core recorded. */
export const drainEvents = (room: Room): void => {
  for (let kind; (kind = guard(0, () => core.event(room.id))); ) {
    const [id, handle, why, at, priority, extra] = guard([0, 0, 0, NaN, 0, 0], () => [0, 1, 2, 3, 4, 5].map((part) => core.at(part))) as [number, number, number, number, number, number];
    const scope = room.handles.get(handle)?.name ?? "";
    const call = room.calls.get(id);
    const label = call?.label ?? null;
    const reason = word(why);
    const time = epoch(at);
    emit(room, KINDS[kind] as any, [
      () => pressureOf(room, scope),
      () => ({ id, label, scope, reason, until: latest(call, at), priority: PRIORITIES[priority] }),
      () => ({ id, label, scope, reason, retryAt: time, priority: PRIORITIES[priority] }),
      () => ({ id, label, scope, attempt: extra, at: time, reason }),
      () => ({ id, label, scope, callers: extra }),
      () => ({ message: ERRORS[extra] }),
    ][kind - 1]!());
  }
};
