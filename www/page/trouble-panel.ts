// The server's switches: presets, and a form for the rest.
import { byId, el, say } from "./dom.ts";
import { presetOf, presets, type Preset } from "./presets.ts";
import { healthy, onStats, setTrouble, type Settings, type Stats } from "./server.ts";
import { count } from "./words.ts";

const form = byId<HTMLFormElement>("settings");
const now = byId("trouble-now");
const buttons = new Map<Preset, HTMLElement>();

function field(name: keyof Settings): HTMLInputElement | HTMLSelectElement {
  return form.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement;
}

/** A number, or null when the field is empty. */
function number(name: keyof Settings): number | null {
  const { value } = field(name);
  return value === "" ? null : Number(value);
}

function readForm(): Settings {
  const [kind, amount] = field("queue").value.split(":");
  return {
    slower: number("slower") ?? 1,
    capacity: number("capacity"),
    refuse: (number("refuse") ?? 0) / 100,
    drop: (number("drop") ?? 0) / 100,
    queue: kind === "wait" ? { wait: Number(amount) } : { length: Number(amount) },
    dropGone: (field("dropGone") as HTMLInputElement).checked,
    hint: field("hint").value as Settings["hint"],
    retryAfter: number("retryAfter"),
    seconds: number("seconds"),
  };
}

function fillForm({ slower, capacity, refuse, drop, queue, dropGone, hint, retryAfter, seconds }: Settings): void {
  const fill = (name: keyof Settings, value: number | string | null) => { field(name).value = value === null ? "" : String(value); };
  fill("slower", slower);
  fill("capacity", capacity);
  fill("refuse", Math.round(refuse * 100));
  fill("drop", Math.round(drop * 100));
  fill("queue", "wait" in queue ? `wait:${queue.wait}` : `length:${queue.length ?? 32}`);
  fill("hint", hint);
  fill("retryAfter", retryAfter);
  fill("seconds", seconds);
  (field("dropGone") as HTMLInputElement).checked = dropGone;
}

async function apply(settings: Settings): Promise<void> {
  try {
    await setTrouble(settings);
  } catch (error) {
    say(now, `Not switched: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function show({ trouble, endsInMs, capacity, serviceMs, inFlight, queued }: Stats): void {
  const current = presetOf(trouble);
  for (const [preset, button] of buttons) button.setAttribute("aria-pressed", String(preset === current));
  document.documentElement.dataset.trouble = String(current !== presets[0]);
  const end = endsInMs === null ? "" : `, well again in ${Math.ceil(endsInMs / 1000)} s`;
  say(now, `${inFlight} of ${count(capacity, "worker")} busy, ${queued} in the queue, ${serviceMs} ms a request${end}`);
}

/** Makes the buttons and follows the server. */
export function startTrouble(): void {
  for (const preset of presets) {
    const press = () => {
      fillForm(preset.settings);
      void apply(preset.settings);
    };
    const button = el("button", { type: "button", "aria-pressed": "false", onclick: press }, el("b", {}, preset.name), el("small", {}, preset.says));
    buttons.set(preset, button);
    byId("presets").append(button);
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void apply(readForm());
  });
  fillForm(healthy);
  onStats(show);
}

/** Says that the server cannot be reached. */
export function showLost(why: string): void {
  say(now, `The server cannot be watched: ${why}`);
}
