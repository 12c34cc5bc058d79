// Buttons that obey for their humans: equal presses share a run, and after a refusal none costs anything until its time has
// come.
import type { Action, ActionOptions, ActionSignal, ActionSnapshot } from "../../tidegate.d.ts";
import { ours } from "../answers";
import { today } from "../clock";
import { attempt } from "../events";
import { type Room, End } from "../room";
import { type Button, IDLE, heard, listenTo, look, newButton, resting } from "./button";
import { forgetCooling } from "./cooling";
import { type Refusal, longest, readRefusal } from "./refused";
import { cancel, end, press } from "./press";
import { newTurn } from "./turns";

const enum Most {
  /** Names: more buttons than a page shows. Idle ones are forgotten first. */
  Names = 1024,
}

const getServerSnapshot = (): ActionSnapshot => IDLE;

/** How an outcome is read; the application's own word counts as named. */
const reader =
  (room: Room, { refused, scope }: ActionOptions<any>) =>
  (outcome: any, failed: boolean, guesses: number): Refusal | undefined => {
    if (!refused) return readRefusal(room, outcome, failed, scope, guesses);
    const wait = attempt(room, () => refused(outcome))! - today();
    return { wait: Math.min(wait, longest(room, true)), reason: ours(outcome)?.reason ?? "retry-after", sure: true };
  };

/** `action` of a room. */
export const createAction = (room: Room) => {
  const buttons = new Map<string, Button>();
  room.ends.push((how) => {
    if (how === End.All) forgetCooling(room);
    buttons.forEach((button) => end(button, how));
  });

  const buttonOf = (name: string, scope: string | URL | undefined): Button => {
    let button = buttons.get(name);
    if (!button) {
      if (buttons.size >= Most.Names) buttons.forEach((each, old) => look(each) === IDLE && !heard(each) && buttons.delete(old));
      buttons.set(name, (button = newButton(room, name, scope)));
    }
    return button;
  };

  return <A extends unknown[], R>(
    name: string,
    fn: (signal: ActionSignal, ...args: A) => R | PromiseLike<R>,
    options: ActionOptions<A> = {},
  ): Action<A, R> => {
    const button = buttonOf(name, options.scope);
    const { key } = options;
    const { user } = room.options;
    const read = reader(room, options);
    const pressed = (args: A): Promise<R> => {
      const token = key && attempt(room, () => key(...args));
      const who = user ? attempt(room, user) : "";
      return press(button, args, token, who, () => newTurn(fn as any, args, token, who, read));
    };
    // The refusal first, and nothing made for it.
    const handle = (...args: A): Promise<R> => resting(button) ?? pressed(args);
    const getSnapshot = () => look(button);
    for (const member of Object.keys(IDLE) as (keyof ActionSnapshot)[]) {
      Object.defineProperty(handle, member, { get: () => getSnapshot()[member], enumerable: true });
    }
    return Object.assign(handle, {
      cancel: () => cancel(button),
      subscribe: (tell: () => void) => listenTo(button, tell),
      getSnapshot,
      getServerSnapshot,
    }) as unknown as Action<A, R>;
  };
};
