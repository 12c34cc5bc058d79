// A page with a cache in virtual time, and a server that counts: what the tests of the cache share.
import { afterEach } from "node:test";
import { fresh } from "./kit.mjs";
import { Clock } from "./virtual.mjs";

const { setImmediate: later } = globalThis;
export const ORIGIN = "https://api.example";

/** All that happens without time happens: bodies are read, copies are kept. */
export async function quiet() {
  for (let turn = 0; turn < 8; turn++) await new Promise(later);
}

const opened = [];
const unhandled = (cause) => opened.forEach((page) => page.thrown.push(cause));
process.on("unhandledRejection", unhandled);
afterEach(() => opened.splice(0).forEach((page) => page.close()));

/** A body that is given by hand; `left` resolves with the reason of who cancels it. */
export function slowBody() {
  const body = {};
  body.left = new Promise((tell) => {
    body.stream = new ReadableStream({ start: (controller) => void (body.controller = controller), pull: () => void (body.pulls = (body.pulls ?? 0) + 1), cancel: tell }, { highWaterMark: 0 });
  });
  body.say = (text) => body.controller.enqueue(new TextEncoder().encode(text));
  body.end = (text) => (text !== undefined && body.say(text), body.controller.close());
  return body;
}

class Page {
  hits = [];
  stale = [];
  errors = [];
  thrown = [];
  clock = new Clock().install();
  /** What the server says: `{ status, headers, body, drop, until }`, by request; `until`: a promise that it waits for. */
  says = () => ({});

  async open({ build = "index.js", ...options } = {}) {
    opened.push(this);
    const { createTidegate } = await fresh(build);
    this.tide = createTidegate({ fetch: (input, init) => this.#serve(input, init), cache: {}, coalesce: true, seed: 1, ...options });
    this.tide.on("stale", (event) => this.stale.push(event));
    this.tide.on("error", (event) => this.errors.push(event));
    return this;
  }

  async #serve(input, init = {}) {
    const url = `${input?.url ?? input}`;
    const signal = init.signal ?? input?.signal;
    const hit = { url, path: url.replace(ORIGIN, ""), method: init.method ?? input?.method ?? "GET", headers: new Headers(init.headers ?? input?.headers), cache: init.cache ?? "default", at: this.clock.now, init };
    this.hits.push(hit);
    const { status = 200, headers = {}, body = `${hit.path} ${this.hits.length}`, drop, until } = this.says(hit, this.hits.length) ?? {};
    const gone = signal && new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    gone?.catch(() => {});
    if (until) await Promise.race([until, gone].filter(Boolean));
    if (drop) throw new TypeError("network");
    const bodiless = hit.method === "HEAD" || [204, 304].includes(status);
    const answer = new Response(bodiless ? null : body, { status, headers });
    if (!headers["content-type"] && typeof body === "string") answer.headers.delete("content-type");
    return Object.defineProperty(answer, "url", { value: url });
  }

  /** What the page gets: status, text, mark (`fresh`: nothing was sent for it) and age, once all is quiet. */
  async get(path, init) {
    const before = this.hits.length;
    const answer = await this.tide.fetch(path.startsWith("http") ? path : `${ORIGIN}${path}`, init);
    const text = await answer.text();
    const sent = this.hits.length > before;
    await quiet();
    const { status, headers } = answer;
    return { status, text, mark: headers.get("x-tidegate") ?? (sent ? null : "fresh"), age: headers.get("age"), answer };
  }

  /** How many requests came for a path. */
  count(path) {
    return this.hits.filter((hit) => hit.path === path).length;
  }

  async pass(ms) {
    await this.clock.live(ms);
    await quiet();
  }

  close() {
    this.tide?.dispose();
    this.clock.uninstall();
  }
}

/** A page with its tide open. */
export const page = (options) => new Page().open(options);

/** Makes the process a page of this origin, until the answer is called. */
export function at(origin = ORIGIN) {
  const was = Object.getOwnPropertyDescriptor(globalThis, "location");
  Object.defineProperty(globalThis, "location", { value: new URL(origin), configurable: true });
  return () => (was ? Object.defineProperty(globalThis, "location", was) : delete globalThis.location);
}
