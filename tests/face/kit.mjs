// Fresh copies of the built package, damaged copies of it, and a network that answers when told to.
import { build } from "../../pkg/node_modules/esbuild/lib/main.js";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const at = (path) => fileURLToPath(new URL(`../../pkg/${path}`, import.meta.url));
let copies = 0;

/** A copy of an entry of the package with its own state: each has its own core. */
export const fresh = (entry = "index.js") => import(`${pathToFileURL(at(`dist/${entry}`))}?copy=${++copies}`);

export const BUILDS = ["index.js", "dev.js"];

const folder = mkdtempSync(join(tmpdir(), "tidegate-face-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/**
 * The production face with every export of the core behind a hook: `globalThis[hook](name, args)` runs before each
 * call and may throw, as a trap would. `text`: the inlined bytes, when not the real ones.
 */
export async function hooked(hook, text) {
  const glue = at("build/production/core.js");
  const wrapper = `import * as real from ${JSON.stringify(glue)};
    export const initSync = (given) => {
      const hook = (...call) => globalThis[${JSON.stringify(hook)}]?.(...call);
      hook("initSync", [given]);
      const core = real.initSync(given);
      const names = ${JSON.stringify(NUMERIC)};
      return { memory: core.memory, ...Object.fromEntries(names.map((name) => [name, (...args) => (hook(name, args), core[name](...args))])) };
    };`;
  const made = await build({
    entryPoints: [at("src/index.ts")],
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
    logLevel: "silent",
    define: { __DEV__: "false" },
    alias: { "#names": at("build/names.js"), "#start": at("src/start/inline.ts") },
    plugins: [
      {
        name: "hooked",
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^#core$/ }, () => ({ path: "core", namespace: "hooked" }));
          onLoad({ filter: /.*/, namespace: "hooked" }, () => ({ contents: wrapper, resolveDir: at(".") }));
          onResolve({ filter: /^#inline$/ }, () => (text === undefined ? { path: at("build/production/inline.js") } : { path: "inline", namespace: "text" }));
          onLoad({ filter: /.*/, namespace: "text" }, () => ({ contents: `export const text = ${JSON.stringify(text)};` }));
        },
      },
    ],
  });
  const file = join(folder, `${hook}-${++copies}.mjs`);
  writeFileSync(file, made.outputFiles[0].contents);
  return import(pathToFileURL(file));
}

/** Every export of the core that the face calls. */
export const NUMERIC = "clock stage open refused shut buffer scope key ask settle poll told set_mode pressure typing closed listen event read word keep share woke wipe forget feature force copy_about copy_judge copy_fill copy_gone copy_forget copy_look".split(" ");

/** A fetch whose answers are given by hand. It obeys its signal, before and after the headers, as the platform does. */
export function network() {
  const sent = [];
  const waiting = [];
  const fetch = (input, init) =>
    new Promise((resolve, reject) => {
      const signal = init?.signal ?? input?.signal;
      const call = { input, init, signal, url: String(input?.url ?? input), aborted: false };
      if (signal?.aborted) return reject(signal.reason);
      signal?.addEventListener("abort", () => {
        call.aborted = true;
        call.controller?.error(signal.reason);
        reject(signal.reason);
      });
      call.resolve = resolve;
      call.fail = (cause = new TypeError("network")) => reject(cause);
      call.answer = (body = "ok", init = {}) => {
        const stream = body === undefined ? null : new ReadableStream({
          start: (controller) => {
            call.controller = controller;
            if (body !== null) {
              controller.enqueue(new TextEncoder().encode(body));
              controller.close();
              call.controller = undefined;
            }
          },
        });
        const response = new Response(stream, init);
        call.response = response;
        resolve(response);
        return response;
      };
      sent.push(call);
      waiting.splice(0).forEach((tell) => tell());
    });
  /** Resolves with the `count`-th request when it has been sent. */
  const arrival = async (count) => {
    while (sent.length < count) await new Promise((resolve) => waiting.push(resolve));
    return sent[count - 1];
  };
  return { fetch, sent, arrival };
}

/** How a promise stands after all that can happen without time has happened. */
export async function standing(promise) {
  for (let turn = 0; turn < 20; turn++) await null;
  const pending = Symbol("pending");
  return Promise.race([promise, pending]).then(
    (value) => (value === pending ? "pending" : "resolved"),
    () => "rejected",
  );
}

export const URL_A = "https://api.example/items?page=1";

/** Time is the test's from here on, all three clocks of it. `mock` is the test's own. */
export function holdTime(mock) {
  const begin = 1_700_000_000_000;
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: begin });
  mock.method(performance, "now", () => Date.now() - begin);
}

/** Time passes as it does for a page that is awake: Node's mock would wake every timer at the end of one long step. */
export function pass(mock, ms) {
  for (; ms > 0; ms -= 100) mock.timers.tick(Math.min(ms, 100));
}

/** A storage like localStorage; `items` is what it holds. `before(call)` runs before each call and may throw. */
export function shelf(before = () => {}) {
  const items = new Map();
  return {
    items,
    getItem: (name) => (before("getItem"), items.get(name) ?? null),
    setItem: (name, value) => (before("setItem"), void items.set(name, String(value))),
    removeItem: (name) => (before("removeItem"), void items.delete(name)),
  };
}

/**
 * Takes the place of BroadcastChannel until `restore()`: messages arrive at once. `before(call)` runs before each call
 * and may throw; `said` holds what was posted; `post(name, data)` speaks as any script of the origin may.
 */
export function ether(before = () => {}) {
  const real = globalThis.BroadcastChannel;
  const open = new Set();
  const said = [];
  const post = (name, data, from) => {
    for (const each of [...open]) if (each !== from && each.name === name) for (const tell of each.listeners) tell({ type: "message", data });
  };
  globalThis.BroadcastChannel = class {
    listeners = [];
    constructor(name) {
      before("constructor");
      this.name = String(name);
      open.add(this);
    }
    addEventListener(type, listener) {
      before("addEventListener");
      if (type === "message") this.listeners.push(listener);
    }
    postMessage(data) {
      before("postMessage");
      if (!open.has(this)) throw new DOMException("closed", "InvalidStateError");
      said.push(data);
      post(this.name, data, this);
    }
    close() {
      before("close");
      open.delete(this);
    }
  };
  return { open, said, post, restore: () => (globalThis.BroadcastChannel = real) };
}

/** Makes the process look like a page, until `restore()`. `see(hidden)`, `leave()` and `back()` do what a browser would. */
export function pretendPage() {
  const names = ["document", "window", "localStorage"];
  const before = names.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]);
  const define = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  const page = Object.assign(new EventTarget(), { hidden: false });
  const view = new EventTarget();
  define("document", page);
  define("window", view);
  define("localStorage", shelf());
  return {
    /** Any other event of the page's window. */
    tell: (type) => view.dispatchEvent(new Event(type)),
    see: (hidden) => ((page.hidden = hidden), page.dispatchEvent(new Event("visibilitychange"))),
    leave: () => view.dispatchEvent(new Event("pagehide")),
    back: () => view.dispatchEvent(new Event("pageshow")),
    restore: () => before.forEach(([name, was]) => (was ? Object.defineProperty(globalThis, name, was) : delete globalThis[name])),
  };
}
