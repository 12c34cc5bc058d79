// What a refused request gets: a synthetic 503, or an error.
import type { Reason } from "../tidegate.d.ts";
import { epoch } from "./clock";
import type { Call, Room } from "./room";
import { reasons } from "#names";

// Another copy of the package (ESM beside CJS, another version) has the same symbol.
const BRAND = Symbol.for("tidegate.error");

/** A refusal: nothing was sent. */
export class TidegateError extends Error {
  override readonly name = "TidegateError" as const;
  constructor(readonly reason: Reason, readonly retryAt: number | null, readonly scope: string) {
    super(`${scope}: ${reason}`);
  }
  get [BRAND](): true {
    return true;
  }
}

/** True for errors of any copy of the package. */
export const isTidegateError = (error: unknown): error is TidegateError =>
  typeof error === "object" && error !== null && (error as any)[BRAND] === true;

/** The public word for a reason's code; null for none. */
export const word = (code: number): Reason | null => (reasons[code] || null) as Reason | null;

const synthetic = (call: Call, reason: Reason, retryAt: number | null): Response => {
  const wait = retryAt === null ? null : Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
  const title = "Service Unavailable";
  const problem = { type: "about:blank", title, status: 503, detail: `tidegate: not sent (${reason})`, reason, retry_after: wait };
  const response = new Response(JSON.stringify(problem), {
    status: 503,
    statusText: title,
    headers: { "content-type": "application/problem+json", "x-tidegate": "shed", ...(wait !== null && { "retry-after": `${wait}` }) },
  });
  return Object.defineProperty(response, "url", { value: call.url });
};

/** The refusal of one caller. `until` on the core's axis, NaN: unknown. The same refusal is the same error. */
export const refusal = (room: Room, call: Call, why: number, until: number, retryAt = epoch(until)): Promise<any> => {
  const { scope } = call;
  const reason = word(why)!;
  if (!call.hard && room.options.onShed !== "error") return Promise.resolve(synthetic(call, reason, retryAt));
  let last = scope.refusal;
  if (!last || last.why !== why || !Object.is(last.until, until)) {
    scope.refusal = last = { why, until, error: new TidegateError(reason, retryAt, scope.name) };
  }
  return Promise.reject(last.error);
};
