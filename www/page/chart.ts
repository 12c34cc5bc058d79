// A minute, second by second: upwards what was asked for in this page, downwards what reached the server.
import { takeAsked } from "./api.ts";
import { byId, say } from "./dom.ts";
import { onStats, type Stats } from "./server.ts";

const SECONDS = 60;
const WIDTH = 360;
const MIDDLE = 75;
/** Height of the tallest bar. */
const REACH = 70;
/** The scale never shrinks below this many a second, so that a lone click stays small. */
const LEAST = 6;

interface Second { you: number; page: number; served: number; refused: number }

const chart = byId<SVGSVGElement>("chart");
const seconds: Second[] = [];
let before: Stats | null = null;

function bar(x: number, y: number, height: number, kind: keyof Second): SVGElement {
  const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  const place = { x, y, width: WIDTH / SECONDS - 1.5, height, class: kind };
  for (const [name, value] of Object.entries(place)) rect.setAttribute(name, String(value));
  return rect;
}

function draw(): void {
  const most = Math.max(LEAST, ...seconds.map((s) => Math.max(s.you + s.page, s.served + s.refused)));
  const unit = REACH / most;
  const bars = seconds.flatMap(({ you, page, served, refused }, i) => {
    const x = WIDTH - (seconds.length - i) * (WIDTH / SECONDS);
    return [
      bar(x, MIDDLE - 1 - page * unit, page * unit, "page"),
      bar(x, MIDDLE - 1 - (page + you) * unit, you * unit, "you"),
      bar(x, MIDDLE + 1, served * unit, "served"),
      bar(x, MIDDLE + 1 + served * unit, refused * unit, "refused"),
    ];
  });
  chart.replaceChildren(...bars.filter((rect) => rect.getAttribute("height") !== "0"));
}

function caption(): string {
  const sum = (kind: keyof Second) => seconds.reduce((n, second) => n + second[kind], 0);
  const asked = sum("you") + sum("page");
  const reached = sum("served") + sum("refused");
  return `Last minute: ${asked} asked for here, ${reached} reached the server, ${sum("refused")} of them refused or dropped.`;
}

function add(stats: Stats): void {
  const asked = takeAsked();
  if (before) {
    const reached = Math.max(0, stats.hits.total - before.hits.total);
    const bad = stats.refused + stats.dropped - before.refused - before.dropped;
    const refused = Math.min(reached, Math.max(0, bad));
    seconds.push({ ...asked, served: reached - refused, refused });
    if (seconds.length > SECONDS) seconds.shift();
    say(byId("flow-now"), `${reached} a second at the server${stats.wasted > 0 ? `, ${stats.wasted} done for nobody` : ""}`);
    say(byId("chart-caption"), caption());
    draw();
  }
  before = stats;
}

/** Follows the server's counters. */
export function startChart(): void {
  onStats(add);
}
