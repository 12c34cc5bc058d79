// What both elements are: a shadow with spans of text, bound to something that changes while they are in the page.
import type { Tidegate } from "../../tidegate.d.ts";
import type { DefineTideOptions, TideStrings } from "../../ui.d.ts";
import { dress } from "./style";
import { type Key, ENGLISH } from "./words";

/** What `defineTide` was given last. */
export const given: DefineTideOptions & { tide?: Tidegate | null | undefined } = {};

/** The longest that a browser's timer can count, milliseconds. */
const LONGEST = 2 ** 31 - 1;

/** A span of the shadow. `attributes`: its own. */
export const span = (attributes: Readonly<Record<string, string>>): HTMLSpanElement => {
  const made = document.createElement("span");
  for (const name in attributes) made.setAttribute(name, attributes[name]!);
  return made;
};

/** Sets a text only when it differs, so that a live region speaks once. */
export const say = (to: Element, text: string): void => {
  if (to.textContent !== text) to.textContent = text;
};

/** Made on demand: where there is no page there is no HTMLElement to extend. */
export const createElement = (properties: readonly string[]) => {
  abstract class TideElement extends HTMLElement {
    #tide: Tidegate | null = null;
    #strings: TideStrings | null = null;
    #off: (() => void) | undefined;
    #timer: ReturnType<typeof setTimeout> | undefined;
    /** Whether it is in the page. */
    #there = false;

    constructor(spans: readonly HTMLSpanElement[]) {
      super();
      const root = this.attachShadow({ mode: "open" });
      dress(root, given.nonce);
      root.append(...spans);
    }

    /** Begins to follow what the element shows; answers the way to stop, if there is one. */
    protected abstract follow(): (() => void) | undefined;
    /** Shows how things are now. */
    protected abstract show(): void;

    get tide(): Tidegate | null {
      return this.#tide ?? given.tide ?? null;
    }
    set tide(tide: Tidegate | null) {
      this.#tide = tide;
      this.bind();
    }

    get strings(): TideStrings | null {
      return this.#strings;
    }
    set strings(strings: TideStrings | null) {
      this.#strings = strings;
      this.bind();
    }

    connectedCallback(): void {
      this.#there = true;
      // What was set before the element was defined hides the property of that name.
      for (const name of properties) {
        if (!Object.hasOwn(this, name)) continue;
        const self = this as any;
        const value = self[name];
        delete self[name];
        self[name] = value;
      }
      this.bind();
    }

    disconnectedCallback(): void {
      this.#there = false;
      this.#stop();
    }

    attributeChangedCallback(): void {
      this.bind();
    }

    /** Follows anew, as properties and attributes are now. */
    protected bind(): void {
      if (!this.#there) return;
      this.#stop();
      this.#off = this.follow();
      this.show();
    }

    #stop(): void {
      this.#off?.();
      this.#off = undefined;
      clearTimeout(this.#timer);
    }

    /** Shows again after `ms` milliseconds, unless it is asked for another time meanwhile. */
    protected again(ms: number): void {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.show(), Math.min(ms, LONGEST));
    }

    /** The text for `key`. */
    protected text(key: Key): string {
      const english: TideStrings = ENGLISH;
      return this.getAttribute(`text-${key}`) ?? this.#strings?.[key] ?? given.strings?.[key] ?? english[key] ?? this.text("overload");
    }

    /** The language of its texts: the page's, if they are in it. */
    protected tongue(): string {
      const lang = this.closest<HTMLElement>("[lang]")?.lang || navigator.language;
      const theirs = this.#strings ?? given.strings ?? this.getAttributeNames().some((name) => name.startsWith("text-"));
      return theirs || /^en\b/i.test(lang) ? lang : "en";
    }
  }
  return TideElement;
};
