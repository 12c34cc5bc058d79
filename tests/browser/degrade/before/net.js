// The one way to the server for all widgets.

export const get = async (path) => {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response.json();
};
