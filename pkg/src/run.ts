// Any other work that loads a backend: it asks like a request, and its outcome is evidence.
import type { RunOptions } from "../tidegate.d.ts";
import { enter, HOW } from "./gate";
import { named, nameOf } from "./keys";
import { type Room, PRIORITIES, newCall } from "./room";

const never = new AbortController().signal;

/** `run` of a room. `usable`: whether there is a gate to ask. */
export const createRun =
  (room: Room, usable: () => boolean) =>
  <R>(fn: (signal: AbortSignal) => R | PromiseLike<R>, options: RunOptions = {}): Promise<R> => {
    const { signal, priority, deadline } = options;
    const send = () => new Promise<R>((resolve) => resolve(fn(signal ?? never)));
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (!usable()) return send();
    const scope = named(room, nameOf(options.scope));
    const place = PRIORITIES.indexOf(priority!);
    // It says nothing about what it changes: it closes no flights, and is never done twice.
    const how = (place < 0 ? 1 : place) | HOW.safe | HOW.noHold;
    const { name } = scope;
    return enter(room, newCall(scope, `RUN\n${name}`, "RUN", `${name}/`, how, deadline, signal, send, null, undefined, true));
  };
