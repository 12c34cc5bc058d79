// Equal safe requests in flight are one; nothing else ever is.
import assert from "node:assert/strict";
import { claim, claimOfBoth } from "../support/browser.mjs";

// In the page, when a step is for the server to see: a request of the platform's own.
const step = (name) => `/step/${name}`;
/** Resolves when the page has come to a step. */
const reached = async (backend, name) => (await backend.arrival(step(name))).answer(200);

claimOfBoth("ten equal GETs: one hit, ten readable bodies that say where they come from", async ({ page, backend }) => {
  const answers = page.evaluate(async () => {
    const tide = tidegate.createTidegate();
    const events = [];
    tide.on("coalesced", ({ callers }) => events.push(callers));
    const calls = Array.from({ length: 10 }, (_, i) => tide.fetch(i % 2 ? "/api?x#fragment" : "/api?x"));
    const responses = await Promise.all(calls);
    const bodies = await Promise.all(responses.map((response) => response.json()));
    return { bodies, distinct: new Set(responses).size, urls: [...new Set(responses.map((r) => `${r.url} ${r.type} ${r.redirected} ${r.status} ${r instanceof Response}`))], events: events.length, after: tide.getSnapshot().inFlight };
  });
  (await backend.arrival("/api?x")).answer(200, { "content-type": "application/json" }, '{"n":1}');
  const seen = await answers;
  assert.deepEqual(seen, { bodies: Array(10).fill({ n: 1 }), distinct: 10, urls: [`${backend.origin}/api?x basic false 200 true`], events: 9, after: 0 });
  assert.equal(backend.hits.length, 1);
});

claim("what makes a difference to the server is not shared, nor what declines", async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(200);
  const count = await page.evaluate(async () => {
    const tide = tidegate.createTidegate();
    const inits = [{}, { headers: { a: "1" } }, { headers: { a: "2" } }, { credentials: "omit" }, { mode: "same-origin" }, { redirect: "error" }, { cache: "no-store" }, { cache: "reload" }, { method: "HEAD" }, { tidegate: { coalesce: false } }, { tidegate: { coalesce: false } }, { referrerPolicy: "no-referrer" }];
    for (const response of await Promise.all(inits.map((init) => tide.fetch("/api", init)))) await response.text();
    return inits.length;
  });
  assert.equal(backend.hits.length, count);
});

claim("POSTs are never shared, unless they are said to be safe", async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(200);
  await page.evaluate(async () => {
    const tide = tidegate.createTidegate();
    await Promise.all(["POST", "PUT", "PATCH", "DELETE"].flatMap((method) => [1, 2].map(() => tide.fetch(`/unsafe/${method}`, { method, body: "same" }))));
    await Promise.all([1, 2].map(() => tide.fetch("/graphql", { method: "POST", body: "query", tidegate: { safe: true } })));
  });
  assert.equal(backend.hits.length, 9);
  assert.equal(backend.of("/graphql").length, 1);
});

claim("one caller's abort is that caller's alone; the others read on", async ({ page, backend }) => {
  const seen = page.evaluate(async () => {
    const tide = tidegate.createTidegate();
    const controllers = Array.from({ length: 4 }, () => new AbortController());
    const mine = new Error("mine");
    const calls = controllers.map(({ signal }) => tide.fetch("/api", { signal }).then((r) => r.text(), (cause) => cause === mine));
    await platformFetch("/step/asked");
    controllers[0].abort(mine);
    controllers[2].abort(mine);
    const early = [await calls[0], await calls[2]];
    await platformFetch("/step/aborted");
    return [early, await calls[1], await calls[3]];
  });
  const hit = await backend.arrival("/api");
  await reached(backend, "asked");
  await reached(backend, "aborted");
  hit.answer(200, {}, "whole");
  assert.deepEqual(await seen, [[true, true], "whole", "whole"]);
  assert.equal(await hit.left, false, "the server was heard to the end");
  assert.equal(backend.of("/api").length, 1);
});

claim("the last one out closes the connection at the server", async ({ page, backend }) => {
  const seen = page.evaluate(async () => {
    const tide = tidegate.createTidegate();
    const controllers = Array.from({ length: 3 }, () => new AbortController());
    const calls = controllers.map(({ signal }, i) => tide.fetch("/api", { signal }).catch((cause) => cause === `mine ${i}`));
    await platformFetch("/step/asked");
    controllers.forEach((controller, i) => controller.abort(`mine ${i}`));
    return [await Promise.all(calls), tide.getSnapshot().inFlight, tide.pressure().state];
  });
  const hit = await backend.arrival("/api");
  await reached(backend, "asked");
  assert.equal(await hit.left, true, "closed by the client");
  assert.deepEqual(await seen, [[true, true, true], 0, "nominal"]);
});

claim("after the headers an abort errors that caller's body alone, with that caller's reason", async ({ page, backend }) => {
  backend.handle = (hit) => {
    if (hit.path === "/api") return;
    hit.answer(200);
    if (hit.path === step("aborted")) backend.of("/api")[0].response.end(" two");
  };
  const seen = page.evaluate(async () => {
    const tide = tidegate.createTidegate();
    const controllers = [new AbortController(), new AbortController()];
    const mine = new Error("mine");
    const [first, second] = await Promise.all(controllers.map(({ signal }) => tide.fetch("/api", { signal })));
    const reading = first.text().catch((cause) => cause === mine);
    controllers[0].abort(mine);
    const errored = await reading;
    await platformFetch("/step/aborted");
    return [errored, await second.text(), first.url === second.url];
  });
  (await backend.arrival("/api")).response.writeHead(200).write("one");
  assert.deepEqual(await seen, [true, "one two", true]);
});

claim("one reads one's own writes: a GET does not join a flight from before a POST, nor one from before its answer", async ({ page, backend }) => {
  const seen = page.evaluate(async () => {
    const tide = tidegate.createTidegate();
    // no-store: else Chromium's own cache would queue equal GETs.
    const read = () => tide.fetch("/list", { cache: "no-store" }).then((r) => r.text());
    const before = read();
    const post = tide.fetch("/save", { method: "POST", body: "x" });
    const during = read();
    await post;
    const after = read();
    const joined = read();
    return Promise.all([before, during, after, joined]);
  });
  const [first, second] = [await backend.arrival("/list", 1), await backend.arrival("/list", 2)];
  (await backend.arrival("/save")).answer(200);
  const third = await backend.arrival("/list", 3);
  [first, second, third].forEach((hit, i) => hit.answer(200, {}, `list ${i}`));
  const texts = await seen;
  assert.equal(texts[2], "list 2");
  assert.equal(texts[3], "list 2", "the fourth joined the third");
  assert.deepEqual([...texts.slice(0, 2)].sort(), ["list 0", "list 1"]);
  assert.equal(backend.of("/list").length, 3);
});

claim("who joins a request that waits is told until when, like the first", async ({ page, backend }) => {
  backend.handle = (hit) => (backend.hits.length === 1 ? hit.answer(503, { "retry-after": "1" }) : hit.answer(200));
  const told = await page.evaluate(async () => {
    const tide = tidegate.createTidegate();
    const told = [[], []];
    const waiting = new Promise((resolve) => tide.on("retry", resolve));
    const first = tide.fetch("/api", { tidegate: { onWait: (wait) => told[0].push(wait) } });
    await waiting;
    const second = tide.fetch("/api", { tidegate: { onWait: (wait) => told[1].push(wait) } });
    const statuses = (await Promise.all([first, second])).map(({ status }) => status);
    return { told, statuses };
  });
  assert.deepEqual(told.statuses, [200, 200]);
  assert.ok(told.told[0].length >= 1);
  assert.deepEqual(told.told[1].at(-1), told.told[0].at(-1));
});

claim("who joins a request that waits keeps a deadline of its own", async ({ page, backend }) => {
  backend.handle = (hit) => (backend.hits.length === 1 ? hit.answer(503, { "retry-after": "2" }) : hit.answer(200));
  const order = await page.evaluate(async () => {
    const tide = tidegate.createTidegate();
    const order = [];
    const waiting = new Promise((resolve) => tide.on("retry", resolve));
    const first = tide.fetch("/api").then(({ status }) => order.push(`patient ${status}`));
    await waiting;
    const second = tide.fetch("/api", { tidegate: { deadline: 100 } }).then(({ status }) => order.push(`hasty ${status}`));
    await Promise.all([first, second]);
    return order;
  });
  assert.deepEqual(order, ["hasty 503", "patient 200"]);
});
