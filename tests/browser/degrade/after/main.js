// Puts the widgets on the page; all of them ask again when the page is told to.
import { widget } from "./widget.js";
import { WIDGETS } from "./widgets.js";

const all = WIDGETS.map(widget);
document.querySelector("main").append(...all.map(({ section }) => section));
const refresh = () => Promise.all(all.map((each) => each.refresh()));
addEventListener("refresh", refresh);
await refresh();
document.documentElement.dataset.ready = "yes";
