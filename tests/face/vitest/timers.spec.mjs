// Run by ../debounce-fake.test.mjs. One instance for all, as an application has; tests leave calls pending on purpose.
import { afterEach, expect, test, vi } from "vitest";
import { createTidegate } from "../../../pkg/dist/index.js";

const tide = createTidegate();
const save = vi.fn();
const saved = tide.debounce(save, 40);

afterEach(() => {
  vi.useRealTimers();
  save.mockClear();
});

test("fake, and a call stays pending", () => {
  vi.useFakeTimers();
  saved(1);
  vi.advanceTimersByTime(39);
  expect(save).not.toHaveBeenCalled();
});

test("real, after that", async () => {
  const called = new Promise((resolve) => save.mockImplementationOnce(resolve));
  saved(2);
  expect(await called).toBe(2);
  expect(save).toHaveBeenCalledTimes(1);
  saved(3);
});

test("fake, while a real one is pending", () => {
  vi.useFakeTimers({ now: 0 });
  saved(4);
  vi.advanceTimersByTime(40);
  expect(save.mock.calls).toEqual([[4]]);
  saved(5);
  vi.runAllTimers();
  expect(save.mock.calls).toEqual([[4], [5]]);
});

test("timers that were cleared", async () => {
  vi.useFakeTimers();
  tide.debounce(() => {}, 10)();
  vi.clearAllTimers();
  await null;
  const fn = vi.fn();
  tide.throttle(fn, 10, { leading: false })();
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(10);
  expect(fn).toHaveBeenCalledTimes(1);
});

test("only some of them faked", () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  saved(6);
  vi.advanceTimersByTime(40);
  expect(save.mock.calls).toEqual([[6]]);
});

test("the system time is set while a call is pending", () => {
  vi.useFakeTimers();
  saved(7);
  vi.setSystemTime(0);
  vi.advanceTimersByTime(40);
  expect(save.mock.calls).toEqual([[7]]);
});

test("an answer that is awaited", async () => {
  vi.useFakeTimers();
  const search = tide.asyncDebounce(async (_signal, text) => `${text}!`, 40);
  const answer = search("a");
  await vi.advanceTimersByTimeAsync(40);
  expect(await answer).toBe("a!");
});
