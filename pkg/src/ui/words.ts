// What the elements say, and in which language.
import type { TideStrings } from "../../ui.d.ts";

export type Key = keyof TideStrings;

/** The texts of those who bring none. A reason without one is told as "overload". */
export const ENGLISH = {
  nominal: "All is well.",
  fair: "The server is a little busy.",
  serious: "The server is busy.",
  critical: "The server is overloaded.",
  closed: "{state} Waiting until {time}: {reason}.",
  wait: "Try again {in}.",
  now: "You can try again now.",
  "retry-after": "the server asked for it",
  quota: "what it allows has to last",
  overload: "the server has too much to do",
  breaker: "too many requests failed",
} satisfies TideStrings;

/** Puts values in the places that a text has for them. */
export const fill = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "").trim();

/** Makes a formatter; a page's `lang` may be no language at all. */
const inTongue = <T>(make: (lang?: string) => T, lang: string): T => {
  try {
    return make(lang);
  } catch {
    return make();
  }
};

/** "in 12 seconds", never less than there is left; `ms`: milliseconds above 0. */
export const relative = (ms: number, lang: string): string => {
  let left = Math.ceil(ms / 1000);
  let unit: Intl.RelativeTimeFormatUnit = "second";
  for (const larger of ["minute", "hour"] as const) {
    if (left < 120) break;
    left = Math.ceil(left / 60);
    unit = larger;
  }
  return inTongue((tongue) => new Intl.RelativeTimeFormat(tongue), lang).format(left, unit);
};

/** "2:03:07 PM"; `time`: epoch milliseconds, never shown as earlier than it is. */
export const clock = (time: number, lang: string): string =>
  inTongue((tongue) => new Intl.DateTimeFormat(tongue, { timeStyle: "medium" }), lang).format(Math.ceil(time / 1000) * 1000);
