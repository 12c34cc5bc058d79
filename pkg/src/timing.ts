// Server-Timing as the second door: what CORS hides in headers, `Timing-Allow-Origin` shows in Resource Timing. There is
// no standard metric for load or for a wait, so the application names the metrics (W3C Server Timing, section 2).
import { now, wall } from "./clock";
import { core, put } from "./core";
import { attempt } from "./events";
import { after } from "./gate";
import { handle } from "./keys";
import type { Call, Room } from "./room";

const enum Most {
  /** Answers whose entries are still to come; the oldest is given up. */
  Awaited = 64,
}

/** Looks at the entries of this room's requests from now on; nothing when no metric was named or there are no entries. */
export const watchTiming = (room: Room): void => void attempt(room, () => {
  const metrics: any = Object(room.options.serverTiming);
  const Observer = globalThis.PerformanceObserver;
  if (!(metrics.wait || metrics.load) || !Observer || room.timing) return;
  const calls = new Map<string, Call>();
  const observer = new Observer((list) => {
    for (const entry of list.getEntries() as PerformanceResourceTiming[]) {
      const call = calls.get(entry.name);
      calls.delete(entry.name);
      let text = "";
      for (const { name, duration } of call ? (entry.serverTiming ?? []) : []) {
        if (name === metrics.wait) text += `retry-after-ms: ${duration}\n`;
        if (name === metrics.load) text += `endpoint-load-metrics: TEXT application_utilization:${duration}\n`;
      }
      if (!text || !room.id) continue;
      const t = now();
      after(room, core("word", room.id, t, wall, handle(room, call!, t), call!.status ?? 200, put(text)));
    }
  });
  observer.observe({ type: "resource" });
  room.timing = {
    expect: (call, status) => {
      call.status = status;
      if (calls.size >= Most.Awaited) calls.delete(calls.keys().next().value!);
      calls.set(call.url, call);
    },
    end: () => attempt(room, () => observer.disconnect()),
  };
});
