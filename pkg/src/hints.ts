// `readHints` and `init`: the core's reading on its own.
import type { Hints, HintSource, Quota, WasmSource } from "../tidegate.d.ts";
import { core, guard, load, put, start, state, take } from "./core";
import { line, telling } from "./headers";

/** Loads the core: the given one, else the one inside. Idempotent; rejects when it cannot run. */
export const init = async (wasm?: WasmSource): Promise<void> => {
  await (wasm === undefined ? start() : load(wasm));
  if (state === 3) throw new Error("tidegate: no WebAssembly");
};

const textOf = (headers: any): string => {
  const pairs: Iterable<any> = headers?.[Symbol.iterator] ? headers : Object.entries(headers ?? {});
  let text = "";
  for (const [key, value] of pairs) {
    const name = String(key).toLowerCase();
    if (value == null || !telling(name)) continue;
    for (const one of Array.isArray(value) ? value : [value]) text += line(name, String(one).replace(/[\r\n]+/g, " "));
  }
  return text.slice(0, 65536);
};

const known = (index: number): number | null => {
  const value = core.at(index);
  return value === value ? value : null;
};

/** What a response says. Members that cannot be read are null; without a core, all are. */
export const readHints = (response: HintSource | Response, options?: { now?: number | undefined }): Hints => {
  const nothing: Hints = { waitMs: null, retry: null, overloaded: false, load: null, quotas: [] };
  if (!start() && state < 3) throw new Error("tidegate: await init(wasm) first");
  const text = textOf(response.headers);
  return guard(nothing, () => {
    const count = core.read(response.status, options?.now ?? Date.now(), put(text));
    const said = take(core.said()).split("\n");
    const retry = known(1);
    const quotas = Array.from({ length: count }, (_, place): Quota => {
      const [limit, remaining, resetMs, windowMs] = [4, 5, 6, 7].map((part) => known(4 * place + part)) as [number, number, number, number];
      return { name: said[2 * place]!, limit, remaining, resetMs, windowMs, unit: said[2 * place + 1]! };
    });
    return { waitMs: known(0), retry: retry === null ? null : retry === 1, overloaded: core.at(2) === 1, load: known(3), quotas };
  });
};
