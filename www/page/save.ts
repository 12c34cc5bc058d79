// The Save button: however often it is pressed, its text is true.
import { ask } from "./api.ts";
import { el } from "./dom.ts";
import { Status } from "./status.ts";
import { reasonWords } from "./words.ts";

/** A book, as the server sends it. */
export interface Book { id: number; title: string; author: string; genre: string; year: number; about: string }

interface Saved { times: number; repeated: boolean }

const savedTexts = new Map<number, string>();

/** A button that saves `book`, and the line that tells what became of it. */
export function saveButton(book: Book): { button: HTMLButtonElement; line: HTMLElement } {
  const line = el("p", { class: "state" });
  const status = new Status(line);
  // One key for all presses of this intent: however many arrive, the server does it once.
  const key = crypto.randomUUID();
  let pending = 0;
  const done = (text: string) => {
    savedTexts.set(book.id, text);
    button.textContent = "Saved";
    button.disabled = true;
    status.show(text, "good");
  };
  const press = async () => {
    pending += 1;
    status.show(pending > 1 ? `saving, pressed ${pending} times` : "saving");
    const outcome = await ask<Saved>("/api/save", {
      what: `Save “${book.title}”`, who: "you", label: "Save", key, body: { item: book.id },
      onWait: (reason, until) => status.waiting(until, reasonWords[reason]),
    });
    pending -= 1;
    if (outcome.kind === "ok") {
      const { times } = outcome.value;
      return done(times > 1 ? `saved, ${times} times in all` : "saved");
    }
    // Another press may have saved it, or may still.
    if (button.disabled || pending > 0) return;
    if (outcome.kind === "refused") {
      status.refused(outcome.until, outcome.by === "server" ? "not saved, the server refused" : "not saved yet");
    } else if (outcome.kind === "failed") {
      status.show(`not saved: ${outcome.why}`, "bad");
    }
  };
  const button = el("button", { type: "button", class: "save", onclick: () => void press(), "aria-label": `Save ${book.title}` }, "Save");
  const before = savedTexts.get(book.id);
  if (before !== undefined) done(before);
  return { button, line };
}
