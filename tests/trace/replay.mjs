// Replays the trace through a core module (its wasm-bindgen exports and memory) and compares every number by its bits.
// Works in Node and in a browser; time comes only as arguments, the one timer's wake-ups are ignored.

const bits = new DataView(new ArrayBuffer(8));
const hex = (number) => {
  bits.setFloat64(0, number);
  return bits.getBigUint64(0).toString(16).padStart(16, "0");
};

/** The calls of `room.rs`, on a core module. Answers the numbers that the trace holds for each. */
const desk = (core, memory) => {
  let room = 0;
  const text = (said) => {
    const bytes = new TextEncoder().encode(said);
    const address = core.buffer(bytes.length);
    new Uint8Array(memory.buffer, address, bytes.length).set(bytes);
    return bytes.length;
  };
  const told = (packed) => [packed, core.told(room, 0), core.told(room, 1)];
  return {
    open: ({ seed, settings, listen }) => {
      if (room) core.shut(room);
      for (const [at, value] of settings) core.stage(at, value);
      const refused = core.refused();
      room = core.open(seed, () => {});
      core.listen(room, listen);
      return [refused];
    },
    scope: (s) => [core.scope(room, s.now, text(s.text))],
    key: (s) => [core.key(room, s.now, s.scope, text(s.text))],
    ask: (s) => told(core.ask(room, s.now, s.key, s.how, s.patience ?? NaN)),
    settle: (s) => told(core.settle(room, s.now, s.wall, s.ticket, s.status, text(s.text))),
    poll: (s) => told(core.poll(room, s.now)),
    mode: (s) => [core.set_mode(room, s.now, s.mode), core.told(room, 0)],
    see: (s) => [core.pressure(room, s.now, s.scope), core.closed(room, s.now, s.scope), ...[2, 3, 4].map((what) => core.told(room, what))],
    event: () => {
      const at = core.event(room);
      if (!at) return [0];
      const [id, scope, reason, time, priority, extra, kind] = new Float64Array(memory.buffer, at, 7);
      return [kind, id, scope, reason, time, priority, extra];
    },
    close: () => core.shut(room),
  };
};

/**
 * Replays all lines of `trace` (the text of trace.jsonl) through `core`, an initialised module with its exports;
 * `memory` is its memory. Answers how many steps were the same; throws at the first that is not.
 */
export function replay(core, memory, trace) {
  const calls = desk(core, memory);
  const lines = trace.split("\n").filter(Boolean);
  for (const [n, line] of lines.entries()) {
    const step = JSON.parse(line);
    const got = calls[step.op](step).map(hex).join();
    if (got !== step.want.join()) throw new Error(`line ${n + 1}: ${line} but got ${got}`);
  }
  calls.close();
  return lines.length;
}
