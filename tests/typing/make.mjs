// Makes trace.json: `node tests/typing/make.mjs` prints it. Nobody was recorded: the recordings that are public may not
// be passed on under this project's licences (the 136M Keystrokes and How We Type sets of Aalto University are for
// non-commercial use), so their published figures are modelled, with a seed.
import { fileURLToPath } from "node:url";
import { chance } from "../face/virtual.mjs";

const ABOUT =
  "A modelled typing session, not a recording: 62 words at 40 words a minute (5 keys each, as words are counted), then a burst of nine words at 90. " +
  "Within words the intervals between keys are log-normal with a median of 185 ms; a word begins after a pause with a median of 400 ms, every sixth " +
  "one after a thought with a median of 1 200 ms; then all of them are scaled to the speed. For comparison, press to press: median 171 ms, nine tenths below 396 ms, " +
  "99 of a hundred below 934 ms in a sample of Dhakal et al., Observations on Typing from 136 Million Keystrokes (CHI 2018); 174, 528 and 1 649 ms in " +
  "KeyRecs (Dias et al. 2023, doi:10.1016/j.dib.2023.109509); 191, 462 and 1 040 ms in Killourhy and Maxion's passwords (DSN 2009).";

const TEXT =
  "the tide comes in twice a day and nobody asks it to wait but a harbour can close its gate for a while when the water is too high " +
  "boats that come back then stay outside and those inside keep dry until the sea is calm again and the gate opens " +
  "for one after the other so that no wave of them breaks what the water has spared";
const BURST = "where is the next ferry to the island tonight";

/** Standard normal (Box and Muller). */
const normal = ({ next }) => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());

/** Intervals before each key of a text, scaled to a mean of `mean` milliseconds. */
function intervals(random, text, mean, pauses) {
  let word = 0;
  const raw = [...text].map((key, place) => {
    const begins = pauses && text[place - 1] === " ";
    const [median, spread] = !begins ? [185, 0.45] : ++word % 6 ? [400, 0.7] : [1_200, 0.4];
    return median * Math.exp(spread * normal(random));
  });
  const scale = (mean * raw.length) / raw.reduce((sum, each) => sum + each, 0);
  return raw.map((each) => Math.round(each * scale));
}

/** The keys, each with its time in milliseconds since the first. */
export function trace(seed = 40) {
  const random = chance(seed);
  const keys = [];
  let at = 0;
  for (const [text, wpm, pauses, rest] of [[TEXT, 40, true, 0], [BURST, 90, false, 5_000]]) {
    intervals(random, text, 60_000 / (5 * wpm), pauses).forEach((ms, place) => {
      at += keys.length ? (place ? ms : Math.max(ms, rest)) : 0;
      keys.push([at, text[place]]);
    });
  }
  return { about: ABOUT, seed, keys };
}

/** As it is written. */
export const written = () => {
  const { about, seed, keys } = trace();
  return `{\n"about": ${JSON.stringify(about)},\n"seed": ${seed},\n"keys": [\n${keys.map((key) => JSON.stringify(key)).join(",\n")}\n]\n}\n`;
};

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(written());
