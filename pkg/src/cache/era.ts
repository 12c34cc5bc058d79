// Whose time it is: a word in storage that changes when a user leaves, so that a tab that could not hear of it (frozen, in
// the back-forward cache) finds out when it is back, before it serves anything.
import { timer } from "../clock";
import { core } from "../core";
import { channelOf, instance, storageOf } from "../options";
import type { Room } from "../room";
import { empty } from "./persist";
import { wipe } from "./shelves";

const enum Most {
  /** Milliseconds that is waited for other tabs: whoever does not answer finds out by itself. */
  Wait = 250,
}

/** What a tab says that has forgotten the user, and what others are told when the cache alone is to go. */
const DONE = "done";
const GONE = "gone";

const place = ({ options }: Room): string => `${instance(options)}:era`;

/** Notes what the era is; undefined: nobody knows. */
export const look = (room: Room): Room["era"] => {
  try {
    if (room.caches) return (room.era = storageOf(room.options)!.getItem(place(room)));
  } catch {
    // What was known last stays.
  }
  return;
};

/** Something has come to this page: has anybody left, in another tab? `leave`: what is done then. True: it was for nobody else. */
export const attend = (room: Room, { data, persisted }: any, leave: () => void): boolean => {
  if (!room.caches) return false;
  const { era } = room;
  const is = look(room);
  if (data === GONE || (is === undefined ? persisted : is !== era)) wipe(room);
  // Its first part is the user's.
  if (is !== undefined && era !== undefined && `${is}`.split(" ")[0] !== `${era}`.split(" ")[0]) leave();
  return data === DONE || data === GONE;
};

/** Another era begins: of the `user`, or of the cache alone. */
export const begin = (room: Room, user?: boolean): void => {
  if (!room.caches) return;
  const [before] = `${look(room)}`.split(" ");
  const chance = Math.random();
  try {
    storageOf(room.options)!.setItem(place(room), (room.era = `${user ? chance : before} ${chance}`));
  } catch {
    // Without storage a page that comes back forgets what it has.
  }
};

const say = (room: Room, what: string): void => {
  const name = room.caches && channelOf(room.options);
  try {
    if (!name) return;
    const channel = new BroadcastChannel(name);
    channel.postMessage(what);
    channel.close();
  } catch {
    // Then nobody waits for it longer than a moment.
  }
};

/** Tells the tab where a user has left that he is forgotten here. */
export const forgotten = (room: Room): void => {
  look(room);
  // The word may come from another process later than the message: it is this logout's all the same.
  timer(() => look(room), Most.Wait);
  say(room, DONE);
};

/** Tells other tabs by `tell` to forget the user; resolves when those that are known have, or a moment later. */
export const everywhere = (room: Room, tell: () => void): Promise<void> =>
  new Promise((resolve) => {
    let channel: BroadcastChannel | undefined;
    let left = true;
    let done = 0;
    const end = (): void => {
      left = false;
      try {
        channel?.close();
      } catch {}
      resolve();
    };
    const count = (): void => {
      // Its core counts the others, if it knows them yet.
      if (left && !(done < core("told", room.id, 10))) end();
    };
    const name = room.caches && channelOf(room.options);
    try {
      if (name) {
        channel = new BroadcastChannel(name);
        channel.addEventListener("message", ({ data }) => {
          if (data === DONE) done++, count();
        });
      }
    } catch {}
    tell();
    if (!channel) return end();
    count();
    if (left) timer(end, Most.Wait);
  });

/** The cache alone is to go, everywhere: the origin says so (Clear-Site-Data). */
export const discardAll = (room: Room): void => {
  wipe(room);
  begin(room);
  void empty(room);
  say(room, GONE);
};
