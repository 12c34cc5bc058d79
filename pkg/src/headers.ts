// Which response headers cross to the core. Names are learned: all are looked at on a scope's first success, on every
// failure and on every 32nd success; otherwise only those found before are read, and text crosses only when it changed.
import { hintHeaders } from "#names";
import type { Scope } from "./room";

/** One more character than the core reads of a value: so a longer one is seen to be too long. */
const LONGEST = 8193;
const TEXT = 65536;
const NAMES = 32;

const exact = new Set(hintHeaders);
const family = /rate-?limit|retry/;

/** Whether a header (lower case) may say something. */
export const telling = (name: string): boolean => exact.has(name) || family.test(name);

/** One header as the core reads it. */
export const line = (name: string, value: string): string => `${name}: ${value.slice(0, LONGEST)}\n`;

const clocks = (headers: Headers): string => {
  let text = "";
  for (const name of ["date", "age"]) {
    const value = headers.get(name);
    if (value !== null) text += line(name, value);
  }
  return text;
};

/** The text that is to cross for a response; empty when it says nothing, or nothing new. */
export const heard = (scope: Scope, status: number, answer: { headers?: Headers }): string => {
  const failed = status >= 300 || status === 202;
  const { names } = scope;
  const all = failed || !names || !(++scope.seen & 31);
  // Looking at `headers` at all costs: a browser makes that object when it is asked for.
  const headers = all || names.length ? answer.headers : undefined;
  if (!headers) return "";
  let text = "";
  if (all) {
    const found = new Set(names);
    headers.forEach((value, name) => {
      // The clocks alone say nothing, and would differ every second.
      if (!telling(name) || name === "date" || name === "age" || text.length > TEXT) return;
      text += line(name, value);
      if (found.size < NAMES) found.add(name);
    });
    if (!failed) scope.names = [...found];
  } else {
    for (const name of names) {
      const value = headers.get(name);
      if (value !== null) text += line(name, value);
    }
  }
  if (!text || (!failed && text === scope.last)) return "";
  scope.last = text;
  return text + clocks(headers);
};
