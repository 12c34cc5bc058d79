// lodash's debounce to the letter, also where that is odd (`flush` leaves its timer running): only what it waits by grows
// under pressure. The state is looked at when a wait begins, when a timer rings, and when the core tells of a change.
import type { Debounced, DebounceOptions } from "../../tidegate.d.ts";
import { nameOf } from "../keys";
import type { Room } from "../room";
import { factorsOf, levelOf, span } from "./stretch";
import { type Alarm, type Owner, arm, disarm, lost } from "./timers";
import { stretchLook } from "#names";

/** What somebody gave as options; what is no object says nothing. */
export const object = (given: any): any => (Object(given) === given ? given : {});

/** A switch among them, as lodash reads it: there or not, not undefined or not. */
export const flag = (options: any, name: string, usual: boolean): boolean => (name in options ? !!options[name] : usual);

/** As lodash coerces: what is no number is none. */
const number = (value: any): number => (typeof value === "symbol" ? 0 : +value || 0);

/** One debounced function, in lodash's terms. */
interface Box extends Owner {
  readonly room: Room;
  /** The alarms of its room. */
  readonly armed: Set<Alarm>;
  readonly fn: any;
  readonly scope: string;
  readonly factors: readonly number[];
  /** As they were given, and as they are in the present state. */
  readonly least: number;
  readonly greatest: number;
  wait: number;
  maxWait: number;
  /** The state, as a place in STATES. */
  level: number;
  readonly leading: boolean;
  readonly trailing: boolean;
  readonly maxing: boolean;
  /** What the core is asked for the state. */
  readonly question: "pressure" | "typing";
  alarm: Alarm | undefined;
  lastArgs: IArguments | undefined;
  lastThis: unknown;
  lastCall: number | undefined;
  lastInvoke: number;
  result: unknown;
}

const look = (box: Box): boolean => {
  const { level, factors, least, greatest } = box;
  const factor = factors[(box.level = levelOf(box.room, box.scope, box.question))]!;
  box.wait = span(least, factor);
  box.maxWait = span(greatest, factor);
  return box.level !== level;
};

const start = (box: Box, delay: number, time: number): void => {
  // Pressure sinks without a word.
  box.armed.add((box.alarm = arm(box, box.level ? Math.min(delay, stretchLook) : delay, time)));
};

const stop = (box: Box): void => {
  if (!box.alarm) return;
  box.armed.delete(box.alarm);
  disarm(box.alarm);
  box.alarm = undefined;
};

const invoke = (box: Box, time: number): unknown => {
  const { fn, lastArgs, lastThis } = box;
  box.lastArgs = box.lastThis = undefined;
  box.lastInvoke = time;
  return (box.result = fn.apply(lastThis, lastArgs));
};

// The first call; the wait is over; the clock was set back; or the longest wait is reached.
const due = ({ lastCall, wait, maxing, lastInvoke, maxWait }: Box, time: number): boolean => {
  const since = time - lastCall!;
  return lastCall === undefined || since >= wait || since < 0 || (maxing && time - lastInvoke >= maxWait);
};

const end = (box: Box, time: number): unknown => {
  box.alarm = undefined;
  if (box.trailing && box.lastArgs) return invoke(box, time);
  box.lastArgs = box.lastThis = undefined;
  return box.result;
};

const cancel = (box: Box): void => {
  stop(box);
  box.lastInvoke = 0;
  box.lastArgs = box.lastThis = box.lastCall = undefined;
};

const ring = (box: Box, time: number, rung: Alarm): void => {
  box.armed.delete(rung);
  look(box);
  if (due(box, time)) return void end(box, time);
  const left = box.maxing ? box.maxWait - (time - box.lastInvoke) : Infinity;
  start(box, Math.min(box.wait - (time - box.lastCall!), left), time);
};

const call = (box: Box, self: unknown, args: IArguments): unknown => {
  const time = Date.now();
  if (!box.alarm || lost(box.alarm, time)) {
    stop(box);
    look(box);
  }
  const invoking = due(box, time);
  box.lastArgs = args;
  box.lastThis = self;
  box.lastCall = time;
  if (invoking) {
    if (!box.alarm) {
      box.lastInvoke = time;
      start(box, box.wait, time);
      return box.leading ? invoke(box, time) : box.result;
    }
    if (box.maxing) {
      stop(box);
      start(box, box.wait, time);
      return invoke(box, time);
    }
  }
  if (!box.alarm) start(box, box.wait, time);
  return box.result;
};

/** Makes one. */
export const make = (room: Room, armed: Set<Alarm>, fn: any, wait: any, options: DebounceOptions, question: Box["question"] = "pressure"): Debounced<any> => {
  if (typeof fn !== "function") throw new TypeError("Expected a function");
  const least = number(wait);
  const leading = flag(options, "leading", false);
  const maxing = "maxWait" in options;
  const greatest = maxing ? Math.max(number(options.maxWait), least) : 0;
  const trailing = flag(options, "trailing", true);
  const { signal } = options;
  const box: Box = {
    room,
    armed,
    fn,
    scope: nameOf(options.scope),
    factors: factorsOf(options.stretch),
    least,
    greatest,
    wait: 0,
    maxWait: 0,
    level: 0,
    leading,
    trailing,
    maxing,
    question,
    alarm: undefined,
    lastArgs: undefined,
    lastThis: undefined,
    lastCall: undefined,
    lastInvoke: 0,
    result: undefined,
    ring: (time, rung) => ring(box, time, rung),
    look: () => look(box),
    cancel: () => cancel(box),
  };
  look(box);
  const debounced: any = function (this: unknown) {
    return signal?.aborted ? box.result : call(box, this, arguments);
  };
  debounced.cancel = box.cancel;
  debounced.flush = () => (box.alarm ? end(box, Date.now()) : box.result);
  debounced.isPending = () => !!box.alarm;
  signal?.addEventListener?.("abort", box.cancel, { once: true });
  return debounced;
};
