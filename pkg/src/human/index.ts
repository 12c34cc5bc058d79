// The human's side of an instance: a list of its parts, each with its own members.
import type { Room } from "../room";
import { createFeature } from "./feature";

export const createHuman = (room: Room) => ({
  ...createFeature(room),
});
