// The one way to the server for all widgets.
import { createTidegate } from "tidegate";

export const tide = createTidegate();
export const get = async (path, feature) => {
  const response = await tide.fetch(path, { tidegate: { feature } });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response.json();
};
