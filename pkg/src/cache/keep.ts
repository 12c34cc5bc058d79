// What is kept of an answer: its body is read from a copy of the stream, up to what the core takes, while the caller reads its own.
import { collect } from "../bodies";
import { now, wall } from "../clock";
import { core, put } from "../core";
import { fail } from "../events";
import { absolute, handle } from "../keys";
import { type Call, type Room, How } from "../room";
import { pass } from "./confirm";
import { type When, erase, write } from "./persist";
import { type Copy, discard, file, invalidate, shelf } from "./shelves";
import { suits } from "./serve";

const enum Most {
  /** Milliseconds that a body is read for; a stream without an end is no answer to keep. */
  Read = 60_000,
}

const enum Told {
  /** CORS may hide fields of it. */
  Hidden = 2048,
  /** It confirms a copy. */
  Confirms = 4096,
  /** The request accepts what is stale. */
  Wanted = 8192,
}

/** What the core reads of an answer. */
const READ = ["cache-control", "expires", "date", "age", "last-modified", "etag", "vary", "content-type"];
/** Streams of messages: who leaves one would have it read on. */
const STREAMS = /^(multipart|text\/event-stream)|ndjson|json-seq|grpc/i;
/** One of these must be there, or nothing says that it may be used again. */
const SAYS = ["cache-control", "expires", "etag", "last-modified"];

/** A page's own origin; elsewhere than in a page every origin is as good. */
export const own = (url: string): boolean => {
  const origin = globalThis.location?.origin;
  return !origin || origin === "null" || url.startsWith(`${origin}/`);
};

/** Asks the core whether an answer is kept; its handle, or 0. */
const judge = (
  room: Room,
  call: Call,
  status: number,
  get: (name: string) => string | null | undefined,
  told: number,
  took: number,
  old: number,
  // Of one that was kept elsewhere: when it came, and for how long it was.
  at?: number,
  held = 0,
): number => {
  const t = now();
  const key = handle(room, call, t);
  let text = `${call.shelf}\t${call.url}\n${call.fields ?? ""}\n`;
  for (const name of READ) {
    const value = get(name);
    if (value != null) text += `${name}: ${value}\n`;
  }
  core("copy_about", room.id, took, held, old, NaN);
  return core("copy_judge", room.id, t, at ?? wall, key, status + told, put(text)) || 0;
};

/** As dates are written today (RFC 9110 section 5.6.7). */
const DATE = /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/;

/** Names what one connection has headers for (RFC 9111 section 3.1). */
const HOP = /^(connection|keep-alive|te|transfer-encoding|upgrade|proxy-.*)$/;

/** The headers that are kept. */
const lasting = (headers: Headers): Map<string, string> => {
  const listed = headers.get("connection")?.toLowerCase().split(/[ \t]*,[ \t]*/);
  return new Map([...headers].filter(([name]) => !HOP.test(name) && !listed?.includes(name)));
};

const copy = (call: Call, answer: Response, handle: number, bytes: Copy["bytes"]): Copy => {
  const headers = lasting(answer.headers);
  // It grows: said anew whenever this is served.
  headers.delete("age");
  return {
    handle,
    url: call.url,
    whose: call.shelf!,
    status: answer.status,
    statusText: answer.statusText,
    type: answer.type,
    headers,
    // Some statuses may not have a body, not even an empty one.
    bytes: bytes?.length ? bytes : null,
    asked: call.asked!,
    next: undefined,
  };
};

const about = (call: Call): number => (own(call.url) ? 0 : Told.Hidden) | (call.most! > 0 ? Told.Wanted : 0);

/** Takes back what was kept elsewhere, `held` milliseconds by the wall clock, if it may be kept still. */
export const restore = (room: Room, call: Call, kept: Copy, { at, took, age }: When, held: number): void => {
  const get = (name: string) => (name === "age" ? age : kept.headers.get(name));
  kept.handle = judge(room, call, kept.status, get, about(call), took, 0, at, held < 0 ? NaN : held);
  if (!kept.handle) return erase(room, call.url);
  file(room, kept);
};

/**
 * Keeps a copy of an answer, if it may be kept; `sent`: when it was asked for, on the core's axis; `writes`: what its scope's count
 * of them was then; `refused`: whether its body is a refusal all the same, as a promise.
 */
export const keep = (room: Room, call: Call, answer: Response, sent: number, writes: number, refused: unknown): void => {
  const { headers, body, status } = answer;
  // A stand-in for a Response cannot be copied, and a stream of events is no answer.
  if (!answer.clone || call.how & How.Untimed || STREAMS.test(headers.get("content-type")!)) return;
  const get = (name: string) => headers.get(name);
  if (answer.redirected || answer.bodyUsed || (!(call.most! > 0) && !room.options["cache.staleWhileOverloaded" as "cache"] && !SAYS.some(get))) return;
  const took = now() - sent;
  if (call.method === "HEAD") return describedAnew(room, call, answer, took);
  const { scope, url } = call;
  const id = judge(room, call, status, get, about(call), took, call.copy?.handle ?? 0);
  if (!id) {
    // What is no date is past (RFC 9111 section 5.3), but browsers read much into it that is none.
    const end = get("expires");
    if (end && !DATE.test(end) && !get("vary")) pass(room, url);
    return;
  }
  const { shelves } = room;
  const at = wall;
  const largest = core("told", room.id, 9);
  const length = get("content-length");
  const drop = () => core("copy_forget", room.id, id);
  if (+length! > largest) return void drop();
  const done = (bytes: Uint8Array | null | undefined, refused?: unknown): void => {
    // Encoded, its length says nothing of what is read here.
    const whole = bytes === null ? !body : bytes && (!length || get("content-encoding") || +length === bytes.length);
    if (writes !== scope.writes || !whole || refused || call.stale || room.shelves !== shelves || !room.id) return void drop();
    const kept = copy(call, answer, id, bytes as Copy["bytes"]);
    for (const old of shelf(room, url)) if (suits(room, old, call)) discard(room, old);
    if (file(room, kept)) write(room, call, kept, { at, took, age: get("age") });
    else erase(room, url);
  };
  if (!body) return done(null);
  const own = answer.clone().body!;
  scope.reading.add(call);
  collect(own, Most.Read, largest)
    .then(async (bytes) => done(bytes ?? undefined, await refused))
    .catch((cause) => {
      drop();
      fail(room, "cache", cause);
    })
    .finally(() => scope.reading.delete(call));
};

/** What was kept is confirmed (304), or described anew (HEAD): its headers are brought up to date (RFC 9111 sections 3.2, 4.3.4). */
export const renew = (room: Room, call: Call, kept: Copy, answer: Response, took: number): void => {
  const merged = new Map(kept.headers);
  for (const [name, value] of lasting(answer.headers)) {
    // The body is the one that was kept: what describes its bytes stays.
    if (!/^content-(length|encoding|range)$/.test(name)) merged.set(name, value);
  }
  kept.headers = merged;
  // A moment that is not named anew is over.
  if (!answer.headers.has("date")) merged.delete("date");
  const id = judge(room, call, kept.status, (name) => merged.get(name), Told.Confirms, took, kept.handle);
  const age = merged.get("age");
  merged.delete("age");
  if (id) write(room, call, kept, { at: wall, took, age });
  else outdated(room, kept);
};

/** What was kept for GET is described by HEAD: the same, or gone (RFC 9111 section 4.3.5). */
const describedAnew = (room: Room, call: Call, answer: Response, took: number): void => {
  for (const old of shelf(room, call.url)) {
    if (!suits(room, old, call)) continue;
    const same = ["etag", "last-modified", "content-length"].every((name) => {
      const said = answer.headers.get(name);
      return said === null || said === old.headers.get(name);
    });
    if (same && answer.status === old.status) renew(room, call, old, answer, took);
    else outdated(room, old);
  }
};

const outdated = (room: Room, copy: Copy): void => {
  discard(room, copy);
  erase(room, copy.url);
};

/** An unsafe request was answered: what it may have changed is not kept any longer (RFC 9111 section 4.4). */
export const written = (room: Room, { how, url, scope }: Call, answer: Response): void => {
  if (how & How.Safe || !(answer.status < 400)) return;
  scope.writes++;
  // Now, and not when their bodies are there: who reads one may ask again before that is known here.
  for (const call of scope.reading) pass(room, call.url);
  invalidate(room, url);
  for (const name of ["location", "content-location"]) {
    try {
      const to = answer.headers.get(name);
      const meant = to && absolute(new URL(to, url).href);
      if (meant && new URL(meant).origin === new URL(url).origin) invalidate(room, meant);
    } catch {
      // It names nothing.
    }
  }
};
