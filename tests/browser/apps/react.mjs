// The shop in React.
import { createElement as h, StrictMode, useEffect, useRef, useState } from "react";
import { TidegateProvider, useAction, useDebouncedCallback, useFeature, usePressure, useTidegate } from "tidegate/react";
import { calls, send, WAIT } from "./shop.mjs";

let update;

function Pressure() {
  const { state } = usePressure();
  const commits = useRef(null);
  useEffect(() => void (commits.current.textContent = Number(commits.current.textContent) + 1));
  return h("p", null, h("b", { id: "state" }, state), " ", h("i", { id: "commits", ref: commits, suppressHydrationWarning: true }));
}

function Save() {
  const tide = useTidegate();
  const [save, { state, retryAt, reason }] = useAction("save", (signal) => send(tide, signal));
  const first = useRef(save);
  return h("button", { id: "save", onClick: () => void save().catch(() => {}), title: String(first.current === save) }, `${state} ${retryAt ? reason : ""}`);
}

function Type({ version, wait = WAIT }) {
  const [count, setCount] = useState(0);
  const type = useDebouncedCallback((text) => calls.push(`${text} of ${version}`), wait);
  const press = () => {
    setCount(count + 1);
    type(count + 1);
  };
  return h("button", { id: "type", onClick: press }, String(type.isPending()));
}

function Shop() {
  const [props, setProps] = useState({ version: 1 });
  update = setProps;
  return [h(Pressure, { key: 1 }), useFeature("reviews") && h("p", { key: 2, id: "reviews" }, "Reviews"), h(Save, { key: 3 }), props.gone ? null : h(Type, { key: 4, ...props })];
}

/** Everything, in the strict mode that runs effects twice. */
export const app = (tide) => h(StrictMode, null, h(TidegateProvider, { tide }, h(Shop)));

/** Without a provider. */
export const lonely = () => h(Pressure);

/** Sets the shop's properties: `version`, `wait`, `gone`. */
export const set = (props) => update(props);
