// Asking the origin whether a copy is still good: with our own validators, in the mode that takes no good copy away from the
// browser, and only where a header costs no extra request.
import type { Call } from "../room";
import { own } from "./keep";

const enum Mode {
  NoCache = 3,
}

/** How the origin is asked whether it confirms `call.copy`; undefined: it is asked as ever. */
export const conditions = ({ copy, url, asked, asking, fields }: Call): any => {
  const tag = copy!.headers.get("etag");
  const date = copy!.headers.get("last-modified");
  if (!own(url) || !(tag || date)) return;
  const [input, init] = asked!;
  const headers = new Headers(fields === undefined ? undefined : init?.headers ?? input.headers);
  if (tag) headers.set("if-none-match", tag);
  if (date) headers.set("if-modified-since", date);
  // In this mode browsers add `no-cache`, which sends the question past every shared cache to the origin. One that is there
  // already they leave alone: what the platform says where it confirms a copy itself, or what changes nothing.
  const word = asking === Mode.NoCache ? "max-age=0" : "max-stale=0";
  for (const name of ["cache-control", "pragma"]) if (!headers.has(name)) headers.set(name, word);
  return { headers, cache: "no-store" };
};
