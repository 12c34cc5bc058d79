// Asking the origin past the browser's own cache, which may hold what is known here to be out of date: with our own validators,
// in the mode that takes no good copy away from it; without any, in the mode that replaces what it holds. Only where a header
// costs no extra request.
import type { Call, Room } from "../room";
import { own } from "./keep";

const enum Most {
  /** URLs whose last answer may not be used again; of more the oldest goes. */
  Past = 256,
}

/** Whatever the browser holds for a URL is out of date: its answer may not be used again, or something was written to it. */
export const pass = ({ past }: Room, url: string): void => {
  past.add(url);
  if (past.size > Most.Past) for (const oldest of past) return void past.delete(oldest);
};

/** The place of `reload` in Fetch's list of cache modes: the browser's own cache is not looked at. */
const RELOAD = 2;

/**
 * Notes whose answers are asked for. The browser's own cache knows no users: when one has left, what it holds may be his, and
 * the origin has to say whether it is this one's too. Nobody is no user.
 */
export const meet = (room: Room, user: string | null): void => {
  if (room.met && room.met !== user) room.wary = true;
  room.met = user;
};

/** How the origin is asked; undefined: as ever, and the browser's own cache may answer. */
export const conditions = ({ past, wary }: Room, { copy, url, asked, asking, fields }: Call): any => {
  // A mode that the caller chose stays, but for `no-cache`, which asks for the same.
  const out = asking % 3 === 0 && past.has(url);
  // Across origins the browser itself confirms what it holds: a header of ours costs a request.
  if (!own(url) || !(copy || out)) return out || (wary && asking !== RELOAD) ? { cache: "no-cache" } : undefined;
  const tag = copy?.headers.get("etag");
  const date = copy?.headers.get("last-modified");
  const [input, init] = asked!;
  const headers = new Headers(fields === undefined ? undefined : init?.headers ?? input.headers);
  if (tag) headers.set("if-none-match", tag);
  if (date) headers.set("if-modified-since", date);
  // In this mode browsers add `no-cache`, which sends the question past every shared cache to the origin. One that is there
  // already they leave alone: what the platform says where it confirms a copy itself, or what changes nothing.
  const word = asking ? "max-age=0" : "max-stale=0";
  for (const name of ["cache-control", "pragma"]) if (!headers.has(name)) headers.set(name, word);
  return { headers, cache: tag || date ? "no-store" : "reload" };
};
