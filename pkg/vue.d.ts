// `tidegate/vue`: composables over an instance that the application made. Vue 3.3 or newer. Importing has no effect, and
// everything renders on a server: nominal, nothing closed, every feature on, which is also what hydration starts from.
// What a composable began ends with the scope (the component) that called it.
import type { Plugin, ShallowRef } from "vue";
import type {
  Action, ActionOptions, ActionSignal, ActionSnapshot, AsyncDebounced, Debounced, DebounceOptions, FeatureOptions, Pressure, ThrottleOptions, Tidegate,
} from "./tidegate.js";

/** `app.use(createTidegatePlugin(tide))` gives all components of an application their instance. It neither opens nor disposes of it. */
export function createTidegatePlugin(tide: Tidegate): Plugin<[]>;

/** Gives the components below this one another instance. To be called in `setup`. */
export function provideTidegate(tide: Tidegate): void;

/** The nearest instance. Throws an error that says so when there is none. */
export function useTidegate(): Tidegate;

/** How a scope (default: the page's origin) stands. Changes when that does (its value by 0.05), not when another scope does. */
export function usePressure(scope?: string | URL): Readonly<ShallowRef<Pressure>>;

/** Whether a part of the page is on. Of the options of one name the first count, as with `tide.feature`. */
export function useFeature(name: string, options?: FeatureOptions): Readonly<ShallowRef<boolean>>;

/** A button: the function to press, and how it stands. A run goes on when the component has gone, because a human has asked for it: `onUnmounted(save.cancel)` ends it. */
export function useAction<A extends unknown[], R>(
  name: string,
  fn: (signal: ActionSignal, ...args: A) => R | PromiseLike<R>,
  options?: ActionOptions<A>,
): [action: Action<A, R>, snapshot: Readonly<ShallowRef<ActionSnapshot>>];

/** `tide.debounce`; what is pending is cancelled when the scope ends. */
export function useDebouncedCallback<F extends (...args: any[]) => any>(fn: F, wait?: number, options?: DebounceOptions): Debounced<F>;

/** `tide.throttle`; what is pending is cancelled when the scope ends. */
export function useThrottledCallback<F extends (...args: any[]) => any>(fn: F, wait?: number, options?: ThrottleOptions): Debounced<F>;

/** `tide.asyncDebounce`, for type-ahead; what is pending is cancelled when the scope ends. */
export function useAsyncDebouncedCallback<A extends unknown[], R>(
  fn: (signal: AbortSignal, ...args: A) => R | PromiseLike<R>,
  wait?: number,
  options?: DebounceOptions,
): AsyncDebounced<A, R>;
