// Kinds of trouble worth seeing.
import { healthy, type Settings } from "./server.ts";

/** One button. */
export interface Preset { name: string; says: string; settings: Settings }

/** From well to worst. */
export const presets: readonly Preset[] = [
  { name: "Healthy", says: "4 workers, 60 ms a request", settings: healthy },
  { name: "Slow", says: "1 worker, 1.8 s each, no hint", settings: { ...healthy, slower: 30, capacity: 1, dropGone: false, hint: "none", seconds: 40 } },
  { name: "Refuses", says: "503, Retry-After: 5", settings: { ...healthy, refuse: 1, retryAfter: 5, seconds: 20 } },
  { name: "Quota", says: "20 requests in 10 s, RateLimit", settings: { ...healthy, slower: 8, capacity: 1, hint: "ratelimit", seconds: 40 } },
  { name: "No answer", says: "connections are dropped", settings: { ...healthy, drop: 1, seconds: 20 } },
];

/** The preset that the server's settings are, whenever they end; null when they are nobody's. */
export function presetOf(settings: Settings): Preset | null {
  const text = (s: Settings) => JSON.stringify(Object.entries({ ...s, seconds: null }).sort());
  return presets.find((preset) => text(preset.settings) === text(settings)) ?? null;
}
