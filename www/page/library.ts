// The search box and what it finds.
import { ask } from "./api.ts";
import { byId, el } from "./dom.ts";
import { saveButton, type Book } from "./save.ts";
import { Status } from "./status.ts";
import { count, reasonWords } from "./words.ts";

/** Books shown at once. */
const SHOWN = 4;
/** Typing rests this long before a search goes out, in milliseconds. */
const TYPING = 250;

const form = byId<HTMLFormElement>("search");
const input = byId<HTMLInputElement>("q");
const results = byId("results");
const status = new Status(byId("search-state"));

let flight: AbortController | null = null;
let typing = 0;

/** Searches for what stands in the box; an earlier search that is still under way is given up. */
export async function search(): Promise<void> {
  clearTimeout(typing);
  flight?.abort();
  const mine = flight = new AbortController();
  const text = input.value.trim();
  status.show("searching");
  const outcome = await ask<{ total: number; items: Book[] }>(`/api/search?q=${encodeURIComponent(text)}`, {
    what: text === "" ? "Search" : `Search “${text}”`, who: "you", label: "Search", signal: mine.signal,
    onWait: (reason, until) => { if (flight === mine) status.waiting(until, reasonWords[reason]); },
  });
  if (flight !== mine || outcome.kind === "aborted") return;
  if (outcome.kind === "ok") {
    const { total, items } = outcome.value;
    status.show(`${count(total, "book")}${text === "" ? "" : ` for “${text}”`}${outcome.stale ? ", from an earlier answer" : ""}`);
    results.replaceChildren(...items.slice(0, SHOWN).map(card));
  } else if (outcome.kind === "refused") {
    status.refused(outcome.until, outcome.by === "server" ? "the server refused" : "not now");
  } else {
    status.show(outcome.why, "bad");
  }
}

function card(book: Book): HTMLElement {
  const { button, line } = saveButton(book);
  return el("li", {},
    el("div", { class: "book" },
      el("h3", {}, book.title),
      el("p", { class: "quiet" }, `${book.author}, ${book.year}, ${book.genre}`),
      el("p", { class: "about" }, book.about),
      line),
    button);
}

/** Listens to the box. */
export function startLibrary(): void {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void search();
  });
  input.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => void search(), TYPING);
  });
  void search();
}
