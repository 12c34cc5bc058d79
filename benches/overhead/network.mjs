// A network that answers at once: what is left of a call is what its wrapper costs.
const ORIGIN = "https://api.example";
export const BODY = '{"hello":"world"}';
export const JSON_TYPE = { "content-type": "application/json" };

/** So many different URLs take turns. */
const URLS = Array.from({ length: 32 }, (_, i) => `${ORIGIN}/items?page=${i}`);

/** The network: a function that returns a resolved Response. */
export const network = (headers) => () => Promise.resolve(new Response(BODY, { headers }));

/** A batch of `load(url)`, one after the other. */
export const batch = (load) => async (count) => {
  for (let i = 0; i < count; i++) await load(URLS[i & 31]);
};

export const json = (response) => response.json();

/** Stands in for the platform's fetch, as code that knows of no wrapper would find it. */
export const replace = (stub) => (globalThis.fetch = stub);
