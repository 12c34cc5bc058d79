// A stand-in for the browser's Cache API (`caches`), as far as the package may use it: in its own words asynchronous, with
// entries that are whole or not there, and caches that live on unseen for who holds them when they are deleted.
const { Request, Response } = globalThis;

/** `before(call)` runs before each call, and may throw or be awaited. `all`: entries by URL, by the names of their caches. */
export function vault(before = () => {}) {
  const all = new Map();
  const waiting = [];
  let puts = 0;
  const cache = (entries) => ({
    keys: async () => {
      await before("cache.keys");
      return [...entries.values()].map(({ key }) => key);
    },
    match: async (url) => {
      await before("cache.match");
      const found = entries.get(new Request(url).url);
      return found && new Response(found.bytes, { headers: found.headers });
    },
    put: async (request, response) => {
      if (request.method !== "GET" || response.status === 206) throw new TypeError("put");
      const bytes = await response.arrayBuffer();
      await before("cache.put", request.url);
      // Written anew it is the last.
      entries.delete(request.url);
      entries.set(request.url, { key: request, bytes, headers: [...response.headers] });
      puts++;
      waiting.splice(0).forEach((tell) => tell());
    },
    delete: async (request) => {
      const { url } = new Request(request);
      await before("cache.delete", url);
      return entries.delete(url);
    },
  });
  const caches = {
    open: async (name) => {
      await before("caches.open", name);
      if (!all.has(name)) all.set(name, new Map());
      return cache(all.get(name));
    },
    keys: async () => {
      await before("caches.keys");
      return [...all.keys()];
    },
    delete: async (name) => {
      await before("caches.delete", name);
      return all.delete(name);
    },
  };
  return {
    all,
    caches,
    /** Resolves when so many entries have been written. */
    written: async (count) => {
      while (puts < count) await new Promise((resolve) => waiting.push(resolve));
    },
    get puts() {
      return puts;
    },
    /** All URLs that are there. */
    urls: () => [...all.values()].flatMap((entries) => [...entries.keys()]),
  };
}

/** Puts `caches` into the page; answers the way back. */
export function instal(caches) {
  const was = Object.getOwnPropertyDescriptor(globalThis, "caches");
  Object.defineProperty(globalThis, "caches", { value: caches, configurable: true, writable: true });
  return () => (was ? Object.defineProperty(globalThis, "caches", was) : delete globalThis.caches);
}
