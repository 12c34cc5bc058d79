// Without a core: Retry-After is honoured per scope, and nothing else is decided.
import { refusal } from "./answers";
import { spread, timer, today } from "./clock";
import { hang, straight } from "./gate";
import { type Call, type Room, How } from "./room";
import { obeyed, patience as usual } from "#names";

/** Milliseconds that a Retry-After asks for; NaN: it says nothing. */
export const after = (field: string): number => (/^\d+$/.test(field) ? +field * 1000 : Date.parse(field) - today());

const note = (room: Room, { scope }: Call, response: Response): Response => {
  const field = [429, 503].includes(response.status) && response.headers.get("retry-after");
  if (field) {
    const wait = after(field);
    if (wait > 0) {
      scope.time = today() + Math.min(wait, obeyed);
      room.changed();
    }
  }
  return response;
};

/** Sends, or holds what only reads until the server's time is over, or refuses it. */
export const fallback = (room: Room, call: Call): Promise<any> => {
  const { patience, scope } = call;
  // What was switched off by hand stays so.
  if (!room.mode && room.features.get(call.feature as string)?.forced === false) return refusal(room, call, "brownout", null);
  const go = () => straight(call).then((response) => note(room, call, response));
  const wait = scope.time - today();
  if (!(wait > 0 && call.how & How.Safe) || room.mode) return go();
  if (!(wait <= (patience >= 0 ? patience : (room.options.deadline ?? usual)))) return refusal(room, call, "retry-after", scope.time);
  call.later = true;
  // Each after the time by its own share of chance, so that they do not come back at once.
  timer(() => call.resolve?.(go()), spread(wait));
  return hang(room, call);
};
