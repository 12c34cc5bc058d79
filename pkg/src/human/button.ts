// All that handles of one name share: one run at a time, those that wait for their turn, and the rest after a refusal.
import type { ActionSnapshot, Reason } from "../../tidegate.d.ts";
import { TidegateError, aborted } from "../answers";
import { timer, today } from "../clock";
import { attempt, emit, on } from "../events";
import { nameOf } from "../keys";
import { type Room, type Wait, End } from "../room";
import { wakeAt } from "./alarm";
import { cool, keep, lasts, none, recall, surely } from "./cooling";
import { type Turn, answered, fits, open, quiet, signalOf } from "./turns";

const enum Most {
  /** Turns that wait: no human means more. */
  Waiting = 64,
  /** Milliseconds: a guess that ends sooner is waited for (a quarter of patience, as at the gate). */
  Short = 2000,
  /** Milliseconds after a refusal: who presses sooner cannot have read it. */
  Rash = 1000,
}

const { freeze } = Object;
export const IDLE: ActionSnapshot = freeze({ state: "idle", retryAt: null, reason: null });

export const createButton = (room: Room, name: string, scope: string | URL | undefined) => {
  const type = `action ${name}`;
  const mark = `${name}\n${nameOf(scope)}`;
  let run: Turn | undefined;
  let line: Turn[] = [];
  /** What the run waits for at the gate. */
  let held: Wait | undefined;
  let cooling = none();
  /** What presses get while it cools, and when too many wait. */
  let refusal: Promise<any> | undefined;
  let full: Promise<any> | undefined;
  /** The function is being called this very moment. */
  let calling = false;
  /** Storage was read. */
  let known = false;
  let shown = IDLE;
  let told = IDLE;
  /** Listeners will be told, in a task to come. */
  let due = false;

  const refuse = (reason: Reason | null, retryAt: number | null): Promise<never> =>
    quiet(Promise.reject(new TidegateError(reason ?? "overload", retryAt, nameOf(scope))));
  const heard = (): boolean => !!room.listeners.get(type)?.size;
  /** Switched off or on trial, it keeps nobody from anything. */
  const acts = (): boolean => !room.mode && !room.disposed;

  const rests = (): boolean => {
    if (!known) {
      known = true;
      recall(room, mark, cooling);
    }
    if (!cooling.until) return false;
    if (lasts(cooling)) return acts();
    cooling.until = 0;
    refusal = undefined;
    keep(room, mark, cooling);
    return false;
  };

  // One deliberate press a rest may find out whether a guess is true; never a time that was named.
  const tries = (): boolean => {
    const { sure, tried, since, looked, until } = cooling;
    if (sure || tried || looked - since < Most.Rash || until - looked < Most.Short) return false;
    return (cooling.tried = !!(globalThis.navigator as any)?.userActivation?.isActive);
  };

  const look = (): ActionSnapshot => {
    const cools = rests();
    const waits = run ? held && held.until > today() && held : cools && cooling;
    const state = run ? "pending" : cools ? "cooling" : "idle";
    const { until: retryAt, reason } = waits || { until: null, reason: null };
    if (state === "idle") shown = IDLE;
    else if (shown.state !== state || shown.retryAt !== retryAt || shown.reason !== reason) shown = freeze({ state, retryAt, reason });
    return shown;
  };

  const show = (): void => {
    due = false;
    if (!heard()) return;
    const seen = look();
    if (seen.retryAt) wakeAt(show, seen.retryAt);
    if (told !== (told = seen)) emit(room, type);
  };

  // A task of its own: however much changes in one task, listeners run once.
  const changed = (): void => {
    if (due || !heard()) return;
    due = true;
    timer(show, 0);
  };

  const begin = (turn: Turn): void => {
    const { fn, args } = turn;
    run = turn;
    cooling.until = 0;
    refusal = held = undefined;
    const signal = signalOf(room, name, turn);
    room.waits.set(signal, (wait) => {
      if (run !== turn) return;
      held = wait;
      changed();
    });
    calling = true;
    const answer = new Promise((resolve) => resolve(fn(signal, ...args)));
    calling = false;
    answer.then((value) => finish(turn, value, false), (cause) => finish(turn, cause, true));
    changed();
  };

  const finish = (turn: Turn, outcome: any, failed: boolean): void => {
    if (failed) turn.breaks(outcome);
    else turn.keeps(outcome);
    // An outcome may be a trap.
    attempt(room, () => {
      answered(turn, outcome, failed);
      if (turn.shared) open(outcome);
    });
    if (run !== turn) return;
    run = held = undefined;
    const said = acts() ? turn.heeds(outcome, failed, cooling.guesses) : undefined;
    if (said && said.wait > 0) {
      attempt(room, () => open(outcome));
      cool(cooling, said);
      refusal = turn.promise;
      for (const each of line.splice(0)) each.keeps(refusal);
    } else {
      cooling.guesses = 0;
      const next = line.shift();
      if (next) begin(next);
    }
    keep(room, mark, cooling);
    changed();
  };

  const cancel = (cause = aborted()): void => {
    const all = run ? [run, ...line] : line;
    run = held = undefined;
    line = [];
    for (const turn of all) {
      turn.breaks(cause);
      turn.flight.abort(cause);
    }
    changed();
  };

  return {
    look,
    cancel: () => cancel(),
    /** What a press gets that costs nothing. */
    resting: (): Promise<any> | undefined =>
      (refusal && surely(cooling) && acts()) || (rests() && !tries()) ? (refusal ??= refuse(cooling.reason, cooling.until)) : undefined,
    /** The turn that a press joins, or makes. */
    press: (args: unknown[], word: unknown, user: Turn["whose"], make: () => Turn): Promise<any> => {
      // The run would wait for itself.
      if (calling) return refuse("repeat", null);
      const same = [run, ...line].find((turn) => turn && fits(turn, args, word, user));
      if (same) {
        same.shared = true;
        return same.promise;
      }
      if (line.length >= Most.Waiting) return (full ??= refuse("queue-full", null));
      const turn = make();
      if (run) line.push(turn);
      else begin(turn);
      return turn.promise;
    },
    subscribe: (tell: () => void): (() => void) => {
      if (!heard()) told = look();
      const off = on(room, type, tell);
      if (told.retryAt) wakeAt(show, told.retryAt);
      return off;
    },
    /** Nobody would miss it. */
    idle: (): boolean => look() === IDLE && !heard(),
    end: (how: End): void => {
      if (how === End.All) {
        cancel();
        cooling = none();
      } else if (how === End.User) {
        // What is under way ends for those who asked for it; nobody else joins it.
        const all = line;
        run = held = undefined;
        line = [];
        for (const turn of all) turn.breaks(aborted());
      }
      refusal = undefined;
      changed();
    },
  };
};

export type Button = ReturnType<typeof createButton>;
