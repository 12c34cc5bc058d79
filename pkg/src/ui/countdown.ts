// <tide-countdown>: when pressing again makes sense. The eye gets every second, the ear the beginning and the end.
import type { Reason } from "../../tidegate.d.ts";
import type { TideCountdownElement } from "../../ui.d.ts";
import { pressureOf } from "../frames/store";
import { createElement, say, span } from "./element";
import { fill, relative } from "./words";

/** What is counted to: until when and why, and whether a press is under way. */
interface Goal {
  readonly until: number | null;
  readonly reason: Reason | null;
  readonly busy?: boolean;
}

/** What was announced stays that long for a screen reader to pick up, milliseconds; then it would no longer be true. */
const HEARD = 1500;

/** Makes the class. */
export const createCountdown = (): CustomElementConstructor =>
  class extends createElement(["tide", "strings", "action", "until"]) {
    static observedAttributes = ["for", "action", "scope", "lang"];
    readonly #eye: HTMLSpanElement;
    readonly #ear: HTMLSpanElement;
    #action: TideCountdownElement["action"] = null;
    #until: number | null = null;
    #goal: (() => Goal) | undefined;
    #counting = false;
    /** The time that was announced, and when. */
    #told: number | null = null;
    #toldAt = 0;
    #button: Element | null = null;
    /** What the button's `aria-disabled` was; undefined: it is as the application made it. */
    #before: string | null | undefined;

    constructor() {
      const eye = span({ part: "time", role: "timer", "aria-live": "off" });
      const ear = span({ part: "now", role: "status", "aria-live": "polite" });
      super([eye, ear]);
      this.#eye = eye;
      this.#ear = ear;
    }

    get action(): TideCountdownElement["action"] {
      return this.#action;
    }
    set action(action: TideCountdownElement["action"]) {
      this.#action = action;
      this.bind();
    }

    get until(): number | null {
      return this.#until;
    }
    set until(until: number | null) {
      this.#until = until;
      this.bind();
    }

    override disconnectedCallback(): void {
      super.disconnectedCallback();
      this.#hold(null, false);
    }

    protected follow(): (() => void) | undefined {
      const { tide } = this;
      const until = this.#until;
      const tell = (): void => this.show();
      this.#goal = undefined;
      if (until !== null) {
        this.#goal = () => ({ until, reason: null });
        return;
      }
      const name = this.getAttribute("action");
      // Another handle on the same state; its own function is never called.
      const action = this.#action ?? (name && tide ? tide.action(name, () => {}) : null);
      if (action) {
        this.#goal = () => {
          const { state, retryAt, reason } = action.getSnapshot();
          const busy = state === "pending";
          // What is under way goes out by itself at that time: nobody need try again.
          return { until: busy ? null : retryAt, reason, busy };
        };
        return action.subscribe(tell);
      }
      if (!tide) return;
      const store = pressureOf(tide, this.getAttribute("scope") ?? undefined);
      this.#goal = () => {
        const { closedUntil, reason } = store.getSnapshot();
        return { until: closedUntil, reason };
      };
      return store.subscribe(tell);
    }

    protected show(): void {
      const { until, reason, busy } = this.#goal?.() ?? { until: null, reason: null };
      const now = Date.now();
      const left = (until ?? 0) - now;
      this.#counting = left > 0 && left < Infinity;
      const lang = this.tongue();
      const text = this.#counting ? fill(this.text("wait"), { in: relative(left, lang) }) : "";
      this.#eye.lang = this.#ear.lang = lang;
      say(this.#eye, text);
      if (this.#counting) {
        this.#ear.className = "ear";
        if (this.#told !== until) {
          this.#told = until;
          this.#toldAt = now;
          say(this.#ear, text);
        } else if (now - this.#toldAt > HEARD) say(this.#ear, "");
        this.again(left % 1000 || 1000);
      } else {
        this.#ear.className = "";
        if (busy || this.#told !== null) say(this.#ear, busy ? "" : this.text("now"));
        this.#told = null;
      }
      this.#state();
      this.#hold((this.getRootNode() as Document).getElementById?.(this.getAttribute("for") ?? "") ?? null, this.#counting && reason !== "breaker");
    }

    #state(): void {
      const state = this.#counting ? "waiting" : this.#ear.textContent ? "ready" : "";
      if (state) this.setAttribute("state", state);
      else this.removeAttribute("state");
    }

    /** Holds that button, or gives back what was held. */
    #hold(button: Element | null, held: boolean): void {
      const old = this.#button;
      if (old && (old !== button || !held) && this.#before !== undefined) {
        if (this.#before === null) old.removeAttribute("aria-disabled");
        else old.setAttribute("aria-disabled", this.#before);
        this.#before = undefined;
      }
      if (old !== button) {
        old?.removeEventListener("click", this.#press, true);
        button?.addEventListener("click", this.#press, true);
        this.#button = button;
      }
      if (button && held && this.#before === undefined) {
        this.#before = button.getAttribute("aria-disabled");
        button.setAttribute("aria-disabled", "true");
      }
    }

    /** A press: too early, it goes no further; in time, there is nothing left to tell. */
    readonly #press = (event: Event): void => {
      // A timer may be late.
      this.show();
      if (this.#before !== undefined) {
        event.preventDefault();
        event.stopImmediatePropagation();
      } else if (!this.#counting) {
        say(this.#ear, "");
        this.#state();
      }
    };
  };
