// Events: recorded by the core only while somebody listens, told when all state is settled.
import type { TidegateEvents } from "../tidegate.d.ts";
import { reasonOf } from "./answers";
import { holder } from "./calls";
import { epoch } from "./clock";
import { core, registers } from "./core";
import { type Room, PRIORITIES } from "./room";
import { pressureOf, STATES } from "./store";

/** By the core's codes: the kind, and what such an event calls its reason, time, priority and number; empty: it has none. */
const KINDS = [
  "",
  "pressure",
  "wait,reason,until,priority",
  "shed,reason,retryAt,priority",
  "retry,reason,at,,attempt",
  "coalesced,,,,callers",
  "error",
  "feature",
  "stale,reason,until,,age",
].map((kind) => kind.split(",")) as [string, ...string[]][];
const ERRORS = ["", "events dropped", "malformed hints", "scopes full", "storage", "channel"];

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
export const emit = (room: Room, type: string, event?: unknown): void => {
  for (const { tell } of [...(room.listeners.get(type) ?? [])]) {
    // A listener for errors that throws would be told its own exception for ever.
    if (type === "error") try { tell(event); } catch {}
    else attempt(room, () => tell(event));
  }
};

/** Tells that tidegate itself is in trouble. */
export const fail = (room: Room, message: string, cause?: unknown): void =>
  emit(room, "error", (__DEV__ ? { message, cause } : { message }) satisfies TidegateEvents["error"]);

/** Tells the core which kinds are listened to. */
export const listen = (room: Room): void => {
  let mask = 0;
  // Who listens to one feature sees what snapshots show.
  for (const [type, all] of room.listeners) if (all.size) KINDS.forEach(([kind], code) => (mask |= kind === type.replace(/^\..*/s, "") ? 1 << code : 0));
  core("listen", room.id, mask);
};

/** Adds a listener; answers how to take it away. */
export const on = (room: Room, type: string, tell: (event: any) => void): (() => void) => {
  const entry = { tell };
  let all = room.listeners.get(type);
  if (!all) room.listeners.set(type, (all = new Set()));
  all.add(entry);
  listen(room);
  return () => {
    all.delete(entry);
    listen(room);
  };
};

/** Tells what the core recorded. */
export const drainEvents = (room: Room): void => {
  for (let at; (at = core("event", room.id)); ) {
    const [id, handle, why, time, urgency, extra, kind] = [0, 1, 2, 3, 4, 5, 6].map(registers(at)) as [number, number, number, number, number, number, number];
    const scope = [...room.scopes.values()].find((each) => each.id === handle)?.name ?? "";
    const [type, ...members] = KINDS[kind]!;
    const event: any = { id, label: holder(room, id)?.label ?? null, scope };
    const values = [reasonOf(why << 4), epoch(time), PRIORITIES[urgency], extra];
    members.forEach((name, place) => name && (event[name] = values[place]));
    if (type === "error") fail(room, ERRORS[extra]!);
    else if (kind === 7) {
      const name = [...room.features.values()].find((part) => part.at === id)?.name;
      if (name !== undefined) emit(room, type, { name, enabled: extra > 0, state: STATES[urgency]! } satisfies TidegateEvents["feature"]);
    } else emit(room, type, kind < 2 ? pressureOf(room, scope) : event);
  }
};
