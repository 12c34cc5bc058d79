// An application's use of the whole contract: what must compile, and what must not.
import { createTidegate, hintHeaders, init, isTidegateError, readHints, TidegateError } from "tidegate";
import type { Pressure, Reason, Snapshot, TidegateOptions, TidegateRequestInit } from "tidegate";
import type { TidegateOptions as DevelopmentOptions } from "tidegate/development";
import { createTidegate as createSlim } from "tidegate/slim";
import type {} from "tidegate/request-init";

const options: TidegateOptions = {
  mode: "observe",
  scope: ({ url, method }) => `${method} ${url.host}`,
  retry: { attempts: 2, budget: { percent: 5 } },
  breaker: false,
  storage: null,
  user: () => null,
};
export const same: DevelopmentOptions = options;
export const tide = createTidegate(options);
createSlim({ wasm: new Uint8Array() });

// Every function may be taken off its object.
const { fetch, install, on, run, subscribe, getSnapshot, debounce, asyncDebounce, action } = tide;
export const wayBack: () => void = install();
export const drop: typeof globalThis.fetch = fetch;

const request: TidegateRequestInit = { method: "POST", tidegate: { priority: "background", idempotent: true, onWait: ({ until }) => until.toFixed() } };
export async function use(): Promise<Reason | null> {
  const response = await fetch("/api", request);
  await globalThis.fetch("https://example.org/", { tidegate: { safe: true } });
  const sum: number = await run((signal) => (signal.aborted ? 0 : 1), { scope: "socket", priority: "user-visible" });
  const state: Pressure["state"] = tide.pressure().state;
  const { waitMs, quotas } = readHints(response, { now: sum });
  await init();
  const off = on("shed", ({ reason, retryAt }) => retryAt ?? reason);
  off();
  const snapshot: Snapshot = getSnapshot();
  subscribe(() => void snapshot.scopes)();
  hintHeaders.map((name) => name.toUpperCase());
  try {
    await tide.ready.then((ready: "wasm" | "fallback") => ready);
  } catch (error) {
    if (isTidegateError(error)) return error.reason;
    if (error instanceof TidegateError) return error.reason;
  }
  return waitMs === null && quotas.length === 0 && state === "nominal" ? null : "overload";
}

export const typed = debounce((text: string, times: number) => text.repeat(times), 100, { maxWait: 500 });
export const last: string | undefined = typed("a", 2);
export const found = asyncDebounce(async (signal, text: string) => ({ aborted: signal.aborted, text }));
export const save = action("save", (signal, id: number) => `${signal.idempotencyKey}${id}`);
export const pressed: Promise<string> = save(1);
export const until: number | null = save.retryAt;

// @ts-expect-error: there is no such mode
createTidegate({ mode: "fast" });
// @ts-expect-error: there is no such option
createTidegate({ retries: 3 });
// @ts-expect-error: the argument's type is kept
typed(1, 2);
// @ts-expect-error: there is no such event
on("gone", () => {});
// @ts-expect-error: there is no such priority
fetch("/", { tidegate: { priority: "urgent" } });
// @ts-expect-error: the mode is changed by setMode
tide.mode = "off";
