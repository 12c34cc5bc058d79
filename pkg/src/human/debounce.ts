// lodash's debounce to the letter, also where that is odd (`flush` leaves its timer running): only what it waits by grows
// under pressure. The state is looked at when a wait begins, when a timer rings, and when the core tells of a change.
import type { Debounced, DebounceOptions } from "../../tidegate.d.ts";
import { nameOf } from "../keys";
import type { Room } from "../room";
import { factorsOf, levelOf, span } from "./stretch";
import { type Alarm, type Owner, arm, disarm, hasten, lost } from "./timers";
import { stretchLook } from "#names";

/** What somebody gave as options; what is no object says nothing. */
export const object = (given: any): any => (Object(given) === given ? given : {});

/** A switch among them, as lodash reads it: there or not, not undefined or not. */
export const flag = (options: any, name: string, usual: boolean): boolean => (name in options ? !!options[name] : usual);

/** As lodash coerces: what is no number is none. */
const number = (value: any): number => (typeof value === "symbol" ? 0 : +value || 0);

/** What can be said only here; `hurry` looks again at once whether the time has come. */
export interface Made {
  readonly debounced: Debounced<any>;
  readonly hurry: () => void;
}

/**
 * Makes one. `armed`: the alarms of the room. `hold`: asked under pressure when the time has come, answers the
 * milliseconds that it may be put off; what `maxWait` leaves is less, if anything.
 */
export const make = (room: Room, armed: Set<Alarm>, fn: any, given: any, options: DebounceOptions, hold?: (time: number) => number): Made => {
  if (typeof fn !== "function") throw new TypeError("Expected a function");
  const least = number(given);
  const leading = flag(options, "leading", false);
  const maxing = "maxWait" in options;
  const greatest = maxing ? Math.max(number(options.maxWait), least) : 0;
  const trailing = flag(options, "trailing", true);
  const { signal } = options;
  const name = nameOf(options.scope);
  const factors = factorsOf(options.stretch);
  let level = 0;
  let wait = span(least, factors[0]!);
  let maxWait = span(greatest, factors[0]!);
  let alarm: Alarm | undefined;
  let lastArgs: IArguments | undefined;
  let lastThis: unknown;
  let lastCall: number | undefined;
  let lastInvoke = 0;
  let result: unknown;

  const look = (): boolean => {
    const before = level;
    level = levelOf(room, name);
    wait = span(least, factors[level]!);
    maxWait = span(greatest, factors[level]!);
    return level !== before;
  };

  const start = (delay: number, time: number): void => {
    // Pressure sinks without a word.
    armed.add((alarm = arm(owner, level ? Math.min(delay, stretchLook) : delay, time)));
  };

  const stop = (): void => {
    if (!alarm) return;
    armed.delete(alarm);
    disarm(alarm);
    alarm = undefined;
  };

  const invoke = (time: number): unknown => {
    const args = lastArgs;
    const self = lastThis;
    lastArgs = lastThis = undefined;
    lastInvoke = time;
    return (result = fn.apply(self, args));
  };

  // The first call; the wait is over; the clock was set back; or the longest wait is reached.
  const due = (time: number): boolean => {
    const since = time - lastCall!;
    return lastCall === undefined || since >= wait || since < 0 || (maxing && time - lastInvoke >= maxWait);
  };

  const end = (time: number): unknown => {
    alarm = undefined;
    if (trailing && lastArgs) return invoke(time);
    lastArgs = lastThis = undefined;
    return result;
  };

  const cancel = (): void => {
    stop();
    lastInvoke = 0;
    lastArgs = lastThis = lastCall = undefined;
  };

  const owner: Owner = {
    look,
    cancel,
    ring: (time, rung) => {
      armed.delete(rung);
      look();
      const left = maxing ? maxWait - (time - lastInvoke) : Infinity;
      if (!due(time)) return start(Math.min(wait - (time - lastCall!), left), time);
      const pause = level && hold && trailing && lastArgs ? Math.min(hold(time), left) : 0;
      if (pause > 0) start(pause, time);
      else end(time);
    },
  };

  const debounced: any = function (this: unknown) {
    const time = Date.now();
    if (signal?.aborted) return result;
    if (!alarm || lost(alarm, time)) {
      stop();
      look();
    }
    const invoking = due(time);
    lastArgs = arguments;
    lastThis = this;
    lastCall = time;
    if (invoking) {
      if (!alarm) {
        lastInvoke = time;
        start(wait, time);
        return leading ? invoke(time) : result;
      }
      if (maxing) {
        stop();
        start(wait, time);
        return invoke(time);
      }
    }
    if (!alarm) start(wait, time);
    return result;
  };
  debounced.cancel = cancel;
  debounced.flush = () => (alarm ? end(Date.now()) : result);
  debounced.isPending = () => !!alarm;
  signal?.addEventListener?.("abort", cancel, { once: true });
  return { debounced, hurry: () => alarm && hasten(alarm) };
};
