// The path of one request: ask, wait, send, settle. Nothing is decided here; the core's packed answers are carried out.
import { reasonOf, refusal } from "./answers";
import { epoch, now, wall } from "./clock";
import { core, put } from "./core";
import { peek } from "./bodies";
import { attempt, drainEvents } from "./events";
import { explain } from "./explain";
import { callers, join, share, watch } from "./flight";
import { before, everything, heard } from "./headers";
import { handle } from "./keys";
import { type Call, type Room, type Wait, How } from "./room";

/** Kinds and flags of a packed answer; from bit 11: the ticket. */
const enum Answer {
  Go = 1,
  Wait = 2,
  Shed = 3,
  Join = 4,
  Held = 6,
  Pass = 7,
  Kind = 15,
  Due = 256,
  Events = 512,
  Changed = 1024,
}

const enum Pace {
  /** Pause between those who are let go because there is no gate any more, milliseconds. */
  Spacing = 50,
  /** Due work that one wake-up carries out; the core's timer comes back for the rest. */
  Round = 10_000,
}

const ticket = (packed: number): number => Math.floor(packed / 2048);

/** Asks, and carries the answer out. */
export const enter = (room: Room, call: Call): Promise<any> => {
  const packed = ask(room, call);
  const kind = packed & Answer.Kind;
  const id = ticket(packed);
  let answer: Promise<any>;
  if (kind < Answer.Join) room.calls.set((call.id = id), call);
  if (kind < Answer.Shed && call.signal && call.how & How.Share) call.own = new AbortController();
  if (kind === Answer.Go) {
    answer = launch(room, call);
    if (call.own || call.hard) answer = follow(room, call, answer);
  } else if (kind === Answer.Wait) answer = park(room, call, packed);
  else if (kind === Answer.Shed) answer = shed(room, call, packed);
  else {
    const flight = kind === Answer.Join && room.calls.get(id);
    if (flight) {
      join(call, flight);
      if (flight.resolve) tell(room, call, flight.told!);
    }
    answer = flight ? hang(room, call) : straight(call);
  }
  after(room, packed);
  if (kind === Answer.Shed) room.calls.delete(id);
  return answer;
};

const ask = (room: Room, call: Call): number => {
  const t = now();
  // Twice, because the core may have forgotten the key or its scope.
  for (let tries = 0; tries < 2; tries++) {
    const packed = core("ask", room.id, t, handle(room, call, t), call.how, call.patience);
    if (packed & Answer.Kind) return packed;
    room.keys.delete(call.key);
    call.scope.id = 0;
  }
  return Answer.Pass;
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
      const known = status >= 100 ? status : value?.type === "error" ? 0 : 200;
      const deliver = () => share(call, value);
      const body = peek(call, known, value);
      // A refusal waits for its body, because that may say how long to hold it; a success only lends it.
      if (body && known >= 400) return body.then((bytes) => (gone(call) ? abandon(room, call) : back(room, call, known, value, deliver, bytes)));
      body?.then((bytes) => bytes && later(room, call, known, value, bytes));
      return back(room, call, known, value, deliver);
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

// Its caller left while the body was read, and the flight was its own.
const gone = ({ signal, own }: Call): boolean => !!signal?.aborted && !own;

const abandon = (room: Room, call: Call): never => {
  drop(room, call, call.signal!.reason);
  throw call.signal!.reason;
};

// The answer is settled: what its body says concerns those that come after it.
const later = (room: Room, call: Call, status: number, answer: any, body: Uint8Array): void => {
  if (!room.id) return;
  const t = now();
  const text = everything(answer.headers) + before(answer.headers.get("content-type"));
  after(room, core("word", room.id, t, wall, handle(room, call, t), status, put(text, body)));
};

const back = (room: Room, call: Call, status: number, answer: any, deliver: () => unknown, body?: Uint8Array): unknown => {
  const packed = settle(room, call, status, answer, body);
  if ((packed & Answer.Kind) === Answer.Held) {
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

const report = (room: Room, id: number, status: number, length = 0): number => core("settle", room.id, now(), wall, id, status, length);

// A call that was dropped, or that outlived its room, is nobody's evidence.
const settle = (room: Room, call: Call, status: number, answer?: any, body?: Uint8Array): number => {
  const { id } = call;
  if (room.calls.get(id) !== call) return 0;
  let text = "";
  try {
    if (answer) text = heard(call.scope, status, answer);
  } catch {
    // A stand-in for Headers that has not all of its methods says nothing.
  }
  if (body) text += before(answer.headers.get("content-type"));
  const length = text ? put(text, body) : 0;
  let packed = report(room, id, status, length);
  const tell = answer ? explain(room, call, status, answer, length) : undefined;
  if (!call.hard) room.timing?.expect(call, status);
  if ((packed & Answer.Kind) === Answer.Held) {
    if (!call.stale) return tell?.(), packed;
    packed = report(room, id, 1);
  }
  room.calls.delete(id);
  tell?.();
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

const until = (room: Room): number | null => epoch(core("told", room.id, 0));

const tellWait = (room: Room, call: Call, packed: number): void => {
  const told = { reason: reasonOf(packed)!, until: until(room)! };
  call.told = told;
  for (const each of callers(call)) tell(room, each, told);
};

const tell = (room: Room, call: Call, told: Wait): void => {
  if (!call.gone) attempt(room, () => call.onWait?.({ ...told }));
};

const shed = (room: Room, call: Call, packed: number): Promise<any> => refusal(room, call, reasonOf(packed)!, until(room));

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
  if (packed & Answer.Changed) room.changed();
  if (packed & Answer.Events) drainEvents(room);
  if (packed & Answer.Due) drain(room);
};

/** Carries out all that is due. */
export const drain = (room: Room): void => {
  for (let round = 0; round < Pace.Round && room.id; round++) {
    const packed = core("poll", room.id, now());
    const kind = packed & Answer.Kind;
    const id = ticket(packed);
    const call = kind ? room.calls.get(id) : undefined;
    if (call) step(room, call, packed);
    // Nobody's any more: its place is free again.
    else if (kind === Answer.Go) report(room, id, 1);
    after(room, packed & ~Answer.Due);
    if (kind === Answer.Shed || kind === Answer.Join) room.calls.delete(id);
    if (!kind) return;
  }
};

const step = (room: Room, call: Call, packed: number): void => {
  const kind = packed & Answer.Kind;
  if (kind === Answer.Wait) return tellWait(room, call, packed);
  if (kind === Answer.Go) return resume(room, call);
  if (kind === Answer.Shed) {
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
  for (const call of room.calls.values()) if (call.resolve) setTimeout(() => resume(room, call), Pace.Spacing * place++);
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
