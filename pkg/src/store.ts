// What one can see: pressure, and the snapshot for `useSyncExternalStore`.
import type { Pressure, PressureState, Snapshot } from "../tidegate.d.ts";
import { reasonOf } from "./answers";
import { epoch, now, timer, wall } from "./clock";
import { core, state } from "./core";
import { emit, on } from "./events";
import { enabled } from "./human/feature";
import type { Room } from "./room";

export const STATES: readonly PressureState[] = ["nominal", "fair", "serious", "critical"];
const { freeze } = Object;

/** The pressure of a scope, as it is now. A scope that was never used is nominal. */
export const pressureOf = (room: Room, scope: string): Pressure => {
  const { id, time } = room.scopes.get(scope) ?? { id: 0, time: 0 };
  const t = now();
  const packed = core("pressure", room.id, t, id);
  const closed = epoch(core("closed", room.id, t, id));
  const late = time > wall;
  return freeze({
    scope,
    state: STATES[packed & 3]!,
    value: (packed >>> 8) / 1e4,
    closedUntil: late ? time : closed,
    reason: late ? "retry-after" : reasonOf(packed),
  });
};

const make = (ready: Snapshot["ready"], scopes: readonly Pressure[], features: [string, boolean][], queued = 0, inFlight = 0): Snapshot =>
  // Whatever a feature is called, it is a name like any other.
  freeze({ ready, scopes: freeze(scopes), features: freeze(Object.assign(Object.create(null), Object.fromEntries(features))), queued, inFlight });

const text = JSON.stringify;
/** What listeners are told about. */
const news = ({ ready, scopes, features }: Snapshot): string => text([ready, scopes, features]);

const coarse = (scopes: readonly Pressure[]): string => scopes.map(({ state, closedUntil }) => state + !closedUntil).join();

/** `subscribe` and `getSnapshot` of a room. */
export const createStore = (room: Room) => {
  const parts = (on?: boolean) => [...room.features].map(([name, part]): [string, boolean] => [name, on ?? enabled(room, part)]);
  const render = () => make("loading", [], parts(true));
  let server = render();
  let shown = server;
  let written = text(shown);
  let told = news(shown);
  let stale = false;
  let due = false;

  const getSnapshot = (): Snapshot => {
    const count = (what: number): number => core("told", room.id, what) || 0;
    let { ready, scopes } = shown;
    // Nobody is told of a change that nobody subscribed to: whoever asks all the same gets the state as it is now. A level
    // that sinks within its state is no change, or two looks in a row would never see the same object.
    if (stale || !room.listeners.get("")?.size) {
      const fresh = [...room.scopes.keys()].map((name) => pressureOf(room, name));
      if (stale || coarse(fresh) !== coarse(scopes)) {
        ready = state || "loading";
        scopes = fresh;
      }
    }
    stale = false;
    const next = make(ready, scopes, parts(), count(2), count(3));
    if (written !== (written = text(next))) shown = next;
    return shown;
  };

  room.changed = () => {
    stale = true;
    if (due || !room.listeners.get("")?.size) return;
    due = true;
    // A task of its own: however much changes in one task, listeners run once.
    timer(() => {
      due = false;
      if (told !== (told = news(getSnapshot()))) emit(room, "");
      // Said, because Node's mock timers lose one that has no delay.
    }, 0);
  };

  return {
    getSnapshot,
    /** What is shown before anything is known: also what a server renders. */
    getServerSnapshot: (): Snapshot => {
      const fresh = render();
      if (text(server) !== text(fresh)) server = fresh;
      return server;
    },
    subscribe: (tell: () => void): (() => void) => {
      if (!due) told = news(getSnapshot());
      return on(room, "", tell);
    },
  };
};
