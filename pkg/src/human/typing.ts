// Type-ahead: one promise for all calls of a window; a newer window aborts the flight of the one before, whose callers
// get the newest result. Whatever happens, every promise settles, and none is anybody's unhandled rejection.
import type { AsyncDebounced, Debounced, DebounceOptions } from "../../tidegate.d.ts";
import { aborted } from "../answers";
import { attempt } from "../events";
import type { Room } from "../room";
import { alike, quiet } from "./calls";
import { flag, object } from "./debounce";
import { typedAgain, typedKept } from "#names";

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

const open = (): Window => {
  const window: any = {};
  window.promise = quiet(new Promise((resolve, reject) => Object.assign(window, { resolve, reject })));
  return window;
};

/** Answers that may be given again. */
const createMemory = (room: Room) => {
  let answers: Answer[] = [];
  return {
    user: (): unknown => attempt(room, () => room.options.user?.()),
    recall(fn: object, args: readonly unknown[], user: unknown): Answer | undefined {
      const time = Date.now();
      answers = answers.filter(({ at }) => time >= at && time - at <= typedAgain);
      return answers.find((each) => each.fn === fn && each.user === user && alike(args, each.args));
    },
    keep(fn: object, args: readonly unknown[], user: unknown, value: unknown): void {
      answers.push({ fn, args, user, value, at: Date.now() });
      if (answers.length > typedKept) answers.shift();
    },
    forget: (): void => void (answers = []),
  };
};

/** One text box. */
interface Box {
  readonly fn: any;
  readonly memory: ReturnType<typeof createMemory>;
  /** How to end what is unanswered, of all boxes. */
  readonly stops: Set<() => void>;
  readonly stop: () => void;
  debounced?: Debounced<any>;
  /** Has not fired yet. */
  next?: Window | undefined;
  flight?: { readonly window: Window; readonly controller: AbortController } | undefined;
}

const stop = (box: Box, cause: unknown = aborted("cancelled")): void => {
  const { next, flight } = box;
  box.next = box.flight = undefined;
  box.stops.delete(box.stop);
  box.debounced!.cancel();
  next?.reject(cause);
  flight?.window.reject(cause);
  flight?.controller.abort(cause);
};

// Whether that was the newest flight; then none is left.
const landed = (box: Box, flight: Box["flight"]): boolean => {
  if (box.flight !== flight) return false;
  box.flight = undefined;
  if (!box.next) box.stops.delete(box.stop);
  return true;
};

/** A window fires. */
const run = (box: Box, args: unknown[]): Promise<any> => {
  const { fn, memory, flight: older } = box;
  const window = box.next!;
  const { promise } = window;
  const controller = new AbortController();
  const mine = (box.flight = { window, controller });
  box.next = undefined;
  older?.window.resolve(promise);
  older?.controller.abort(aborted("superseded"));
  // What hears that may have cancelled this one.
  if (box.flight !== mine) return promise;
  const user = memory.user();
  const known = memory.recall(fn, args, user);
  if (known) {
    landed(box, mine);
    window.resolve(known.value);
    return promise;
  }
  new Promise((resolve) => resolve(fn(controller.signal, ...args))).then(
    (value) => {
      if (landed(box, mine)) memory.keep(fn, args, user, value);
      window.resolve(value);
    },
    (cause) => {
      landed(box, mine);
      window.reject(cause);
    },
  );
  return promise;
};

/** `asyncDebounce` of a room, and how all that waits there is ended and forgotten. */
export const createTyping = (room: Room, make: (fn: any, wait: any, options: any, question: "typing") => Debounced<any>) => {
  const memory = createMemory(room);
  const stops = new Set<() => void>();

  const asyncDebounce = (fn: any, wait: any, given?: DebounceOptions): AsyncDebounced<any[], any> => {
    const options = object(given);
    const { signal } = options;
    const trailing = flag(options, "trailing", true);
    const box: Box = { fn, memory, stops, stop: () => stop(box) };
    const work = typeof fn === "function" && ((...args: unknown[]) => run(box, args));
    const debounced = (box.debounced = make(work, wait, options, "typing"));

    const search: any = (...args: unknown[]): Promise<any> => {
      const window = (box.next ??= open());
      const refuse = (cause: unknown): Promise<any> => {
        box.next = undefined;
        if (!box.flight) stops.delete(box.stop);
        window.reject(cause);
        return window.promise;
      };
      if (signal?.aborted) return refuse(signal.reason);
      stops.add(box.stop);
      const last = debounced(...args);
      if (trailing || box.next !== window) return window.promise;
      // No edge will ask for it: what was asked last is all there is.
      const refused = refuse(aborted("never asked"));
      return last ?? refused;
    };
    search.cancel = box.stop;
    search.flush = debounced.flush;
    search.isPending = () => !!(box.next || box.flight);
    signal?.addEventListener?.("abort", () => stop(box, signal.reason), { once: true });
    return search;
  };

  return {
    asyncDebounce,
    forget: (): void => {
      memory.forget();
      for (const each of stops) each();
    },
  };
};
