// All that handles of one name share, and what of it is shown.
import type { ActionSnapshot, Reason } from "../../tidegate.d.ts";
import { TidegateError } from "../answers";
import { timer, today } from "../clock";
import { emit, on } from "../events";
import { nameOf } from "../keys";
import type { Room, Wait } from "../room";
import { wakeAt } from "./alarm";
import { quiet } from "./calls";
import { type Cooling, keep, lasts, none, recall, surely } from "./cooling";
import type { Turn } from "./turns";

const enum Most {
  /** Milliseconds: a guess that ends sooner is waited for (a quarter of patience, as at the gate). */
  Short = 2000,
  /** Milliseconds after a refusal: who presses sooner cannot have read it. */
  Rash = 1000,
}

/** One button of a page. */
export interface Button {
  readonly room: Room;
  readonly name: string;
  readonly scope: string | URL | undefined;
  /** The kind of event that its listeners hear. */
  readonly kind: string;
  /** What it is stored by. */
  readonly mark: string;
  run: Turn | undefined;
  line: Turn[];
  /** What the run waits for at the gate. */
  held: Wait | undefined;
  cooling: Cooling;
  /** What presses get while it cools, and when too many wait. */
  refusal?: Promise<any> | undefined;
  full?: Promise<any>;
  /** The function is being called this very moment. */
  calling?: boolean;
  /** Storage was read. */
  known?: boolean;
  shown: ActionSnapshot;
  told: ActionSnapshot;
  /** Listeners will be told, in a task to come. */
  due?: boolean;
  readonly show: () => void;
}

const { freeze } = Object;
export const IDLE: ActionSnapshot = freeze({ state: "idle", retryAt: null, reason: null });

/** One that was never pressed. */
export const newButton = (room: Room, name: string, scope: string | URL | undefined): Button => {
  const button: Button = {
    room,
    name,
    scope,
    kind: `action ${name}`,
    mark: `${name}\n${nameOf(scope)}`,
    run: undefined,
    line: [],
    held: undefined,
    cooling: none(),
    shown: IDLE,
    told: IDLE,
    show: () => show(button),
  };
  return button;
};

/** A rejected promise that nobody has to catch. */
export const refuse = ({ scope }: Button, reason: Reason | null, retryAt: number | null): Promise<never> =>
  quiet(Promise.reject(new TidegateError(reason ?? "overload", retryAt, nameOf(scope))));

/** Switched off or on trial, it keeps nobody from anything. */
export const acts = ({ room }: Button): boolean => !room.mode && !room.disposed;

const rests = (button: Button): boolean => {
  const { room, mark, cooling } = button;
  if (!button.known) {
    button.known = true;
    recall(room, mark, cooling);
  }
  if (!cooling.until) return false;
  if (lasts(cooling)) return acts(button);
  cooling.until = 0;
  button.refusal = undefined;
  keep(room, mark, cooling);
  return false;
};

// One deliberate press a rest may find out whether a guess is true; never a time that was named.
const tries = (cooling: Cooling): boolean => {
  const { sure, tried, since, looked, until } = cooling;
  if (sure || tried || looked - since < Most.Rash || until - looked < Most.Short) return false;
  return (cooling.tried = !!(globalThis.navigator as any)?.userActivation?.isActive);
};

/** What a press gets that costs nothing; undefined: it may be made. */
export const resting = (button: Button): Promise<any> | undefined => {
  const { cooling } = button;
  const rest = (button.refusal && surely(cooling) && acts(button)) || (rests(button) && !tries(cooling));
  return rest ? (button.refusal ??= refuse(button, cooling.reason, cooling.until)) : undefined;
};

/** The same object until it changes. */
export const look = (button: Button): ActionSnapshot => {
  const { run, held, cooling, shown } = button;
  const cools = rests(button);
  const waits = run ? held && held.until > today() && held : cools && cooling;
  const state = run ? "pending" : cools ? "cooling" : "idle";
  const { until: retryAt, reason } = waits || { until: null, reason: null };
  if (state === "idle") button.shown = IDLE;
  else if (shown.state !== state || shown.retryAt !== retryAt || shown.reason !== reason) button.shown = freeze({ state, retryAt, reason });
  return button.shown;
};

/** Whether somebody listens. */
export const heard = ({ room, kind }: Button): boolean => !!room.listeners.get(kind)?.size;

const show = (button: Button): void => {
  button.due = false;
  if (!heard(button)) return;
  const seen = look(button);
  if (seen.retryAt) wakeAt(button.show, seen.retryAt);
  if (button.told !== (button.told = seen)) emit(button.room, button.kind);
};

/** Tells listeners in a task of its own: however much changes in one task, they run once. */
export const changed = (button: Button): void => {
  if (button.due || !heard(button)) return;
  button.due = true;
  timer(button.show, 0);
};

/** Adds a listener; answers how to take it away. */
export const listenTo = (button: Button, tell: () => void): (() => void) => {
  if (!heard(button)) button.told = look(button);
  const off = on(button.room, button.kind, tell);
  const { retryAt } = button.told;
  if (retryAt) wakeAt(button.show, retryAt);
  return off;
};
