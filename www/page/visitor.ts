// An impatient visitor, for those who would rather watch: presses the page's own controls, faster than anyone should.
import { byId } from "./dom.ts";

/** Between two presses, in milliseconds. */
const PACE = 600;
const WORDS = ["lighthouse", "tide", "winter", "ferry", "thorne", "mystery", "letter", "island", "salt"];

/** Listens to the switch. */
export function startVisitor(): void {
  const box = byId<HTMLInputElement>("visitor");
  const input = byId<HTMLInputElement>("q");
  const form = byId<HTMLFormElement>("search");
  let turn = 0;
  const act = () => {
    if (!box.checked) return;
    turn += 1;
    const saves = document.querySelectorAll<HTMLButtonElement>("button.save:enabled");
    // Three presses of the same button, then another search.
    const save = saves[0];
    if (turn % 4 === 0 || !save) {
      input.value = WORDS[Math.floor(turn / 4) % WORDS.length] ?? "";
      form.requestSubmit();
    } else {
      save.click();
    }
    setTimeout(act, PACE);
  };
  box.addEventListener("change", act);
}
