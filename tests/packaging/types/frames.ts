// An application's use of the ways in beside the core: what must compile, and what must not.
import { createTidegate, type Action, type ActionSnapshot, type Pressure } from "tidegate";
import * as react from "tidegate/react";
import * as svelte from "tidegate/svelte";
import { defineTide, type TideCountdownElement, type TideStatusElement } from "tidegate/ui";
import * as vue from "tidegate/vue";
import { createElement } from "react";
import { get } from "svelte/store";
import { createApp } from "vue";

const tide = createTidegate();
const put = async (signal: AbortSignal, id: number) => `${signal.aborted}${id}`;

export function inReact(): number {
  const pressure: Pressure = react.usePressure("https://api.example");
  const on: boolean = react.useFeature("reviews", { shedAt: "fair" });
  const [save, { state, retryAt }]: [Action<[number], string>, ActionSnapshot] = react.useAction("save", put, { key: (id) => String(id) });
  const type = react.useDebouncedCallback((text: string) => text.length, 100, { maxWait: 500 });
  const scroll = react.useThrottledCallback(() => 1, 50, { leading: false });
  const find = react.useAsyncDebouncedCallback(put, 100);
  const found: Promise<string> = find(1);
  void [save(2), found, scroll(), on, state, pressure.state];
  // @ts-expect-error: the argument's type is kept
  type(1);
  // @ts-expect-error: throttling has no longest wait of its own
  react.useThrottledCallback(() => 1, 50, { maxWait: 1 });
  return (type("a") ?? 0) + (retryAt ?? 0);
}
createElement(react.TidegateProvider, { tide }, createElement("p"));
// @ts-expect-error: a provider provides something
createElement(react.TidegateProvider, {});

createApp({}).use(vue.createTidegatePlugin(tide));
export function inVue(): boolean {
  vue.provideTidegate(vue.useTidegate());
  const [save, status] = vue.useAction("save", put);
  void save(1).then((text: string) => text);
  vue.useDebouncedCallback((text: string) => text)("a");
  // @ts-expect-error: what is followed cannot be written
  vue.useFeature("reviews").value = false;
  return status.value.state === "idle" && vue.usePressure().value.reason === null;
}

export function inSvelte(): string {
  svelte.setTidegate(svelte.useTidegate());
  const [save, status] = svelte.useAction("save", put);
  void save(1).then((text: string) => text);
  const length: number | undefined = svelte.useThrottledCallback((text: string) => text.length)("a");
  return `${length}${get(status).state}${get(svelte.useFeature("reviews")) ? get(svelte.usePressure()).state : ""}`;
}

defineTide(tide, { strings: { now: "Jetzt", overload: "zu viel" }, nonce: "a" });
const countdown: TideCountdownElement = document.createElement("tide-countdown");
countdown.action = tide.action("save", put);
countdown.until = Date.now();
const status: TideStatusElement | null = document.querySelector("tide-status");
if (status) status.tide = tide;
// @ts-expect-error: there is no such text
defineTide(tide, { strings: { later: "" } });
