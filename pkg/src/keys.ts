// From a URL to the scope that it belongs to and the key that equal requests share: without `new URL` on the usual path.
import { core, put } from "./core";
import { attempt } from "./events";
import type { Call, Room, Scope } from "./room";

const enum Most {
  /** A table that the network can fill is emptied beyond this; the core knows the same names still. */
  Scopes = 256,
  Name = 256,
  Url = 2048,
}

const HTTP = /^https?:\/\//;
let base = "";
let origin = "";

/** Absolute and without fragment, as the platform would resolve it; undefined: not ours (data:, blob:, not valid). */
export const absolute = (text: string): string | undefined => {
  const hash = text.indexOf("#");
  if (hash >= 0) text = text.slice(0, hash);
  if (HTTP.test(text)) return text;
  const from = globalThis.document?.baseURI ?? globalThis.location?.href;
  if (/^\/[^/\\]/.test(text) && from) {
    if (from !== base) origin = new URL((base = from)).origin;
    text = origin + text;
  } else text = new URL(text, from).href;
  return HTTP.test(text) ? text : undefined;
};

/** Where a URL's path begins. */
const ORIGIN = /^https?:\/\/[^/?#]+|.*/s;

/** A scope's name as the application writes it: a URL stands for its origin, nothing for the page's. */
export const nameOf = (scope: string | URL | undefined): string => ORIGIN.exec(`${scope ?? globalThis.location?.origin ?? ""}`)![0];

/** The scope of a name. */
export const named = (room: Room, name: string): Scope => {
  const { scopes } = room;
  let scope = scopes.get(name);
  if (!scope) {
    if (scopes.size >= Most.Scopes) {
      scopes.clear();
      room.keys.clear();
    };
    scopes.set(name, (scope = { name, id: 0, seen: 0, writes: 0, reading: new Set(), time: 0 }));
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
  const written = cut < 0 ? url : url.slice(0, cut);
  return room.scopes.get(written) ?? named(room, new URL(written).origin);
};

/** A scope's handle in the core, interned by its name; 0: the core does not take it. */
export const scopeHandle = ({ id }: Room, now: number, name: string): number => core("scope", id, now, put(name.slice(0, Most.Name))) >>> 0;

/** The key's handle in the core, interned if need be; 0: the core does not take it. */
export const handle = (room: Room, { key, scope, method, url }: Call, now: number): number => {
  const { id, keys, slots } = room;
  const known = keys.get(key);
  if (known) return known.handle;
  scope.id ||= scopeHandle(room, now, scope.name);
  const handle = core("key", id, now, scope.id, put(`${method}\n${url.slice(0, Most.Url)}`));
  if (handle) {
    const slot = handle & 1023;
    const old = slots[slot]!;
    if ((keys.get(old)?.handle! & 1023) === slot) keys.delete(old);
    slots[slot] = key;
    keys.set(key, { handle, scope });
  }
  return handle;
};
