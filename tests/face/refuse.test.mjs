// A refused request gets the truth: when, why, and that nothing was sent.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BUILDS, fresh, network, standing, URL_A } from "./kit.mjs";

/** A room whose scope is closed for a minute: longer than anybody waits. */
async function closed(build, options) {
  const copy = await fresh(build);
  const net = network();
  const tide = copy.createTidegate({ fetch: net.fetch, ...options });
  const post = tide.fetch(URL_A, { method: "POST" });
  net.sent[0].answer("busy", { status: 503, headers: { "retry-after": "60" } });
  await post;
  return { ...copy, net, tide };
}

for (const build of BUILDS) {
  test(`${build}: the synthetic 503 says what the design promises`, async () => {
    const { net, tide } = await closed(build);
    const before = Date.now();
    const response = await tide.fetch(URL_A);
    assert.equal(net.sent.length, 1, "nothing was sent");
    assert.deepEqual([response.status, response.statusText, response.url, response.ok], [503, "Service Unavailable", URL_A, false]);
    assert.equal(response.headers.get("content-type"), "application/problem+json");
    assert.equal(response.headers.get("x-tidegate"), "shed");
    const { type, title, status, detail, reason, retry_after } = await response.json();
    assert.deepEqual([type, title, status, reason], ["about:blank", "Service Unavailable", 503, "retry-after"]);
    assert.equal(typeof detail, "string");
    assert.equal(response.headers.get("retry-after"), String(retry_after));
    const { closedUntil } = tide.pressure("https://api.example");
    assert.ok(retry_after >= 60 && retry_after * 1000 >= closedUntil - before - 1000, "whole seconds, never earlier than the time, spread included");
    tide.dispose();
  });

  test(`${build}: each caller has a Response of its own`, async () => {
    const { tide } = await closed(build, { coalesce: true });
    const [one, two] = await Promise.all([tide.fetch(URL_A), tide.fetch(URL_A)]);
    assert.notEqual(one, two);
    await one.text();
    assert.equal(two.bodyUsed, false);
    tide.dispose();
  });

  test(`${build}: onShed "error" rejects with a TidegateError, the same for the same refusal`, async () => {
    const { tide, TidegateError, isTidegateError } = await closed(build, { onShed: "error" });
    const [one, two] = (await Promise.allSettled([tide.fetch(URL_A), tide.fetch(URL_A)])).map((each) => each.reason);
    assert.ok(one instanceof TidegateError && one instanceof Error && isTidegateError(one));
    assert.equal(one, two);
    assert.deepEqual([one.name, one.reason, one.scope], ["TidegateError", "retry-after", "https://api.example"]);
    assert.ok(Number.isInteger(one.retryAt) && one.retryAt > Date.now() + 59_000);
    tide.dispose();
  });

  test(`${build}: run is refused by an error, whatever onShed says`, async () => {
    const { tide, isTidegateError } = await closed(build);
    await assert.rejects(tide.run(() => assert.fail("ran"), { scope: new URL(URL_A) }), isTidegateError);
    tide.dispose();
  });
}

test("errors are recognised across copies of the package, and nothing else is", async () => {
  const other = await fresh("index.js");
  const { tide } = await closed("dev.js", { onShed: "error" });
  const cause = await tide.fetch(URL_A).catch((cause) => cause);
  assert.ok(other.isTidegateError(cause));
  assert.ok(!(cause instanceof other.TidegateError));
  for (const none of [null, undefined, 1, "x", {}, new Error("x"), { name: "TidegateError" }]) assert.equal(other.isTidegateError(none), false);
  tide.dispose();
});

test("a held request is sent again and its caller never sees the refusal", async () => {
  const { createTidegate } = await fresh();
  const net = network();
  const tide = createTidegate({ fetch: net.fetch });
  const waits = [];
  const init = { headers: { a: "1" }, tidegate: { onWait: (wait) => waits.push(wait) } };
  const answer = tide.fetch(URL_A, init);
  init.headers = { a: "changed since" };
  net.sent[0].answer("busy", { status: 503, headers: { "retry-after": "1" } });
  const again = await net.arrival(2);
  assert.ok(Date.now() >= waits[0].until - 1, "never earlier than the server said");
  assert.deepEqual(again.init.headers, { a: "1" }, "as it was when it was asked for");
  const response = again.answer("ok");
  assert.equal(await answer, response);
  assert.equal(waits[0].reason, "retry-after");
  tide.dispose();
});

const refused = { status: 503, headers: { "retry-after": "1" } };

/** Sends one request that is refused once; answers what was sent, and the status that its caller got. */
async function refusedOnce(input, init) {
  const { createTidegate } = await fresh();
  const net = network();
  const tide = createTidegate({ fetch: net.fetch });
  const answer = tide.fetch(input, init);
  const waits = new Promise((resolve) => tide.on("retry", resolve));
  net.sent[0].answer("busy", refused);
  await Promise.race([waits, answer]);
  if ((await standing(answer)) === "pending") (await net.arrival(2)).answer();
  const { status } = await answer;
  tide.dispose();
  return { sent: net.sent, status };
}

test("an unsafe request is not sent twice", async () => {
  const { sent, status } = await refusedOnce(URL_A, { method: "POST", body: "x" });
  assert.deepEqual([sent.length, status], [1, 503]);
});

test("an unsafe request that is marked is sent again under the same key", async () => {
  const { sent, status } = await refusedOnce(URL_A, { method: "POST", body: "x", tidegate: { idempotent: true } });
  assert.deepEqual([sent.length, status], [2, 200]);
  const keys = sent.map((call) => call.init.headers.get("idempotency-key"));
  assert.ok(keys[0].length >= 16 && keys[0] === keys[1]);
  const named = await refusedOnce(URL_A, { method: "POST", tidegate: { idempotent: "mine" } });
  assert.equal(named.sent[1].init.headers.get("idempotency-key"), "mine");
  const own = await refusedOnce(URL_A, { method: "POST", headers: { "Idempotency-Key": "theirs" }, tidegate: { idempotent: true } });
  assert.equal(own.sent[0].init.headers.get("idempotency-key"), "theirs");
});

test("a search by POST that is marked safe is sent again without a header of ours", async () => {
  const init = { method: "POST", body: "x", tidegate: { safe: true } };
  const { sent, status } = await refusedOnce(URL_A, init);
  assert.deepEqual([sent.length, status, sent[0].init], [2, 200, init]);
});

test("a stream is sent once, whatever it is marked as", async () => {
  const body = new ReadableStream({ start: (controller) => controller.close() });
  const { sent, status } = await refusedOnce(URL_A, { method: "POST", body, duplex: "half", tidegate: { idempotent: "k" } });
  assert.deepEqual([sent.length, status], [1, 503]);
});

test("a Request with a body is whole the second time too", async () => {
  const { sent, status } = await refusedOnce(new Request(URL_A, { method: "PUT", body: "whole" }), { tidegate: { idempotent: "k" } });
  assert.deepEqual([sent.length, status], [2, 200]);
  assert.deepEqual(await Promise.all(sent.map((call) => call.input.text())), ["whole", "whole"]);
});

test("retry: false hands the first answer over", async () => {
  const { createTidegate } = await fresh();
  const net = network();
  const tide = createTidegate({ fetch: net.fetch });
  const answer = tide.fetch(URL_A, { tidegate: { retry: false } });
  const response = net.sent[0].answer("busy", { status: 503, headers: { "retry-after": "1" } });
  assert.equal(await answer, response);
  tide.dispose();
});
