// What calls of the human's side have in common, whoever keeps them.

/** Whether two lists of arguments are equal, one by one. */
export const alike = (some: readonly unknown[], others: readonly unknown[]): boolean =>
  some.length === others.length && some.every((each, place) => Object.is(each, others[place]));

/** Whoever ignores this promise ignores its rejection. */
export const quiet = <T>(promise: Promise<T>): Promise<T> => {
  promise.catch(() => {});
  return promise;
};
