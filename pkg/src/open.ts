// The first use of an instance: starts the core and opens a room in it.
import { attend, forgotten, look } from "./cache/era";
import { flushAll } from "./cache/persist";
import { wipe } from "./cache/shelves";
import { now, wall } from "./clock";
import { core, load, put, start, State, state, watchers } from "./core";
import { fail, listen } from "./events";
import { after, drain, dropAll, releaseAll } from "./gate";
import { channelOf, instance, stage, storageOf } from "./options";
import { type Room, End, inBrowser } from "./room";
import { watchTiming } from "./timing";

/** Tells the human's side. */
export const end = ({ ends }: Room, how: End): void => ends.forEach((tell) => tell(how));

const enum Most {
  /** Longer messages are nobody's. */
  Message = 8192,
}

/** Forgets what belongs to the user: keys, and what waits. */
export const forgetUser = (room: Room): void => {
  room.keys.clear();
  room.slots = [];
  wipe(room);
  dropAll(room);
  end(room, End.User);
};

// What the timer, the page and the channel call; the core tells events apart by the fifth letter of their types.
const wake = (room: Room, event?: any): void => {
  if (!room.id) return;
  if (event) {
    const { type, data } = event;
    const ours = attend(room, event, () => forgetUser(room));
    flushAll(room);
    if (ours) return;
    const t = now();
    const said = typeof data === "string" && data.length < Most.Message ? put(data) : 0;
    const packed = core("woke", room.id, t, wall, `${type}`.charCodeAt(4), said);
    if (packed & 8) {
      forgetUser(room);
      forgotten(room);
    }
    after(room, packed);
  }
  drain(room);
};

// Outside a browser only what was given: one process serves many users there, and nothing keeps it alive.
const keep = (room: Room, call: (event?: any) => void): void => {
  const browser = inBrowser();
  const { options } = room;
  const channel = channelOf(options);
  let storage;
  try {
    storage = storageOf(options);
  } catch {
    // Reading the property alone may be denied.
  }
  look(room);
  const t = now();
  if (storage) core("keep", room.id, t, wall, storage as any, instance(options), browser);
  if (channel) core("share", room.id, t, wall, channel, call);
};

// Told when the core is there, or gone for good.
const watch = (room: Room): void => {
  const tell = (cause?: unknown): void => {
    room.changed();
    if (state !== State.Dead) return;
    releaseAll(room);
    fail(room, "fallback", cause);
  };
  watchers.set(room, tell);
  if (state === State.Dead) tell();
};

/** Whether this instance acts at all. */
export const active = (room: Room): boolean => room.mode < 2 && !room.disposed;

/** Whether the gate can be asked. */
export const open = (room: Room): boolean => {
  if (room.id) return state === State.Runs;
  const { options, faults } = room;
  if (!watchers.has(room)) watch(room);
  if (options.wasm !== undefined) void load(options.wasm);
  if (!start()) return false;
  stage(room);
  const call = (event?: any): void => wake(room, event);
  room.id = core("open", options.seed ?? NaN, call) || 0;
  listen(room);
  keep(room, call);
  watchTiming(room);
  // Elsewhere than in a page nobody would say that it is over.
  if (globalThis.document && globalThis.navigator?.onLine === false) wake(room, { type: "offline" });
  if (room.mode) setMode(room, room.mode);
  if (faults.length) fail(room, `options: ${faults.splice(0).join(", ")}`);
  return state === State.Runs;
};

/** Tells the core the mode. */
export const setMode = (room: Room, mode: number): void => {
  room.mode = mode;
  after(room, core("set_mode", room.id, now(), mode));
};

/** Closes the room in the core; its timer and listeners are gone. */
export const shut = (room: Room): void => {
  room.timing?.end();
  delete room.timing;
  core("shut", room.id, now());
  room.id = 0;
  for (const part of room.features.values()) {
    part.at = 0;
    part.forced = null;
  }
};
