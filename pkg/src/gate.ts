// The path of one request: ask, wait, send, settle. Nothing is decided here; the core's packed answers are carried out.
import { aborted, reasonOf, refusal } from "./answers";
import { everyCall, forget, holder, register } from "./calls";
import { epoch, now, timer, wall } from "./clock";
import { core, put, State, state } from "./core";
import { peek } from "./bodies";
import { conditions, pass } from "./cache/confirm";
import { discardAll } from "./cache/era";
import { keep, own, renew, written } from "./cache/keep";
import { recall } from "./cache/persist";
import { build, serve } from "./cache/serve";
import { copyOf } from "./cache/shelves";
import { attempt, drainEvents, fail } from "./events";
import { explain } from "./explain";
import { describe } from "./fetch";
import { callers, join, share, watch } from "./flight";
import { before, everything, heard } from "./headers";
import { forgetIntents } from "./intents";
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
  Refresh = 8,
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

const ticket = (packed: number): number => (packed / 2048) >>> 0;

/** Asks, and carries the answer out. */
export const enter = (room: Room, call: Call): Promise<any> => {
  try {
    if (call.shelf !== undefined && !call.copy) {
      const kept = serve(room, call, after);
      if (kept) return Promise.resolve(kept);
      const soon = recall(room, call);
      if (soon) return (call.signal ? watch(call.signal, soon) : soon).then(() => enter(room, call));
    }
    if (call.shelf !== undefined) call.asks = conditions(room, call);
  } catch (cause) {
    fail(room, "cache", cause);
  }
  const packed = ask(room, call);
  const kind = packed & Answer.Kind;
  const id = ticket(packed);
  let answer: Promise<any>;
  if (kind < Answer.Join) register(room, call, id);
  if (kind < Answer.Shed && call.signal && call.how & How.Share) call.own = new AbortController();
  if (kind === Answer.Go) {
    answer = launch(room, call);
    if (call.own || call.hard) answer = follow(room, call, answer);
  } else answer = wait(room, call, packed);
  after(room, packed);
  if (kind === Answer.Shed) forget(room, id);
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

const launch = async (room: Room, call: Call): Promise<any> => {
  // The clock is read for what may be kept only.
  const sent = call.shelf === undefined ? 0 : now();
  const { writes } = call.scope;
  let answer: any;
  let failure: { cause: any } | undefined;
  let code: number | undefined;
  try {
    answer = await straight(call);
  } catch (cause: any) {
    failure = { cause };
    code = globalThis.navigator?.onLine === false ? 2 : 0;
    if (left(call) || cause?.name === "AbortError" || (!call.hard && unfit(call))) code = 1;
    // What `run` does may fail with an answer inside, as the common clients' errors have it.
    else if (call.hard) answer = cause?.response ?? cause;
  }
  let status = answer?.status;
  // An opaque answer has status 0 and is an answer all the same.
  if (!(status >= 100)) status = code ?? (answer?.type === "error" ? 0 : 200);
  const copy = failure ? undefined : peek(call, status, answer);
  let body: Uint8Array | undefined | null;
  // A refusal waits for its body, because that may say how long to hold it; a success only lends it.
  const refused = status < 400 && copy?.then((bytes) => bytes && later(room, call, status, answer, bytes));
  if (status >= 400 && copy) {
    body = await copy;
    if (left(call)) {
      drop(room, call, call.signal!.reason);
      throw call.signal!.reason;
    }
  }
  let packed = settle(room, call, status, answer, body);
  try {
    const kept = held(room, call, status, failure ? undefined : answer, sent, writes, refused);
    if (kept) {
      if ((packed & Answer.Kind) === Answer.Held) {
        packed = report(room, call.id, 1);
        forget(room, call.id);
      }
      if (answer !== kept) answer?.body?.cancel?.().catch(() => {});
      return share(call, kept);
    }
    // A core that ended over what is kept wakes nobody.
    if ((packed & Answer.Kind) === Answer.Held && state === State.Runs) {
      answer?.body?.cancel?.().catch(() => {});
      return wait(room, call, packed);
    }
    if (!failure) return share(call, answer);
    // The first caller's promise is this one.
    for (const each of callers(call)) each.reject?.(failure.cause);
    throw failure.cause;
  } finally {
    after(room, packed);
  }
};

// What the cache makes of an answer, or of none: a Response to hand over in its place. Nothing of this may cost the caller his answer.
const held = (room: Room, call: Call, status: number, answer: any, sent: number, writes: number, refused: unknown): Response | undefined => {
  const { copy, shelf, stale, url } = call;
  if (call.hard || !room.caches) return;
  try {
    // What left before a write was acknowledged may not show it.
    const late = writes !== call.scope.writes;
    if (late && shelf !== undefined) pass(room, url);
    if (status === 304 && copy && call.asks) {
      if (!stale && !late) renew(room, call, copy, answer, now() - sent);
      return build(copy, +answer.headers.get("age") || 0, false, call.method === "HEAD");
    }
    if (stale) return;
    if (answer && own(url) && /"(cache|\*)"/.test(answer.headers.get("clear-site-data"))) return void discardAll(room);
    if (!answer || status === 429 || status >= 500) {
      // A refresh that nobody has joined has nobody to serve.
      if (shelf !== undefined && status !== 1 && !left(call) && !(call.renews && !call.crowd)) return serve(room, call, after, true);
    } else if (shelf === undefined) written(room, call, answer);
    else if (!late) {
      // What was asked for past the browser's own cache has taken the place of what that held.
      if (call.asks) room.past.delete(url);
      keep(room, call, answer, sent, writes, refused);
    }
  } catch (cause) {
    fail(room, "cache", cause);
  }
  return;
};

// The platform never sends such a request: nothing was dropped, and trying again would not help.
const unfit = ({ url, method, given }: Call): boolean => {
  try {
    // A body may be used up by now; that there is one is what counts.
    new Request(url, given && { ...given, method, body: given.body && "", signal: null });
  } catch (cause) {
    return cause instanceof TypeError;
  }
  return false;
};

// Its caller has aborted, and the flight is its own.
const left = ({ signal, own }: Call): boolean => !!signal?.aborted && !own;

// The answer is settled: what its body says concerns those that come after it. Answers whether it is a refusal.
const later = (room: Room, call: Call, status: number, answer: any, body: Uint8Array): boolean => {
  if (!room.id) return false;
  const t = now();
  const text = everything(answer.headers) + before(answer.headers.get("content-type"));
  const packed = core("word", room.id, t, wall, handle(room, call, t), status, put(text, body));
  after(room, packed);
  return !!(packed & 1);
};

const report = (room: Room, id: number, status: number, length = 0): number => core("settle", room.id, now(), wall, id, status, length);

// A call that was dropped, or that outlived its room, is nobody's evidence.
const settle = (room: Room, call: Call, status: number, answer?: any, body?: Uint8Array | null): number => {
  const { id } = call;
  if (holder(room, id) !== call) return 0;
  let text = "";
  try {
    if (answer) text = heard(call.scope, status, answer);
  } catch {
    // A stand-in for Headers that has not all of its methods says nothing.
  }
  if (body) text += before(answer.headers.get("content-type"));
  const length = text ? put(text, body ?? undefined) : 0;
  let packed = report(room, id, status, length);
  const tell = answer ? explain(room, call, status, answer, length) : undefined;
  if (!call.hard) room.timing?.expect(call, status);
  if ((packed & Answer.Kind) === Answer.Held) {
    if (!call.stale) return tell?.(), packed;
    packed = report(room, id, 1);
  }
  forget(room, id);
  tell?.();
  return packed;
};

/** Carries out an answer other than "go"; the promise that it keeps or breaks. */
const wait = (room: Room, call: Call, packed: number): Promise<any> => {
  const answer = hang(room, call);
  step(room, call, packed);
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
  call.later = true;
  call.told = told;
  for (const each of callers(call)) tell(room, each, told);
};

const tell = (room: Room, call: Call, told: Wait): void => {
  if (call.gone) return;
  room.waits.get(call.signal!)?.(told);
  attempt(room, () => call.onWait?.({ ...told }));
};

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
    const call = kind && kind !== Answer.Refresh ? holder(room, id) : undefined;
    if (call) step(room, call, packed);
    // Nobody's any more: its place is free again.
    else if (kind === Answer.Go) report(room, id, 1);
    else if (kind === Answer.Refresh) refresh(room, id);
    after(room, packed & ~Answer.Due);
    if (kind === Answer.Shed || kind === Answer.Join) forget(room, id);
    if (!kind) return;
  }
};

const step = (room: Room, call: Call, packed: number): void => {
  const kind = packed & Answer.Kind;
  if (kind === Answer.Go) return resume(room, call);
  if (kind === Answer.Wait || kind === Answer.Held) return tellWait(room, call, packed);
  if (kind === Answer.Shed) {
    for (const each of callers(call)) if (!each.gone) each.resolve!(refusal(room, each, reasonOf(packed)!, until(room)));
    return;
  }
  const flight = kind === Answer.Join && holder(room, core("told", room.id, 1));
  if (!flight) return call.resolve!(straight(call));
  if (flight.resolve) for (const each of callers(call)) tell(room, each, flight.told!);
  join(call, flight);
};

// What was served stale is asked for again, as background work; its answer is kept and nobody's.
const refresh = (room: Room, handle: number): void => {
  const copy = copyOf(room, handle);
  if (!copy || copy.asking) return;
  const [input, init] = copy.asked;
  const call = attempt(room, () => describe(room, input, { ...init, signal: null, tidegate: { ...init?.tidegate, priority: "background", onWait: undefined } }));
  // Somebody else's credentials would ask for somebody else's answer.
  if (call?.shelf !== copy.whose) return;
  copy.asking = call.renews = true;
  call.copy = copy;
  const done = (answer?: Response): void => {
    delete copy.asking;
    answer?.body?.cancel().catch(() => {});
  };
  enter(room, call).then(done, () => done());
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
  for (const call of everyCall(room)) if (call.resolve) timer(() => resume(room, call), Pace.Spacing * place++);
};

/** Ends what waits as an abort would, and sends nothing again: it belongs to somebody who is not there any more. */
export const dropAll = (room: Room): void => {
  const cause = aborted();
  forgetIntents(room);
  for (const call of everyCall(room)) {
    call.stale = true;
    if (!call.resolve) continue;
    for (const each of callers(call)) each.reject!(cause);
    drop(room, call, cause);
  }
};
