// Every comparison, by name. This module is bundled once for Node and once for the page; what is measured is handed in.
import { decision } from "./decision.mjs";
import { circumstance } from "./circumstances.mjs";
import { peers } from "./peers.mjs";
import { compare } from "./rounds.mjs";

const ROUNDS = 200;
const FEWER = 60;

/** Measures one group. `tidegate`: the package as shipped; `core` and `memory`: the production core, already started. */
export const measure = (name, { tidegate, core, memory }) =>
  name === "fetch"
    ? compare(peers(tidegate), ROUNDS)
    : name === "decision"
      ? compare(decision(core, memory), ROUNDS)
      : compare(circumstance(tidegate, name), FEWER);
