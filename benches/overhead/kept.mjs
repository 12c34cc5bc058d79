// What a kept answer costs. The decision alone, among so many: the page's map and one look in the core, against `get` of
// lru-cache with a time to live, which decides less: whether it is there and not too old. And a whole call that is answered from what is
// kept, against making a Response of the same bytes and headers.
import { LRUCache } from "lru-cache";
import { settings } from "#names";
import { replace } from "./network.mjs";

const SAFE_REPEAT = 1 | 4 | 8;
const FRESH = 1;

const urls = (many) => Array.from({ length: many }, (_, n) => `https://api.example/items/${n}?fields=all`);

const put = (core, memory, text) => {
  const bytes = new TextEncoder().encode(text);
  new Uint8Array(memory.buffer, core.buffer(bytes.length), bytes.length).set(bytes);
  return bytes.length;
};

/** One after the other, in an order that no cache line likes. */
const each = (all, look) => {
  let at = 0;
  const step = 7919;
  return (count) => {
    for (let n = 0; n < count; n++) {
      at = (at + step) % all.length;
      if (!look(all[at])) throw new Error(`${all[at]} is not there`);
    }
  };
};

const peer = (all, options) => {
  const cache = new LRUCache({ max: all.length, ...options });
  for (const url of all) cache.set(url, { url });
  return each(all, (url) => cache.get(url) !== undefined);
};

const looks = (core, memory, all) => {
  const stage = (path, value) => core.stage(settings.findIndex(([name]) => name === path), value);
  stage("cache", 1);
  stage("cache.entries", 2 * all.length);
  stage("cache.bytes", 1e9);
  const room = core.open(1, () => {});
  const scope = core.scope(room, 1, put(core, memory, "https://api.example"));
  const key = core.key(room, 1, scope, put(core, memory, "GET\nhttps://api.example/"));
  const shelves = new Map();
  for (const url of all) {
    const handle = core.copy_judge(room, 1, 1.7e12, key, 200, put(core, memory, `\t${url}\n\ncache-control: max-age=3600\n`));
    if (!core.copy_fill(room, handle, 1000)) throw new Error(`${url} is not kept`);
    shelves.set(url, { handle, url, whose: "", next: undefined });
  }
  // The clock is not part of it: lru-cache reads it once a millisecond.
  const now = 2.5;
  return each(all, (url) => {
    for (let copy = shelves.get(url); copy; copy = copy.next) {
      if (copy.whose === "" && (core.copy_look(room, now, copy.handle, 0, SAFE_REPEAT, 0) & 15) === FRESH) return true;
    }
    return false;
  });
};

/** How many are kept in each group. */
const MANY = { "kept, 1 000": 1_000, "kept, 100 000": 100_000 };

const HEADERS = { "content-type": "application/json", "cache-control": "max-age=3600", etag: '"1"', date: new Date().toUTCString() };

const served = async ({ createTidegate }) => {
  const body = JSON.stringify(Array.from({ length: 40 }, (_, id) => ({ id, name: `item ${id}` })));
  const bytes = new TextEncoder().encode(body);
  let asked = 0;
  replace(async () => (asked++, new Response(bytes, { headers: HEADERS })));
  const { fetch } = createTidegate({ cache: {} });
  const all = urls(32);
  for (const url of all) await (await fetch(url)).text();
  // What is kept is read beside its caller.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const before = asked;
  const cached = async (count) => {
    for (let n = 0; n < count; n++) await fetch(all[n & 31]);
    if (asked !== before) throw new Error(`${asked - before} were asked for again`);
  };
  const pairs = [...new Headers(HEADERS), ["age", "0"], ["x-tidegate", "fresh"]];
  const made = async () => new Response(bytes, { headers: pairs });
  return [
    ["new Response", async (count) => { for (let n = 0; n < count; n++) await made(); }],
    ["tide.fetch, kept", cached],
  ];
};

/** `what` is one of `keeps`. */
export const kept = async ({ tidegate, core, memory }, what) => {
  if (!MANY[what]) return served(tidegate);
  const all = urls(MANY[what]);
  return [
    ["lru-cache with ttl", peer(all, { ttl: 3_600_000 })],
    ["lru-cache", peer(all)],
    ["map and core", looks(core, memory, all)],
  ];
};
