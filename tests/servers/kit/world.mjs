// One snippet in front of a backend that the test itself answers, and what a page of another origin sees of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { serve } from "../../support/server.mjs";
import { servers } from "./start.mjs";

const PAGE = "https://app.example";
/** Readable without being exposed: Fetch standard, CORS-safelisted response-header names. */
const SAFELISTED = "cache-control content-language content-length content-type expires last-modified pragma".split(" ");

/** A test that ends, and stops its server, however badly the server behaves. */
export const claim = (title, run) => test(title, { timeout: 120_000 }, run);

/** Never reached: whoever waits in vain longer than a test is hung. */
export const FOREVER = 600_000;

/**
 * Starts a server before a fresh backend and stops both when the test ends.
 * Workers take four requests at once; `patience`: ms that others wait.
 */
export async function open(t, name, patience = FOREVER) {
  const backend = await serve();
  t.after(() => backend.close());
  const server = await servers[name]({ backend: backend.origin, patience });
  t.after(() => server.stop());
  return { backend, server, origin: server.origin };
}

/** Asks for one search. Each has a name of its own, by which the backend knows it. */
export async function search(origin, name, init = {}) {
  return seen(await fetch(`${origin}/search?q=${name}`, { ...init, headers: { origin: PAGE, ...init.headers } }));
}

/** The names of the searches that the backend has been given. */
export const worked = (backend) => backend.hits.map((hit) => new URL(hit.path, backend.origin).searchParams.get("q"));

/** All of an answer, and the headers that a page of another origin may read. */
export async function seen(response) {
  const { status, headers } = response;
  assert.equal(headers.get("access-control-allow-origin"), PAGE, `${status}: a page sees a network error`);
  const exposed = headers.get("access-control-expose-headers") ?? "";
  assert.ok(!exposed.includes("*"), "with credentials, a star is a name");
  const names = new Set([...SAFELISTED, ...exposed.toLowerCase().split(/\s*,\s*/)]);
  const readable = new Headers([...headers].filter(([name]) => names.has(name)));
  return { status, headers, readable, text: await response.text() };
}

/** How many run and how many wait. */
export async function load(origin) {
  const response = await fetch(`${origin}/health`);
  assert.equal(response.status, 200, "whoever looks after the server is never refused");
  const text = await response.text();
  // nginx counts all that it has not answered, this one included.
  const writing = /Writing: (\d+)/.exec(text);
  return writing ? { inside: Number(writing[1]) - 1 } : JSON.parse(text);
}

/** Resolves when the server's own figures fit; each look is one answered request. */
export async function until(origin, fits) {
  for (;;) if (fits(await load(origin))) return;
}

/** Occupies all four workers; `free()` answers them and whatever comes later. */
export async function occupy({ origin, backend }) {
  const held = [0, 1, 2, 3].map((n) => search(origin, `held${n}`));
  const early = Promise.race(held).then(({ status }) => `one was answered with ${status}`);
  const all = backend.arrival(() => true, 4).then(() => "all held");
  assert.equal(await Promise.race([all, early]), "all held");
  return {
    held,
    free() {
      backend.handle = (hit) => hit.answer(200, {}, "found");
      for (const hit of backend.hits) if (!hit.answeredAt) hit.answer(200, {}, "found");
    },
  };
}
