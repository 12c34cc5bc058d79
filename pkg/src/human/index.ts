// The human's side of an instance: a list of its parts, each with its own members.
import type { Room } from "../room";
import { createAction } from "./action";
import { createFeature } from "./feature";
import { createInput } from "./input";

export const createHuman = (room: Room) => ({
  action: createAction(room),
  ...createFeature(room),
  ...createInput(room),
});
