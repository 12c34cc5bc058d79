// Three optional parts of the page: background work that can be done without while the server suffers.
import { ask } from "./api.ts";
import { byId, el } from "./dom.ts";
import type { Book } from "./save.ts";
import { Status } from "./status.ts";
import { reasonWords } from "./words.ts";

/** From one answer to the next question, in milliseconds. */
const REFRESH = 4000;

interface Review { title: string; stars: number; text: string }

function widget<T>(name: string, title: string, show: (value: T) => (Node | string)[]): HTMLElement {
  const body = el("ul");
  const line = el("p", { class: "state" });
  const status = new Status(line, false);
  const box = el("section", { class: "widget", "aria-label": title }, el("h3", {}, title), body, line);
  const refresh = async () => {
    if (!document.hidden) {
      const outcome = await ask<T>(`/api/${name}`, {
        what: title, who: "page", label: title, feature: name,
        onWait: (reason, until) => {
          box.classList.add("paused");
          status.waiting(until, reasonWords[reason]);
        },
      });
      box.classList.toggle("paused", outcome.kind !== "ok");
      if (outcome.kind === "ok") {
        body.replaceChildren(...show(outcome.value).map((line) => el("li", {}, line)));
        status.show("");
      } else if (outcome.kind === "refused" && outcome.by === "tidegate") {
        status.show("paused to spare the server", "wait");
      } else {
        status.show(outcome.kind === "refused" ? "the server refused" : "no answer", "bad");
      }
    }
    setTimeout(refresh, REFRESH);
  };
  void refresh();
  return box;
}

const titles = (books: Book[]) => books.map((book) => book.title);

/** Puts the widgets in their place and keeps them fresh. */
export function startWidgets(): void {
  byId("widgets").append(
    widget<Book[]>("recommendations", "For you", titles),
    widget<Book[]>("trending", "Trending", titles),
    widget<Review[]>("reviews", "Readers say", (reviews) => reviews.map(({ stars, text }) =>
      el("span", {}, el("span", { class: "stars", role: "img", "aria-label": `${stars} of 5 stars` }, "★".repeat(stars)), ` ${text}`))),
  );
}
