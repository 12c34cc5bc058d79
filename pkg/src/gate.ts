// The path of one request: ask, wait, send, settle. Nothing is decided here; the core's packed answers are carried out.
import { refusal, word } from "./answers";
import { now, wall } from "./clock";
import { core, guard, put } from "./core";
import { attempt, drainEvents, latest } from "./events";
import { callers, join, share, watch } from "./flight";
import { heard } from "./headers";
import { forget, handle } from "./keys";
import type { Call, Room } from "./room";

// Kinds and flags of a packed answer; from bit 11: the ticket.
const GO = 1;
const WAIT = 2;
const SHED = 3;
const JOIN = 4;
const DONE = 5;
const HELD = 6;
const PASS = 7;
const DUE = 256;
const EVENTS = 512;
const CHANGED = 1024;

/** Bits of the question. */
export const HOW = { safe: 4, repeat: 8, join: 16, noHold: 32 } as const;

/** Pause between those who are let go because there is no gate any more. */
const SPACING = 50;
/** Due work that one wake-up carries out; the core's timer comes back for the rest. */
const ROUND = 10_000;

const ticket = (packed: number): number => Math.floor(packed / 2048);
const until = (room: Room): number => guard(NaN, () => core.told(room.id, 0));

/** Asks, and carries the answer out. */
export const enter = (room: Room, call: Call): Promise<any> => {
  const { signal } = call;
  if (signal?.aborted) return Promise.reject(signal.reason);
  const t = now();
  const packed = guard(PASS, () => ask(room, call, t));
  const kind = packed & 15;
  const id = ticket(packed);
  let answer: Promise<any>;
  if (kind === GO || kind === WAIT) {
    call.id = id;
    call.era = room.era;
    room.calls.set(id, call);
    if (signal && call.how & HOW.join) call.own = new AbortController();
  }
  if (kind === GO) {
    if (signal && (call.own || call.hard)) {
      call.watched = true;
      answer = watch(signal, launch(room, call), () => leave(room, call));
    } else answer = launch(room, call);
  } else if (kind === WAIT) {
    answer = park(room, call, packed);
  } else if (kind === SHED) {
    answer = refusal(room, call, (packed >> 4) & 15, until(room));
    room.calls.set(id, call);
  } else {
    const flight = kind === JOIN && room.calls.get(id);
    if (flight) {
      join(call, flight);
      if (flight.parked) tell(room, call, flight.told!);
    }
    answer = flight ? hang(room, call) : straight(call);
  }
  call.later = true;
  after(room, packed);
  if (kind === SHED) room.calls.delete(id);
  return answer;
};

const ask = (room: Room, call: Call, t: number): number => {
  for (let tries = 0; tries < 2; tries++) {
    const key = handle(room, call, t);
    const packed = key ? core.ask(room.id, t, key, call.how, call.patience) : PASS;
    if (packed & 15) return packed;
    forget(room, call);
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
    (value) => settled(room, call, value),
    (cause) => failed(room, call, cause),
  );

const settled = (room: Room, call: Call, value: any): unknown => {
  // An opaque answer has status 0 and is an answer all the same.
  const said = value?.status;
  const status = said >= 100 ? said : value?.type === "error" ? 0 : 200;
  const packed = settle(room, call, status, value);
  if ((packed & 15) === HELD) {
    value.body?.cancel?.().catch(() => {});
    return held(room, call, packed);
  }
  const mine = share(call, value);
  finish(room, call, packed);
  return mine;
};

const failed = (room: Room, call: Call, cause: any): unknown => {
  // What `run` does may fail with an answer inside, as the common clients' errors have it.
  const answer = call.hard && (cause?.response ?? cause);
  const aborted = (call.signal?.aborted && !call.own) || cause?.name === "AbortError";
  const offline = typeof navigator === "object" && navigator.onLine === false;
  const status = aborted ? 1 : answer?.status >= 100 ? answer.status : offline ? 2 : 0;
  const packed = settle(room, call, status, answer);
  if ((packed & 15) === HELD) return held(room, call, packed);
  for (const each of call.also ?? []) each.reject(cause);
  finish(room, call, packed);
  throw cause;
};

// A call that was dropped, or that outlived its room, is nobody's evidence.
const settle = (room: Room, call: Call, status: number, answer?: any): number => {
  if (room.calls.get(call.id) !== call) return DONE;
  let text = "";
  try {
    if (answer) text = heard(call.scope, status, answer);
  } catch {
    // A stand-in for Headers that has not all of its methods says nothing.
  }
  const t = now();
  return guard(DONE, () => {
    const packed = core.settle(room.id, t, wall, call.id, status, text ? put(text) : 0);
    // What was sent for a user who has left is not sent again.
    return (packed & 15) === HELD && call.era !== room.era ? core.settle(room.id, t, wall, call.id, 1, 0) : packed;
  });
};

const finish = (room: Room, call: Call, packed: number): void => {
  after(room, packed);
  if (room.calls.get(call.id) === call) room.calls.delete(call.id);
};

const held = (room: Room, call: Call, packed: number): Promise<any> => {
  const answer = park(room, call, packed);
  after(room, packed);
  return answer;
};

/** The call waits for a poll. */
const park = (room: Room, call: Call, packed: number): Promise<any> => {
  call.parked = true;
  const answer = hang(room, call);
  tellWait(room, call, packed, until(room));
  return answer;
};

// A promise that is settled from elsewhere, or by the caller's own signal.
const hang = (room: Room, call: Call): Promise<any> => {
  const answer = new Promise((resolve, reject) => {
    call.resolve = resolve;
    call.reject = reject;
  });
  if (!call.signal || call.watched) return answer;
  call.watched = true;
  return watch(call.signal, answer, () => leave(room, call));
};

const tell = (room: Room, call: Call, [reason, at]: NonNullable<Call["told"]>): void => {
  if (call.onWait && !call.gone) attempt(room, () => call.onWait!({ reason, until: latest(call, at) }));
};

const tellWait = (room: Room, call: Call, packed: number, at: number): void => {
  call.told = [word((packed >> 4) & 15)!, at];
  for (const each of callers(call)) tell(room, each, call.told);
};

// The caller has aborted; the last one out ends the flight.
const leave = (room: Room, call: Call): void => {
  const { reason } = call.signal!;
  call.gone = true;
  while (call.into) call = call.into;
  if (!--call.callers) drop(room, call, reason);
};

const drop = (room: Room, call: Call, reason: unknown): void => {
  call.parked = false;
  const packed = settle(room, call, 1);
  finish(room, call, packed);
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
    const t = now();
    const packed = guard(0, () => core.poll(room.id, t));
    const kind = packed & 15;
    if (kind) step(room, packed);
    after(room, packed & ~DUE);
    if (kind === SHED || kind === JOIN) room.calls.delete(ticket(packed));
    if (!kind) return;
  }
};

const step = (room: Room, packed: number): void => {
  const kind = packed & 15;
  const id = ticket(packed);
  const call = room.calls.get(id);
  if (!call) {
    // Nobody's any more: its place is free again.
    if (kind === GO) guard(0, () => core.settle(room.id, now(), wall, id, 1, 0));
  } else if (kind === GO) resume(room, call);
  else if (kind === WAIT) tellWait(room, call, packed, until(room));
  else if (kind === SHED) {
    const at = until(room);
    call.parked = false;
    for (const each of callers(call)) if (!each.gone) each.resolve(refusal(room, each, (packed >> 4) & 15, at));
  } else if (kind === JOIN) {
    const flight = room.calls.get(guard(0, () => core.told(room.id, 1)));
    call.parked = false;
    if (flight) join(call, flight);
    else call.resolve(straight(call));
  }
};

/** A call that waited is sent. */
const resume = (room: Room, call: Call): void => {
  if (!call.parked) return;
  call.parked = false;
  call.resolve(launch(room, call));
};

/** Lets go what waits, one after the other: the gate is no more. */
export const releaseAll = (room: Room): void => {
  let place = 0;
  for (const call of room.calls.values()) {
    if (call.parked) setTimeout(() => resume(room, call), SPACING * place++);
  }
};

/** Ends what waits as an abort would: it belongs to somebody who is not there any more. */
export const dropAll = (room: Room): void => {
  const cause = new DOMException("tidegate: cleared", "AbortError");
  for (const call of [...room.calls.values()]) {
    if (!call.parked) continue;
    for (const each of callers(call)) each.reject(cause);
    drop(room, call, cause);
  }
};
