// What is slow by nature, and a page that is held up itself, say nothing about the server.
import assert from "node:assert/strict";
import { setTimeout as later } from "node:timers/promises";
import { claim } from "../support/browser.mjs";

/** Milliseconds that a route takes. */
const TAKES = { quick: 10, report: 3_000, model: 30_000 };

// Runs in the page: an instance that notes whatever it decides about anybody.
function watch() {
  const tide = (globalThis.tide = tidegate.createTidegate());
  globalThis.noted = [];
  for (const type of ["pressure", "wait", "shed", "retry"]) tide.on(type, (event) => noted.push({ type, ...event }));
}

// Runs in the page: asks `path` over and over until the work is done.
const meanwhile = async (work) => {
  let done = false;
  void work.finally(() => (done = true));
  for (let n = 0; !done; n++) await (await tide.fetch(`/quick?${n}`)).text();
  return await work;
};

const nominal = async (page) => {
  assert.deepEqual(await page.evaluate(() => noted), []);
  assert.equal(await page.evaluate(() => tide.pressure().state), "nominal");
};

const answer = async (hit) => {
  const takes = TAKES[/^\/(\w+)/.exec(hit.path)[1]] ?? 10;
  await later(takes);
  hit.answer(200);
};

claim("routes of 10 ms, 3 s and 30 s side by side", async ({ page, backend }) => {
  backend.handle = answer;
  await page.evaluate(watch);
  await page.evaluate(`(${meanwhile})(Promise.all(["/report", "/model"].map((path) => tide.fetch(path))))`);
  await nominal(page);
});

claim("an upload of 20 MB that the server reads slowly", async ({ page, backend }) => {
  let read = 0;
  backend.handle = async (hit) => {
    if (hit.method !== "POST") return answer(hit);
    for await (const chunk of hit.request) {
      // A server that is slow with the body: 20 MB in about three seconds.
      if (Math.floor((read + chunk.length) / 1e6) > Math.floor(read / 1e6)) await later(150);
      read += chunk.length;
    }
    hit.answer(200);
  };
  await page.evaluate(watch);
  // Nothing beside it: moving so much holds this page and this server up for real.
  await page.evaluate(async () => {
    const upload = () => tide.fetch("/upload", { method: "POST", body: new Uint8Array(20e6) });
    for (const send of [upload, () => tide.fetch("/quick"), upload]) await (await send()).text();
  });
  assert.equal(read, 40e6);
  await nominal(page);
});

claim("an event stream that says nothing for a long time", async ({ page, backend }) => {
  backend.handle = async (hit) => {
    if (!hit.path.startsWith("/events")) return answer(hit);
    await later(3_000);
    hit.answer(200, { "content-type": "text/event-stream" }, "data: 1\n\n");
  };
  await page.evaluate(watch);
  for (const headers of [{ accept: "text/event-stream" }, { Accept: "text/event-stream" }]) {
    await page.evaluate(`(${meanwhile})(tide.fetch("/events", { headers: ${JSON.stringify(headers)} }).then((r) => r.text()))`);
  }
  await nominal(page);
});

claim("a main thread that is blocked for two seconds, whatever is in flight", async ({ page, backend }) => {
  backend.handle = answer;
  await page.evaluate(watch);
  await page.evaluate(async () => {
    for (let n = 0; n < 5; n++) await (await tide.fetch("/quick")).text();
    for (let round = 0; round < 2; round++) {
      const flights = [tide.fetch("/quick?a"), tide.fetch("/other"), tide.fetch("/quick?b", { method: "POST", body: "b" })];
      const until = performance.now() + 2_000;
      while (performance.now() < until);
      await Promise.all(flights);
      await (await tide.fetch("/quick")).text();
    }
  });
  await nominal(page);
});

claim("one answer in a hundred that fails refuses nobody", async ({ page, backend }) => {
  let turn = 0;
  backend.handle = (hit) => hit.answer(++turn % 100 === 50 ? 500 : 200);
  await page.evaluate(watch);
  const statuses = await page.evaluate(async () => {
    const all = [];
    for (let n = 0; n < 50; n++) {
      const some = [1, 2, 3, 4, 5, 6, 7, 8].map((k) => tide.fetch(`/${"abcdefgh"[k - 1]}/${n}`, { priority: k > 6 ? "low" : "auto" }));
      for (const response of await Promise.all(some)) all.push(response.status);
    }
    return all;
  });
  assert.deepEqual([statuses.filter((status) => status === 500).length, statuses.filter((status) => status === 503).length], [4, 0]);
  const refused = await page.evaluate(() => noted.filter(({ type }) => type === "shed"));
  assert.deepEqual(refused, []);
});
