// Wires the rooms of the face together; decides nothing.
import type * as contract from "../tidegate.d.ts";
import { isTidegateError, TidegateError } from "./answers";
import { ready, state, watchers } from "./core";
import { fail, on } from "./events";
import { fallback } from "./fallback";
import { describe } from "./fetch";
import { dropAll, enter, releaseAll, straight } from "./gate";
import { init, readHints } from "./hints";
import { nameOf } from "./keys";
import { open, setMode, shut } from "./open";
import { read } from "./options";
import { type Room, MODES, blank, newRoom } from "./room";
import { createRun } from "./run";
import { createStore, getServerSnapshot, pressureOf } from "./store";
import { hintHeaders } from "#names";

const createFetch = (room: Room, usable: () => boolean): contract.Tidegate["fetch"] => (input, init) => {
  const { platform } = room;
  const direct = () => straight({ send: () => platform.send(input, init) });
  if (room.mode > 1 || room.disposed || platform.nested()) return direct();
  const asks = usable();
  // Until a core from elsewhere has arrived, requests pass.
  if (!asks && state < 3) return direct();
  let call;
  try {
    call = describe(room, input, init);
  } catch {
    // What cannot be read is for the platform to refuse.
  }
  return call ? (asks ? enter : fallback)(room, call) : direct();
};

const createLife = (room: Room, back: { now?: () => void }) => ({
  clear: async (): Promise<void> => {
    room.era++;
    room.keys.clear();
    room.slots = [];
    dropAll(room);
  },
  reset: (): void => {
    dropAll(room);
    shut(room);
    blank(room);
    room.mode = room.first;
    room.changed();
  },
  dispose: (): void => {
    if (room.disposed) return;
    room.disposed = true;
    releaseAll(room);
    shut(room);
    room.calls = new Map();
    if (room.watch) watchers.delete(room.watch);
    back.now?.();
  },
});

export const createTidegate: typeof contract.createTidegate = (given) => {
  const faults: string[] = [];
  const options = read(given, faults);
  const room = newRoom(options);
  const store = createStore(room);
  const back: { now?: () => void } = {};
  const usable = () => open(room, faults);
  const fetch = createFetch(room, usable);
  const life = createLife(room, back);
  room.platform.adopt(fetch);

  const tide = {
    ...store,
    ...life,
    fetch,
    getServerSnapshot,
    run: createRun(room, () => room.mode < 2 && !room.disposed && usable()),
    install: () => (back.now = room.platform.install()),
    pressure: (scope?: string | URL) => pressureOf(room, nameOf(scope)),
    on: (type: string, listener: (event: any) => void) => on(room, type, listener),
    get mode() {
      return MODES[room.mode]!;
    },
    setMode: (mode: contract.Mode) => {
      const place = MODES.indexOf(mode);
      if (place < 0) fail(room, "mode");
      else setMode(room, place);
    },
    get ready() {
      usable();
      return ready;
    },
    [Symbol.dispose ?? Symbol.for("Symbol.dispose")]: life.dispose,
  };
  // The human's side (debounce, throttle, asyncDebounce, action, feature) is mixed in here: Object.assign(tide, createHuman(room)).
  return tide as unknown as contract.Tidegate;
};

export { hintHeaders, init, isTidegateError, readHints, TidegateError };
