// What a press of a button costs that is refused because the button cools, beside the call of a plain async function. Both are
// awaited: an engine makes no promise at all for a call whose promise nobody looks at.

export const presses = ["press refused"];

const plain = async () => {};
const nothing = () => {};

/** A button that was refused for ten minutes. */
const cooling = async ({ createTidegate }) => {
  const save = createTidegate().action("save", () => Promise.reject({ status: 503, headers: { "retry-after": "600" } }));
  await save().catch(nothing);
  return save;
};

const calls = (fn) => async (count) => {
  for (let i = 0; i < count; i++) await fn(i).catch(nothing);
};

/** The contestants of a group. */
export const press = async (tidegate) => [
  ["async function", calls(plain)],
  ["refused press", calls(await cooling(tidegate))],
];
