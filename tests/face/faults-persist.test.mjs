// What outlives the page, read by the next page and by another tab, written, outdated and emptied: and every call of the
// host failing once meanwhile, those of the Cache API among them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { tryAll } from "./host.mjs";

const options = { cache: { persist: true }, retry: false };
const kept = { headers: { "cache-control": "max-age=600", etag: '"1"' } };
const script = ({ method }) => (method === "GET" ? kept : {});
const common = { page: true, caches: true, options, script };

/** One answer is asked for and written. */
const visit = async (run, path = "/a") => {
  run.fetch(path);
  for (const ms of [100, 1000]) {
    await run.host.calm();
    await run.host.pass(ms);
  }
  await run.host.calm();
};

const reload = (run) => {
  run.tide.dispose();
  run.open(options);
};

const SCENARIOS = [
  {
    ...common,
    name: "written, and read by the next page",
    ends: [200, 200, 200],
    act: async (run) => {
      await visit(run);
      reload(run);
      await visit(run);
      await visit(run, "/b");
      const asked = run.arrivals.filter(({ url }) => url.endsWith("/a")).length;
      if (!run.host.failing) assert.equal(asked, 1, "the second was read");
    },
  },
  {
    ...common,
    name: "for two users, one after the other",
    options: { ...options, user: () => "A" },
    ends: [200, 200],
    act: async (run) => {
      await visit(run);
      run.tide.dispose();
      run.open({ ...options, user: () => "B" });
      await visit(run);
      assert.equal(run.host.calls.filter((kind) => kind === "fetch").length, 2, "each asked");
    },
  },
  {
    ...common,
    name: "outdated by a write",
    ends: [200, 200, 200],
    act: async (run) => {
      await visit(run);
      reload(run);
      run.fetch("/a", { method: "POST", body: "x" });
      await run.host.calm();
      await run.host.pass(100);
      await run.host.calm();
      run.fetch("/a");
    },
  },
  {
    ...common,
    name: "emptied by a clear, in two tabs",
    ends: [200, 200, "done", 200],
    act: async (run) => {
      const one = run.tide;
      await visit(run);
      const two = run.open(options);
      await visit(run);
      run.ask(() => one.clear().then(() => "done"));
      for (let i = 0; i < 8; i++) {
        await run.host.calm();
        await run.host.pass(400);
      }
      assert.equal(run.asked[2].told, "done", "nobody waits for long");
      run.fetch("/a", undefined, undefined, { tide: two });
    },
  },
  {
    ...common,
    name: "a page that is left in between, and comes back",
    ends: [200, "done", 200],
    act: async (run) => {
      const one = run.tide;
      await visit(run);
      run.host.leave(true);
      run.open(options);
      run.ask(() => run.tide.clear().then(() => "done"));
      await run.host.calm();
      await run.host.pass(3000);
      run.host.leave(false);
      run.fetch("/a", undefined, undefined, { tide: one });
    },
  },
];

for (const scenario of SCENARIOS) test(scenario.name, () => tryAll(scenario));
