// Kept answers that outlive the page, where the application asked for it: in the Cache API, one cache for each user.
//
// An entry is the answer's bytes and behind them a line that says the rest, so that half an entry reads as none. Its URL
// is its name: of several variants the last stays. Which entries stay is decided by their place and weight: the latest
// that have room. Whatever fails here fails nothing else: it is told once.
import { aborted } from "../answers";
import { timer, wall, now } from "../clock";
import { core } from "../core";
import { attempt, fail } from "../events";
import { instance } from "../options";
import type { Call, Room } from "../room";
import { restore } from "./keep";
import { type Copy, shelf, weight } from "./shelves";

/** One user's cache, as far as this page knows it. */
export interface Disk {
  cache?: Cache;
  /** It is open and its list is read, or it never will be. */
  ready: Promise<void>;
  /** What is there; undefined: not known yet. */
  urls?: Set<string>;
  /** What was dropped while the list was read. */
  dropped?: Set<string>;
  /** What is to be written. */
  due: Map<string, readonly [copy: Copy, said: string]>;
  /** It is being written. */
  busy?: Promise<void> | undefined;
  armed?: boolean;
  /** It was waited for in vain. */
  slow?: boolean;
}

const enum Most {
  /** Milliseconds that a request waits for what may be there: twenty at once, on a slow device while a page loads. */
  Wait = 500,
  /** Milliseconds between writes. */
  Pause = 500,
  /** Entries: each counts as at least so small a part of all bytes. */
  Entries = 512,
  /** Users of one page, and of one browser: of more the oldest goes. */
  Users = 4,
  /** Milliseconds that is waited for caches to be gone. */
  Empty = 2000,
}

const MARK = "x-tidegate";
const mine = ({ options }: Room): string => `tidegate ${JSON.stringify(instance(options))} `;
const within = (ms: number): Promise<void> => new Promise((resolve) => void timer(resolve, ms));

/** Whether anything outlives the page. */
export const persists = ({ options }: Room): boolean => !!options["cache.persist" as "cache"];

const broken = (room: Room, cause: unknown): void => {
  if (!room.flawed) fail(room, "cache", cause);
  room.flawed = true;
};

const diskOf = (room: Room, user: string): Disk => {
  const { disks } = room;
  let disk = disks.get(user)!;
  if (!disk) {
    if (disks.size >= Most.Users) disks.clear();
    disks.set(user, (disk = { due: new Map() } as any));
    disk.ready = begin(room, disk, user).catch((cause) => broken(room, cause));
  }
  return disk;
};

/** Where a call's answer may be; undefined: nowhere. What was asked for with a secret of its own never is. */
const diskFor = (room: Room, { shelf, fields }: Call): Disk | undefined => {
  if (!persists(room) || /^authorization:/m.test(fields!)) return;
  const cut = shelf!.indexOf("\0");
  return diskOf(room, cut < 0 ? "" : shelf!.slice(cut + 1));
};
/** A shelf without its user. */
const credentials = ({ shelf }: Call): string => shelf!.split("\0")[0]!;

const begin = async (room: Room, disk: Disk, user: string): Promise<void> => {
  const { era } = room;
  await room.emptied;
  if (era === undefined) throw new TypeError("no storage");
  const prefix = mine(room);
  const now = `${prefix}${era} `;
  // JSON keeps apart what UTF-8 would not.
  const whose = user && btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(user))))));
  const cache = await caches.open(now + whose);
  disk.cache = cache;
  await scan(room, disk);
  // What was left by others goes: a tab that did not hear of a logout, users that did not come back.
  void caches.keys().then((names) => {
    names = names.filter((name) => name.startsWith(prefix) && name !== now + whose);
    names.forEach((name, place) => (name.startsWith(now) && place > names.length - Most.Users) || void caches.delete(name).catch(() => {}));
  }, () => {});
};

/** Reads the list anew, as all tabs have left it, and deletes what has no room. */
const scan = async (room: Room, disk: Disk): Promise<void> => {
  const dropped = (disk.dropped = new Set<string>());
  const urls = new Set<string>();
  const { cache } = disk;
  const most = core("told", room.id, 9) * 8;
  let left = most;
  for (const request of [...(await cache!.keys())].reverse()) {
    left -= Math.max(+request.headers.get(MARK)!, most / Most.Entries);
    if (!(left < 0)) urls.add(request.url);
    else await cache!.delete(request);
  }
  for (const url of dropped) urls.delete(url);
  disk.urls = urls;
};

const drop = (room: Room, disk: Disk, url: string): void => {
  disk.due.delete(url);
  disk.urls?.delete(url);
  disk.dropped?.add(url);
  const erase = async (): Promise<void> => {
    try {
      await disk.cache?.delete(url);
    } catch (cause) {
      broken(room, cause);
    }
  };
  // Now, because the page may be about to go; and again once nothing can write it any more.
  void erase();
  void (disk.cache ? disk.busy : disk.ready)?.then(erase);
};

/** A URL's answer is of no use any more. */
export const erase = (room: Room, url: string): void => {
  if (!persists(room)) return;
  const { user } = room.options;
  const who = user ? attempt(room, user) : "";
  if (who !== undefined) diskOf(room, who ?? "");
  for (const disk of room.disks.values()) drop(room, disk, new URL(url).href);
};

/** What is needed to judge an answer again: when it came (wall clock), how long it took (both in milliseconds), its Age. */
export interface When {
  at: number;
  took: number;
  age: string | null | undefined;
}

/** Writes a copy, some time after its answer was handed over; what may not be written goes. */
export const write = (room: Room, call: Call, copy: Copy, { at, took, age }: When): void => {
  const disk = diskFor(room, call);
  if (!disk) return;
  const url = new URL(call.url).href;
  if (/private|no-store/i.test(copy.headers.get("cache-control")!)) return drop(room, disk, url);
  const { status, statusText, type, headers, bytes } = copy;
  disk.due.set(url, [copy, JSON.stringify([credentials(call), call.fields, at, took, age, !bytes, status, statusText, type, [...headers]])]);
  arm(room, disk);
};

const arm = (room: Room, disk: Disk): void => {
  if (disk.armed || !disk.due.size) return;
  disk.armed = true;
  timer(() => {
    disk.armed = false;
    flush(room, disk);
  }, Most.Pause);
};

const flush = (room: Room, disk: Disk): void => {
  if (disk.due.size) disk.busy ??= pour(room, disk);
};

/** Writes what is due: the page may be about to go. */
export const flushAll = (room: Room): void => room.disks.forEach((disk) => flush(room, disk));

const pour = async (room: Room, disk: Disk): Promise<void> => {
  const { disks, id } = room;
  await disk.ready;
  for (const [url, [copy, said]] of disk.due) {
    // Its user has left meanwhile, or all is over.
    if (room.disks !== disks || room.id !== id) return;
    disk.due.delete(url);
    try {
      const body = new Response(new Blob([copy.bytes ?? "", said]), { headers: { [MARK]: `${copy.bytes?.length ?? 0}` } });
      await disk.cache!.put(new Request(url, { headers: { [MARK]: `${weight(copy)}` } }), body);
    } catch (cause) {
      broken(room, cause);
      // What stood there before is older.
      drop(room, disk, url);
    }
  }
  await scan(room, disk).catch((cause) => broken(room, cause));
  disk.busy = undefined;
  arm(room, disk);
};

/** Looks for a call's answer, once: puts it among the copies of this page, where it is judged. Undefined: nothing is there. */
export const recall = (room: Room, call: Call): Promise<void> | undefined => {
  const disk = call.recalled ? undefined : diskFor(room, call);
  const url = disk && new URL(call.url).href;
  if (!disk || (disk.urls ? !disk.urls.has(url!) : disk.slow)) return;
  call.recalled = call.later = true;
  const { shelves, slots } = room;
  const load = async (): Promise<void> => {
    try {
      await disk.ready;
      if (!disk.urls?.has(url!)) return;
      const found = await disk.cache!.match(url!);
      const all = found && new Uint8Array(await found.arrayBuffer());
      // Forgotten meanwhile, or what is newer came.
      if (!all || room.shelves !== shelves || !room.id || !disk.urls.has(url!)) return;
      if (shelf(room, call.url).some(({ whose }) => whose === call.shelf)) return;
      const size = +found.headers.get(MARK)!;
      const [whose, fields, at, took, age, none, status, statusText, type, headers] = JSON.parse(new TextDecoder().decode(all.subarray(size)));
      now();
      if (whose !== credentials(call)) return;
      const bytes = none ? null : all.subarray(0, size);
      const { asked } = call;
      const kept = { handle: 0, url: call.url, whose: call.shelf!, status, statusText, type, headers: new Map<string, string>(headers), bytes, asked: asked! };
      restore(room, { ...call, fields: fields ?? "" }, kept, { at, took, age }, wall - at);
    } catch (cause) {
      broken(room, cause);
      drop(room, disk, url!);
    }
  };
  // One that has not even told its list by then is waited for by nobody else.
  const late = within(Most.Wait).then(() => void (disk.slow = true));
  return Promise.race([load(), late]).then(() => {
    // Its user has left meanwhile: what belonged to him is new.
    if (room.slots !== slots) throw aborted();
  });
};

/** Deletes all that outlives the page, whosever it is. */
export const empty = (room: Room): Promise<void> =>
  (room.emptied = (async () => {
    if (!persists(room)) return;
    const all = async (): Promise<void> => {
      const names = await caches.keys();
      await Promise.all(names.map((name) => name.startsWith(mine(room)) && caches.delete(name)));
    };
    await Promise.race([all(), within(Most.Empty)]).catch((cause) => broken(room, cause));
  })());
