// What only React has: renderings that are thrown away, and settings that change between them.
import { createElement as h, StrictMode, useState } from "react";
import { TidegateProvider, useAction, useAsyncDebouncedCallback, useDebouncedCallback, useThrottledCallback } from "tidegate/react";
import { send } from "./shop.mjs";

/** What happened, in order. */
export const log = [];
let update;
let held;

function Timed({ wait, version, stretch }) {
  const debounced = useDebouncedCallback((text) => log.push(`debounced ${text} of ${version}`), wait, { stretch });
  const throttled = useThrottledCallback((text) => log.push(`throttled ${text} of ${version}`), wait);
  const found = useAsyncDebouncedCallback(async (signal, text) => `found ${text} of ${version}`, wait);
  held = { debounced, throttled, found };
  return null;
}

function Save({ tide }) {
  const [save, { state }] = useAction("save", (signal) => send(tide, signal));
  return [
    h("button", { key: 1, id: "save", onClick: () => void save().catch(() => {}) }, `Save ${state}`),
    h("tide-countdown", { key: 2, for: "save", action: save }),
  ];
}

function Page({ tide }) {
  const [props, setProps] = useState({ wait: 400, version: 1 });
  update = setProps;
  return props.gone ? null : [h(Timed, { key: 1, ...props }), h(Save, { key: 2, tide })];
}

/** Everything, in the strict mode that runs effects twice. */
export const app = (tide) => h(StrictMode, null, h(TidegateProvider, { tide }, h(Page, { tide })));
export const set = (props) => update(props);
export const hands = () => held;
