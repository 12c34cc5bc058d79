// What happened last, in plain words.
import type { Hints, TidegateEvents } from "tidegate/development";
import { tide } from "./api.ts";
import { byId, el } from "./dom.ts";
import { clock, count, reasonWords, secondsUntil, stateWord } from "./words.ts";

/** Lines that are kept. */
const KEPT = 5;
const list = byId("events");

/** The lines that are shown, latest first. What repeats is counted instead of pushing the rest out. */
let lines: { text: string; times: number; at: number }[] = [];

function tell(text: string): void {
  const times = 1 + (lines.find((line) => line.text === text)?.times ?? 0);
  lines = [{ text, times, at: Date.now() }, ...lines.filter((line) => line.text !== text)].slice(0, KEPT);
  list.replaceChildren(...lines.map((line) =>
    el("li", {}, el("time", {}, clock(line.at)), ` ${line.text}${line.times > 1 ? ` ×${line.times}` : ""}`)));
}

/** What a server said, as a sentence; null when it said nothing that matters here. */
export function hintWords({ waitMs, overloaded, load, quotas }: Hints): string | null {
  const quota = quotas.find(({ remaining }) => remaining !== null);
  if (waitMs !== null && waitMs > 0) return `the server asks for ${count(Math.ceil(waitMs / 1000), "second")} of rest`;
  if (quota?.remaining === 0) return "the server's quota is used up";
  if (quota && quota.limit !== null && (quota.remaining ?? 0) < quota.limit / 4) return `the server's quota: ${quota.remaining} of ${quota.limit} left`;
  if (overloaded) return "the server says that it is overloaded";
  if (load !== null && load > 0.8) return `the server reports ${Math.round(load * 100)} % load`;
  return null;
}

const name = (label: string | null) => label ?? "a request";

const sentences: { [K in keyof TidegateEvents]: (event: TidegateEvents[K]) => string | null } = {
  pressure: ({ state, reason }) => `the tide is ${stateWord[state].toLowerCase()}${reason && state !== "nominal" ? `: ${reasonWords[reason]}` : ""}`,
  hint: ({ hints }) => hintWords(hints),
  unexposed: ({ advice }) => `the server hides its hints; it should send: ${advice}`,
  // A place in a queue has no time of its own.
  wait: ({ label, reason, until }) => `${name(label)} waits ${until > Date.now() ? `until ${clock(until)}` : "its turn"}: ${reasonWords[reason]}`,
  shed: ({ label, reason }) => `${name(label)} was not sent: ${reasonWords[reason]}`,
  retry: ({ label, at }) => secondsUntil(at) > 0 ? `${name(label)} is tried again at ${clock(at)}` : `${name(label)} is tried again`,
  stale: ({ label }) => `${name(label)} was answered from memory`,
  coalesced: ({ label, callers }) => `${name(label)}: ${count(callers, "question")} shared one answer`,
  feature: ({ name: feature, enabled }) => `${feature} ${enabled ? "is back" : "is off for now"}`,
  error: ({ message }) => `tidegate stepped aside: ${message}`,
};

/** Listens to everything. */
export function startEvents(): void {
  list.append(el("li", { class: "quiet" }, "Nothing yet. Requests go out as they are asked."));
  const listen = <K extends keyof TidegateEvents>(type: K) => {
    tide.on(type, (event) => {
      const text = sentences[type](event);
      if (text !== null) tell(text);
    });
  };
  (Object.keys(sentences) as (keyof TidegateEvents)[]).forEach((type) => listen(type));
}
