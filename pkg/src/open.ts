// The first use of an instance: starts the core and opens a room in it.
import { now } from "./clock";
import { core, guard, load, start, state, watchers } from "./core";
import { fail, listen } from "./events";
import { after, drain, releaseAll } from "./gate";
import { stage } from "./options";
import type { Room } from "./room";

// The core is there, or gone for good.
const turn = (room: Room, cause?: unknown): void => {
  room.changed();
  if (state !== 3) return;
  releaseAll(room);
  fail(room, "fallback", cause);
};

/** Whether the gate can be asked. `faults`: what is wrong with the options, told once. */
export const open = (room: Room, faults: string[]): boolean => {
  if (room.id) return state === 2;
  if (!room.watch) {
    watchers.add((room.watch = (cause) => turn(room, cause)));
    if (state === 3) turn(room);
  }
  if (!state && room.options.wasm !== undefined) void load(room.options.wasm);
  if (!start()) return false;
  const refused = stage(room.options);
  room.id = guard(0, () => core.open(room.options.seed ?? NaN, () => drain(room)));
  if (!room.id) return false;
  listen(room);
  if (room.mode) setMode(room, room.mode);
  for (const path of faults.splice(0)) refused.push(path);
  if (refused.length) fail(room, `options: ${refused.join(", ")}`);
  return state === 2;
};

/** Tells the core the mode. */
export const setMode = (room: Room, mode: number): void => {
  room.mode = mode;
  const t = now();
  if (room.id) after(room, guard(0, () => core.set_mode(room.id, t, mode)));
};

/** Closes the room in the core; its timer and listeners are gone. */
export const shut = (room: Room): void => {
  if (room.id) guard(undefined, () => core.shut(room.id));
  room.id = 0;
};
