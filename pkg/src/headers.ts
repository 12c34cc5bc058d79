// Which response headers cross to the core. Names are learned: all are looked at on a scope's first success, on every
// failure and on every 32nd success; otherwise only those found before are read, and text crosses only when it changed.
import { hintPattern } from "#names";
import type { Scope } from "./room";

const enum Most {
  /** One more character than the core reads of a value: so a longer one is seen to be too long. */
  Value = 8193,
  Text = 65536,
  Names = 32,
}

/** The clocks alone say nothing, and would differ every second. */
const CLOCKS = ["date", "age"];

/** One header as the core reads it; empty when it is none, or says nothing. Names are lower case. */
export const line = (name: string, value: unknown): string =>
  value != null && hintPattern.test(name) ? `${name}: ${`${value}`.slice(0, Most.Value)}\n` : "";

/** What stands between the fields and a body: what kind of body it is, and an empty line. */
export const before = (type: unknown): string => (type ? `content-type: ${`${type}`.slice(0, Most.Value)}\n\n` : "\n");

/** Every header that the core may read. */
export const everything = (headers: Headers): string => {
  let text = "";
  // In Chromium `forEach` costs three times as much.
  for (const [name, value] of headers) if (text.length < Most.Text) text += line(name, value);
  return text;
};

/** What holds for a while only: said again, it holds again. */
const TIMED = /^(backpressure|endpoint-load|x-ms-throttle)/m;

/** The text that is to cross for a response; empty when it says nothing, or nothing new. */
export const heard = (scope: Scope, status: number, answer: { headers?: Headers }): string => {
  const failed = status >= 300 || status === 202;
  const { names } = scope;
  const all = failed || !names || !(++scope.seen & 31);
  // Looking at `headers` at all costs: a browser makes that object when it is asked for.
  const headers = all || names.length ? answer.headers : undefined;
  if (!headers) return "";
  let text = "";
  let values: (string | null)[] | undefined;
  const read = (name: string) => (text += line(name, headers.get(name)));
  if (all) {
    const found = new Set(names);
    for (const [name, value] of headers) {
      const said = !CLOCKS.includes(name) && text.length < Most.Text && line(name, value);
      if (!said) continue;
      text += said;
      if (found.size < Most.Names) found.add(name);
    }
    if (!failed) scope.names = [...found];
  } else {
    values = names.map((name) => headers.get(name));
    if (scope.values && values.every((value, place) => value === scope.values![place])) return "";
    names.forEach((name, place) => (text += line(name, values![place])));
  }
  const timed = TIMED.test(text);
  scope.values = timed ? undefined : values;
  if (!text || (!failed && !timed && text === scope.last)) return "";
  scope.last = text;
  CLOCKS.forEach(read);
  return text;
};
