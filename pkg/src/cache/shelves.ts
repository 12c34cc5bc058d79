// Where kept answers stand: by URL, and by the core's handles. Which of them stay is the core's to decide.
import { core } from "../core";
import { pass } from "./confirm";
import type { Room } from "../room";

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

/** Takes a copy off its shelf. */
export const take = (room: Room, copy: Copy): void => {
  const { copies, shelves } = room;
  const rest = shelves.get(copy.url)?.filter((each) => each !== copy);
  if (rest?.length) shelves.set(copy.url, rest);
  else shelves.delete(copy.url);
  if (copyOf(room, copy.handle)) delete copies[copy.handle & Most.Slots];
};

/** Forgets a copy, here and in the core. */
export const discard = (room: Room, copy: Copy): void => {
  take(room, copy);
  core("copy_forget", room.id, copy.handle);
};

/** Puts a copy first on its shelf, and takes away what the core forgot for it. */
export const place = (room: Room, copy: Copy): void => {
  const shelf = room.shelves.get(copy.url) ?? [];
  room.past.delete(copy.url);
  room.shelves.set(copy.url, [copy, ...shelf]);
  room.copies[copy.handle & Most.Slots] = copy;
  if (shelf.length >= Most.Variants) discard(room, shelf.at(-1)!);
  sweep(room);
};

/** Takes away what the core forgot. */
export const sweep = (room: Room): void => {
  for (let gone; (gone = core("copy_gone", room.id)); ) {
    const copy = copyOf(room, gone);
    if (copy) take(room, copy);
  }
};

/** Forgets all copies of a URL, whosever they are, the browser's own among them. */
export const invalidate = (room: Room, url: string): void => {
  room.shelves.get(url)?.forEach((copy) => discard(room, copy));
  pass(room, url);
};

/** Forgets everything that is kept. */
export const wipe = (room: Room): void => {
  room.shelves.clear();
  room.copies = [];
  core("copy_forget", room.id, 0);
};
