// The first use of an instance: starts the core and opens a room in it.
import { now } from "./clock";
import { core, load, start, State, state, watchers } from "./core";
import { fail, listen } from "./events";
import { after, drain, releaseAll } from "./gate";
import { stage } from "./options";
import type { Room } from "./room";
import { watchTiming } from "./timing";

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
  room.id = core("open", options.seed ?? NaN, () => drain(room)) || 0;
  listen(room);
  watchTiming(room);
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
  core("shut", room.id);
  room.id = 0;
};
