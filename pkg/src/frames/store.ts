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

const calm = (scope: string): Pressure => ({ scope, state: "nominal", value: 0, closedUntil: null, reason: null });

/** One scope's pressure: another object only when one of its members has changed. A scope that was never used is nominal. */
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
      return JSON.stringify(next) === JSON.stringify(last) ? last : (last = next);
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
