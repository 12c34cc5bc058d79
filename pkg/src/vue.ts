// Vue's way to an instance. Only Vue is imported: the instance comes from the application, so there is no second core.
import { type ShallowRef, getCurrentInstance, getCurrentScope, inject, onMounted, onScopeDispose, provide, shallowReadonly, shallowRef } from "vue";
import type { Tidegate } from "../tidegate.d.ts";
import type * as contract from "../vue.d.ts";
import { type Store, type Timed, found, hold, pressureOf } from "./frames/store";

// Registered, so that two copies of this file, as bundlers make them, mean the same.
const KEY = Symbol.for("tidegate/vue");

export const createTidegatePlugin: typeof contract.createTidegatePlugin = (tide) => ({ install: (app) => void app.provide(KEY, tide) });

export const provideTidegate: typeof contract.provideTidegate = (tide) => provide(KEY, tide);

export const useTidegate: typeof contract.useTidegate = () =>
  found(inject<Tidegate | null>(KEY, null), "app.use(createTidegatePlugin(tide)) or provideTidegate(tide) above it");

const whenOver = (end: () => void): void => {
  if (getCurrentScope()) onScopeDispose(end);
};

const follow = <T>({ subscribe, getSnapshot, getServerSnapshot }: Store<T>): Readonly<ShallowRef<T>> => {
  const value = shallowRef(getServerSnapshot());
  // On a server no scope is ever disposed of, so nothing may be subscribed to.
  if (globalThis.document) {
    const read = (): void => void (value.value = getSnapshot());
    // An element that is there before it was mounted came from the server: what it shows is what must be rendered first.
    if (getCurrentInstance()?.vnode.el) onMounted(read);
    else read();
    whenOver(subscribe(read));
  }
  return shallowReadonly(value);
};

export const usePressure: typeof contract.usePressure = (scope) => follow(pressureOf(useTidegate(), scope));

export const useFeature: typeof contract.useFeature = (name, options) => follow(useTidegate().feature(name, options));

export const useAction: typeof contract.useAction = (name, fn, options) => {
  const action = useTidegate().action(name, fn, options);
  return [action, follow(action)];
};

const timed = (how: Timed) => (fn: any, wait?: number, options?: any): any => {
  const made = hold(useTidegate(), how, fn, wait, options);
  whenOver(made.cancel);
  return made;
};

export const useDebouncedCallback: typeof contract.useDebouncedCallback = timed("debounce");
export const useThrottledCallback: typeof contract.useThrottledCallback = timed("throttle");
export const useAsyncDebouncedCallback: typeof contract.useAsyncDebouncedCallback = timed("asyncDebounce");
