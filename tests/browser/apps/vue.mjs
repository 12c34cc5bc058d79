// The shop in Vue.
import { createSSRApp, createApp, defineComponent, h, onUpdated, ref, shallowRef } from "vue";
import { createTidegatePlugin, useAction, useDebouncedCallback, useFeature, usePressure, useTidegate } from "tidegate/vue";
import { calls, send, WAIT } from "./shop.mjs";

const props = shallowRef({ version: 1 });

const Pressure = defineComponent(() => {
  const pressure = usePressure();
  const commits = ref(null);
  let count = 1;
  onUpdated(() => void (commits.value.textContent = ++count));
  return () => h("p", [h("b", { id: "state" }, pressure.value.state), " ", h("i", { id: "commits", ref: commits }, "1")]);
});

const Save = defineComponent(() => {
  const tide = useTidegate();
  const [save, status] = useAction("save", (signal) => send(tide, signal));
  return () => h("button", { id: "save", onClick: () => void save().catch(() => {}) }, `${status.value.state} ${status.value.retryAt ? status.value.reason : ""}`);
});

const Type = defineComponent(() => {
  let count = 0;
  const type = useDebouncedCallback((text) => calls.push(`${text} of ${props.value.version}`), WAIT);
  return () => h("button", { id: "type", onClick: () => type(++count) }, "type");
});

const Shop = defineComponent(() => {
  const reviews = useFeature("reviews");
  return () => h("div", [h(Pressure), reviews.value ? h("p", { id: "reviews" }, "Reviews") : null, h(Save), props.value.gone ? null : h(Type)]);
});

/** Everything; `make`: for the browser alone, or for a page that a server rendered. */
export const app = (tide, make = createSSRApp) => make(Shop).use(createTidegatePlugin(tide));
export { createApp };

/** Without the plugin; Vue's own word about the error is expected. */
export const lonely = () => {
  const made = createSSRApp(Pressure);
  made.config.warnHandler = () => {};
  return made;
};

/** Sets the shop's properties: `version`, `gone`. */
export const set = (next) => (props.value = next);
