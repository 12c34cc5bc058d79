// One axis for all rooms: it runs on when the lid is closed, and never back. `Date` and `performance` are looked up
// at call time, because fake timers come and go in tests.
import { core } from "./core";

/** The wall clock of the last `now()`, epoch milliseconds. */
export let wall = NaN;
let axis = 0;

/** Milliseconds on the core's axis. Small forward steps are taken from the wall clock; the core judges the others. A clock that fails stands still. */
export const now = (): number => {
  const before = wall;
  try {
    const step = -wall + (wall = Date.now());
    if (step >= 0 && step < 1000) return (axis += step);
    const mono = globalThis.performance?.now() ?? wall;
    // Where the core begins, so that it may come later.
    axis = core("clock", mono, wall) || Math.max(axis, mono);
  } catch {
    wall = before;
  }
  return axis;
};

/** Epoch milliseconds. */
export const today = (): number => {
  now();
  return wall;
};

/** A wait with its spread behind it, milliseconds: a fifth of it and at least a second, so that those who wait for one moment do not come back at once. */
export const spread = (wait: number): number => wait + Math.random() * Math.max(1000, wait / 5);

/** A timer, by the platform's function of this moment or by `set`; where the host sets none, the next turn. */
export const timer = (run: () => void, ms?: number, set = setTimeout): any => {
  try {
    return set(run, ms);
  } catch {
    return void Promise.resolve().then(run);
  }
};

/** A point of the axis as epoch milliseconds, rounded up; null for none. */
export const epoch = (at: number): number | null => (at === at ? Math.ceil(wall + at - axis - 1e-3) : null);
