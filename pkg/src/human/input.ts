// `debounce`, `throttle` and `asyncDebounce` of a room.
import type { Debounced } from "../../tidegate.d.ts";
import type { Room } from "../room";
import { flag, make, object } from "./debounce";
import { type Alarm, disarm, hasten } from "./timers";
import { createTyping } from "./typing";

export const createInput = (room: Room) => {
  const armed = new Set<Alarm>();
  const making = (fn: any, wait: any, options: any, question?: "typing") => make(room, armed, fn, wait, options, question);
  const { asyncDebounce, forget } = createTyping(room, making);

  const tell = room.changed;
  room.changed = () => {
    tell();
    for (const each of armed) if (each.owner.look()) hasten(each);
  };
  room.ends.push(() => {
    forget();
    for (const each of armed) {
      each.owner.cancel();
      disarm(each);
    }
    armed.clear();
  });

  return {
    asyncDebounce,
    debounce: (fn: any, wait?: any, given?: any): Debounced<any> => making(fn, wait, object(given)),
    throttle: (fn: any, wait?: any, given?: any): Debounced<any> => {
      const options = object(given);
      const { signal, scope, stretch } = options;
      const leading = flag(options, "leading", true);
      const trailing = flag(options, "trailing", true);
      return making(fn, wait, { leading, trailing, maxWait: wait, signal, scope, stretch });
    },
  };
};
