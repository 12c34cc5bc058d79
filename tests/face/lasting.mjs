// A page whose Cache API, storage, channel and time are the test's own, anew for each test of the file that imports this.
import { afterEach, beforeEach, mock } from "node:test";
import { ether, holdTime, pretendPage } from "./kit.mjs";
import { instal, vault } from "./vault.mjs";

/** Of the test that runs: its channels, its page, its Cache API, and the instances that end with it. */
export let air;
export let page;
export let box;
export const tides = [];

let before;
/** From now on `act(call, what)` runs before each call of the Cache API, and may throw or be awaited; none: nothing does. */
export const halt = (act) => (before = act);

let undo;
beforeEach(() => {
  air = ether();
  holdTime(mock);
  page = pretendPage();
  halt();
  box = vault((call, what) => before?.(call, what));
  undo = instal(box.caches);
});
afterEach(() => {
  tides.splice(0).forEach((tide) => tide.dispose());
  undo();
  page.restore();
  air.restore();
  mock.timers.reset();
  mock.restoreAll();
});

/** All that happens without time, threads and all. */
export const turn = async () => {
  for (let i = 0; i < 50; i++) await new Promise(setImmediate);
};
