// A part of the page that shows what the server has for it.
import { get, tide } from "./net.js";
import { OPTIONAL } from "./widgets.js";

export const widget = ({ name, title, path }) => {
  const section = document.createElement("section");
  const body = document.createElement("p");
  section.id = name;
  section.append(Object.assign(document.createElement("h2"), { textContent: title }), body);
  const importance = OPTIONAL.indexOf(name);
  const feature = importance < 0 ? undefined : tide.feature(name, { importance });
  const refresh = async () => {
    if ((section.hidden = feature?.enabled === false)) return;
    try {
      const { text } = await get(path, name);
      Object.assign(section.dataset, { state: "fresh" });
      body.textContent = text;
    } catch (error) {
      Object.assign(section.dataset, { state: "failed" });
      body.textContent = `Not available: ${error.message}.`;
    }
  };
  feature?.subscribe(refresh);
  return { section, refresh };
};
