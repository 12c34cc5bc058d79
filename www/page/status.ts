// One line of truth beside a control: the eye gets a countdown, the ear hears the news once.
import { el, everyTick, say } from "./dom.ts";
import { clock, secondsUntil } from "./words.ts";

/** How a line looks. */
export type Tone = "plain" | "good" | "wait" | "bad";

/** A line of status that counts down by itself. */
export class Status {
  readonly #eye = el("span", { "aria-hidden": "true" });
  readonly #ear: HTMLElement;
  readonly #host: HTMLElement;
  #stop: () => void = () => {};

  /** `aloud`: changes are announced; false for what nobody asked for and what changes often. */
  constructor(host: HTMLElement, aloud = true) {
    this.#host = host;
    this.#ear = el("span", { role: aloud && "status", class: "unseen" });
    host.append(this.#eye, this.#ear);
  }

  /** Shows a text that stays. */
  show(text: string, tone: Tone = "plain"): void {
    this.#set(tone, text, () => text);
  }

  /** Waits: until when, and why. */
  waiting(until: number, why: string): void {
    // A place in a queue has no time of its own.
    if (until <= Date.now()) return this.show(`waiting its turn: ${why}`, "wait");
    const text = `waiting until ${clock(until)}: ${why}`;
    this.#set("wait", text, () => (secondsUntil(until) > 0 ? text : "on its way"));
  }

  /** Refused: counts down to the moment at which trying again makes sense. */
  refused(until: number | null, why: string): void {
    if (until === null) return this.show(why, "bad");
    this.#set("bad", `${why}, try again at ${clock(until)}`, () => {
      const left = secondsUntil(until);
      return left > 0 ? `${why}, try again in ${left} s` : `${why}, try again now`;
    });
  }

  #set(tone: Tone, heard: string, seen: () => string): void {
    this.#stop();
    this.#host.dataset.tone = tone;
    say(this.#ear, heard);
    this.#stop = everyTick(() => say(this.#eye, seen()));
  }
}
