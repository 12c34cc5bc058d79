// The tide: how the server is, what waits, until when and why.
import type { Mode } from "tidegate/development";
import { defineTide, type TideStatusElement, type TideStrings } from "tidegate/ui";
import { tide, waits, type Waiting } from "./api.ts";
import { byId, el, everyTick, say } from "./dom.ts";
import { clock, count, reasonWords, secondsUntil, stateSentence, stateWord } from "./words.ts";

/** Rows of the list of what waits; the rest is counted. */
const ROWS = 3;

const gauge = byId("gauge");
const status = byId<TideStatusElement>("tide-status");
const opens = byId("tide-opens");
const list = byId("waits");

/** The gate is not deciding: why, in a word and a sentence; null when it is. */
function idle(): { word: string; sentence: string } | null {
  if (tide.mode === "off") return { word: "Switched off", sentence: "Every click goes straight to the server, whatever it says." };
  if (tide.getSnapshot().ready !== "fallback") return null;
  return { word: "Stepped aside", sentence: "The core cannot run here. Requests go through; a time that the server names is still kept." };
}

/** One sentence, however the server is. */
function always(sentence: string): TideStrings {
  return { nominal: sentence, fair: sentence, serious: sentence, critical: sentence, closed: sentence };
}

function showState(): void {
  const { state, value } = tide.pressure();
  const aside = idle();
  const word = aside?.word ?? stateWord[state];
  const percent = aside ? 0 : Math.round(value * 100);
  document.documentElement.dataset.tide = aside ? "off" : state;
  for (const id of ["tide-word", "mini-word"]) say(byId(id), word);
  say(byId("tide-state"), aside ? "" : `${state}, ${value.toFixed(2)} of 1`);
  if (status.strings?.nominal !== aside?.sentence) status.strings = aside && always(aside.sentence);
  opens.hidden = aside !== null;
  gauge.setAttribute("aria-valuenow", String(percent));
  gauge.setAttribute("aria-valuetext", aside ? word : `${word}, ${percent} %`);
  gauge.style.setProperty("--level", String(percent / 100));
}

function showWaits(): void {
  const all = waits();
  // Presses of one button are one row, at the time of the first.
  const groups = new Map<string, Waiting & { times: number }>();
  for (const wait of all) {
    const key = `${wait.what} ${wait.reason}`;
    const group = groups.get(key);
    if (group) group.times += 1;
    else groups.set(key, { ...wait, times: 1 });
  }
  const rows = [...groups.values()].slice(0, ROWS).map(({ what, reason, until, times }) => {
    const left = secondsUntil(until);
    return el("li", {}, el("b", {}, times > 1 ? `${what} ×${times}` : what), el("span", {}, ` ${left > 0 ? `until ${clock(until)} (${left} s)` : "its turn"}: ${reasonWords[reason]}`));
  });
  if (groups.size > ROWS) rows.push(el("li", { class: "quiet" }, `and ${groups.size - ROWS} more`));
  if (all.length === 0) rows.push(el("li", { class: "quiet" }, "Nothing waits."));
  list.replaceChildren(...rows);
  const { inFlight } = tide.getSnapshot();
  say(byId("mini-count"), all.length > 0 ? `${all.length} waiting` : "nothing waits");
  say(byId("tide-count"), tide.mode === "off" ? "" : `${count(inFlight, "request")} under way, ${all.length} waiting`);
}

/** Follows the gate, and lets the reader switch it. */
export function startTide(): void {
  defineTide(tide, { strings: { ...stateSentence, ...reasonWords } });
  tide.subscribe(showState);
  everyTick(() => {
    showState();
    showWaits();
  });
  byId("mode").addEventListener("change", (event) => {
    tide.setMode((event.target as HTMLInputElement).value as Mode);
    showState();
  });
}
