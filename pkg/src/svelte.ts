// Svelte's way to an instance. Only Svelte is imported: the instance comes from the application, so there is no second core.
import { getContext, onDestroy, setContext } from "svelte";
import type * as contract from "../svelte.d.ts";
import type { Tidegate } from "../tidegate.d.ts";
import { type Store, type Timed, found, hold, pressureOf } from "./frames/store";

// Registered, so that two copies of this file, as bundlers make them, mean the same.
const KEY = Symbol.for("tidegate/svelte");

export const setTidegate: typeof contract.setTidegate = (tide) => setContext(KEY, tide);

export const useTidegate: typeof contract.useTidegate = () => found(getContext<Tidegate>(KEY), "setTidegate(tide) in a component above it");

const follow = <T>({ subscribe, getSnapshot, getServerSnapshot }: Store<T>): contract.TideStore<T> => ({
  subscribe: (run) => {
    if (!globalThis.document) return run(getServerSnapshot()), () => {};
    let last: T;
    const off = subscribe(() => Object.is(last, getSnapshot()) || run((last = getSnapshot())));
    run((last = getSnapshot()));
    return off;
  },
});

export const usePressure: typeof contract.usePressure = (scope) => follow(pressureOf(useTidegate(), scope));

export const useFeature: typeof contract.useFeature = (name, options) => follow(useTidegate().feature(name, options));

export const useAction: typeof contract.useAction = (name, fn, options) => {
  const action = useTidegate().action(name, fn, options);
  return [action, follow(action)];
};

const timed = (how: Timed) => (fn: any, wait?: number, options?: any): any => {
  const made = hold(useTidegate(), how, fn, wait, options);
  onDestroy(made.cancel);
  return made;
};

export const useDebouncedCallback: typeof contract.useDebouncedCallback = timed("debounce");
export const useThrottledCallback: typeof contract.useThrottledCallback = timed("throttle");
export const useAsyncDebouncedCallback: typeof contract.useAsyncDebouncedCallback = timed("asyncDebounce");
