// Type-ahead: one promise for all calls of a window; a newer window aborts the flight of the one before, whose callers
// get the newest result. Whatever happens, every promise settles, and none is anybody's unhandled rejection.
import type { AsyncDebounced, DebounceOptions } from "../../tidegate.d.ts";
import { attempt } from "../events";
import type { Room } from "../room";
import { type Made, flag, object } from "./debounce";
import { typedAgain, typedBehind, typedKept } from "#names";

/** The calls that wait for one result. */
interface Window {
  readonly promise: Promise<any>;
  resolve(value: unknown): void;
  reject(cause: unknown): void;
}

/** What was answered lately: of whose function, for which arguments and user, and when. */
interface Answer {
  readonly fn: object;
  readonly args: readonly unknown[];
  readonly user: unknown;
  readonly value: unknown;
  readonly at: number;
}

const abort = (what: string): DOMException => new DOMException(`tidegate: ${what}`, "AbortError");

const open = (): Window => {
  const window: any = {};
  window.promise = new Promise((resolve, reject) => Object.assign(window, { resolve, reject }));
  // Who does not wait for it need not catch it.
  window.promise.catch(() => {});
  return window;
};

/** `asyncDebounce` of a room, and how all that waits there is ended. */
export const createTyping = (room: Room, make: (fn: any, wait: any, options: any, hold?: (time: number) => number) => Made) => {
  let answers: Answer[] = [];
  /** How to end what is unanswered. */
  const ends = new Set<() => void>();

  const userOf = (): unknown => attempt(room, () => room.options.user?.());

  const recall = (fn: object, args: readonly unknown[], time: number): Answer | undefined => {
    answers = answers.filter(({ at }) => time >= at && time - at <= typedAgain);
    const user = answers[0] && userOf();
    return answers.find((each) => each.fn === fn && each.user === user && each.args.length === args.length && args.every((arg, place) => Object.is(arg, each.args[place])));
  };

  const asyncDebounce = (fn: any, wait: any, given?: DebounceOptions): AsyncDebounced<any[], any> => {
    const options = object(given);
    const { signal } = options;
    const trailing = flag(options, "trailing", true);
    /** Has not fired yet. */
    let next: Window | undefined;
    let flight: { window: Window; controller: AbortController } | undefined;
    /** Since when `next` waits for the flight. */
    let behind = NaN;

    const stop = (cause: unknown = abort("cancelled")): void => {
      const was = flight;
      const all = [next, was?.window];
      next = flight = undefined;
      ends.delete(stop);
      debounced.cancel();
      for (const each of all) each?.reject(cause);
      was?.controller.abort(cause);
    };

    const run = (...args: unknown[]): Promise<any> => {
      const window = next!;
      const { promise } = window;
      const older = flight;
      const controller = new AbortController();
      const mine = { window, controller };
      next = undefined;
      behind = NaN;
      flight = mine;
      const done = (): boolean => {
        const last = flight === mine;
        if (last) {
          flight = undefined;
          if (!next) ends.delete(stop);
          else if (behind === behind) hurry();
        }
        return last;
      };
      older?.window.resolve(promise);
      older?.controller.abort(abort("superseded"));
      // What hears that may have cancelled this one.
      if (flight !== mine) return promise;
      const known = recall(fn, args, Date.now());
      if (known) {
        done();
        window.resolve(known.value);
        return promise;
      }
      const user = userOf();
      new Promise((resolve) => resolve(fn(controller.signal, ...args))).then(
        (value) => {
          if (done()) {
            answers.push({ fn, args, user, value, at: Date.now() });
            if (answers.length > typedKept) answers.shift();
          }
          window.resolve(value);
        },
        (cause) => {
          done();
          window.reject(cause);
        },
      );
      return promise;
    };

    // To overtake an answer that is on its way would cost the server a second one.
    const hold = (time: number): number => {
      if (!flight) return 0;
      if (!(time >= behind)) behind = time;
      return behind + typedBehind - time;
    };

    if (typeof fn !== "function") make(fn, wait, options);
    const { debounced, hurry } = make(run, wait, options, hold);

    const box: any = (...args: unknown[]): Promise<any> => {
      const window = (next ??= open());
      if (signal?.aborted) {
        next = undefined;
        window.reject(signal.reason);
        return window.promise;
      }
      ends.add(stop);
      const last = debounced(...args);
      if (trailing || next !== window) return window.promise;
      // No edge will ask for it: what was asked last is all there is.
      next = undefined;
      if (last) return last;
      window.reject(abort("never asked"));
      return window.promise;
    };
    box.cancel = () => stop();
    box.flush = debounced.flush;
    box.isPending = () => !!(next || flight);
    signal?.addEventListener?.("abort", () => stop(signal.reason), { once: true });
    return box;
  };

  return {
    asyncDebounce,
    forget: (): void => {
      answers = [];
      for (const end of ends) end();
    },
  };
};
