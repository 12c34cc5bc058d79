// Wires the rooms of the face together; decides nothing.
import type * as contract from "../tidegate.d.ts";
import { isTidegateError, TidegateError } from "./answers";
import { begin, everywhere } from "./cache/era";
import { empty } from "./cache/persist";
import { now } from "./clock";
import { core, ready, start, watchers } from "./core";
import { fail, on } from "./events";
import { fallback } from "./fallback";
import { describe } from "./fetch";
import { after, dropAll, enter, releaseAll, straight } from "./gate";
import { init, readHints } from "./hints";
import { createHuman } from "./human/index";
import { pursue } from "./intents";
import { nameOf } from "./keys";
import { active, end, forgetUser, open, setMode, shut } from "./open";
import { read } from "./options";
import { type Call, type Room, End, MODES, newRoom, renew } from "./room";
import { createRun } from "./run";
import { createStore, pressureOf } from "./store";
import { hintHeaders } from "#names";

const createFetch = (room: Room): contract.Tidegate["fetch"] => (input, init) => {
  const { platform } = room;
  if (active(room) && !platform.nested()) {
    const go = open(room) ? enter : fallback;
    let call: Call | undefined;
    try {
      call = describe(room, input, init);
    } catch {
      // What cannot be read is for the platform to refuse.
    }
    if (call?.signal?.aborted) return Promise.reject(call.signal.reason);
    if (call) return call.intent ? pursue(room, call, call.intent, go) : go(room, call);
  }
  return straight({ send: () => platform.send(input, init) });
};

export const createTidegate: typeof contract.createTidegate = (given) => {
  const faults: string[] = [];
  const room = newRoom(read(given, faults), faults);
  const fetch = createFetch(room);
  let back: (() => void) | undefined;
  const dispose = (): void => {
    if (room.disposed) return;
    room.disposed = true;
    releaseAll(room);
    shut(room);
    end(room, End.Instance);
    room.changed();
    room.calls = [];
    watchers.delete(room);
    back?.();
  };
  room.platform.adopt(fetch);

  const tide = {
    ...createStore(room),
    ...createHuman(room),
    fetch,
    run: createRun(room),
    install: () => (back = room.platform.install()),
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
      // A disposed instance asks whether the core runs, and opens nothing any more.
      if (room.disposed) start();
      else open(room);
      return ready;
    },
    clear: async (): Promise<void> => {
      forgetUser(room);
      begin(room, true);
      const gone = empty(room);
      // Other tabs too, also when this one has done nothing else yet.
      if (active(room)) open(room);
      await everywhere(room, () => after(room, core("forget", room.id, now())));
      await gone;
    },
    reset: (): void => {
      dropAll(room);
      core("wipe", room.id);
      shut(room);
      renew(room);
      void empty(room);
      end(room, End.All);
      room.changed();
    },
    dispose,
    [Symbol.dispose ?? Symbol.for("Symbol.dispose")]: dispose,
  };
  return tide as unknown as contract.Tidegate;
};

export { hintHeaders, init, isTidegateError, readHints, TidegateError };
