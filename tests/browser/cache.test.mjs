// What is kept, in real browsers, with a server that counts.
import assert from "node:assert/strict";
import { claim, claimOfBoth } from "../support/browser.mjs";

const JSON_TYPE = { "content-type": "application/json" };
/** Gone: no answer, no connection. */
const gone = (hit) => hit.request.socket.destroy();
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

claimOfBoth("fresh: no request, with url, type and age; stale: our own validator, and the server's 304 is a 200", async ({ page, backend }) => {
  backend.handle = (hit) => {
    if (hit.request.headers["if-none-match"]) return hit.answer(304, { etag: '"1"', "cache-control": "max-age=60" }, undefined);
    hit.answer(200, { ...JSON_TYPE, etag: '"1"', "cache-control": hit.path === "/fresh" ? "max-age=60" : "no-cache" }, '{"n":1}');
  };
  const seen = await page.evaluate(async () => {
    const tide = tidegate.createTidegate();
    const see = async (path, init) => {
      const answer = await tide.fetch(path, init);
      return [answer.status, answer.url.endsWith(path), answer.type, answer.headers.has("age"), answer instanceof Response, await answer.text()].join();
    };
    const all = [];
    for (const path of ["/fresh", "/fresh", "/asked", "/asked"]) all.push(await see(path));
    return all;
  });
  const [net, kept] = [false, true].map((age) => `200,true,basic,${age},true,{"n":1}`);
  assert.deepEqual(seen, [net, kept, net, kept]);
  assert.equal(backend.of("/fresh").length, 1);
  assert.deepEqual(backend.of("/asked").map(({ request }) => request.headers["if-none-match"]), [undefined, '"1"']);
});

claim("ten identical GETs of a slow endpoint: one hit, and the last answer comes with the first", async ({ page, backend }) => {
  backend.handle = (hit) => void setTimeout(() => hit.answer(200, JSON_TYPE, "{}"), 400);
  const ratios = await page.evaluate(async () => {
    const tide = tidegate.createTidegate();
    const time = async (path, count) => {
      const from = performance.now();
      await Promise.all(Array.from({ length: count }, () => tide.fetch(path).then((answer) => answer.json())));
      return performance.now() - from;
    };
    await Promise.all([time("/warm-1", 1), time("/warm-10", 10)]);
    const ratios = [];
    for (let round = 0; round < 3; round++) {
      const alone = await time(`/one-${round}`, 1);
      ratios.push((await time(`/ten-${round}`, 10)) / alone);
    }
    return ratios;
  });
  for (let round = 0; round < 3; round++) assert.equal(backend.of(`/ten-${round}`).length, 1);
  console.log(`last of ten against one alone: ${ratios.map((ratio) => ratio.toFixed(3)).join(", ")}`);
  assert.ok(median(ratios) <= 1.2, `${ratios}`);
});

claim("a poll in flight when a write is acknowledged never hides that write from the next read", async ({ page, backend }) => {
  let items = "before";
  const fresh = { ...JSON_TYPE, "cache-control": "max-age=600" };
  backend.handle = (hit) => {
    if (hit.method === "POST") return (items = "after"), hit.answer(201);
    if (hit.path === "/step") return hit.answer(200);
    if (items === "after") return hit.answer(200, fresh, items);
    // Its body comes when the write is acknowledged.
    hit.response.writeHead(200, fresh);
    hit.response.write(items);
  };
  const reads = page.evaluate(async () => {
    const tide = tidegate.createTidegate();
    const read = () => tide.fetch("/items").then((answer) => answer.text());
    const polled = tide.fetch("/items");
    // Its headers are there.
    const first = await polled;
    await tide.fetch("/items/5", { method: "POST", body: "x" });
    await platformFetch("/step");
    const before = await first.text();
    return [before, await read(), await read()];
  });
  await backend.arrival("/step");
  backend.of("/items")[0].response.end();
  assert.deepEqual(await reads, ["before", "after", "after"]);
  assert.equal(backend.of("/items").length, 2, "what came after the write is kept");
});

/** An application of twenty resources: shows them in a list; how long that took, and what stands there. */
const APPLICATION = `globalThis.show = async (get, paths) => {
  document.body.replaceChildren();
  const from = performance.now();
  const marks = await Promise.all(paths.map(async (path) => {
    const answer = await get(path);
    const { rows } = await answer.json();
    const item = document.createElement("p");
    item.textContent = path + " " + rows.length + (answer.headers.get("x-tidegate") === "stale" ? ", from " + answer.headers.get("age") + " s ago" : "");
    document.body.append(item);
    return answer.status === 200 ? answer.headers.get("x-tidegate") ?? "live" : answer.status;
  }));
  return { took: performance.now() - from, marks, shown: document.querySelectorAll("p").length };
};`;
const PATHS = Array.from({ length: 20 }, (_, i) => `/data/${i}`);
const ROWS = JSON.stringify({ rows: Array.from({ length: 50 }, (_, i) => ({ id: i, name: `a row of this table, number ${i}` })) });
/** How long the server is away, milliseconds; the whole claim is for 30 s. */
const AWAY = Number(process.env.TIDEGATE_OUTAGE ?? 8000);

/** A server that is there or away; what it says is stale at once, but for what the platform's own cache is to keep. */
function outage(backend) {
  const server = { away: false };
  backend.handle = (hit) => {
    if (server.away) return gone(hit);
    if (hit.request.headers["if-none-match"]) return hit.answer(304, { etag: '"1"', "cache-control": "max-age=0" }, undefined);
    hit.answer(200, { ...JSON_TYPE, "cache-control": hit.path.startsWith("/platform") ? "max-age=3600" : "max-age=0", etag: '"1"' }, ROWS);
  };
  /** When `/data` was asked for since, in milliseconds. */
  server.tries = (since) => backend.hits.filter(({ at, path }) => at > since && path.startsWith("/data")).map(({ at }) => Math.round(at - since));
  return server;
}

const told = (name, views) => {
  const [ours, theirs] = ["kept", "control"].map((which) => median(views.map((view) => view[which].took)));
  console.log(`${name}: ${views.length} views: ${ours.toFixed(1)} ms from what is kept, ${theirs.toFixed(1)} ms from the browser's own cache; the next try in ${views.map(({ next, now }) => (next === null ? "?" : next - now))} ms`);
  for (const { kept } of views) assert.deepEqual([new Set(kept.marks), kept.shown], [new Set(["stale"]), 20], "every resource is shown, marked");
  assert.ok(ours <= 1.5 * theirs, `${ours} ms against ${theirs} ms`);
};

/** Until all is live again, as a page that looks twice a second sees it. */
const RECOVERY = `globalThis.recover = async (paths) => {
  const from = performance.now();
  let last;
  do {
    await new Promise((resolve) => setTimeout(resolve, 500));
    last = await show(tide.fetch, paths);
  } while (last.marks.some((mark) => mark !== "live") && performance.now() - from < 60_000);
  return { marks: last.marks, took: performance.now() - from };
};`;

const recovered = async (page, server) => {
  const end = performance.now();
  server.away = false;
  const { marks, took } = await page.evaluate((paths) => recover(paths), PATHS);
  const tries = server.tries(end);
  console.log(`live again after ${Math.round(took)} ms; asked at ${tries}`);
  assert.deepEqual(new Set(marks), new Set(["live"]));
};

claim("an outage: what was there is shown at once, marked, with the time of the next try; the server is spared", async ({ page, backend }) => {
  const server = outage(backend);
  await page.evaluate(APPLICATION + RECOVERY);
  const first = await page.evaluate(async (paths) => {
    globalThis.tide = tidegate.createTidegate({ cache: { staleWhileOverloaded: true } });
    globalThis.control = () => show(platformFetch, paths.map((path) => `/platform${path}`));
    // What follows is measured: not the first time that any of it runs.
    for (let i = 0; i < 3; i++) await control(), await show(tide.fetch, paths);
    return show(tide.fetch, paths);
  }, PATHS);
  assert.deepEqual([new Set(first.marks), first.shown], [new Set(["live"]), 20]);
  const begin = performance.now();
  server.away = true;
  const views = await page.evaluate(async (paths, away) => {
    const all = [];
    const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    for (const from = performance.now(); performance.now() - from < away; await pause(400)) {
      all.push({ kept: await show(tide.fetch, paths), control: await control(), next: tide.pressure().closedUntil, now: Date.now() });
    }
    return all;
  }, PATHS, AWAY);
  console.log(`the first view took ${views[0].kept.took.toFixed(1)} ms; asked at ${server.tries(begin)}`);
  told("in memory", views);
  await recovered(page, server);
});

claim("an outage and users who reload: what outlives the page is shown, marked; the server is spared", async ({ page, backend }) => {
  const server = outage(backend);
  const open = () => page.evaluate((application, paths) => {
    (0, eval)(application);
    globalThis.open20 = () => (globalThis.tide = tidegate.createTidegate({ cache: { persist: true, staleWhileOverloaded: true } }));
    globalThis.control = () => show(platformFetch, paths.map((path) => `/platform${path}`));
  }, APPLICATION + RECOVERY, PATHS);
  await open();
  await page.evaluate(async (paths) => {
    await control();
    open20();
    for (let i = 0; i < 2; i++) await show(tide.fetch, paths);
    // Written behind the answers.
    while ((await Promise.all((await caches.keys()).map(async (name) => (await (await caches.open(name)).keys()).length))).reduce((a, b) => a + b, 0) < 20) await new Promise((resolve) => setTimeout(resolve, 20));
  }, PATHS);
  const begin = performance.now();
  server.away = true;
  const views = [];
  while (performance.now() - begin < AWAY) {
    await page.reload();
    await page.waitForFunction("globalThis.tidegate !== undefined");
    await open();
    views.push(await page.evaluate(async (paths, nth) => {
      const ours = () => show((...given) => (globalThis.tide ?? open20()).fetch(...given), paths);
      const all = {};
      for (const which of nth % 2 ? ["kept", "control"] : ["control", "kept"]) all[which] = await (which === "kept" ? ours() : control());
      return { ...all, next: tide.pressure().closedUntil, now: Date.now() };
    }, PATHS, views.length));
  }
  console.log(`asked at ${server.tries(begin)}`);
  told("over reloads", views);
  await recovered(page, server);
});
