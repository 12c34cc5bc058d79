// The path of one request: ask, wait, send, settle. Nothing is decided here; the core's packed answers are carried out.
import { reasonOf, refusal } from "./answers";
import { epoch, now, wall } from "./clock";
import { core, put } from "./core";
import { attempt, drainEvents, latest } from "./events";
import { callers, join, share, watch } from "./flight";
import { heard } from "./headers";
import { handle } from "./keys";
import { type Call, type Room, SHARE } from "./room";

// Kinds and flags of a packed answer; from bit 11: the ticket.
const GO = 1;
const WAIT = 2;
const SHED = 3;
const JOIN = 4;
const HELD = 6;
const PASS = 7;
const DUE = 256;
const EVENTS = 512;
const CHANGED = 1024;

/** Pause between those who are let go because there is no gate any more. */
const SPACING = 50;
/** Due work that one wake-up carries out; the core's timer comes back for the rest. */
const ROUND = 10_000;

const ticket = (packed: number): number => Math.floor(packed / 2048);

/** Asks, and carries the answer out. */
export const enter = (room: Room, call: Call): Promise<any> => {
  const { signal } = call;
  if (signal?.aborted) return Promise.reject(signal.reason);
  const packed = ask(room, call);
  const kind = packed & 15;
  const id = ticket(packed);
  let answer: Promise<any>;
  if (kind < JOIN) room.calls.set((call.id = id), call);
  if (kind < SHED && signal && call.how & SHARE) call.own = new AbortController();
  if (kind === GO) {
    answer = launch(room, call);
    if (call.own || call.hard) answer = follow(room, call, answer);
  } else if (kind === WAIT) answer = park(room, call, packed);
  else if (kind === SHED) answer = shed(room, call, packed);
  else {
    const flight = kind === JOIN && room.calls.get(id);
    if (flight) {
      join(call, flight);
      if (flight.resolve) tell(room, call, flight.told!);
    }
    answer = flight ? hang(room, call) : straight(call);
  }
  after(room, packed);
  if (kind === SHED) room.calls.delete(id);
  return answer;
};

const ask = (room: Room, call: Call): number => {
  const t = now();
  // Twice, because the core may have forgotten the key or its scope.
  for (let tries = 0; tries < 2; tries++) {
    const packed = core("ask", room.id, t, handle(room, call, t), call.how, call.patience);
    if (packed & 15) return packed;
    room.keys.delete(call.key);
    call.scope.id = 0;
  }
  return PASS;
};

/** With the platform, untracked. */
export const straight = (call: Pick<Call, "send">): Promise<any> => {
  try {
    const answer: any = call.send(call as Call);
    return typeof answer?.then === "function" ? answer : Promise.resolve(answer);
  } catch (cause) {
    return Promise.reject(cause);
  }
};

const launch = (room: Room, call: Call): Promise<any> =>
  straight(call).then(
    (value) => {
      // An opaque answer has status 0 and is an answer all the same.
      const status = value?.status;
      return back(room, call, status >= 100 ? status : value?.type === "error" ? 0 : 200, value, () => share(call, value));
    },
    (cause) => {
      // What `run` does may fail with an answer inside, as the common clients' errors have it.
      const answer = call.hard && (cause?.response ?? cause);
      const aborted = (call.signal?.aborted && !call.own) || cause?.name === "AbortError";
      const status = aborted ? 1 : answer?.status >= 100 ? answer.status : globalThis.navigator?.onLine === false ? 2 : 0;
      return back(room, call, status, answer, () => {
        // The first caller's promise is this one.
        for (const each of callers(call)) each.reject?.(cause);
        throw cause;
      });
    },
  );

const back = (room: Room, call: Call, status: number, answer: any, deliver: () => unknown): unknown => {
  const packed = settle(room, call, status, answer);
  if ((packed & 15) === HELD) {
    answer?.body?.cancel?.().catch(() => {});
    const held = park(room, call, packed);
    after(room, packed);
    return held;
  }
  try {
    return deliver();
  } finally {
    after(room, packed);
  }
};

const report = (room: Room, id: number, status: number, text: string): number =>
  core("settle", room.id, now(), wall, id, status, text ? put(text) : 0);

// A call that was dropped, or that outlived its room, is nobody's evidence.
const settle = (room: Room, call: Call, status: number, answer?: any): number => {
  const { id } = call;
  if (room.calls.get(id) !== call) return 0;
  let text = "";
  try {
    if (answer) text = heard(call.scope, status, answer);
  } catch {
    // A stand-in for Headers that has not all of its methods says nothing.
  }
  let packed = report(room, id, status, text);
  if ((packed & 15) === HELD) {
    if (!call.stale) return packed;
    packed = report(room, id, 1, "");
  }
  room.calls.delete(id);
  return packed;
};

/** The call waits for a poll. */
const park = (room: Room, call: Call, packed: number): Promise<any> => {
  call.later = true;
  const answer = hang(room, call);
  tellWait(room, call, packed);
  return answer;
};

/** A promise that is settled from elsewhere, or by the caller's own signal. */
export const hang = (room: Room, call: Call): Promise<any> =>
  follow(
    room,
    call,
    new Promise((resolve, reject) => {
      call.resolve = resolve;
      call.reject = reject;
    }),
  );

const follow = (room: Room, call: Call, answer: Promise<any>): Promise<any> =>
  call.signal ? watch(call.signal, answer, () => leave(room, call)) : answer;

const until = (room: Room): number => core("told", room.id, 0);

const tellWait = (room: Room, call: Call, packed: number): void => {
  call.told = [reasonOf(packed)!, until(room)];
  for (const each of callers(call)) tell(room, each, call.told);
};

const tell = (room: Room, call: Call, [reason, at]: NonNullable<Call["told"]>): void => {
  if (!call.gone) attempt(room, () => call.onWait?.({ reason, until: latest(call, at) }));
};

const shed = (room: Room, call: Call, packed: number): Promise<any> => refusal(room, call, reasonOf(packed)!, epoch(until(room)));

// The caller has aborted; the last one out ends the flight.
const leave = (room: Room, call: Call): void => {
  call.gone = true;
  const all = callers(call);
  if (all.every((each) => each.gone)) drop(room, all[0]!, call.signal!.reason);
};

const drop = (room: Room, call: Call, reason: unknown): void => {
  call.resolve = undefined;
  after(room, settle(room, call, 1));
  call.own?.abort(reason);
};

/** Everything that an answer of the core asks for beyond itself. */
export const after = (room: Room, packed: number): void => {
  if (packed & CHANGED) room.changed();
  if (packed & EVENTS) drainEvents(room);
  if (packed & DUE) drain(room);
};

/** Carries out all that is due. */
export const drain = (room: Room): void => {
  for (let round = 0; round < ROUND && room.id; round++) {
    const packed = core("poll", room.id, now());
    const kind = packed & 15;
    const id = ticket(packed);
    const call = kind ? room.calls.get(id) : undefined;
    if (call) step(room, call, packed);
    // Nobody's any more: its place is free again.
    else if (kind === GO) report(room, id, 1, "");
    after(room, packed & ~DUE);
    if (kind === SHED || kind === JOIN) room.calls.delete(id);
    if (!kind) return;
  }
};

const step = (room: Room, call: Call, packed: number): void => {
  const kind = packed & 15;
  if (kind === WAIT) return tellWait(room, call, packed);
  if (kind === GO) return resume(room, call);
  if (kind === SHED) {
    for (const each of callers(call)) if (!each.gone) each.resolve!(shed(room, each, packed));
    return;
  }
  const flight = room.calls.get(core("told", room.id, 1));
  if (flight) join(call, flight);
  else call.resolve!(straight(call));
};

/** A call that waited is sent. */
const resume = (room: Room, call: Call): void => {
  const { resolve } = call;
  call.resolve = undefined;
  resolve?.(launch(room, call));
};

/** Lets go what waits, one after the other: the gate is no more. */
export const releaseAll = (room: Room): void => {
  let place = 0;
  for (const call of room.calls.values()) if (call.resolve) setTimeout(() => resume(room, call), SPACING * place++);
};

/** Ends what waits as an abort would, and sends nothing again: it belongs to somebody who is not there any more. */
export const dropAll = (room: Room): void => {
  const cause = new DOMException("tidegate: cleared", "AbortError");
  for (const call of [...room.calls.values()]) {
    call.stale = true;
    if (!call.resolve) continue;
    for (const each of callers(call)) each.reject!(cause);
    drop(room, call, cause);
  }
};
