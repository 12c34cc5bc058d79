// Every comparison, by name. This module is bundled once for Node and once for the page; what is measured is handed in.
import { decision } from "./decision.mjs";
import { circumstance } from "./circumstances.mjs";
import { peers } from "./peers.mjs";
import { hostiles, inputs, keeps, readings } from "./hostiles.mjs";
import { input } from "./input.mjs";
import { hostile, reading } from "./reading.mjs";
import { kept } from "./kept.mjs";
import { press, presses } from "./press.mjs";
import { compare } from "./rounds.mjs";

/** Rounds of what is judged, and of what is told beside it. */
const ROUNDS = 400;
const FEWER = 100;

/** Measures one group. `tidegate`: the package as shipped; `core` and `memory`: the production core, already started. */
export const measure = async (name, { tidegate, core, memory }) => {
  if (name === "fetch") return compare(peers(tidegate), ROUNDS);
  if (name === "decision") return compare(decision(core, memory), ROUNDS);
  if (readings.includes(name)) return compare(reading(tidegate, name), ROUNDS);
  if (inputs.includes(name)) return compare(input(tidegate, name), FEWER);
  if (hostiles.includes(name)) return compare(hostile(tidegate, name), FEWER);
  if (keeps.includes(name)) return compare(await kept({ tidegate, core, memory }, name), ROUNDS);
  if (presses.includes(name)) return compare(await press(tidegate), ROUNDS);
  return compare(circumstance(tidegate, name), FEWER);
};
