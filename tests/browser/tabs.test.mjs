// Several tabs of one origin, and tabs that nobody looks at: the server counts.
import assert from "node:assert/strict";
import { claim, claimOfBoth, visit } from "../support/browser.mjs";

const closed = (seconds) => ({ "retry-after": String(seconds) });

/** More tabs beside the first, each used once. */
async function open(count, page, backend, options = {}) {
  const pages = [page];
  while (pages.length < count) pages.push(await visit(backend, {}));
  for (const each of pages) {
    await each.evaluate((options) => {
      globalThis.tide = tidegate.createTidegate(options);
      return tide.fetch("/hello").then(({ status }) => status);
    }, options);
  }
  return pages;
}

const close = (pages) => Promise.all(pages.slice(1).map((page) => page.close()));

claimOfBoth("a second tab obeys: its next request after the first tab's refusal waits", async ({ page, backend }) => {
  let busy = false;
  backend.handle = (hit) => (hit.path === "/hello" || busy ? hit.answer(200) : ((busy = true), hit.answer(503, closed(3))));
  const pages = await open(2, page, backend);
  await page.evaluate(() => tide.fetch("/api", { method: "POST" }).then(({ status }) => status));
  const { answeredAt } = backend.of("/api")[0];
  // It was told when its own pressure says so.
  await pages[1].waitForFunction(() => tide.pressure(location.origin).reason === "retry-after");
  const status = await pages[1].evaluate(() => tide.fetch("/second").then((answer) => answer.status));
  assert.equal(status, 200);
  assert.ok(backend.of("/second")[0].at >= answeredAt + 3000);
  await close(pages);
});

claim("a tab that is opened during a closed period obeys from its first request", async ({ page, backend }) => {
  backend.handle = (hit) => (hit.path === "/api" ? hit.answer(503, closed(3)) : hit.answer(200));
  await page.evaluate(() => (globalThis.tide = tidegate.createTidegate()).fetch("/api", { method: "POST" }).then(({ status }) => status));
  const second = await visit(backend);
  assert.equal(await second.evaluate(() => tidegate.createTidegate().fetch("/second").then(({ status }) => status)), 200);
  assert.ok(backend.of("/second")[0].at >= backend.of("/api")[0].answeredAt + 3000);
  await second.close();
});

claim("the sum in flight of five tabs is no more than the limit and the number of tabs", async ({ page, backend }) => {
  // Browsers open six connections to a host: the requests go to many, which are one to the application.
  const cors = { "access-control-allow-origin": "*" };
  let flying = 0;
  let most = 0;
  backend.handle = (hit) => {
    if (hit.path === "/hello") return hit.answer(200);
    most = Math.max(most, ++flying);
    // How long the server takes.
    setTimeout(() => (flying--, hit.answer(200, cors)), 100);
  };
  const options = { concurrency: { max: 10 }, deadline: 60_000 };
  const pages = await open(5, page, backend, options);
  const { port } = new URL(backend.origin);
  const served = await Promise.all(
    pages.map((each, tab) =>
      each.evaluate(
        async (options, port, tab) => {
          const urls = Array.from({ length: 12 }, (_, i) => `http://h${tab}-${i % 4}.localhost:${port}/work?${i}`);
          const answers = await Promise.all(urls.map((url) => tide.fetch(url, { tidegate: { scope: "one" } })));
          return answers.filter(({ status }) => status === 200).length;
        },
        options,
        port,
        tab,
      ),
    ),
  );
  assert.deepEqual(served, [12, 12, 12, 12, 12]);
  assert.ok(most <= 10 + 5, `${most} at once`);
  assert.ok(most > 6, `${most} at once: the connections are not what bounds it`);
  await close(pages);
});

claim("a logout in one tab drops what waits in the other", async ({ page, backend }) => {
  backend.handle = (hit) => (hit.path === "/api" ? hit.answer(503, closed(60)) : hit.answer(200));
  const pages = await open(2, page, backend, { deadline: 120_000 });
  await page.evaluate(() => tide.fetch("/api", { method: "POST" }).then(({ status }) => status));
  await pages[1].waitForFunction(() => tide.pressure(location.origin).reason === "retry-after");
  await pages[1].evaluate(() => void tide.fetch("/mine").catch(({ name }) => (globalThis.ended = name)));
  await page.evaluate(() => tide.clear());
  await pages[1].waitForFunction(() => globalThis.ended === "AbortError");
  assert.equal(backend.of("/mine").length, 0);
  await close(pages);
});

claim("forged, malformed and flooding messages harm nobody", async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(200);
  const pages = await open(2, page, backend);
  const seen = await pages[1].evaluate(async () => {
    const own = [];
    const channel = new BroadcastChannel("tidegate");
    const heard = new Promise((resolve) => (channel.onmessage = ({ data }) => (own.push(data), resolve())));
    const other = tidegate.createTidegate();
    await other.fetch("/hello");
    await heard;
    for (const data of [null, 7, {}, [own[0]], "", "0".repeat(1e6), `${own[0]}0`, own[0].replace(/../, "ff"), new Blob(["x"])]) channel.postMessage(data);
    for (let n = 0; n < 20_000; n++) channel.postMessage(own[0]);
    channel.close();
    return own.length > 0;
  });
  assert.ok(seen);
  const status = await page.evaluate(() => tide.fetch("/after").then((answer) => answer.status));
  assert.deepEqual([status, await page.evaluate(() => tide.pressure(location.origin).state), await page.evaluate(() => tide.ready)], [200, "nominal", "wasm"]);
  await close(pages);
});

claim("a tab that nobody looks at holds its polls, and they leave spread when somebody does", async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(200);
  const [, front] = await open(2, page, backend);
  await page.waitForFunction(() => document.hidden);
  const reasons = await page.evaluate(() => {
    const reasons = [];
    tide.on("wait", ({ reason }) => reasons.push(reason));
    globalThis.polls = Promise.all(Array.from({ length: 30 }, (_, i) => tide.fetch(`/poll?${i}`, { tidegate: { priority: "background" } })));
    return reasons;
  });
  assert.deepEqual([reasons.length, new Set(reasons).size, reasons[0]], [30, 1, "hidden"]);
  assert.equal(await front.evaluate(() => tide.fetch("/front").then(({ status }) => status)), 200);
  const polls = () => backend.hits.filter(({ path }) => path.startsWith("/poll"));
  assert.equal(polls().length, 0);
  await page.bringToFront();
  assert.equal(await page.evaluate(() => polls.then((all) => all.length)), 30);
  const times = polls().map(({ at }) => at);
  assert.equal(times.length, 30);
  const most = Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 100).length));
  assert.ok(most <= 12, `${most} of 30 in a tenth of a second`);
  await close([page, front]);
});
