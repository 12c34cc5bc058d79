// tidegate/react with the real React.
import { claims } from "./frames.mjs";

await claims({
  name: "React",
  page: `
    import { createRoot, hydrateRoot } from "react-dom/client";
    import { flushSync } from "react-dom";
    import { app } from "./browser/apps/react.mjs";
    export * from "./browser/apps/shop.mjs";
    export { set } from "./browser/apps/react.mjs";
    const stop = (root) => () => flushSync(() => root.unmount());
    export const start = (element, tide) => {
      const root = createRoot(element);
      flushSync(() => root.render(app(tide)));
      return stop(root);
    };
    export const hydrate = (element, tide) => stop(hydrateRoot(element, app(tide), { onRecoverableError: (error) => console.error(String(error)) }));`,
  server: `
    import { renderToString } from "react-dom/server";
    import { app, lonely as alone } from "./browser/apps/react.mjs";
    export const render = async (tide) => renderToString(app(tide));
    export const lonely = async () => renderToString(alone());`,
});
