// What the bindings of all frameworks follow: the contract of `useSyncExternalStore`.
import type { Pressure, Tidegate } from "../../tidegate.d.ts";

/** Something that changes, and says so. */
export interface Store<T> {
  readonly subscribe: (listener: () => void) => () => void;
  /** The same value until it changes. */
  readonly getSnapshot: () => T;
  /** What a server renders, and what hydration starts from. */
  readonly getServerSnapshot: () => T;
}

/** A level that has moved by less is not worth a rendering; it sinks all the time. */
const STEP = 0.05;

const calm = (scope: string): Pressure => ({ scope, state: "nominal", value: 0, closedUntil: null, reason: null });

/** One scope's pressure: another object only when one of its members has changed, its level by a step. A scope that was never used is nominal. */
export const pressureOf = (tide: Tidegate, scope?: string | URL): Store<Pressure> => {
  const server = calm(`${scope ?? ""}`);
  let last = server;
  let name: string | undefined;
  return {
    subscribe: tide.subscribe,
    getSnapshot: () => {
      // Not the pressure itself, which sinks from one look to the next: a renderer that looks twice must see the same.
      name ??= tide.pressure(scope).scope;
      const next = tide.getSnapshot().scopes.find((each) => each.scope === name) ?? calm(name);
      const { state, value, closedUntil, reason } = last;
      const same = next.state === state && next.closedUntil === closedUntil && next.reason === reason;
      return same && Math.abs(next.value - value) < STEP && next.scope === last.scope ? last : (last = next);
    },
    getServerSnapshot: () => server,
  };
};

/** The instance that a component found, or an error that says what to do about none. */
export const found = (tide: Tidegate | null | undefined, how: string): Tidegate => {
  if (!tide) throw new Error(`tidegate: no instance here: ${how}`);
  return tide;
};

/** The members of an instance that hold a function back. */
export type Timed = "debounce" | "throttle" | "asyncDebounce";

/** Calls one of them; its own types stand in each binding's declarations. */
export const hold = (tide: Tidegate, how: Timed, fn: unknown, wait: unknown, options: unknown): any =>
  (tide[how] as (...args: unknown[]) => unknown)(fn, wait, options);
