// tidegate/vue with the real Vue.
import { claims } from "./frames.mjs";

await claims({
  name: "Vue",
  page: `
    import { app, createApp } from "./browser/apps/vue.mjs";
    export * from "./browser/apps/shop.mjs";
    export { set } from "./browser/apps/vue.mjs";
    const mount = (made, element) => (made.mount(element), () => made.unmount());
    export const start = (element, tide) => mount(app(tide, createApp), element);
    export const hydrate = (element, tide) => mount(app(tide), element);`,
  server: `
    import { renderToString } from "vue/server-renderer";
    import { app, lonely as alone } from "./browser/apps/vue.mjs";
    export const render = (tide) => renderToString(app(tide));
    export const lonely = () => renderToString(alone());`,
});
