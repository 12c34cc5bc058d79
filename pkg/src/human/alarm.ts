// One timer for all buttons: it only tells those who listen; the time itself is looked at by every press.
import { today } from "../clock";

/** A browser reads a delay as 31 bits. */
const LONGEST = 2 ** 31 - 1;

const due = new Map<() => void, number>();
let next = Infinity;

// Everybody looks for himself: the clock may have been set back, and then all times have moved.
const ring = (): void => {
  const all = [...due.keys()];
  next = Infinity;
  due.clear();
  for (const look of all) look();
};

/** Calls `look` at an epoch time, or earlier; it asks again if it was too early. No timer keeps a process alive. */
export const wakeAt = (look: () => void, at: number): void => {
  due.set(look, at);
  const now = today();
  // A timer of the past was lost with fake timers that have gone.
  if (at >= next && next >= now) return;
  next = at;
  try {
    (setTimeout(ring, Math.min(LONGEST, Math.max(0, at - now))) as any).unref?.();
  } catch {
    // Told when something else changes: in the next turn it would be too early again, and in the one after that.
    next = Infinity;
  }
};
