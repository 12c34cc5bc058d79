// Every comparison, by name. This module is bundled once for Node and once for the page; what is measured is handed in.
import { decision } from "./decision.mjs";
import { circumstance } from "./circumstances.mjs";
import { peers } from "./peers.mjs";
import { compare } from "./rounds.mjs";

/** Rounds of what is judged, and of what is told beside it. */
const ROUNDS = 400;
const FEWER = 100;

/** Measures one group. `tidegate`: the package as shipped; `core` and `memory`: the production core, already started. */
export const measure = (name, { tidegate, core, memory }) =>
  name === "fetch"
    ? compare(peers(tidegate), ROUNDS)
    : name === "decision"
      ? compare(decision(core, memory), ROUNDS)
      : compare(circumstance(tidegate, name), FEWER);
