// A typing session, in each state of the server: how many requests, and how long after the last key its answer is there.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { debounce as lodash } from "lodash-es";
import { fresh } from "./kit.mjs";
import { written } from "../typing/make.mjs";
import { KEYS, STATES, type } from "../typing/replay.mjs";

const BOOK = new URL("../../docs/input.md", import.meta.url);
const WAITS = [100, 150, 300, 500];

const boxes = (wait) => ({
  "lodash debounce": (ask) => lodash(ask, wait),
  debounce: (ask, tide, scope) => tide.debounce(ask, wait, { scope }),
  asyncDebounce: (ask, tide, scope) => tide.asyncDebounce((_signal, text) => ask(text), wait, { scope }),
});

test("the trace is what its maker makes, at 40 words a minute with pauses between words, and a burst", () => {
  assert.equal(readFileSync(new URL("../typing/trace.json", import.meta.url), "utf8"), written());
  const words = KEYS.findIndex(([at], place) => place && at - KEYS[place - 1][0] >= 5_000);
  const wpm = (keys) => (keys.length - 1) / 5 / ((keys.at(-1)[0] - keys[0][0]) / 60_000);
  assert.ok(Math.abs(wpm(KEYS.slice(0, words)) - 40) < 1, "40 words a minute");
  assert.ok(wpm(KEYS.slice(words)) > 80, "a burst");
  const gaps = KEYS.slice(1, words).map(([at], place) => ({ gap: at - KEYS[place][0], begins: KEYS[place][1] === " " }));
  const mean = (list) => list.reduce((sum, { gap }) => sum + gap, 0) / list.length;
  assert.ok(mean(gaps.filter(({ begins }) => begins)) > 2 * mean(gaps.filter(({ begins }) => !begins)));
});

test("at nominal as many requests as lodash's, fewer in each worse state, at critical a third at most; as the book says", async () => {
  const { createTidegate } = await fresh();
  const lines = ["| wait | box | nominal | fair | serious | critical |", "| ---: | --- | ---: | ---: | ---: | ---: |"];
  for (const wait of WAITS) {
    const all = {};
    for (const [name, box] of Object.entries(boxes(wait))) {
      all[name] = [];
      for (const state of STATES) all[name].push(await type(createTidegate, state, box));
      lines.push(`| ${wait} | ${name} | ${all[name].map(({ requests, answer }) => `${requests}, ${answer} ms`).join(" | ")} |`);
    }
    const of = (name) => all[name].map(({ requests }) => requests);
    const theirs = of("lodash debounce")[0];
    for (const name of ["debounce", "asyncDebounce"]) {
      const [nominal, fair, serious, critical] = of(name);
      assert.equal(nominal, theirs, `${name}, ${wait} ms`);
      assert.ok(nominal >= fair && fair >= serious && serious >= critical && critical >= 1, `${name}, ${wait} ms: ${of(name)}`);
      assert.ok(critical <= theirs / 3, `${name}, ${wait} ms: ${critical} of ${theirs}`);
      assert.ok(all[name].every(({ answer }) => answer > 0), "the last text is always answered");
    }
  }
  const table = lines.join("\n");
  assert.ok(readFileSync(BOOK, "utf8").includes(table), `docs/input.md is to show\n\n${table}\n`);
});
