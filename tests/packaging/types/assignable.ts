// The shipped declarations may stand wherever the contract is expected. The lines for each exported type are made
// by types.test.mjs out of the contract itself, so that none can be forgotten.
import type * as Shipped from "tidegate";
import type * as Contract from "./contract.js";

declare const shipped: typeof Shipped;
export const whole: typeof Contract = shipped;
