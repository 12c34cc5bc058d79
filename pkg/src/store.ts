// What one can see: pressure, and the snapshot for `useSyncExternalStore`.
import type { Pressure, PressureState, Snapshot } from "../tidegate.d.ts";
import { word } from "./answers";
import { epoch, now } from "./clock";
import { core, guard, state } from "./core";
import { attempt } from "./events";
import type { Room } from "./room";

const STATES: readonly PressureState[] = ["nominal", "fair", "serious", "critical"];
const { freeze } = Object;
const text = JSON.stringify;

/** The pressure of a scope, as it is now. A scope that was never used is nominal. */
export const pressureOf = (room: Room, scope: string): Pressure => {
  const id = room.id && room.scopes.get(scope)?.id;
  const t = now();
  const packed = id ? guard(0, () => core.pressure(room.id, t, id)) : 0;
  const closed = id ? epoch(guard(NaN, () => core.closed(room.id, t, id))) : null;
  const times = room.times.get(scope)!;
  const late = state === 3 && times > Date.now();
  return freeze({
    scope,
    state: STATES[packed & 3]!,
    value: (packed >>> 8) / 1e4,
    closedUntil: late ? times : closed,
    reason: word(late ? 1 : (packed >> 4) & 15),
  });
};

const make = (scopes: readonly Pressure[], queued: number, inFlight: number, at: number): Snapshot =>
  freeze({
    ready: (["loading", "loading", "wasm", "fallback"] as const)[at]!,
    scopes: freeze(scopes),
    features: freeze(Object.create(null)),
    queued,
    inFlight,
  });

const server = make([], 0, 0, 0);

/** What is shown before anything is known: also what a server renders. */
export const getServerSnapshot = (): Snapshot => server;

/** `subscribe` and `getSnapshot` of a room. */
export const createStore = (room: Room) => {
  const listeners = new Set<{ tell: () => void }>();
  let shown = server;
  let stale = false;
  let due = false;

  const getSnapshot = (): Snapshot => {
    const [queued, inFlight] = [2, 3].map((what) => (room.id && guard(0, () => core.told(room.id, what))) || 0) as [number, number];
    if (stale || queued !== shown.queued || inFlight !== shown.inFlight) {
      const used = [...room.scopes.values()].filter((scope) => scope.id || room.times.has(scope.name));
      const scopes = stale ? used.map((scope) => pressureOf(room, scope.name)) : shown.scopes;
      stale = false;
      const next = make(text(scopes) === text(shown.scopes) ? shown.scopes : scopes, queued, inFlight, state);
      if (text(next) !== text(shown)) shown = next;
    }
    return shown;
  };

  let told: unknown[] = [server.scopes, server.ready];
  room.changed = () => {
    stale = true;
    if (due || !listeners.size) return;
    due = true;
    // A task of its own: however much changes in one task, listeners run once.
    setTimeout(() => {
      due = false;
      const { scopes, ready } = getSnapshot();
      if (scopes === told[0] && ready === told[1]) return;
      told = [scopes, ready];
      for (const { tell } of [...listeners]) attempt(room, tell);
    }, 0);
  };

  return {
    getSnapshot,
    subscribe: (tell: () => void): (() => void) => {
      const entry = { tell };
      if (!listeners.size) ({ scopes: told[0], ready: told[1] } = getSnapshot());
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
  };
};
