// The Save button: however often it is pressed, its text is true.
import { ask } from "./api.ts";
import { el } from "./dom.ts";
import { Status } from "./status.ts";
import { reasonWords } from "./words.ts";

/** A book, as the server sends it. */
export interface Book { id: number; title: string; author: string; genre: string; year: number; about: string }

interface Saved { repeated: boolean }

/** How often each book was saved in this visit: effects at the server, not presses. */
const effects = new Map<number, number>();

/** A button that saves `book`, and the line that tells what became of it. */
export function saveButton(book: Book): { button: HTMLButtonElement; line: HTMLElement } {
  const line = el("p", { class: "state" });
  const status = new Status(line);
  // One key for all presses of this intent: however many arrive, the server does it once.
  const key = crypto.randomUUID();
  let pending = 0;
  let wait = { until: 0, why: "" };
  // Of several presses the one that waits has the news; the others add nothing but their number.
  const showPending = () => {
    if (wait.until > Date.now()) status.waiting(wait.until, wait.why);
    else status.show(pending > 1 ? `saving, pressed ${pending} times` : "saving");
  };
  const done = (times: number) => {
    effects.set(book.id, times);
    button.textContent = "Saved";
    button.disabled = true;
    if (times > 1) status.show(`saved ${times} times over, once for each press`, "bad");
    else status.show("saved", "good");
  };
  const press = async () => {
    pending += 1;
    showPending();
    const outcome = await ask<Saved>("/api/save", {
      what: `Save “${book.title}”`, who: "you", label: "Save", key, body: { item: book.id },
      onWait: (reason, until) => {
        wait = { until, why: reasonWords[reason] };
        status.waiting(until, wait.why);
      },
    });
    pending -= 1;
    if (outcome.kind === "ok") return done((effects.get(book.id) ?? 0) + (outcome.value.repeated ? 0 : 1));
    // Another press may have saved it, or may still.
    if (button.disabled || pending > 0) return;
    if (outcome.kind === "refused") {
      status.refused(outcome.until, outcome.by === "server" ? "not saved, the server refused" : "not saved yet");
    } else if (outcome.kind === "failed") {
      status.show(`not saved: ${outcome.why}`, "bad");
    }
  };
  const button = el("button", { type: "button", class: "save", onclick: () => void press(), "aria-label": `Save ${book.title}` }, "Save");
  const before = effects.get(book.id);
  if (before !== undefined) done(before);
  return { button, line };
}
