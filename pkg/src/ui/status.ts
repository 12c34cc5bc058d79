// <tide-status>: how the server is, in words.
import { pressureOf } from "../frames/store";
import { createElement, say, span } from "./element";
import { clock, fill } from "./words";

/** Makes the class. */
export const createStatus = (): CustomElementConstructor =>
  class extends createElement(["tide", "strings"]) {
    static observedAttributes = ["scope", "lang"];
    readonly #text: HTMLSpanElement;
    #store: ReturnType<typeof pressureOf> | undefined;

    constructor() {
      const text = span({ part: "text", role: "status", "aria-live": "polite" });
      super([span({ part: "mark" }), text]);
      this.#text = text;
    }

    protected follow(): (() => void) | undefined {
      const { tide } = this;
      this.#store = tide ? pressureOf(tide, this.getAttribute("scope") ?? undefined) : undefined;
      return this.#store?.subscribe(() => this.show());
    }

    protected show(): void {
      if (!this.#store) return;
      const { state, closedUntil, reason } = this.#store.getSnapshot();
      const left = (closedUntil ?? 0) - Date.now();
      const lang = this.tongue();
      let text = this.text(state);
      if (left > 0) {
        // Nobody tells when a time is over that nothing waits for.
        this.again(left);
        text = fill(this.text("closed"), {
          state: state === "nominal" ? "" : text,
          time: clock(closedUntil!, lang),
          reason: this.text(reason ?? "overload"),
        });
      }
      this.#text.lang = lang;
      this.setAttribute("state", state);
      say(this.#text, text);
    }
  };
