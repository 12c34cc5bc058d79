// `tidegate/react`: hooks over an instance that the application made. React 18 or newer. Importing has no effect, and
// everything renders on a server: nominal, nothing closed, every feature on, which is also what hydration starts from.
import type { ReactElement, ReactNode } from "react";
import type {
  Action, ActionOptions, ActionSignal, ActionSnapshot, AsyncDebounced, Debounced, DebounceOptions, FeatureOptions, Pressure, ThrottleOptions, Tidegate,
} from "./tidegate.js";

/** Gives the components below it their instance. It neither opens nor disposes of it. */
export function TidegateProvider(props: { readonly tide: Tidegate; readonly children?: ReactNode }): ReactElement;

/** The nearest provider's instance. Throws an error that says so when there is none. */
export function useTidegate(): Tidegate;

/** How a scope (default: the page's origin) stands. Renders again when that changes (its value by 0.05), not when another scope does. */
export function usePressure(scope?: string | URL): Pressure;

/** Whether a part of the page is on. Of the options of one name the first count, as with `tide.feature`. */
export function useFeature(name: string, options?: FeatureOptions): boolean;

/**
 * A button: the function to press, the same in every rendering, and how it stands. A press calls the `fn` of the newest rendering; `options` are
 * those of the first. A run goes on when the component has gone, because a human has asked for it: `useEffect(() => save.cancel, [save])` ends it.
 */
export function useAction<A extends unknown[], R>(
  name: string,
  fn: (signal: ActionSignal, ...args: A) => R | PromiseLike<R>,
  options?: ActionOptions<A>,
): [action: Action<A, R>, snapshot: ActionSnapshot];

/**
 * `tide.debounce`, the same function in every rendering until `wait` or the options change; it calls the `fn` of the newest rendering. What is
 * pending is cancelled when the component goes, and called at once when `wait` or the options change.
 */
export function useDebouncedCallback<F extends (...args: any[]) => any>(fn: F, wait?: number, options?: DebounceOptions): Debounced<F>;

/** `tide.throttle`, kept as `useDebouncedCallback` keeps its own. */
export function useThrottledCallback<F extends (...args: any[]) => any>(fn: F, wait?: number, options?: ThrottleOptions): Debounced<F>;

/** `tide.asyncDebounce`, for type-ahead, kept as `useDebouncedCallback` keeps its own. */
export function useAsyncDebouncedCallback<A extends unknown[], R>(
  fn: (signal: AbortSignal, ...args: A) => R | PromiseLike<R>,
  wait?: number,
  options?: DebounceOptions,
): AsyncDebounced<A, R>;
