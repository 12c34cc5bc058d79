// Where kept answers stand: by URL, and by the core's handles. Which of them stay is the core's to decide.
import { core } from "../core";
import { pass } from "./confirm";
import type { Room } from "../room";
import { erase } from "./persist";

/** One kept answer. */
export interface Copy {
  /** In the core. */
  handle: number;
  readonly url: string;
  /** Whose it is, and with which credentials it was asked for; empty: the usual. */
  readonly whose: string;
  readonly status: number;
  readonly statusText: string;
  readonly type: ResponseType;
  /** By lower-case names. */
  headers: Map<string, string>;
  readonly bytes: Uint8Array<ArrayBuffer> | null;
  /** How it was asked for, to ask again. */
  asked: readonly [input: any, init: any];
  /** It is being asked for again because it was served stale. */
  asking?: boolean;
  /** The next one of its URL. Not in a list of their own: a hit would look at two more places in memory. */
  next?: Copy | undefined;
}

const enum Most {
  /** Variants of one URL (Vary, users, credentials): of more the oldest goes. */
  Variants = 16,
  /** Low bits of a handle: its place. */
  Slots = 0xfffff,
}

/** The copy of a handle, if it is there still. */
export const copyOf = ({ copies }: Room, handle: number): Copy | undefined => {
  const copy = copies[handle & Most.Slots];
  return copy?.handle === handle ? copy : undefined;
};

/** What is kept of a URL, the newest first. */
export const shelf = ({ shelves }: Room, url: string): Copy[] => {
  const all: Copy[] = [];
  for (let copy = shelves.get(url); copy; copy = copy.next) all.push(copy);
  return all;
};

/** Takes a copy off its shelf. */
export const take = (room: Room, copy: Copy): void => {
  const { copies, shelves } = room;
  const { url, next } = copy;
  const before = shelf(room, url).find((each) => each.next === copy);
  if (before) before.next = next;
  else if (shelves.get(url) === copy) next ? shelves.set(url, next) : shelves.delete(url);
  if (copyOf(room, copy.handle)) delete copies[copy.handle & Most.Slots];
};

/** Forgets a copy, here and in the core. */
export const discard = (room: Room, copy: Copy): void => {
  take(room, copy);
  core("copy_forget", room.id, copy.handle);
};

/** What a copy weighs, in bytes. */
export const weight = ({ url, headers, bytes }: Copy): number => {
  let sum = url.length * 2 + (bytes?.length ?? 0);
  for (const [name, value] of headers) sum += name.length + value.length * 2;
  return sum;
};

/** Puts a copy first on its shelf, if the core takes it, and takes away what that forgot for it. */
export const file = (room: Room, copy: Copy): boolean => {
  const { handle, url } = copy;
  const taken = !!core("copy_fill", room.id, handle, weight(copy));
  if (taken) {
    const others = shelf(room, url);
    copy.next = others[0];
    room.shelves.set(url, copy);
    room.past.delete(url);
    room.copies[handle & Most.Slots] = copy;
    if (others.length >= Most.Variants) discard(room, others.at(-1)!);
  }
  for (let gone; (gone = core("copy_gone", room.id)); ) {
    const old = copyOf(room, gone);
    if (old) take(room, old);
  }
  return taken;
};

/** Forgets all copies of a URL, whosever they are, the browser's own among them. */
export const invalidate = (room: Room, url: string): void => {
  shelf(room, url).forEach((copy) => discard(room, copy));
  erase(room, url);
  pass(room, url);
};

/** Forgets everything that is kept. */
export const wipe = (room: Room): void => {
  // Anew: who holds the old ones sees that their time is over.
  room.shelves = new Map();
  room.copies = [];
  room.disks = new Map();
  room.wary = true;
  core("copy_forget", room.id, 0);
};
