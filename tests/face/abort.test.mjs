// The caller's own reason, in every state.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fresh, network, standing, URL_A } from "./kit.mjs";

const reason = new Error("mine");
const mine = (cause) => cause === reason;

async function made(options) {
  const { createTidegate } = await fresh();
  const net = network();
  return { net, tide: createTidegate({ fetch: net.fetch, ...options }) };
}

test("already aborted: nothing is sent", async () => {
  for (const coalesce of [true, false]) {
    const { net, tide } = await made({ coalesce });
    await assert.rejects(tide.fetch(URL_A, { signal: AbortSignal.abort(reason) }), mine);
    await assert.rejects(tide.fetch(new Request(URL_A, { signal: AbortSignal.abort(reason) })), mine);
    await assert.rejects(tide.run(() => assert.fail("ran"), { signal: AbortSignal.abort(reason) }), mine);
    assert.equal(net.sent.length, 0);
  }
});

test("in flight: the platform's request is aborted, the place is free, and the server is not blamed", async () => {
  for (const coalesce of [true, false]) {
    const { net, tide } = await made({ coalesce, breaker: { trip: 0.1 } });
    for (let i = 0; i < 30; i++) {
      const controller = new AbortController();
      const answer = tide.fetch(URL_A, { signal: controller.signal });
      controller.abort(reason);
      await assert.rejects(answer, mine);
      assert.equal(net.sent[i].aborted, true);
    }
    assert.equal(tide.getSnapshot().inFlight, 0);
    assert.equal(tide.pressure("https://api.example").state, "nominal");
  }
});

/** A room whose scope is closed for two seconds. */
async function closed(options) {
  const { net, tide } = await made(options);
  const post = tide.fetch(URL_A, { method: "POST" });
  net.sent[0].answer("busy", { status: 503, headers: { "retry-after": "2" } });
  await post;
  return { net, tide };
}

test("waiting: it never leaves, and the queue is empty again", async () => {
  for (const coalesce of [true, false]) {
    const { net, tide } = await closed({ coalesce });
    const controller = new AbortController();
    const answer = tide.fetch(URL_A, { signal: controller.signal });
    assert.equal(tide.getSnapshot().queued, 1);
    controller.abort(reason);
    await assert.rejects(answer, mine);
    assert.equal(tide.getSnapshot().queued, 0);
    assert.equal(net.sent.length, 1);
    tide.dispose();
  }
});

test("held after a refusal: it is not sent again", async () => {
  for (const coalesce of [true, false]) {
    const { net, tide } = await made({ coalesce });
    const controller = new AbortController();
    let told;
    const waits = new Promise((resolve) => (told = resolve));
    const answer = tide.fetch(URL_A, { signal: controller.signal, tidegate: { onWait: told } });
    const response = net.sent[0].answer("busy", { status: 503, headers: { "retry-after": "1" } });
    assert.equal((await waits).reason, "retry-after");
    assert.equal(await standing(answer), "pending");
    assert.equal(response.bodyUsed || response.body.locked || (await response.text()) === "", true, "the refused body is cancelled");
    controller.abort(reason);
    await assert.rejects(answer, mine);
    assert.equal(tide.getSnapshot().queued, 0);
    tide.dispose();
  }
});

test("joined to a request that waits: the others wait on", async () => {
  const { net, tide } = await closed({ coalesce: true });
  const controllers = [new AbortController(), new AbortController()];
  const answers = controllers.map(({ signal }) => tide.fetch(URL_A, { signal }));
  controllers[0].abort(reason);
  await assert.rejects(answers[0], mine);
  assert.equal(await standing(answers[1]), "pending");
  const sent = await net.arrival(2);
  sent.answer("late");
  assert.equal(await (await answers[1]).text(), "late");
  assert.equal(net.sent.length, 2);
  tide.dispose();
});

test("running: the work gets the signal and its caller need not wait for it", async () => {
  const { tide } = await made();
  const controller = new AbortController();
  let given;
  const answer = tide.run((signal) => ((given = signal), new Promise(() => {})), { signal: controller.signal });
  assert.equal(given, controller.signal);
  controller.abort(reason);
  await assert.rejects(answer, mine);
  assert.equal(tide.getSnapshot().inFlight, 0);
});
