// One axis for all rooms: it runs on when the lid is closed, and never back. `Date` and `performance` are looked up
// at call time, because fake timers come and go in tests.
import { core } from "./core";

/** The wall clock of the last `now()`, epoch milliseconds. */
export let wall = NaN;
let axis = 0;

/** Milliseconds on the core's axis. Small forward steps are taken from the wall clock; the core judges the others. */
export const now = (): number => {
  const step = -wall + (wall = Date.now());
  return (axis = step >= 0 && step < 1000 ? axis + step : core("clock", globalThis.performance?.now() ?? wall, wall) || axis);
};

/** A point of the axis as epoch milliseconds, rounded up; null for none. */
export const epoch = (at: number): number | null => (at === at ? Math.ceil(wall + at - axis - 1e-3) : null);
