// Asking the origin whether a copy is still good: with our own validators, in the mode that takes no good copy away from the
// browser, and only where a header costs no extra request.
import type { Call } from "../room";
import { own } from "./keep";

/** How the origin is asked whether it confirms `call.copy`; undefined: it is asked as ever. */
export const conditions = ({ copy, url, asked, fields }: Call): any => {
  const tag = copy!.headers.get("etag");
  const date = copy!.headers.get("last-modified");
  if (!own(url) || !(tag || date)) return;
  const [input, init] = asked!;
  const headers = new Headers(fields === undefined ? undefined : init?.headers ?? input.headers);
  if (tag) headers.set("if-none-match", tag);
  if (date) headers.set("if-modified-since", date);
  return { headers, cache: "no-store" };
};
