// React's way to an instance. Only React is imported: the instance comes from the application, so there is no second core.
import { createContext, createElement, useContext, useEffect, useInsertionEffect, useMemo, useRef, useSyncExternalStore } from "react";
import type * as contract from "../react.d.ts";
import type { Tidegate } from "../tidegate.d.ts";
import { type Store, type Timed, found, hold, pressureOf } from "./frames/store";

const Context = createContext<Tidegate | null>(null);

export const TidegateProvider: typeof contract.TidegateProvider = ({ tide, children }) =>
  createElement(Context.Provider, { value: tide }, children);

export const useTidegate: typeof contract.useTidegate = () => found(useContext(Context), "wrap it in <TidegateProvider tide={tide}>");

const useStore = <T>({ subscribe, getSnapshot, getServerSnapshot }: Store<T>): T =>
  useSyncExternalStore(subscribe, getSnapshot, getServerSnapshot);

// Written when a rendering is committed, so that one that is thrown away leaves no trace.
const useLatest = <T>(value: T): { current: T } => {
  const latest = useRef(value);
  useInsertionEffect(() => {
    latest.current = value;
  });
  return latest;
};

export const usePressure: typeof contract.usePressure = (scope) => {
  const tide = useTidegate();
  return useStore(useMemo(() => pressureOf(tide, scope), [tide, `${scope}`]));
};

export const useFeature: typeof contract.useFeature = (name, options) => {
  const tide = useTidegate();
  return useStore(useMemo(() => tide.feature(name, options), [tide, name]));
};

export const useAction: typeof contract.useAction = (name, fn, options) => {
  const tide = useTidegate();
  const latest = useLatest(fn);
  const action = useMemo(() => tide.action(name, (signal, ...args: any) => latest.current(signal, ...args), options), [tide, name]);
  return [action, useStore(action)];
};

const timed = (how: Timed) => (fn: any, wait?: number, options?: any): any => {
  const tide = useTidegate();
  const latest = useLatest(fn);
  const made = useMemo(
    () =>
      hold(
        tide,
        how,
        function (this: unknown, ...args: unknown[]) {
          return latest.current.apply(this, args);
        },
        wait,
        options,
      ),
    [tide, wait, JSON.stringify(options), options?.signal],
  );
  const current = useLatest(made);
  // Of a component that goes, nothing runs any more; one whose settings change loses nothing. In this order: what was
  // cancelled has nothing to flush.
  useEffect(() => () => current.current.cancel(), []);
  useEffect(() => () => void made.flush(), [made]);
  return made;
};

export const useDebouncedCallback: typeof contract.useDebouncedCallback = timed("debounce");
export const useThrottledCallback: typeof contract.useThrottledCallback = timed("throttle");
export const useAsyncDebouncedCallback: typeof contract.useAsyncDebouncedCallback = timed("asyncDebounce");
