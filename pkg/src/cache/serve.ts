// From a kept answer to a Response. Whether it may be served is the core's to say.
import { define } from "../answers";
import { forget, register } from "../calls";
import { now } from "../clock";
import { core, put } from "../core";
import { handle } from "../keys";
import type { Call, Room } from "../room";
import type { Copy } from "./shelves";

/** Kinds of the core's answer; where a ticket stands elsewhere: the age in seconds. */
const enum Look {
  Nothing,
  Fresh,
  Stale,
  /** In the place of an answer. */
  Instead,
  /** The origin may confirm it. */
  Ask,
  Kind = 15,
}

/** Bits beside Fetch's cache mode. */
const enum Asked {
  Failed = 8,
  Fields = 16,
}

/** The place of `force-cache` in Fetch's list of cache modes: whatever suits the request. */
const ANY = 4;

/** A kept answer as a Response of its own; `age` in seconds. Only what is stale is marked. */
export const build = ({ url, type, status, statusText, headers, bytes }: Copy, age: number, stale?: boolean, head?: boolean): Response => {
  const fields = [...headers, ["age", `${age}`]] as [string, string][];
  if (stale) fields.push(["x-tidegate", "stale"]);
  const response = new Response(head ? null : bytes, { status, statusText, headers: fields });
  return define(response, { url, type });
};

const look = (room: Room, t: number, copy: Copy, key: number, { how, stale, fields, most }: Call, asked: number): number => {
  if (stale) return Look.Nothing;
  const length = fields ? put(fields) : 0;
  if (most !== undefined) core("copy_about", room.id, 0, 0, 0, most);
  return core("copy_look", room.id, t, copy.handle, key, how, asked + length * Asked.Fields);
};

/** Whether a copy answers such a request, however old it is. */
export const suits = (room: Room, copy: Copy, call: Call): boolean =>
  copy.whose === call.shelf && look(room, now(), copy, 0, call, ANY) > Look.Nothing;

/** What is kept for a call, if it may be served now; else `call.copy` is what the origin may confirm. `failed`: the origin has just failed it. */
export const serve = (room: Room, call: Call, after: (room: Room, packed: number) => void, failed?: boolean): Response | undefined => {
  let copy = room.shelves.get(call.url);
  if (!copy) return;
  const t = now();
  const asked = call.asking! + (failed ? Asked.Failed : 0);
  const head = call.method === "HEAD";
  for (; copy; copy = copy.next) {
    if (copy.whose !== call.shelf) continue;
    // The key is only looked up for one that is not fresh.
    let packed = look(room, t, copy, 0, call, asked);
    if (packed === Look.Ask) packed = look(room, t, copy, handle(room, call, t), call, asked);
    const kind = packed & Look.Kind;
    let age = (packed / 2048) >>> 0;
    if (kind === Look.Ask) call.copy ??= copy;
    else if (kind) {
      // It is asked for again as it was last asked for.
      if (kind !== Look.Fresh) copy.asked = call.asked!;
      if (kind === Look.Instead) {
        const id = age;
        age = core("told", room.id, 8) / 1000 || 0;
        // For the event's label; the call itself may have a ticket of its own.
        register(room, { label: call.label } as Call, id);
        after(room, packed);
        forget(room, id);
      } else if (kind === Look.Stale) after(room, packed);
      return build(copy, Math.floor(age), kind > Look.Fresh, head);
    }
  }
  return;
};
