// `readHints` and `init`: the core's reading on its own.
import type { Hints, HintSource, Quota, WasmSource } from "../tidegate.d.ts";
import { core, load, put, start, State, state, taker } from "./core";
import { STATES } from "./store";
import { before, line } from "./headers";

const NO_CORE = "tidegate: no WebAssembly: init(wasm)";

/** Loads the core: the given one, else the one inside. Idempotent; rejects when it cannot run. */
export const init = async (wasm?: WasmSource): Promise<void> => {
  await (wasm === undefined ? start() : load(wasm));
  if (state === State.Dead) throw new Error(NO_CORE);
};

/** No more than this crosses; of a body one byte more than is read, so that a longer one is seen to be too long. */
const enum Most {
  Text = 65536,
  Body = 65537,
}

/** Where numbers stand: the wait, the word on trying again, the overload, the load; then these. */
const enum Register {
  Field = 4,
  Malformed = 5,
  State = 6,
  Share = 7,
  Batch = 8,
  Off = 9,
  For = 10,
  Quotas = 11,
  Each = 6,
}

const BREAK = /[\r\n]./s;
const BREAKS = /[\r\n](?!$)/g;

const textOf = (headers: any, typed: boolean): string => {
  let text = "";
  let type: unknown;
  for (const [given, value] of headers?.[Symbol.iterator] ? headers : Object.entries(headers ?? {})) {
    const name = `${given}`.toLowerCase();
    if (name === "content-type") type ??= value;
    for (const one of Array.isArray(value) ? value : [value]) {
      let said = line(name, one);
      // A line break would be the next field; what replaces it makes the value invalid.
      if (BREAK.test(said)) said = said.replace(BREAKS, "\0");
      if (text.length + said.length < Most.Text) text += said;
    }
  }
  return typed ? text + before(`${type ?? ""}`.replace(/[\r\n]/g, "\0")) : text;
};

const bytesOf = (body: unknown): Uint8Array | undefined => {
  if (typeof body === "string") body = new TextEncoder().encode(body.slice(0, Most.Body));
  return body instanceof Uint8Array ? body.subarray(0, Most.Body) : undefined;
};

const known = (index: number): number | null => {
  const value = core("at", index);
  return value === value ? value : null;
};

/** What the text in the core's buffer says, `length` bytes of it, and the field or member that it was read from. */
export const decode = (status: number, now: number, length: number): { hints: Hints; field: string } => {
  const quotas: Quota[] = [];
  const count = core("read", status, now, length) || 0;
  const take = taker(core("said") || 0);
  for (let at = Register.Quotas; quotas.length < count; at += Register.Each) {
    const [limit, remaining, resetMs, windowMs] = [0, 1, 2, 3].map((place) => known(at + place)) as [number, number, number, number];
    quotas.push({ name: take(core("at", at + 4)), limit, remaining, resetMs, windowMs, unit: take(core("at", at + 5)) });
  }
  const retry = known(1);
  const hints: Hints = { waitMs: known(0), retry: retry === null ? null : retry > 0, overloaded: known(2) === 1, load: known(3), quotas };
  const off = known(Register.Off);
  const names = take(off ?? 0);
  const forMs = known(Register.For);
  if (forMs !== null) {
    const state = STATES[known(Register.State) ?? 4] ?? null;
    hints.advice = { state, share: known(Register.Share), batch: known(Register.Batch), off: off === null ? off : names.split("\n").slice(0, -1), forMs };
  }
  const field = take(core("at", Register.Field) || 0);
  if (__DEV__) Object.assign(hints, { field, malformed: known(Register.Malformed) });
  return { hints, field };
};

/** What a response says. Members that cannot be read are null; without a core, all are. Of a Response no body is read. */
export const readHints = (response: HintSource | Response, options?: { now?: number | undefined }): Hints => {
  if (!start() && state !== State.Dead) throw new Error(NO_CORE);
  const { status, headers, body } = response;
  const bytes = bytesOf(body);
  return decode(status, options?.now ?? Date.now(), put(textOf(headers, !!bytes), bytes)).hints;
};
