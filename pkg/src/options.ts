// Options are read once, by own properties only. The core checks what is a number to it; the rest is checked here.
import type { TidegateOptions } from "../tidegate.d.ts";
import { core, die, guard, start } from "./core";
import { settings } from "#names";

/** A copy without prototype. What could not be read or used is left out, and named in `faults`. */
export interface Options extends TidegateOptions {}

const KINDS: Record<string, string> = { fetch: "function", scope: "function", user: "function", seed: "number", name: "string" };

/** Whether a path holds settings of its own. */
const group = (path: string): boolean => settings.some(([known]) => known.startsWith(path + "."));

const copy = (from: any, faults: string[], at: string): any => {
  const to = Object.create(null);
  for (const name of Object.keys(from)) {
    const path = at + name;
    try {
      const value = from[name];
      to[name] = value && typeof value === "object" && group(path) ? copy(value, faults, path + ".") : value;
    } catch {
      faults.push(path);
    }
  }
  return to;
};

/** Reads what the application gave. `faults` receives the paths that only this side can judge; development throws them. */
export const read = (given: unknown, faults: string[]): Options => {
  const usable = given === undefined || (typeof given === "object" && given);
  const options = copy(usable ? (given ?? {}) : {}, faults, "");
  if (__DEV__ && given !== undefined) insist(usable ? options : given, faults);
  if (!usable) faults.push("options");
  for (const name in KINDS) {
    if (options[name] !== undefined && typeof options[name] !== KINDS[name]) {
      faults.push(name);
      delete options[name];
    }
  }
  if (options.onShed && options.onShed !== "response" && options.onShed !== "error") faults.push("onShed");
  return options;
};

// Development build: one error that names every fault, from both sides of the boundary.
const insist = (options: unknown, unreadable: readonly string[]): void => {
  const said = unreadable.map((path) => `${path} cannot be read`);
  if (start()) {
    try {
      (core as any).check(options);
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) die(error);
      else said.push((error as Error).message);
    }
  }
  if (said.length) throw new TypeError(said.join("; "));
};

/** Stages what the core is to know of them; answers the paths that it refused and left at their defaults. */
export const stage = (options: any): string[] =>
  guard([], () => {
    settings.forEach(([path, words], index) => {
      const value = path.split(".").reduce((from, name) => from?.[name], options);
      if (value !== undefined && !(value && typeof value === "object" && group(path))) core.stage(index, number(value, words));
    });
    const refused = core.refused();
    return settings.filter((_, index) => Math.floor(refused / 2 ** index) % 2).map(([path]) => path);
  });

// Words and switches become numbers; what is of no use becomes NaN, which every setting refuses.
const number = (value: unknown, words: readonly string[] | undefined): number => {
  if (words) return words.includes(value as string) ? words.indexOf(value as string) : NaN;
  return typeof value === "number" ? value : typeof value === "boolean" ? +value : NaN;
};
