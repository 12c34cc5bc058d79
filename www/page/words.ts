// What the page says in plain words.
import type { PressureState, Reason } from "tidegate/development";

/** A pressure state as a person would say it. */
export const stateWord: Record<PressureState, string> = {
  nominal: "Calm",
  fair: "Busy",
  serious: "Struggling",
  critical: "Overwhelmed",
};

/** What it means for whoever uses the page. */
export const stateSentence: Record<PressureState, string> = {
  nominal: "No sign of trouble. Everything goes out at once.",
  fair: "First signs of trouble. The optional parts of the page step back.",
  serious: "The server is struggling. What you asked for comes first, the rest pauses.",
  critical: "The server cannot keep up. Only what has a chance is sent.",
};

/** Why something waits, to stand after a colon. */
export const reasonWords: Record<Reason, string> = {
  "retry-after": "the server asked for it",
  quota: "the server's quota has to last",
  overload: "the server is overloaded",
  breaker: "too many requests failed",
  "retry-budget": "enough has been tried again",
  concurrency: "the server is busy with earlier requests",
  "queue-full": "too much is waiting already",
  deadline: "it would have come too late",
  brownout: "this part is off for now",
  hidden: "the page is hidden",
  repeat: "it was refused a moment ago",
};

/** 14:03:07, by the reader's own clock. */
export function clock(time: number): string {
  return new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
}

/** Whole seconds until `time`, rounded up, never below zero. */
export function secondsUntil(time: number): number {
  return Math.max(0, Math.ceil((time - Date.now()) / 1000));
}

/** "1 request", "2 requests". */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
