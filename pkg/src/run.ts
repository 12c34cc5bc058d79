// Any other work that loads a backend: it asks like a request, and its outcome is evidence.
import type { RunOptions } from "../tidegate.d.ts";
import { enter } from "./gate";
import { mark } from "./human/feature";
import { active, open } from "./open";
import { named, nameOf } from "./keys";
import { type Room, How, newCall, priority } from "./room";

const never = new AbortController().signal;

/** `run` of a room. */
export const createRun =
  (room: Room) =>
  <R>(fn: (signal: AbortSignal) => R | PromiseLike<R>, options: RunOptions = {}): Promise<R> => {
    const { signal, deadline } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    const send = () => new Promise<R>((resolve) => resolve(fn(signal ?? never)));
    if (!active(room) || !open(room)) return send();
    const scope = named(room, nameOf(options.scope));
    const { name } = scope;
    // It says nothing about what it changes or how long it takes: it closes no flights, and is never done twice.
    const how = priority(options.priority, 1) | How.Safe | How.NoHold | How.Untimed | mark(room, options.feature);
    const call = newCall(scope, `RUN\n${name}`, "RUN", `${name}/`, how, deadline, signal, send);
    call.hard = true;
    return enter(room, call);
  };
