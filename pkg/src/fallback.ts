// Without a core: Retry-After is honoured per scope, and nothing else is decided.
import { refusal } from "./answers";
import { watch } from "./flight";
import { HOW, straight } from "./gate";
import type { Call, Room } from "./room";

const SCOPES = 64;
/** No word is obeyed longer, milliseconds. */
const LONGEST = 600_000;
const PATIENCE = 8_000;

const note = (room: Room, call: Call, response: Response): Response => {
  const field = (response.status === 429 || response.status === 503) && response.headers.get("retry-after");
  if (field) {
    const wait = /^\d+$/.test(field) ? +field * 1000 : Date.parse(field) - Date.now();
    if (wait > 0) {
      if (room.times.size >= SCOPES) room.times.clear();
      room.times.set(call.scope.name, Date.now() + Math.min(wait, LONGEST));
      room.changed();
    }
  }
  return response;
};

/** Sends, or holds what only reads until the server's time is over, or refuses it. */
export const fallback = (room: Room, call: Call): Promise<any> => {
  const { signal, patience, how, scope } = call;
  if (signal?.aborted) return Promise.reject(signal.reason);
  const go = () => straight(call).then((response) => note(room, call, response));
  const until = room.times.get(scope.name) ?? 0;
  const wait = until - Date.now();
  if (!(wait > 0) || !(how & HOW.safe) || room.mode) return go();
  const most = patience === patience ? patience : (room.options.deadline ?? PATIENCE);
  if (!(wait <= most)) return refusal(room, call, 1, until, until);
  // Each after the time by its own share of chance, so that they do not come back at once.
  const late = wait + Math.random() * Math.max(1000, wait / 5);
  let gone = false;
  call.later = true;
  const work = new Promise<void>((resolve) => setTimeout(resolve, late)).then(() => (gone ? undefined : go()));
  return signal ? watch(signal, work, () => (gone = true)) : work;
};
