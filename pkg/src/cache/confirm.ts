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

/** How the origin is asked; undefined: as ever, and the browser's own cache may answer. */
export const conditions = ({ past, shelves }: Room, { copy, url, asked, asking, fields }: Call): any => {
  // Of a URL with copies that are another's, or that vary, the browser may hold one of those. A mode that the caller chose stays.
  if (!copy && (asking % 3 || !(past.has(url) || shelves.has(url)))) return;
  if (!own(url)) return copy ? undefined : { cache: "no-cache" };
  const tag = copy?.headers.get("etag");
  const date = copy?.headers.get("last-modified");
  const [input, init] = asked!;
  const headers = new Headers(fields === undefined ? undefined : init?.headers ?? input.headers);
  if (tag) headers.set("if-none-match", tag);
  if (date) headers.set("if-modified-since", date);
  // Else these modes say "no-cache", and no cache on the way may answer either. What Fetch says in the caller's mode; or nothing
  // that fresh would not be (RFC 9111 section 5.2.1.3).
  if (!headers.has("cache-control")) headers.set("cache-control", asking ? "max-age=0" : "min-fresh=0");
  return { headers, cache: tag || date ? "no-store" : "reload" };
};
