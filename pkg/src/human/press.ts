// What a press does that is not refused: it joins a run, waits for its turn, or begins.
import { aborted } from "../answers";
import { attempt } from "../events";
import { End } from "../room";
import { type Button, acts, changed, refuse } from "./button";
import { cool, keep, none } from "./cooling";
import { type Turn, answered, fits, open, signalOf } from "./turns";

const enum Most {
  /** Turns that wait: no human means more. */
  Waiting = 64,
}

/** The promise of the turn that a press joins, or that it makes. */
export const press = (button: Button, args: unknown[], token: unknown, user: Turn["whose"], make: () => Turn): Promise<any> => {
  const { run, line } = button;
  // The run would wait for itself.
  if (button.calling) return refuse(button, "repeat", null);
  const same = [run, ...line].find((turn) => turn && fits(turn, args, token, user));
  if (same) {
    same.shared = true;
    return same.promise;
  }
  if (line.length >= Most.Waiting) return (button.full ??= refuse(button, "queue-full", null));
  const turn = make();
  if (run) line.push(turn);
  else begin(button, turn);
  return turn.promise;
};

const begin = (button: Button, turn: Turn): void => {
  const { room, name, cooling } = button;
  const { fn, args } = turn;
  button.run = turn;
  cooling.until = 0;
  button.refusal = button.held = undefined;
  const signal = signalOf(room, name, turn);
  room.waits.set(signal, (wait) => {
    if (button.run !== turn) return;
    button.held = wait;
    changed(button);
  });
  button.calling = true;
  const answer = new Promise((resolve) => resolve(fn(signal, ...args)));
  button.calling = false;
  answer.then((value) => finish(button, turn, value, false), (cause) => finish(button, turn, cause, true));
  changed(button);
};

const finish = (button: Button, turn: Turn, outcome: any, failed: boolean): void => {
  const { room, mark, line, cooling } = button;
  if (failed) turn.breaks(outcome);
  else turn.keeps(outcome);
  // An outcome may be a trap.
  attempt(room, () => {
    answered(turn, outcome, failed);
    if (turn.shared) open(outcome);
  });
  if (button.run !== turn) return;
  button.run = button.held = undefined;
  const said = acts(button) ? turn.heeds(outcome, failed, cooling.guesses) : undefined;
  if (said && said.wait > 0) {
    attempt(room, () => open(outcome));
    cool(cooling, said);
    button.refusal = turn.promise;
    for (const each of line.splice(0)) each.keeps(turn.promise);
  } else {
    cooling.guesses = 0;
    const next = line.shift();
    if (next) begin(button, next);
  }
  keep(room, mark, cooling);
  changed(button);
};

// What is under way is nobody's to join any more; answers all turns.
const leave = (button: Button): Turn[] => {
  const { run, line } = button;
  button.run = button.held = undefined;
  button.line = [];
  changed(button);
  return run ? [run, ...line] : line;
};

/** Aborts the run in progress, and what waits for its turn. */
export const cancel = (button: Button): void => {
  const cause = aborted();
  for (const turn of leave(button)) {
    turn.breaks(cause);
    turn.flight.abort(cause);
  }
};

/** All is over, for somebody. */
export const end = (button: Button, how: End): void => {
  button.refusal = undefined;
  if (how === End.All) {
    cancel(button);
    button.cooling = none();
  } else if (how === End.User) {
    const { run } = button;
    // What is under way ends for those who asked for it.
    for (const turn of leave(button)) if (turn !== run) turn.breaks(aborted());
  } else changed(button);
};
