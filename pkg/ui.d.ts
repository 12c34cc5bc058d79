// `tidegate/ui`: two custom elements that tell humans what their application waits for. Importing has no effect; on a
// server `defineTide` has none either. docs/ui.md describes parts, properties and texts.
import type { Action, PressureState, Reason, Tidegate } from "./tidegate.js";

/**
 * Every text, by the state, the reason or the moment that it is for; English where none is given. Of an element the attribute `text-KEY` comes first,
 * then its property `strings`, then those of `defineTide`. `closed` may hold {state}, {time} and {reason}; `wait` may hold {in} ("in 12 seconds").
 * Times are written by `Intl` in the language of the page (the nearest `lang`, else the browser's) if any text is given or that is English, else in English as the texts are.
 */
export type TideStrings = Partial<Record<PressureState | Reason | "closed" | "wait" | "now", string>>;

export interface DefineTideOptions {
  /** Texts of all elements. */
  readonly strings?: TideStrings | undefined;
  /** Of the page's Content Security Policy, for browsers without constructable style sheets only. */
  readonly nonce?: string | undefined;
}

/**
 * Defines `<tide-status>` and `<tide-countdown>`, and makes `tide` the instance of those that have none of their own. Called again, it sets instance
 * and options for the elements that are connected from then on.
 */
export function defineTide(tide?: Tidegate | null, options?: DefineTideOptions): void;

interface TideElement extends HTMLElement {
  /** The instance it shows; null: that of `defineTide`. */
  tide: Tidegate | null;
  /** Texts of this element. */
  strings: TideStrings | null;
}

/**
 * `<tide-status scope="…">`: how a scope (default: the page's origin) stands, in words, with reason and time while it is closed. A polite live region:
 * what changes is announced, once. Its attribute `state` is the pressure's, for styles.
 */
export interface TideStatusElement extends TideElement {}

/**
 * `<tide-countdown for="button's id">`: "Try again in 12 seconds", then "You can try again now." While it counts its button is `aria-disabled` (it keeps
 * the focus) and cannot be pressed, unless the time is our own guess (reason "breaker"), which a press may probe. Counts to `until`, else to the `retryAt`
 * of its action (property `action`, or attribute `action`: the name of one), else to the time until which its scope is closed.
 */
export interface TideCountdownElement extends TideElement {
  /** The action it counts for; null: the one that the attribute `action` names. */
  action: Pick<Action<any, any>, "subscribe" | "getSnapshot"> | null;
  /** A time of the application's own, in epoch milliseconds (what is past or no time counts as now); null: the action's or the scope's. */
  until: number | null;
}

declare global {
  interface HTMLElementTagNameMap {
    "tide-status": TideStatusElement;
    "tide-countdown": TideCountdownElement;
  }
}
