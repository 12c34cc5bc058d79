// Every request of the page goes through here: asked, perhaps waiting, answered with one of four outcomes.
import { createTidegate, type Priority, type Reason } from "tidegate/development";

/** The page's gate. Nothing else in the page makes it special: `tide.fetch` stands where `fetch` stood. */
export const tide = createTidegate({ name: "tidegate-demo" });

/** What came of a request. */
export type Outcome<T> =
  | { kind: "ok"; value: T; stale: boolean }
  | { kind: "refused"; by: "tidegate" | "server"; until: number | null }
  | { kind: "failed"; why: string }
  | { kind: "aborted" };

/** What is asked for. */
export interface Ask {
  /** In plain words, for the list of what waits. */
  what: string;
  /** Who asks: a person, or the page by itself. */
  who: "you" | "page";
  label: string;
  feature?: string;
  /** Sent as JSON by POST. */
  body?: unknown;
  /** The same for every press of one intent. */
  key?: string;
  signal?: AbortSignal;
  onWait?: (reason: Reason, until: number) => void;
}

/** Something that waits at this moment. */
export interface Waiting { what: string; reason: Reason; until: number }

const waiting = new Map<symbol, Waiting>();
let asked = { you: 0, page: 0 };

/** What waits, the next one first. */
export function waits(): Waiting[] {
  return [...waiting.values()].sort((a, b) => a.until - b.until);
}

/** What was asked for since the last call. */
export function takeAsked(): { you: number; page: number } {
  const taken = asked;
  asked = { you: 0, page: 0 };
  return taken;
}

/** Asks the server for `path`. Never rejects. */
export async function ask<T>(path: string, { what, who, label, feature, body, key, signal, onWait }: Ask): Promise<Outcome<T>> {
  asked[who] += 1;
  const id = Symbol(what);
  const priority: Priority = who === "page" ? "background" : body === undefined ? "user-visible" : "user-blocking";
  try {
    const response = await tide.fetch(path, {
      ...(body === undefined ? {} : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
      signal: signal ?? null,
      tidegate: {
        label, priority, feature, idempotent: key,
        onWait: ({ reason, until }) => {
          waiting.set(id, { what, reason, until });
          onWait?.(reason, until);
        },
      },
    });
    waiting.delete(id);
    return await read(response);
  } catch (error) {
    if (signal?.aborted) return { kind: "aborted" };
    return { kind: "failed", why: error instanceof TypeError ? "no answer, the connection broke" : String(error) };
  } finally {
    waiting.delete(id);
  }
}

async function read<T>(response: Response): Promise<Outcome<T>> {
  const mark = response.headers.get("x-tidegate");
  if (response.ok) return { kind: "ok", value: await response.json() as T, stale: mark !== null };
  if (response.status === 503 || response.status === 429) {
    const seconds = Number(response.headers.get("retry-after") ?? NaN);
    return { kind: "refused", by: mark === null ? "server" : "tidegate", until: Number.isFinite(seconds) ? Date.now() + seconds * 1000 : null };
  }
  return { kind: "failed", why: `the server answered ${response.status}` };
}
