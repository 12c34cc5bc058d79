// tidegate/svelte with the real Svelte.
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { compile } from "svelte/compiler";
import { claims } from "./frames.mjs";

/** Compiles components for a page or for a server. */
const svelte = (generate) => ({
  name: "svelte",
  setup({ onLoad }) {
    onLoad({ filter: /\.svelte$/ }, async ({ path }) => {
      const { js, warnings } = compile(await readFile(path, "utf8"), { generate, dev: true, filename: basename(path) });
      return { contents: js.code, loader: "js", warnings: warnings.map(({ message }) => ({ text: message })) };
    });
  },
});

await claims({
  name: "Svelte",
  clientPlugins: [svelte("client")],
  serverPlugins: [svelte("server")],
  page: `
    import { flushSync, hydrate as takeOver, mount, unmount } from "svelte";
    import Shop from "./browser/apps/svelte/Shop.svelte";
    import { shop } from "./browser/apps/svelte/props.mjs";
    export * from "./browser/apps/shop.mjs";
    export const set = (properties) => (shop.set(properties), flushSync());
    const begin = (how) => (target, tide) => {
      const made = how(Shop, { target, props: { tide } });
      flushSync();
      return () => void unmount(made);
    };
    export const start = begin(mount);
    export const hydrate = begin(takeOver);`,
  server: `
    import { render as draw } from "svelte/server";
    import Pressure from "./browser/apps/svelte/Pressure.svelte";
    import Shop from "./browser/apps/svelte/Shop.svelte";
    export const render = async (tide) => draw(Shop, { props: { tide } }).body;
    export const lonely = async () => draw(Pressure, { props: {} }).body;`,
});
