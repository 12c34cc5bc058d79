// `readHints` and `init`: the core's reading on its own.
import type { Hints, HintSource, Quota, WasmSource } from "../tidegate.d.ts";
import { core, left, load, put, registers, start, State, state } from "./core";
import { STATES } from "./store";
import { before, everything, line } from "./headers";

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
  Text = 11,
  Bytes = 12,
  Count = 13,
  Quotas = 14,
  Each = 6,
}

/** A line break would be the next field; what replaces it makes the value invalid. */
const flat = (text: unknown): string => `${text ?? ""}`.replace(/[\r\n]/g, "\0");

const textOf = (headers: any, typed: boolean): string => {
  // A `Headers`, of whatever realm, holds no line breaks.
  if (typeof headers?.append === "function") return everything(headers) + (typed ? before(headers.get("content-type")) : "");
  let text = "";
  let type: unknown;
  for (const [given, value] of headers?.[Symbol.iterator] ? headers : Object.entries(headers ?? {})) {
    const name = flat(given).toLowerCase();
    if (name === "content-type") type ??= value;
    for (const one of Array.isArray(value) ? value : [value]) if (text.length < Most.Text) text += line(name, one && flat(one));
  }
  return typed ? text + before(flat(type)) : text;
};

const bytesOf = (body: unknown): Uint8Array | undefined => {
  if (typeof body === "string") body = new TextEncoder().encode(body.slice(0, Most.Body));
  return body instanceof Uint8Array ? body.subarray(0, Most.Body) : undefined;
};

/** What the text in the core's buffer says, `length` bytes of it, and the field or member that it was read from. */
export const decode = (status: number, now: number, length: number): { hints: Hints; field: string } => {
  const quotas: Quota[] = [];
  const register = registers(core("read", status, now, length));
  const known = (place: number): number | null => (isFinite(register(place)!) ? register(place)! : null);
  const said = left(register(Register.Text)!, register(Register.Bytes)!);
  let from = 0;
  // Null counts as zero.
  const take = (place: number): string => said.slice(from, (from += known(place)!));
  for (let at = Register.Quotas; quotas.length < register(Register.Count)!; at += Register.Each) {
    quotas.push({ name: take(at + 4), limit: known(at), remaining: known(at + 1), resetMs: known(at + 2), windowMs: known(at + 3), unit: take(at + 5) });
  }
  const retry = known(1);
  const hints: Hints = { waitMs: known(0), retry: retry === null ? null : retry > 0, overloaded: known(2) === 1, load: known(3), quotas };
  const off = known(Register.Off);
  const names = take(Register.Off);
  const forMs = known(Register.For);
  if (forMs !== null) {
    const state = STATES[known(Register.State) ?? 4] ?? null;
    hints.advice = { state, share: known(Register.Share), batch: known(Register.Batch), off: off === null ? off : names.split("\n").slice(0, -1), forMs };
  }
  const field = take(Register.Field);
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
