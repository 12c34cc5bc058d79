// `readHints` and `init`: the core's reading on its own.
import type { Hints, HintSource, Quota, WasmSource } from "../tidegate.d.ts";
import { core, load, put, start, State, state, take } from "./core";
import { line } from "./headers";

const NO_CORE = "tidegate: no WebAssembly: init(wasm)";

/** Loads the core: the given one, else the one inside. Idempotent; rejects when it cannot run. */
export const init = async (wasm?: WasmSource): Promise<void> => {
  await (wasm === undefined ? start() : load(wasm));
  if (state === State.Dead) throw new Error(NO_CORE);
};

const textOf = (headers: any): string => {
  let text = "";
  for (const [name, value] of headers?.[Symbol.iterator] ? headers : Object.entries(headers ?? {})) {
    for (const one of [value].flat()) text += line(`${name}`.toLowerCase(), one).replace(/[\r\n]+(?!$)/g, " ");
  }
  return text.slice(0, 65536);
};

const known = (index: number): number | null => {
  const value = core("at", index);
  return value === value ? value : null;
};

/** What a response says. Members that cannot be read are null; without a core, all are. */
export const readHints = (response: HintSource | Response, options?: { now?: number | undefined }): Hints => {
  if (!start() && state !== State.Dead) throw new Error(NO_CORE);
  core("read", response.status, options?.now ?? Date.now(), put(textOf(response.headers)));
  const said = take(core("said")).split("\n");
  const quotas: Quota[] = [];
  for (let at = 4; said[1] !== undefined; at += 4) {
    const [name, unit] = said.splice(0, 2) as [string, string];
    quotas.push({ name, limit: known(at), remaining: known(at + 1), resetMs: known(at + 2), windowMs: known(at + 3), unit });
  }
  const retry = known(1);
  return { waitMs: known(0), retry: retry === null ? null : retry > 0, overloaded: known(2) === 1, load: known(3), quotas };
};
