// The server's own view, and the hand on its switches. Not through tidegate: this is the observer, not the page under test.

/** The switches; the server's names and meanings. */
export interface Settings {
  slower: number;
  capacity: number | null;
  refuse: number;
  drop: number;
  queue: { length: number | null } | { wait: number };
  dropGone: boolean;
  hint: "none" | "retry-after" | "ratelimit" | "load";
  retryAfter: number | null;
  seconds: number | null;
}

/** What the server counts since its start. */
export interface Stats {
  hits: { total: number };
  inFlight: number;
  queued: number;
  capacity: number;
  serviceMs: number;
  served: number;
  refused: number;
  dropped: number;
  gone: number;
  wasted: number;
  trouble: Settings;
  endsInMs: number | null;
}

/** A healthy server that names a time when it must refuse. */
export const healthy: Settings = {
  slower: 1, capacity: null, refuse: 0, drop: 0, queue: { length: null }, dropGone: true, hint: "retry-after", retryAfter: null, seconds: null,
};

// A browser opens six connections to a host, and without tidegate a slow server holds them all. Under its other
// name the same server has six more, so watching it never waits behind what is watched.
const otherName: Record<string, string> = { "127.0.0.1": "localhost", localhost: "127.0.0.1" };
let base = location.hostname in otherName ? `http://${otherName[location.hostname]}:${location.port}` : "";

async function call<T>(path: string, init?: RequestInit): Promise<T> {
  const from = base;
  try {
    const response = await fetch(from + path, { cache: "no-store", signal: AbortSignal.timeout(4000), ...init });
    if (!response.ok) throw new Error(((await response.json()) as { detail?: string }).detail ?? String(response.status));
    return await response.json() as T;
  } catch (error) {
    if (from === "" || !(error instanceof TypeError)) throw error;
    // The other name does not lead here, or the server is gone: from now on by the page's own name.
    base = "";
    return call(path, init);
  }
}

const listeners = new Set<(stats: Stats) => void>();

/** Hears the server's counters about once a second. */
export function onStats(listener: (stats: Stats) => void): void {
  listeners.add(listener);
}

/** Switches the server. */
export async function setTrouble(settings: Settings): Promise<void> {
  await call("/api/trouble", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(settings) });
  await look();
}

async function look(): Promise<void> {
  const stats = await call<Stats>("/api/stats");
  listeners.forEach((listener) => listener(stats));
}

/** Begins to watch; `lost` is told when the server cannot be reached. A hidden page does not look. */
export function watch(lost: (why: string) => void): void {
  const round = async () => {
    if (!document.hidden) await look().catch((error: unknown) => lost(error instanceof Error ? error.message : String(error)));
    setTimeout(round, 1000);
  };
  void round();
}
