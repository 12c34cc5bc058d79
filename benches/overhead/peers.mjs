// From a call of fetch to parsed JSON, against the best-known wrappers.
import ky from "ky";
import { createFetch } from "ofetch";
import { JSON_TYPE, batch, json, network, replace } from "./network.mjs";

/** What is judged: `tide.fetch` as `createTidegate()` makes it, and the best-known peers as they come. */
export function peers({ createTidegate }) {
  replace(network(JSON_TYPE));
  const { fetch } = createTidegate();
  const ofetch = createFetch({ fetch: (...args) => globalThis.fetch(...args), Headers, AbortController });
  return [
    ["bare fetch", batch((url) => globalThis.fetch(url).then(json))],
    ["tide.fetch", batch((url) => fetch(url).then(json))],
    ["ofetch", batch((url) => ofetch(url))],
    ["ky", batch((url) => ky(url).json())],
  ];
}
