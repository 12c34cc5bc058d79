// The demo page: a library in front of a server that can be overloaded.
import { startChart } from "./chart.ts";
import { startEvents } from "./events.ts";
import { startLibrary } from "./library.ts";
import { watch } from "./server.ts";
import { startTide } from "./tide-panel.ts";
import { showLost, startTrouble } from "./trouble-panel.ts";
import { startVisitor } from "./visitor.ts";
import { startWidgets } from "./widgets.ts";

startEvents();
startTide();
startTrouble();
startChart();
startLibrary();
startWidgets();
startVisitor();
watch(showLost);
