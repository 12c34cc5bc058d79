// What `tide.fetch` costs over bare fetch when a call is not the plainest one.
import { BODY, JSON_TYPE, batch, json, network, replace } from "./network.mjs";

let turn = 0;
const CIRCUMSTANCES = {
  "headers in init": { load: (fetch, url) => fetch(url, { headers: { accept: "application/json" } }) },
  "an abort signal": { load: (fetch, url) => fetch(url, { signal: new AbortController().signal }) },
  "one long-lived signal": { load: (fetch, url, { signal }) => fetch(url, { signal }) },
  "POST with a body": { load: (fetch, url) => fetch(url, { method: "POST", headers: JSON_TYPE, body: BODY }) },
  "a URL object": { load: (fetch, url) => fetch(new URL(url)) },
  "a URL never seen before": { load: (fetch, url) => fetch(`${url}&${++turn}`) },
  "hints that stay the same": { load: (fetch, url) => fetch(url), headers: { ...JSON_TYPE, ratelimit: '"q";r=900;t=30' } },
  "hints that change": { load: (fetch, url) => fetch(url), headers: () => ({ ...JSON_TYPE, ratelimit: `"q";r=${900 + (++turn % 90)};t=30` }) },
  "mode observe": { load: (fetch, url) => fetch(url), options: { mode: "observe" } },
  "mode off": { load: (fetch, url) => fetch(url), options: { mode: "off" } },
};

/** Names of what `circumstance` knows. */
export const circumstances = Object.keys(CIRCUMSTANCES);

/** The same call bare and through `tide.fetch`. */
export function circumstance({ createTidegate }, name) {
  const { load, headers = JSON_TYPE, options } = CIRCUMSTANCES[name];
  replace(typeof headers === "function" ? () => network(headers())() : network(headers));
  const { fetch } = createTidegate(options);
  const { signal } = new AbortController();
  return [
    ["bare fetch", batch((url) => load(globalThis.fetch, url, { signal }).then(json))],
    ["tide.fetch", batch((url) => load(fetch, url, { signal }).then(json))],
  ];
}
