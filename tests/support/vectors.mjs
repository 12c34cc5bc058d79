// The vectors of the hint parser, and how a reading is compared with what they expect.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";

const folder = new URL("../vectors/hint/", import.meta.url);

/** Every case of every dialect. */
export const cases = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .flatMap((name) => JSON.parse(readFileSync(new URL(name, folder), "utf8")));

/** The body of a case as `readHints` takes it. */
export const bodyOf = ({ body, body_encoding }) => (body && body_encoding === "base64" ? Uint8Array.from(Buffer.from(body, "base64")) : body);

const near = (one, other, by) => one === other || (one !== null && other !== null && Math.abs(one - other) <= by);
const sorted = (quotas) => [...quotas].sort((a, b) => (a.name < b.name ? -1 : 1));

/** Times within a millisecond, loads within 1e-9, quotas as a set by name, everything else exactly. */
export function same(hints, expect, id) {
  assert.ok(near(hints.waitMs, expect.wait_ms, 1), `${id}: waitMs ${hints.waitMs}, not ${expect.wait_ms}`);
  assert.ok(near(hints.load, expect.load, 1e-9), `${id}: load ${hints.load}`);
  assert.deepEqual([hints.retry, hints.overloaded, hints.quotas.length], [expect.retry, expect.overloaded, expect.quotas.length], id);
  const expected = sorted(expect.quotas);
  sorted(hints.quotas).forEach((quota, place) => {
    const want = expected[place];
    assert.deepEqual([quota.name, quota.limit, quota.remaining, quota.unit], [want.name, want.limit, want.remaining, want.unit], id);
    assert.ok(near(quota.resetMs, want.reset_ms, 1) && near(quota.windowMs, want.window_ms, 1), id);
  });
}
