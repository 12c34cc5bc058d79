// `tidegate/svelte`: stores over an instance that the application made. Svelte 4 or newer. Importing has no effect, and
// everything renders on a server: nominal, nothing closed, every feature on. To be called while a component initialises.
import type {
  Action, ActionOptions, ActionSignal, ActionSnapshot, AsyncDebounced, Debounced, DebounceOptions, FeatureOptions, Pressure, ThrottleOptions, Tidegate,
} from "./tidegate.js";

/** Svelte's store contract: for `$store`, and in Svelte 5 also for `fromStore`. `run` is called at once and after each change. */
export interface TideStore<T> {
  readonly subscribe: (run: (value: T) => void) => () => void;
}

/** Gives this component and those below it their instance, and answers it. It neither opens nor disposes of it. */
export function setTidegate(tide: Tidegate): Tidegate;

/** The nearest instance. Throws an error that says so when there is none. */
export function useTidegate(): Tidegate;

/** How a scope (default: the page's origin) stands. Changes when that does (its value by 0.05), not when another scope does. */
export function usePressure(scope?: string | URL): TideStore<Pressure>;

/** Whether a part of the page is on. Of the options of one name the first count, as with `tide.feature`. */
export function useFeature(name: string, options?: FeatureOptions): TideStore<boolean>;

/** A button: the function to press, and how it stands. A run goes on when the component has gone, because a human has asked for it: `onDestroy(save.cancel)` ends it. */
export function useAction<A extends unknown[], R>(
  name: string,
  fn: (signal: ActionSignal, ...args: A) => R | PromiseLike<R>,
  options?: ActionOptions<A>,
): [action: Action<A, R>, snapshot: TideStore<ActionSnapshot>];

/** `tide.debounce`; what is pending is cancelled when the component goes. */
export function useDebouncedCallback<F extends (...args: any[]) => any>(fn: F, wait?: number, options?: DebounceOptions): Debounced<F>;

/** `tide.throttle`; what is pending is cancelled when the component goes. */
export function useThrottledCallback<F extends (...args: any[]) => any>(fn: F, wait?: number, options?: ThrottleOptions): Debounced<F>;

/** `tide.asyncDebounce`, for type-ahead; what is pending is cancelled when the component goes. */
export function useAsyncDebouncedCallback<A extends unknown[], R>(
  fn: (signal: AbortSignal, ...args: A) => R | PromiseLike<R>,
  wait?: number,
  options?: DebounceOptions,
): AsyncDebounced<A, R>;
