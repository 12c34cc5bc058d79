// What waits or is in flight, each in the place that its ticket names: two stores and a comparison a request, where a Map
// would cost a tenth of all we do.
import type { Call, Room } from "./room";

const enum Ticket {
  /** The low bits: a place, which others had before and will have after. Above them: a number that only rises. */
  Place = 4095,
}

/** The call has this ticket from now on. */
export const register = ({ calls }: Room, call: Call, id: number): void => {
  call.id = id;
  calls[id & Ticket.Place] = call;
};

/** The call that has this ticket. */
export const holder = ({ calls }: Room, id: number): Call | undefined => {
  const call = calls[id & Ticket.Place];
  return call?.id === id ? call : undefined;
};

/** Nobody has this ticket any more. */
export const forget = (room: Room, id: number): void => {
  if (holder(room, id)) room.calls[id & Ticket.Place] = undefined;
};

/** All of them, in the order in which they asked. */
export const everyCall = ({ calls }: Room): Call[] => (calls.filter(Boolean) as Call[]).sort((a, b) => (a.id - b.id) | 0);
