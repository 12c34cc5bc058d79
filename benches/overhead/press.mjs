// What a press of a button costs that is refused because the button cools, beside the call of a plain async function.

export const presses = ["press refused", "press refused, awaited"];

const plain = async () => {};
const nothing = () => {};

/** A button that was refused for ten minutes. */
const cooling = async ({ createTidegate }) => {
  const save = createTidegate().action("save", () => Promise.reject({ status: 503, headers: { "retry-after": "600" } }));
  await save().catch(nothing);
  return save;
};

const calls = (fn) => (count) => {
  for (let i = 0; i < count; i++) fn(i);
};

// Both as a caller writes them who wants to know.
const answers = (fn) => async (count) => {
  for (let i = 0; i < count; i++) await fn(i).catch(nothing);
};

/** The contestants of a group. */
export const press = async (tidegate, name) => {
  const save = await cooling(tidegate);
  const batch = name === presses[0] ? calls : answers;
  return [["async function", batch(plain)], ["refused press", batch(save)]];
};
