// Features: parts of the page that can be done without. The core decides which are off; here they have names.
import type { Feature, FeatureOptions } from "../../tidegate.d.ts";
import { now } from "../clock";
import { core, put } from "../core";
import { attempt, fail, on, emit } from "../events";
import { after } from "../gate";
import { nameOf, scopeHandle } from "../keys";
import { active, open } from "../open";
import type { Room } from "../room";
import { STATES } from "../store";

/** One feature of a room. */
export interface Part {
  readonly name: string;
  /** Declares it to the core, and answers its handle there; -1: there are too many. */
  readonly declare: () => number;
  readonly feature: Feature;
  /** That handle; 0: not declared yet. */
  at: number;
  /** What it is by hand; null: by the state. */
  forced: boolean | null;
  /** What its listeners were told last. */
  shown: boolean;
}

const HOW = (forced: boolean | null): number => (forced === null ? 0 : forced ? 1 : 2);

// Declared in the order in which they were named, so that the first of many have a place.
const enlist = (room: Room): number => {
  let packed = 0;
  for (const part of room.features.values()) {
    if (part.at || !room.id) continue;
    part.at = -1;
    part.at = part.declare();
    packed = core("force", room.id, now(), part.at, HOW(part.forced));
  }
  return packed;
};

/** Whether the page has it at present. Starts nothing; where nobody decides, all are on. */
export const enabled = (room: Room, part: Part): boolean => {
  enlist(room);
  return part.forced ?? !core("force", room.id, now(), part.at, 3);
};

/** The bits of a question for the feature of that name; none for a name that was not declared. */
export const mark = (room: Room, name: unknown): number => {
  const part = room.features.get(name as string);
  if (part) enlist(room);
  return part && part.at > 0 ? part.at << 18 : 0;
};

/** `feature` of a room. */
export const createFeature = (room: Room) => {
  const { changed } = room;
  room.changed = () => {
    after(room, enlist(room));
    for (const part of room.features.values()) {
      const key = `.${part.name}`;
      if (room.listeners.get(key)?.size && part.shown !== (part.shown = enabled(room, part))) emit(room, key);
    }
    changed();
  };

  const read = (path: string, value: unknown, usable: boolean): boolean => {
    if (value !== undefined && !usable) fail(room, `feature.${path}`);
    return usable;
  };

  const make = (name: string, { shedAt, importance, scope }: FeatureOptions): Part => {
    const state = STATES.indexOf(shedAt!);
    const from = read("shedAt", shedAt, state > 0) ? state : 2;
    const weight = read("importance", importance, typeof importance === "number" && importance === importance) ? importance! : 0;
    const where = nameOf(read("scope", scope, typeof scope === "string" || scope instanceof URL) ? scope : undefined);
    const get = (): boolean => {
      if (active(room)) open(room);
      return enabled(room, part);
    };
    const part: Part = {
      name,
      at: 0,
      forced: null,
      shown: true,
      declare: () => {
        const t = now();
        const place = where ? scopeHandle(room, t, where) : 0;
        const at = core("feature", room.id, t, place, from, weight, put(name.slice(0, 256)));
        if (at === 0) fail(room, "features full");
        return at || -1;
      },
      feature: {
        name,
        get enabled() {
          return get();
        },
        override: (how) => {
          part.forced = typeof how === "boolean" ? how : null;
          get();
          after(room, core("force", room.id, now(), part.at, HOW(part.forced)));
          room.changed();
        },
        subscribe: (tell) => {
          part.shown = get();
          return on(room, `.${name}`, tell);
        },
        getSnapshot: get,
        getServerSnapshot: () => true,
      },
    };
    return part;
  };

  return {
    feature: (given: string, options?: FeatureOptions): Feature => {
      const name = attempt(room, () => `${given}`) ?? "";
      let part = room.features.get(name);
      if (!part) {
        room.features.set(name, (part = make(name, Object(options))));
        room.changed();
      }
      return part.feature;
    },
  };
};
