// The elements' one door: nothing happens before it is called, and nothing where there is no page.
import type * as contract from "../../ui.d.ts";
import { createCountdown } from "./countdown";
import { given } from "./element";
import { createStatus } from "./status";

export const defineTide: typeof contract.defineTide = (tide, options) => {
  Object.assign(given, { strings: undefined, nonce: undefined, ...options, tide });
  const names = globalThis.customElements;
  if (!names) return;
  const elements = { "tide-status": createStatus, "tide-countdown": createCountdown };
  for (const [name, create] of Object.entries(elements)) if (!names.get(name)) names.define(name, create());
};
