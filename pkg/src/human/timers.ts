// One timer for all that waits here: an indexed heap by deadline, then by order of arming. Only `Date.now` is read, by
// whoever arms, and by the wake-up once for each that it rings, as separate timers would; `setTimeout` is looked up at
// call time, because fake timers come and go in tests. A clock set back begins a new timer: what the old one waits for
// is due when it was.

import { timer } from "../clock";

/** Who waits. */
export interface Owner {
  /** Its time has come, or may have; `time`: by `Date.now`. */
  ring(time: number, alarm: Alarm): void;
  /** Looks at the state of its scope; whether that has changed. */
  look(): boolean;
  /** Nobody wants it any more. */
  cancel(): void;
}

/** One wait. */
export interface Alarm {
  readonly owner: Owner;
  readonly house: House;
  /** On the axis of its house, milliseconds. */
  due: number;
  /** Order of arming. */
  readonly turn: number;
  /** In the heap; -1: not any more. */
  at: number;
}

/** A platform's timer, and all that share it. */
interface House {
  readonly set: typeof setTimeout;
  readonly clear: typeof clearTimeout;
  readonly heap: Alarm[];
  /** The last reading of `Date.now`, and the sum of its steps forward. */
  wall: number;
  axis: number;
  handle?: ReturnType<typeof setTimeout> | undefined;
  /** When the timer is due, on the axis and by `Date.now`. */
  due: number;
  until: number;
  /** When it was armed, by `Date.now`, and whether that was in this very turn: nobody has taken it away, or set the clock. */
  since: number;
  fresh: boolean;
  /** It rings just now, and is armed when it has done. */
  rings: boolean;
}

const enum Most {
  /** A longer delay overflows and fires at once. */
  Delay = 2 ** 31 - 1,
}

let house: House | undefined;
let turns = 0;

const before = (a: Alarm, b: Alarm): boolean => a.due < b.due || (a.due === b.due && a.turn < b.turn);

// Puts an alarm where it belongs, from place `at` on, upwards or downwards.
const sift = (heap: Alarm[], alarm: Alarm, at: number): void => {
  for (let up; at && before(alarm, heap[(up = (at - 1) >> 1)]!); at = up) (heap[at] = heap[up]!).at = at;
  for (;;) {
    let down = 2 * at + 1;
    if (down + 1 < heap.length && before(heap[down + 1]!, heap[down]!)) down++;
    if (down >= heap.length || before(alarm, heap[down]!)) break;
    (heap[at] = heap[down]!).at = at;
    at = down;
  }
  (heap[at] = alarm).at = at;
};

const read = (here: House, time: number): void => {
  const step = time - here.wall;
  if (!(Math.abs(step) < Infinity)) return;
  here.wall = time;
  here.axis += Math.max(0, step);
};

// Arms the platform's timer for the first of all, or not at all.
const wind = (here: House): void => {
  const { heap, clear, set } = here;
  if (here.handle !== undefined) clear(here.handle);
  here.handle = undefined;
  here.until = Infinity;
  if (!heap[0]) return;
  const delay = Math.min(Most.Delay, Math.max(0, heap[0].due - here.axis));
  here.due = here.axis + delay;
  here.since = here.wall;
  here.until = here.wall + delay;
  here.handle = timer(() => wake(here), delay, set);
  if (here.fresh) return;
  here.fresh = true;
  void Promise.resolve().then(() => (here.fresh = false));
};

// What throws is thrown on, as from a timer of its own; the others that are due are rung in the next turn.
const wake = (here: House): void => {
  const { heap } = here;
  const last = turns;
  let time = Date.now();
  read(here, time);
  // The timer knows better than a clock that was set back.
  if (here.axis < here.due) here.axis = here.due;
  const { axis } = here;
  here.handle = undefined;
  here.rings = true;
  try {
    for (let rung = 0, next; (next = heap[0]) && next.due <= axis && next.turn <= last; rung++) {
      if (rung) read(here, (time = Date.now()));
      disarm(next);
      next.owner.ring(time, next);
    }
  } finally {
    here.rings = false;
    // What it has just armed by itself needs no other reading.
    if (heap[1] || heap[0]?.turn! <= last) read(here, Date.now());
    wind(here);
  }
};

/** Rings `owner` after `delay` milliseconds from `time`; what is no positive number is none. */
export const arm = (owner: Owner, delay: number, time: number): Alarm => {
  const set = setTimeout;
  if (!house || house.set !== set || time < house.wall) {
    house = { set, clear: clearTimeout, heap: [], wall: time, axis: 0, due: 0, since: 0, until: Infinity, fresh: false, rings: false };
  }
  const { heap } = house;
  read(house, time);
  // Whole milliseconds, as the platform counts.
  const alarm = { owner, house, due: house.axis + (delay > 0 ? Math.max(1, Math.trunc(delay)) : 0), turn: ++turns, at: 0 };
  sift(heap, alarm, heap.length);
  // Anew at each later time and turn too: clocks are set forward, and tests empty their timers, without a word.
  if (!house.rings && (!alarm.at || !house.fresh || house.since !== house.wall)) wind(house);
  return alarm;
};

/** Takes an alarm back, if it is still there. */
export const disarm = (alarm: Alarm): void => {
  const { house: here, at } = alarm;
  if (at < 0) return;
  alarm.at = -1;
  const last = here.heap.pop()!;
  if (last !== alarm) sift(here.heap, last, at);
  else if (!at && !here.rings) wind(here);
};

/** Rings as soon as possible. */
export const hasten = (alarm: Alarm): void => {
  const { house: here, at } = alarm;
  if (at < 0) return;
  alarm.due = 0;
  sift(here.heap, alarm, at);
  if (!here.rings) wind(here);
};

/** Whether its timer has gone with the functions that set it. One that only may have gone is armed anew. */
export const lost = ({ house: here }: Alarm, time: number): boolean => {
  if (here.set !== setTimeout) return true;
  if (time < here.wall && house === here) house = undefined;
  if (time > here.until && !here.fresh && !here.rings) {
    read(here, time);
    wind(here);
  }
  return false;
};
