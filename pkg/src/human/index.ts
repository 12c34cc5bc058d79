// The human's side of an instance: a list of its parts, each with its own members.
import type { Room } from "../room";

export const createHuman = (_room: Room) => ({
});
