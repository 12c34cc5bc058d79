// Equal safe requests in flight share one flight, and nothing else.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fresh, network, standing, URL_A } from "./kit.mjs";

async function made(options) {
  const { createTidegate } = await fresh();
  const net = network();
  return { net, tide: createTidegate({ fetch: net.fetch, coalesce: true, retry: false, ...options }) };
}

test("fifty equal callers make one request, and each reads the whole answer", async () => {
  const { net, tide } = await made();
  const told = [];
  tide.on("coalesced", (event) => told.push(event));
  const answers = Array.from({ length: 50 }, () => tide.fetch(URL_A));
  assert.equal(net.sent.length, 1);
  assert.equal(told.length, 49);
  const response = net.sent[0].answer("body", { headers: { "content-length": "4" } });
  const all = await Promise.all(answers);
  assert.equal(new Set(all).size, 50);
  assert.ok(all.includes(response));
  assert.deepEqual(new Set(await Promise.all(all.map((each) => each.text()))), new Set(["body"]));
});

test("joining ends when the headers arrive", async () => {
  const { net, tide } = await made();
  const first = tide.fetch(URL_A);
  const response = net.sent[0].answer();
  assert.equal(await first, response);
  tide.fetch(URL_A);
  assert.equal(net.sent.length, 2);
  tide.dispose();
});

test("the fragment makes no difference; everything that is sent does", async () => {
  const { net, tide } = await made({ user: () => who });
  let who = null;
  const variants = [
    () => tide.fetch(URL_A),
    () => tide.fetch(`${URL_A}&q=1`),
    () => tide.fetch(URL_A, { method: "HEAD" }),
    () => tide.fetch(URL_A, { headers: { accept: "a" } }),
    () => tide.fetch(URL_A, { headers: { accept: "b" } }),
    () => tide.fetch(URL_A, { headers: { accept: { toString: () => "c" } } }),
    () => tide.fetch(URL_A, { headers: { accept: { toString: () => "d" } } }),
    () => tide.fetch(URL_A, { credentials: "include" }),
    () => tide.fetch(URL_A, { mode: "same-origin" }),
    () => tide.fetch(URL_A, { redirect: "manual" }),
    () => tide.fetch(URL_A, { cache: "no-store" }),
    () => tide.fetch(URL_A, { integrity: "sha256-x" }),
    () => tide.fetch(URL_A, { referrerPolicy: "no-referrer" }),
    () => tide.fetch(URL_A, { method: "POST", body: "a", tidegate: { safe: true } }),
    () => tide.fetch(URL_A, { method: "POST", body: "b", tidegate: { safe: true } }),
    () => tide.fetch(URL_A, { tidegate: { scope: "other" } }),
  ];
  variants.forEach((send) => send());
  assert.equal(net.sent.length, variants.length, "all different");
  variants.forEach((send) => send());
  tide.fetch(`${URL_A}#part`);
  tide.fetch(URL_A, { credentials: "same-origin", headers: {} });
  tide.fetch(URL_A, { headers: new Headers({ Accept: "a" }) });
  tide.fetch(URL_A, { headers: [["ACCEPT", "a"]] });
  tide.fetch(new Request(URL_A));
  assert.equal(net.sent.length, variants.length, "each joined its twin");
  who = "b";
  tide.fetch(URL_A);
  assert.equal(net.sent.length, variants.length + 1, "another user");
  tide.dispose();
});

test("unsafe methods, streams, one-shot headers, unknown settings and those who decline share nothing", async () => {
  const { net, tide } = await made();
  const stream = () => new ReadableStream();
  const sends = [
    () => tide.fetch(URL_A, { method: "POST", body: "x" }),
    () => tide.fetch(URL_A, { method: "POST", body: stream(), duplex: "half", tidegate: { safe: true } }),
    () => tide.fetch(URL_A, { headers: new Map([["a", "b"]]).entries() }),
    () => tide.fetch(URL_A, { dispatcher: {} }),
    () => tide.fetch(URL_A, { tidegate: { coalesce: false } }),
    () => tide.fetch(URL_A, new Request(URL_A)),
  ];
  for (const send of sends) send(), send();
  assert.equal(net.sent.length, 2 * sends.length);
  assert.deepEqual([...net.sent[4].init.headers], [["a", "b"]], "the headers are still there for the platform");
  tide.dispose();
});

test("an unsafe request closes its origin's flights to joining, when sent and when answered", async () => {
  const { net, tide } = await made();
  tide.fetch(URL_A);
  const post = tide.fetch(URL_A, { method: "POST" });
  tide.fetch(URL_A);
  assert.equal(net.sent.length, 3, "sent: a new flight");
  tide.fetch(URL_A);
  assert.equal(net.sent.length, 3, "joined the new one");
  net.sent[1].answer();
  await post;
  tide.fetch(URL_A);
  assert.equal(net.sent.length, 4, "answered: a new flight again");
  tide.dispose();
});

test("an error reaches every caller", async () => {
  const { net, tide } = await made();
  const answers = [tide.fetch(URL_A), tide.fetch(URL_A)];
  const cause = new TypeError("dropped");
  net.sent[0].fail(cause);
  for (const { status, reason } of await Promise.allSettled(answers)) assert.deepEqual([status, reason], ["rejected", cause]);
});

test("one caller's abort, first or later, is that caller's alone", async () => {
  for (const leaver of [0, 1]) {
    const { net, tide } = await made();
    const controllers = [new AbortController(), new AbortController()];
    const answers = controllers.map(({ signal }) => tide.fetch(URL_A, { signal }));
    assert.equal(net.sent.length, 1);
    const reason = new Error("mine");
    controllers[leaver].abort(reason);
    await assert.rejects(answers[leaver], (cause) => cause === reason);
    assert.equal(await standing(answers[1 - leaver]), "pending");
    assert.equal(net.sent[0].aborted, false);
    const response = net.sent[0].answer("body");
    assert.equal(await answers[1 - leaver], response, "alone again: the platform's own");
  }
});

test("the last one out aborts the flight", async () => {
  const { net, tide } = await made();
  const controllers = [new AbortController(), new AbortController()];
  const answers = controllers.map(({ signal }) => tide.fetch(URL_A, { signal }));
  const reasons = [new Error("one"), new Error("two")];
  controllers[0].abort(reasons[0]);
  assert.equal(net.sent[0].aborted, false);
  controllers[1].abort(reasons[1]);
  assert.equal(net.sent[0].aborted, true);
  for (const place of [0, 1]) await assert.rejects(answers[place], (cause) => cause === reasons[place]);
  assert.equal(tide.getSnapshot().inFlight, 0);
});

test("after the headers an abort errors that caller's body alone, and says what the response was", async () => {
  const { net, tide } = await made();
  const controllers = [new AbortController(), new AbortController()];
  const answers = [tide.fetch(URL_A), ...controllers.map(({ signal }) => tide.fetch(URL_A, { signal }))];
  const response = net.sent[0].answer(null, { status: 203, headers: { "x-a": "b" } });
  Object.defineProperty(response, "url", { value: "https://final.example/" });
  const [plain, leaves, stays] = await Promise.all(answers);
  assert.deepEqual([leaves.status, leaves.headers.get("x-a"), leaves.url], [203, "b", "https://final.example/"]);
  const reason = new Error("mine");
  const reading = [plain.text(), leaves.json(), stays.text()];
  controllers[0].abort(reason);
  await assert.rejects(reading[1], (cause) => cause === reason);
  net.sent[0].controller.enqueue(new TextEncoder().encode("rest"));
  net.sent[0].controller.close();
  assert.deepEqual(await Promise.all([reading[0], reading[2]]), ["rest", "rest"]);
});

test("a lone caller's signal reaches to the last byte, though others might have joined", async () => {
  const { net, tide } = await made();
  const controller = new AbortController();
  const answer = tide.fetch(URL_A, { signal: controller.signal });
  const response = net.sent[0].answer(null);
  assert.equal(await answer, response);
  const reading = response.text();
  const reason = new Error("mine");
  controller.abort(reason);
  await assert.rejects(reading, (cause) => cause === reason);
});

test("a long-lived signal keeps one listener at most, over 100 000 requests", async () => {
  for (const [coalesce, requests] of [[true, 100_000], [false, 10_000]]) {
    const { createTidegate } = await fresh();
    const tide = createTidegate({ fetch: async () => new Response("ok"), coalesce });
    const { signal } = new AbortController();
    let held = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args) => (held++, addEventListener.apply(signal, args));
    signal.removeEventListener = (...args) => (held--, removeEventListener.apply(signal, args));
    for (let i = 0; i < requests; i++) await tide.fetch(URL_A, { signal });
    assert.ok(held <= 1, `${held} listeners`);
  }
});

test("outside a browser nothing is shared unless asked for", async () => {
  const { net, tide } = await made({ coalesce: undefined });
  tide.fetch(URL_A);
  tide.fetch(URL_A);
  assert.equal(net.sent.length, 2);
  tide.dispose();
});

/** Two callers of one flight, and the source of its body: parts of 64 KiB, as they are asked for. */
async function twins(init, parts = Infinity) {
  const { net, tide } = await made();
  const asked = [tide.fetch(URL_A, init), tide.fetch(URL_A)];
  const source = { made: 0 };
  source.left = new Promise((tell) => {
    const pull = (out) => (source.made++ < parts ? out.enqueue(new Uint8Array(65536).fill(7)) : out.close());
    source.stream = new ReadableStream({ start: (out) => void (source.out = out), pull, cancel: tell }, { highWaterMark: 0 });
  });
  net.sent[0].resolve(Object.defineProperty(new Response(source.stream, { status: 203, headers: { "x-a": "b" } }), "url", { value: "https://final.example/" }));
  return { source, tide, answers: await Promise.all(asked) };
}

test("who shares a stream and does not read it loses its own copy beyond a bound; nobody waits for it", async () => {
  const { source, answers: [reads, sleeps] } = await twins(undefined, 160);
  assert.deepEqual([reads.status, reads.url, sleeps.url, sleeps.headers.get("x-a")], [203, "https://final.example/", "https://final.example/", "b"]);
  assert.ok(source.made <= 1, "nothing is read for nobody");
  assert.equal((await reads.arrayBuffer()).byteLength, 160 * 65536, "ten megabytes");
  await assert.rejects(sleeps.arrayBuffer(), TypeError);
});

test("within the bound each reads when it likes, and bytes of its own", async () => {
  const { answers: [first, second] } = await twins({ signal: new AbortController().signal }, 40);
  const reader = first.body.getReader();
  for (let part; !(part = await reader.read()).done; ) part.value.fill(0);
  const bytes = new Uint8Array(await second.arrayBuffer());
  assert.equal(bytes.length, 40 * 65536);
  assert.ok(bytes.every((byte) => byte === 7));
});

test("who cancels a shared body ends its own alone; the last one ends the network's", async () => {
  const { source, answers: [one, two] } = await twins();
  await one.body.cancel();
  const reader = two.body.getReader();
  assert.equal((await reader.read()).value.length, 65536);
  let left;
  void source.left.then((cause) => (left = cause));
  await standing(source.left);
  assert.equal(left, undefined);
  await reader.cancel("mine");
  assert.equal(await source.left, "mine");
});

test("a stream that breaks off does so for all who share it", async () => {
  const { source, answers } = await twins();
  const cause = new TypeError("reset");
  const reading = answers.map((answer) => answer.text());
  source.out.error(cause);
  for (const { status, reason } of await Promise.allSettled(reading)) assert.deepEqual([status, reason], ["rejected", cause]);
});
