// The human's side of an instance: a list of its parts, each with its own members.
import type { Room } from "../room";
import { createInput } from "./input";

export const createHuman = (room: Room) => ({
  ...createInput(room),
});
