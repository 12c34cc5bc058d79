// How times become figures. Other work on the machine only ever adds time, and adds it to whoever runs just then: so
// contestants take turns in short batches, each batch is compared with the reference's batch of its own round, and
// what is reported is the median of those ratios, beside the quiet tenth.

/** Milliseconds that a batch of the slowest lasts at least: long against the clock's grain, short against a time slice. */
const BATCH = 1.5;

const quantile = (values, share) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
};

const time = async (batch, count) => {
  const start = performance.now();
  await batch(count);
  return performance.now() - start;
};

/** So many operations that a batch of the slowest contestant lasts about `BATCH`, once all are compiled. */
const calibrate = async (contestants) => {
  let count = 50;
  for (let slowest = 0; slowest < BATCH && count < 1e5; count = Math.ceil(count * 1.6)) {
    slowest = 0;
    for (const [, batch] of contestants) {
      for (let warm = 0; warm < 3; warm++) await batch(count);
      slowest = Math.max(slowest, await time(batch, count));
    }
  }
  return count;
};

/**
 * Times contestants, `[name, batch]` each, where `batch(count)` does `count` operations; the first is the reference.
 * Answers `noise`, the reference's median time over its quiet tenth (1: an idle machine), and in `figures` per name:
 * `ratio`, the median over rounds of its time over the reference's; `quiet`, the ratio of both tenth-percentile times;
 * `micros`, that time of one operation in microseconds.
 */
export async function compare(contestants, rounds) {
  const count = await calibrate(contestants);
  const times = contestants.map(() => []);
  for (let round = 0; round < rounds; round++) {
    // Everybody comes first, and after everybody else, equally often.
    for (let turn = 0; turn < contestants.length; turn++) {
      const who = (turn + round) % contestants.length;
      times[who].push(await time(contestants[who][1], count));
    }
    // Timers and the page's own work get a turn of their own, outside what is timed.
    await new Promise((resolve) => setTimeout(resolve));
  }
  const quietest = times.map((list) => quantile(list, 0.1));
  const figures = contestants.map(([name], who) => [
    name,
    {
      ratio: quantile(times[who].map((ms, round) => ms / times[0][round]), 0.5),
      quiet: quietest[who] / quietest[0],
      micros: (quietest[who] / count) * 1000,
    },
  ]);
  return { noise: quantile(times[0], 0.5) / quietest[0], figures: Object.fromEntries(figures) };
}
