// What a refused request gets: a synthetic 503, or an error.
import type { Reason } from "../tidegate.d.ts";
import { today } from "./clock";
import type { Call, Room } from "./room";
import { reasons } from "#names";

// Another copy of the package (ESM beside CJS, another version) has the same symbol.
const BRAND: any = Symbol.for("tidegate.error");

/** A refusal: nothing was sent. */
export class TidegateError extends Error {
  declare readonly name: "TidegateError";
  declare readonly reason: Reason;
  declare readonly retryAt: number | null;
  declare readonly scope: string;
  constructor(reason: Reason, retryAt: number | null, scope: string) {
    super(`${scope}: ${reason}`);
    Object.assign(this, { name: "TidegateError", reason, retryAt, scope, [BRAND]: true });
  }
}

/** True for errors of any copy of the package. */
export const isTidegateError = (error: any): error is TidegateError => error?.[BRAND] === true;

/** Reason and exact time of a refusal of ours, thrown or answered; undefined: it is none. */
export const ours = (outcome: any): Pick<TidegateError, "reason" | "retryAt"> | undefined =>
  isTidegateError(outcome) ? outcome : outcome?.[BRAND];

/** What they get whose work is given up for them. */
export const aborted = (what = "cleared"): DOMException => new DOMException(`tidegate: ${what}`, "AbortError");

/** The public word for the reason in a packed answer; null for none. */
export const reasonOf = (packed: number): Reason | null => (reasons[(packed >> 4) & 15] || null) as Reason | null;

/** Gives a response what its maker cannot say. */
export const define = (response: Response, values: any): Response => {
  for (const name in values) Object.defineProperty(response, name, { value: values[name], configurable: true });
  return response;
};

const synthetic = (url: string, reason: Reason, retryAt: number | null): Response => {
  const retry_after = retryAt && Math.max(0, Math.ceil((retryAt - today()) / 1000));
  const title = "Service Unavailable";
  const status = 503;
  const detail = `tidegate: not sent (${reason})`;
  const response = new Response(JSON.stringify({ type: "about:blank", title, status, detail, reason, retry_after }), {
    status,
    statusText: title,
    headers: { "content-type": "application/problem+json", "x-tidegate": "shed" },
  });
  if (retryAt) response.headers.set("retry-after", `${retry_after}`);
  return Object.assign(define(response, { url }), { [BRAND]: { reason, retryAt } });
};

/** The refusal of one caller; `retryAt` in epoch milliseconds. The same refusal is the same error. */
export const refusal = (room: Room, { scope, hard, url }: Call, reason: Reason, retryAt: number | null): Promise<any> => {
  if (!hard && room.options.onShed !== "error") return Promise.resolve(synthetic(url, reason, retryAt));
  let last = scope.refusal;
  if (last?.reason !== reason || last.retryAt !== retryAt) scope.refusal = last = new TidegateError(reason, retryAt, scope.name);
  return Promise.reject(last);
};
