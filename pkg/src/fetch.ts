// What a fetch asks for, read from its arguments without building a Request.
import type { TidegateRequestInit, TidegateRequestOptions } from "../tidegate.d.ts";
import { meet } from "./cache/confirm";
import { own as homely } from "./cache/keep";
import { attempt } from "./events";
import { mark as served } from "./human/feature";
import { type Intent, intentOf, newKey } from "./intents";
import { absolute, scopeOf } from "./keys";
import { type Call, type Room, How, natural, newCall, priority } from "./room";

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
const OTHERS = /^(method|headers|body|signal|tidegate|priority|duplex)$/;
const NONE: any = { body: null };
const KEY = "idempotency-key";
/** Fetch's cache modes, by their codes at the boundary. */
const CACHE_MODES = ["default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"];
/** How a GET is sent that says nothing about itself: user-visible, with the policy's retries. */
const PLAIN = 1 | How.Safe | How.Repeat;
const enum Most {
  /** Longer bodies and keys are not compared. */
  Compared = 8192,
  /** The same for intents: these are few. */
  Hashed = 65536,
}

/** All that makes two requests of one URL different; undefined: it shares nothing. */
const variant = (init: any, request: any): string | undefined => {
  let text = "";
  if (init === request) return text;
  let headers = init.headers ?? request.headers ?? [];
  if (!headers[Symbol.iterator]) headers = Object.entries(headers);
  // They cannot be read without using them up.
  else if (!Array.isArray(headers) && !headers.get) return;
  for (const [name, value] of headers) text += `${name}`.toLowerCase() + `\0${value}\0`;
  for (const part of [DEFAULTS, init]) {
    for (const name in part) {
      const value = init[name] ?? request[name];
      if (!value || value === DEFAULTS[name] || OTHERS.test(name)) continue;
      if (Object(value) === value) return;
      text += `\0${name}\0${value}`;
    }
  }
  const body = init.body ?? "";
  if (typeof body !== "string" || body.length > Most.Compared) return;
  return body ? `${text}\0\0${body}` : text;
};

/** Whose copies may answer a request, and its header lines; undefined: none may. */
const shelved = (given: any, request: any, user: string | null | undefined, url: string): { shelf: string; fields?: string } | undefined => {
  const said = (name: string) => given[name] || request[name] || DEFAULTS[name];
  const mode = said("mode");
  // On the page's own origin one mode is as the other.
  if (user === undefined || !(mode === "cors" || (mode === "same-origin" && homely(url))) || said("cache") === "no-store" || said("integrity")) return;
  let who = user ? `\0${user}` : "";
  // Who looks at redirects is told of them, and nobody else is.
  for (const name of ["credentials", "redirect"]) if (said(name) !== DEFAULTS[name]) who = said(name) + who;
  const headers = given.headers ?? request.headers;
  if (!headers) return { shelf: who };
  // They cannot be read without using them up.
  if (headers[Symbol.iterator] && !Array.isArray(headers) && !headers.get) return;
  let fields = "";
  for (const [name, value] of new Headers(headers)) {
    // What asks for a part, or asks by validators of its own, is for the platform (Fetch, "HTTP-network-or-cache fetch").
    if (/^(range$|if-)/.test(name)) return;
    if (name === "authorization") who = `${value}\0${who}`;
    fields += `${name}: ${value}\n`;
  }
  return fields ? { shelf: who, fields } : { shelf: who };
};

/** A long body takes what the network takes, and who accepts events may wait for the first of them. */
const untimed = (headers: any, body: any): boolean =>
  (body && !(body.length <= Most.Compared)) || /event-stream/.test(headers?.get ? headers.get("accept") : (headers?.accept ?? headers?.Accept));

/** A request's headers with the key that it carries, and the intent behind that, if it can be told. */
const withKey = (room: Room, given: any, request: any, signal: any, user: string | null | undefined, what: string[]) => {
  const headers = new Headers(given.headers ?? request.headers);
  let intent: Intent | undefined;
  if (!headers.has(KEY)) {
    const { idempotent } = given.tidegate;
    let key = typeof idempotent === "string" ? idempotent : signal?.idempotencyKey;
    if (!key) {
      // A Request's own body cannot be read without using it up.
      const { body } = given;
      const text = body instanceof URLSearchParams ? `${body}` : (body ?? (request.body === null ? "" : request));
      if (typeof text === "string" && text.length <= Most.Hashed && user !== undefined) {
        intent = intentOf(room, JSON.stringify([user, ...what, text]));
      }
      key = intent?.key ?? newKey();
    }
    headers.set(KEY, key);
  }
  return { intent, headers };
};

/** Reads the arguments of a fetch; undefined: it goes straight to the platform. */
export const describe = (room: Room, input: any, init: TidegateRequestInit | undefined): Call | undefined => {
  const { platform, options, mode } = room;
  const shares = room.shares && !mode;
  const known = !init && room.plain && room.keys.get(input);
  // The same plain GET again: all but the call itself is known.
  if (known) {
    const how = PLAIN | (shares && platform.leaf() ? How.Share : 0);
    const call = newCall(known.scope, input, "GET", input, how, undefined, undefined, ({ asks }) => platform.send(input, asks));
    if (room.caches && !mode) {
      call.shelf = "";
      call.asked = [input, init];
    }
    return call;
  }
  const request = typeof input?.url === "string" ? input : undefined;
  const from = request ?? NONE;
  let given: any = init ?? NONE;
  if ((given.keepalive ?? from.keepalive) || from.bodyUsed) return;
  const url = absolute(request ? request.url : `${input}`);
  if (!url) return;
  const own: TidegateRequestOptions = given.tidegate || NONE;
  const { idempotent, label, onWait } = own;
  const method = `${given.method ?? from.method ?? "GET"}`.toUpperCase();
  const { signal } = given.signal === undefined ? from : given;
  // Not a signal: for the platform to refuse.
  if (signal && !signal.addEventListener) return;
  const reads = method === "GET" || method === "HEAD";
  const safe = reads || method === "OPTIONS" || own.safe === true;
  // Nothing is known of what is not a plain object, but that it can be handed on.
  const open = (given.constructor ?? Object) === Object;
  const { body } = given;
  // A stream, or a body inside something that is not a plain object, can be sent once.
  const again = open ? !body?.getReader && !body?.[Symbol.asyncIterator] : reads;
  const scope = scopeOf(room, url, method, own.scope);
  // Asked once: its answer may be another one the next time.
  let user: any = options.user ? NONE : "";
  const who = (): string | null | undefined => (user === NONE ? (user = attempt(room, options.user!)) : user);
  // Without CORS the platform drops the header. A key that cannot be made or sent is told.
  const keyed =
    idempotent && !mode && open && (given.mode ?? from.mode) !== "no-cors"
      ? attempt(room, () => withKey(room, given, from, signal, who(), [scope.name, method, url]))
      : undefined;
  if (keyed) init = given = { ...given, headers: keyed.headers };
  let mark: string | undefined;
  if (
    shares && open && safe && again && own.coalesce !== false && (reads || (body && !request)) &&
    // A signal of another realm (jsdom beside Node) could not be replaced by one of ours.
    (!signal || signal instanceof AbortSignal) && platform.leaf()
  ) {
    mark = variant(given, from);
    if (options.user && mark !== undefined) {
      mark = who() === undefined ? undefined : `${mark}\0user\0${user}`;
    }
  }
  // One URL in two scopes is two keys, shared or not: each has its own scope's fate.
  const word = own.scope || options.scope ? scope.name : "";
  const key = word || mark || method !== "GET" ? `${method}\n${word}\n${url}\n${mark ?? ""}` : url;
  const long = key.length > Most.Compared;
  const how =
    priority(own.priority, given.priority === "high" ? 0 : given.priority === "low" && safe ? 2 : 1) |
    ((Math.min(14, natural(own.retry && own.retry.attempts)) + 1) << 8) |
    (safe ? How.Safe : 0) |
    ((safe || keyed) && again ? How.Repeat : 0) |
    (mark !== undefined && !long ? How.Share : 0) |
    (untimed(given.headers ?? from.headers, body ?? from.body) ? How.Untimed : 0) |
    (own.priority === "user-blocking" && (globalThis.navigator as any)?.userActivation?.isActive ? How.Press : 0) |
    (own.retry === false ? How.NoHold : 0) |
    served(room, own.feature);
  // The caller may change its arguments while the request waits.
  const kept = init && open ? { ...init } : init;
  const copies = request && !reads && how & How.Repeat;
  const call = newCall(scope, long ? key.slice(0, Most.Compared) : key, method, url, how, own.deadline, signal, ({ later, own, asks }) =>
    platform.send(
      copies ? request.clone() : later && !request ? url : input,
      own || asks ? { ...kept, ...(own && { signal: own.signal }), ...asks } : later ? kept : init,
    ),
  );
  if (room.caches && !mode && reads && open && own.cache !== false) {
    const found = shelved(given, from, who(), url);
    if (found) {
      meet(room, user);
      Object.assign(call, found);
      call.asking = Math.max(0, CACHE_MODES.indexOf(given.cache ?? from.cache));
      call.asked = [request ?? url, kept];
      const { staleWhileOverloaded } = own.cache || NONE;
      if (staleWhileOverloaded !== undefined) call.most = +staleWhileOverloaded;
    }
  }
  if (init) call.given = kept;
  if (keyed?.intent) call.intent = keyed.intent;
  if (typeof label === "string") call.label = label;
  if (own.feature) call.feature = own.feature;
  if (typeof onWait === "function") call.onWait = onWait;
  return call;
};
