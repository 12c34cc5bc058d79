// What a fetch asks for, read from its arguments without building a Request.
import type { TidegateRequestInit, TidegateRequestOptions } from "../tidegate.d.ts";
import { attempt } from "./events";
import { HOW } from "./gate";
import { absolute, scopeOf } from "./keys";
import { type Call, type Room, PRIORITIES, newCall } from "./room";

/** What a Request says when nothing was said; read in this order. */
const DEFAULTS: Record<string, string> = {
  credentials: "same-origin",
  mode: "cors",
  redirect: "follow",
  cache: "default",
  integrity: "",
  referrer: "about:client",
  referrerPolicy: "",
};
/** Members of `init` that are looked at elsewhere, or make no difference to the answer. */
const OTHERS = " method headers body signal tidegate priority keepalive duplex window ";
const NONE: TidegateRequestOptions = {};
/** Longer bodies and keys are not compared. */
const COMPARED = 8192;

// All request headers as one text; undefined: they cannot be read without using them up.
const headerText = (headers: any): string | undefined => {
  if (!headers) return "";
  let pairs = headers;
  if (!Array.isArray(headers) && typeof headers.get !== "function") {
    if (headers[Symbol.iterator]) return;
    pairs = Object.entries(headers);
  }
  let text = "";
  for (const [name, value] of pairs) text += `${name}`.toLowerCase() + `\0${value}\0`;
  return text;
};

/** All that makes two requests of one URL different; undefined: it shares nothing. */
const variant = (init: any, request: any): string | undefined => {
  if (!init && !request) return "";
  let text = headerText(init?.headers ?? request?.headers);
  if (text === undefined) return;
  for (const name in DEFAULTS) {
    const value = init?.[name] ?? request?.[name];
    if (value && value !== DEFAULTS[name]) text += `\0${name}\0${value}`;
  }
  for (const name of Object.keys(init ?? {})) {
    if (init[name] != null && !(name in DEFAULTS) && !OTHERS.includes(` ${name} `)) return;
  }
  const body = init?.body;
  return body == null ? text : typeof body === "string" && body.length <= COMPARED ? `${text}\0\0${body}` : undefined;
};

const plain = (init: object): boolean => {
  const up = Object.getPrototypeOf(init);
  return up === Object.prototype || up === null;
};

const priorityOf = (own: TidegateRequestOptions, init: any, safe: boolean): number => {
  const place = PRIORITIES.indexOf(own.priority!);
  if (place >= 0) return place;
  return init?.priority === "high" ? 0 : init?.priority === "low" && safe ? 2 : 1;
};

const attemptsOf = (own: TidegateRequestOptions): number => {
  const attempts = own.retry && own.retry.attempts;
  return typeof attempts === "number" && attempts >= 0 ? (Math.min(14, Math.floor(attempts)) + 1) << 8 : 0;
};

// Not randomUUID: pages without a secure context lack it.
const random = (): string => crypto.getRandomValues(new Uint32Array(4)).join("-");

const withKey = (init: any, request: any, idempotent: string | true, signal: any): any => {
  const headers = new Headers(init?.headers ?? request?.headers);
  const name = "idempotency-key";
  if (!headers.has(name)) headers.set(name, idempotent === true ? (signal?.idempotencyKey ?? random()) : idempotent);
  return { ...init, headers };
};

// What requests must have in common beside the URL to share an answer; undefined: this one shares nothing.
const markOf = (room: Room, different: string | undefined): string | undefined => {
  const { user } = room.options;
  if (different === undefined) return;
  if (user) {
    const who = attempt(room, user);
    if (who === undefined) return;
    different += `\0user\0${who}`;
  }
  return room.era ? `${different}\0era\0${room.era}` : different;
};

/** Reads the arguments of a fetch; undefined: it goes straight to the platform. */
export const describe = (room: Room, input: any, init: TidegateRequestInit | undefined): Call | undefined => {
  const request = typeof input === "object" && typeof input.url === "string" ? input : undefined;
  if ((init?.keepalive ?? request?.keepalive) || request?.bodyUsed) return;
  const url = absolute(request ? request.url : String(input));
  if (!url) return;
  const own: TidegateRequestOptions = init?.tidegate ? Object(init.tidegate) : NONE;
  const given = init?.method ?? request?.method;
  const method = given === undefined ? "GET" : String(given).toUpperCase();
  const signal = init?.signal !== undefined ? init.signal : request?.signal;
  // Not a signal: for the platform to refuse.
  if (signal && !signal.addEventListener) return;
  const reads = method === "GET" || method === "HEAD";
  const safe = reads || method === "OPTIONS" || own.safe === true;
  const open = !init || plain(init);
  const body: any = init?.body;
  // A stream, or a body inside something that is not a plain object, can be sent once.
  const once = body?.getReader || body?.[Symbol.asyncIterator] || (!open && !reads);
  const acts = !room.mode;
  const { idempotent } = own;
  if (idempotent && acts && open) init = withKey(init, request, idempotent, signal);

  const scope = scopeOf(room, url, method, own.scope);
  // A signal of another realm (jsdom beside Node) could not be replaced by one of ours.
  const ours = !signal || signal instanceof AbortSignal;
  const shares = room.shares && acts && open && safe && ours && !once && own.coalesce !== false && (reads || (body && !request)) && room.platform.leaf();
  const mark = shares ? markOf(room, variant(init, request)) : undefined;
  // One URL in two scopes is two keys, shared or not: each has its own scope's fate.
  const word = own.scope || room.options.scope ? scope.name : "";
  const key = word || mark || method !== "GET" ? `${method}\n${word}\n${url}\n${mark ?? ""}` : url;
  const joins = mark !== undefined && key.length <= COMPARED;
  const how =
    priorityOf(own, init, safe) |
    attemptsOf(own) |
    (safe ? HOW.safe : 0) |
    ((safe || idempotent) && !once ? HOW.repeat : 0) |
    (joins ? HOW.join : 0) |
    (own.retry === false ? HOW.noHold : 0);
  // The caller may change its arguments while the request waits.
  const kept = init && open ? { ...init } : init;
  const copies = request && !reads && how & HOW.repeat;
  return newCall(
    scope,
    key.slice(0, COMPARED),
    method,
    url,
    how,
    own.deadline,
    signal,
    (call) =>
      room.platform.send(
        copies ? request.clone() : call.later && !request ? url : input,
        call.own ? { ...kept, signal: call.own.signal } : call.later ? kept : init,
      ),
    typeof own.label === "string" ? own.label : null,
    typeof own.onWait === "function" ? own.onWait : undefined,
  );
};
