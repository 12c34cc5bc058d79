// Values that cost a reader as much as they can, and the names of what is measured about reading, and about input.

/** Values that are nearly right to the end, so that all of them is read. */
export const HOSTILE = {
  "a list of waits": ["retry-after", (length) => "1, ".repeat(length / 3) + "x"],
  "a list of quotas": ["ratelimit", (length) => '"a";r=1, '.repeat(length / 9) + "x"],
  "quotas with names of their own": ["ratelimit", (length) => Array.from({ length: length / 12 }, (_, place) => `"${place.toString(36)}";r=1`).join(",").slice(0, length)],
  "one string without an end": ["ratelimit", (length) => `"${"\\\\".repeat(length / 2 - 1)}`],
  "a load report": ["endpoint-load-metrics", (length) => "TEXT " + Array.from({ length: length / 8 }, (_, place) => `m${place}:1`).join(",").slice(0, length - 5)],
};

/** Their names. */
export const hostiles = Object.keys(HOSTILE);

/** Names of what is compared with another reader. */
export const readings = ["hints read", "hints unchanged"];

/** Names of what is compared with lodash, and of what is compared with itself among few. */
export const inputs = ["debounce while pending", "debounce with maxWait while pending", "throttle while pending", "debounce among many"];

/** Names of what is measured about kept answers. */
export const keeps = ["kept, 1 000", "kept, 100 000", "kept answer"];
