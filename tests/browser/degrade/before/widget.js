// A part of the page that shows what the server has for it.
import { get } from "./net.js";

export const widget = ({ name, title, path }) => {
  const section = document.createElement("section");
  const body = document.createElement("p");
  section.id = name;
  section.append(Object.assign(document.createElement("h2"), { textContent: title }), body);
  const refresh = async () => {
    try {
      const { text } = await get(path);
      Object.assign(section.dataset, { state: "fresh" });
      body.textContent = text;
    } catch (error) {
      Object.assign(section.dataset, { state: "failed" });
      body.textContent = `Not available: ${error.message}.`;
    }
  };
  return { section, refresh };
};
