// The caller's own reason, in every state, and nothing left behind at the server.
import assert from "node:assert/strict";
import { claim, claimOfBoth } from "../support/browser.mjs";

claimOfBoth("before it is sent: the caller's reason, and no hit", async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(200);
  const seen = await page.evaluate(async () => {
    const tide = tidegate.createTidegate();
    const mine = { my: "reason" };
    const signal = AbortSignal.abort(mine);
    const caught = [tide.fetch("/a", { signal }), tide.fetch(new Request("/a", { signal })), tide.fetch("/a", { signal, method: "POST" }), tide.run(() => platformFetch("/a"), { signal })];
    return Promise.all(caught.map((promise) => promise.catch((cause) => cause === mine)));
  });
  assert.deepEqual(seen, [true, true, true, true]);
  assert.equal(backend.hits.length, 0);
});

for (const coalesce of [true, false]) {
  claim(`in flight (coalescing ${coalesce}): the reason, the closed connection, no evidence against the server`, async ({ page, backend }) => {
    const seen = page.evaluate(async (coalesce) => {
      const tide = tidegate.createTidegate({ coalesce });
      const controller = new AbortController();
      const mine = new Error("mine");
      const answer = tide.fetch("/api", { signal: controller.signal }).catch((cause) => cause === mine);
      await platformFetch("/step");
      controller.abort(mine);
      return [await answer, tide.getSnapshot().inFlight, tide.pressure().value];
    }, coalesce);
    const hit = await backend.arrival("/api");
    (await backend.arrival("/step")).answer(200);
    assert.equal(await hit.left, true);
    assert.deepEqual(await seen, [true, 0, 0]);
  });

  claim(`while the body is read (coalescing ${coalesce}): the reason, and the closed connection`, async ({ page, backend }) => {
    backend.handle = (hit) => hit.response.writeHead(200).write("one");
    const seen = page.evaluate(async (coalesce) => {
      const tide = tidegate.createTidegate({ coalesce });
      const controller = new AbortController();
      const mine = new Error("mine");
      const response = await tide.fetch("/api", { signal: controller.signal });
      const reader = response.body.getReader();
      const { value } = await reader.read();
      controller.abort(mine);
      return [new TextDecoder().decode(value), await reader.read().catch((cause) => cause === mine)];
    }, coalesce);
    const hit = await backend.arrival("/api");
    assert.deepEqual(await seen, ["one", true]);
    assert.equal(await hit.left, true);
  });

  claim(`waiting for the server's time (coalescing ${coalesce}): the reason at once, and it is never sent`, async ({ page, backend }) => {
    backend.handle = (hit) => hit.answer(hit.path === "/first" && backend.of("/first").length === 1 ? 503 : 200, { "retry-after": "1" });
    const seen = await page.evaluate(async (coalesce) => {
      const tide = tidegate.createTidegate({ coalesce });
      const controllers = Array.from({ length: 3 }, () => new AbortController());
      const mine = new Error("mine");
      const waiting = new Promise((resolve) => tide.on("retry", resolve));
      const held = tide.fetch("/first", { signal: controllers[0].signal }).catch((cause) => cause === mine);
      await waiting;
      const queued = tide.fetch("/second", { signal: controllers[1].signal }).catch((cause) => cause === mine);
      const write = tide.fetch("/third", { method: "POST", signal: controllers[2].signal }).catch((cause) => cause === mine);
      const patient = tide.fetch("/fourth");
      const before = tide.getSnapshot().queued;
      for (const controller of controllers) controller.abort(mine);
      const caught = await Promise.all([held, queued, write]);
      const after = tide.getSnapshot().queued;
      return { caught, before, after, status: (await patient).status };
    }, coalesce);
    assert.deepEqual(seen, { caught: [true, true, true], before: 4, after: 1, status: 200 });
    assert.deepEqual(backend.hits.map((hit) => hit.path), ["/first", "/fourth"]);
  });
}

claim("queued for room: a limit of one, an abort, and the place goes to the next", async ({ page, backend }) => {
  const seen = page.evaluate(async () => {
    const tide = tidegate.createTidegate({ concurrency: { max: 1 } });
    const controllers = Array.from({ length: 3 }, () => new AbortController());
    const mine = new Error("mine");
    const calls = controllers.map(({ signal }, i) => tide.fetch(`/api/${i}`, { signal }).then((r) => r.text(), (cause) => cause === mine));
    const { queued, inFlight } = tide.getSnapshot();
    controllers[1].abort(mine);
    await calls[1];
    // The one in flight has gone too: its place is free at once.
    controllers[0].abort(mine);
    return { queued, inFlight, outcomes: await Promise.all(calls) };
  });
  (await backend.arrival("/api/2")).answer(200, {}, "third");
  assert.deepEqual(await seen, { queued: 2, inFlight: 1, outcomes: [true, true, "third"] });
  assert.equal(backend.of("/api/1").length, 0);
});

claim("AbortSignal.timeout is a TimeoutError, and the caller's patience is no failure of the server", async ({ page, backend }) => {
  const seen = page.evaluate(async () => {
    const tide = tidegate.createTidegate({ breaker: { trip: 0.1 } });
    const causes = [];
    for (let i = 0; i < 12; i++) causes.push(await tide.fetch(`/api?${i}`, { signal: AbortSignal.timeout(1) }).catch(({ name }) => name));
    return [new Set(causes).size, causes[0], tide.pressure().state, tide.getSnapshot().inFlight];
  });
  assert.deepEqual(await seen, [1, "TimeoutError", "nominal", 0]);
  assert.ok(backend.hits.length <= 12);
});
