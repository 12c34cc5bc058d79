// Options are read once, by own properties only. The core checks what is a number to it; the rest is checked here.
import type { TidegateOptions } from "../tidegate.d.ts";
import { check, core, die, start } from "./core";
import { type Room, inBrowser } from "./room";
import { settings } from "#names";

/** What was given, without prototype; settings inside others by their whole path, as "retry.attempts". */
export interface Options extends TidegateOptions {
  /** Whether a cache was asked for, or none. */
  keeps?: boolean;
}

const KINDS: Record<string, string> = { fetch: "function", scope: "function", user: "function", seed: "number", name: "string", storage: "object", channel: "string" };

/** Whether a path holds settings of its own. */
const group = (path: string): boolean => settings.some(([known]) => known.startsWith(`${path}.`));

/** Reads what the application gave. What cannot be read or used is left out, and named in `faults`; development throws them. */
export const read = (given: unknown, faults: string[]): Options => {
  const options = Object.create(null);
  let keeps: boolean | undefined;
  const copy = (from: any, at: string): void => {
    for (const name of Object.keys(from)) {
      const path = at + name;
      try {
        const value = from[name];
        // A group without a setting in it asks for the defaults.
        if (path === "cache" && value !== undefined) keeps = !!value;
        if (Object(value) === value && group(path)) copy(value, `${path}.`);
        else options[path] = value;
      } catch {
        faults.push(path);
      }
    }
  };
  copy(given ?? {}, "");
  const usable = given === undefined || Object(given) === given;
  if (__DEV__ && given !== undefined) insist(usable ? nest(options) : given, faults);
  if (!usable) faults.push("options");
  options.keeps = keeps;
  for (const name in KINDS) {
    // null: no channel, as it is no storage.
    if (options[name] !== undefined && typeof options[name] !== KINDS[name] && !(name === "channel" && options[name] === null)) {
      faults.push(name);
      delete options[name];
    }
  }
  if (![undefined, "response", "error"].includes(options.onShed)) faults.push("onShed");
  return options;
};

// Development build: the options as they were given, for the core to check.
const nest = (options: any): object => {
  const root: any = {};
  for (const path in options) {
    const names = path.split(".");
    const last = names.pop()!;
    let at = root;
    for (const name of names) at = at[name] ??= {};
    at[last] = options[path];
  }
  return root;
};

// Development build: one error that names every fault, from both sides of the boundary.
const insist = (options: unknown, unreadable: readonly string[]): void => {
  const said = unreadable.map((path) => `${path} cannot be read`);
  if (start()) {
    try {
      check(options);
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) die(error);
      else said.push((error as Error).message);
    }
  }
  if (said.length) throw new TypeError(said.join("; "));
};

/** What names an instance's stored state and its channel. */
export const instance = ({ name = "tidegate" }: Options): string => name;

/** The storage that was given, or the browser's; denied, it throws. */
export const storageOf = ({ storage }: Options): Storage | null | undefined => (storage === undefined && inBrowser() ? localStorage : (storage as Storage));

/** The channel's name; none: there is no channel. */
export const channelOf = (options: Options): string | null | undefined =>
  options.channel === undefined && inBrowser() ? instance(options) : options.channel;

/** Stages what the core is to know of them; what it refuses, and leaves at its default, joins the faults. */
export const stage = ({ options, faults }: Room): void => {
  settings.forEach(([path, words], index) => {
    const value = (options as any)[path];
    if (value !== undefined) core("stage", index, words ? words.split("|").indexOf(value) : number(value));
  });
  const refused = core("refused");
  settings.forEach(([path], index) => (refused >> index) & 1 && faults.push(path));
};

// Switches become numbers; what is of no use becomes NaN, which every setting refuses.
const number = (value: unknown): number => (["number", "boolean"].includes(typeof value) ? +(value as number) : NaN);
