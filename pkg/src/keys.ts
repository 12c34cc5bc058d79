// From a URL to the scope that it belongs to and the key that equal requests share: without `new URL` on the usual path.
import { core, put } from "./core";
import { attempt } from "./events";
import type { Call, Room, Scope } from "./room";

/** Tables that the network can fill are emptied beyond this; the core knows the same names still. */
const MOST = 256;

const HTTP = /^https?:\/\//;
let base = "";
let origin = "";

/** Absolute and without fragment, as the platform would resolve it; undefined: not ours (data:, blob:, not valid). */
export const absolute = (text: string): string | undefined => {
  const hash = text.indexOf("#");
  if (hash >= 0) text = text.slice(0, hash);
  if (HTTP.test(text)) return text;
  if (/^(?!https?:)[a-z][a-z\d+.-]*:/i.test(text)) return;
  const from = typeof document === "object" ? document.baseURI : typeof location === "object" ? location.href : undefined;
  if (/^\/[^/\\]/.test(text) && from) {
    if (from !== base) origin = new URL((base = from)).origin;
    text = origin + text;
  } else text = new URL(text, from).href;
  return HTTP.test(text) ? text : undefined;
};

/** A scope's name as the application writes it: a URL stands for its origin, nothing for the page's. */
export const nameOf = (scope: string | URL | undefined): string =>
  scope === undefined ? (typeof location === "object" ? location.origin : "") : /^https?:\/\/[^/?#]+|.*/s.exec(`${scope}`)![0];

/** The scope of a name. */
export const named = (room: Room, name: string): Scope => {
  let scope = room.scopes.get(name);
  if (!scope) {
    if (room.scopes.size >= MOST) for (const table of [room.scopes, room.handles, room.prefixes]) table.clear();
    room.scopes.set(name, (scope = { name, id: 0, names: undefined, last: "", seen: 0, refusal: undefined }));
    room.changed();
  }
  return scope;
};

/** The scope of a request: the request's own word, else the application's function, else the origin. */
export const scopeOf = (room: Room, url: string, method: string, word: unknown): Scope => {
  const ask = room.options.scope;
  // The URL is only built when it is looked at.
  if (!word && ask) word = attempt(room, () => ask({ get url() { return new URL(url); }, method }));
  if (word && typeof word === "string") return named(room, word);
  const cut = url.indexOf("/", 8);
  const prefix = cut < 0 ? url : url.slice(0, cut);
  let scope = room.prefixes.get(prefix);
  if (!scope) {
    scope = named(room, new URL(prefix).origin);
    if (room.prefixes.size >= MOST) room.prefixes.clear();
    room.prefixes.set(prefix, scope);
  }
  return scope;
};

/** The key's handle in the core, interned if need be; 0: let it pass. Only inside `guard`. */
export const handle = (room: Room, call: Call, now: number): number => {
  const known = room.keys.get(call.key);
  if (known) return known;
  const { scope } = call;
  // A second time, because the core may have forgotten the scope.
  for (let tries = 0; tries < 2; tries++) {
    scope.id ||= core.scope(room.id, now, put(scope.name.slice(0, MOST)));
    if (!scope.id) return 0;
    room.handles.set(scope.id, scope);
    const key = core.key(room.id, now, scope.id, put(`${call.method}\n${call.url.slice(0, 2048)}`));
    if (key) {
      const slot = key & 1023;
      const old = room.slots[slot];
      if (old !== undefined && (room.keys.get(old)! & 1023) === slot) room.keys.delete(old);
      room.slots[slot] = call.key;
      room.keys.set(call.key, key);
      return key;
    }
    scope.id = 0;
  }
  return 0;
};

/** The core does not know the key any more. */
export const forget = (room: Room, call: Call): void => {
  room.keys.delete(call.key);
  call.scope.id = 0;
};
