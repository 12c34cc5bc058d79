// Which figures have a ceiling, and how they are told.
import { hostiles, inputs } from "./hostiles.mjs";

/** Which contestant of which group; `must` is the ceiling, `target` the value aimed at. */
const RATIOS = {
  fetch: { who: "tide.fetch", must: 1.25, target: 1.15 },
  decision: { who: "ask and settle", must: 1.1, target: 0.75 },
  "hints read": { who: "tidegate", must: 0.4 },
  "hints unchanged": { who: "tidegate", must: 0.2 },
  "press refused": { who: "refused press", must: 2 },
  ...Object.fromEntries(inputs.map((name) => [name, { who: "tidegate", must: 1.1 }])),
  "kept, 1 000": { who: "map and core", must: 1.2 },
  "kept, 100 000": { who: "map and core", must: 1 },
  "kept answer": { who: "tide.fetch, kept", must: 1.3 },
  // A thousand times as many: a heap's logarithm, and no more.
  "debounce among many": { who: "100 000 wait", must: 3 },
  // Eight times the length.
  ...Object.fromEntries(hostiles.map((name) => [name, { who: "8 kB", must: 9 }])),
};

/** Bytes of which part, in which form. */
const BYTES = [
  { part: "default entry", form: "brotli", must: 40_000, target: 26_000 },
  { part: "face alone", form: "gzip", must: 4_000 },
];

const verdict = (value, must) => (must === undefined ? "" : value <= must ? "ok" : "MISSED");

/** A line per contestant. The ceiling holds for the median ratio. */
export const ratios = (place, group, figures) =>
  Object.entries(figures).map(([name, { ratio, quiet, micros }]) => {
    const { must, target } = RATIOS[group]?.who === name ? RATIOS[group] : {};
    const columns = [place, group, name, ratio.toFixed(2), quiet.toFixed(2), micros.toFixed(2), must?.toFixed(2) ?? "", target?.toFixed(2) ?? ""];
    return { columns: [...columns, verdict(ratio, must)], missed: ratio > must };
  });

/** A line per part and form. */
export const bytes = (sizes) =>
  Object.entries(sizes).map(([part, forms]) => {
    const { form, must } = BYTES.find((each) => each.part === part) ?? {};
    const columns = [part, ...["raw", "gzip", "brotli"].map((each) => String(forms[each])), must ? `${must} ${form}` : ""];
    return { columns: [...columns, verdict(forms[form], must)], missed: forms[form] > must };
  });

/** The headlines of both tables. */
export const RATIO_HEADS = ["where", "what", "who", "ratio", "quiet", "µs", "must", "target", ""];
export const BYTE_HEADS = ["part", "raw", "gzip", "brotli", "must", ""];

const WORDS = /[a-z]/i;

/** A table in Markdown, aligned so that a terminal shows it as well. Numbers stand to the right. */
export function table(heads, lines) {
  const rows = [heads, ...lines.map(({ columns }) => columns)];
  const widths = heads.map((_, i) => Math.max(3, ...rows.map((row) => row[i].length)));
  const right = heads.map((_, i) => lines.every(({ columns }) => !WORDS.test(columns[i])));
  const show = (row) => `| ${row.map((text, i) => (right[i] ? text.padStart(widths[i]) : text.padEnd(widths[i]))).join(" | ")} |`;
  const rule = `| ${widths.map((width, i) => (right[i] ? `${"-".repeat(width - 1)}:` : "-".repeat(width))).join(" | ")} |`;
  return [show(heads), rule, ...rows.slice(1).map(show)].join("\n");
}
