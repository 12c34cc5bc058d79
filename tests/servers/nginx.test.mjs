import assert from "node:assert/strict";
import { hints, saysWhen } from "./kit/claims.mjs";
import { claim, open, search, seen, until, worked } from "./kit/world.mjs";

const many = (origin, name, count) => Array.from({ length: count }, (_, n) => search(origin, `${name}${n}`));

claim("nginx: a burst waits for its turn, one after the other; the rest is refused at once with 429 and a time", async (t) => {
  const { backend, origin, server } = await open(t, "nginx");
  backend.handle = (hit) => hit.answer(200, {}, "found");
  const order = [];
  const answers = await Promise.all(many(origin, "burst", 40).map(async (one) => {
    const answer = await one;
    order.push(answer.status);
    return answer;
  }));
  const refused = answers.filter(({ status }) => status === 429);
  const served = answers.filter(({ status }) => status === 200);
  assert.equal(refused.length + served.length, 40);
  assert.ok(served.length >= 11 && refused.length > 0, `${served.length} served`);
  assert.ok(order.indexOf(429) < order.lastIndexOf(200), "while others still waited");
  assert.ok(server.said().match(/delaying request/g).length >= 10, "as nginx tells in its log");
  assert.equal(backend.hits.length, served.length);
  for (const answer of refused) assert.ok([2, 3, 4].includes(saysWhen(answer, "quota-exceeded")));
  for (const answer of served) {
    assert.equal(answer.headers.get("retry-after"), null, "only refusals name a time");
    assert.equal(hints(answer).waitMs, null);
  }
});

claim("nginx: what the backend cannot take at once is refused with 503 and a time, and never worked on", async (t) => {
  const { backend, origin } = await open(t, "nginx");
  const held = many(origin, "held", 11);
  await backend.arrival(() => true, 11);
  const [twelfth] = [search(origin, "twelfth"), await backend.arrival((hit) => hit.path.includes("twelfth"))];
  const more = await search(origin, "more");
  assert.equal(more.status, 503);
  saysWhen(more, "temporary-reduced-capacity");
  for (const hit of backend.hits) hit.answer(200, {}, "found");
  for (const answer of await Promise.all([...held, twelfth])) assert.equal(answer.status, 200);
  assert.ok(!worked(backend).includes("more"));
});

claim("nginx: who hangs up while delayed never reaches the backend, and who hangs up later has the work stopped", async (t) => {
  const { backend, origin } = await open(t, "nginx");
  const held = many(origin, "held", 8);
  await until(origin, ({ inside }) => inside >= 8);
  const human = new AbortController();
  const left = search(origin, "left", { signal: human.signal });
  await until(origin, ({ inside }) => inside >= 9);
  human.abort();
  await assert.rejects(left, { name: "AbortError" });
  await until(origin, ({ inside }) => inside <= 8);
  // It has the turn after the one that left: turns are not moved up.
  const other = new AbortController();
  const last = search(origin, "last", { signal: other.signal });
  const hit = await backend.arrival((one) => one.path.includes("last"));
  assert.ok(!worked(backend).includes("left"));
  other.abort();
  await assert.rejects(last, { name: "AbortError" });
  assert.equal(await hit.left, true, "the backend's connection is closed before its answer");
  for (const one of backend.hits) one.answer(200);
  await Promise.all(held);
});

claim("nginx: the backend's own refusals pass with their own times, once; a dead backend is a refusal with a time", async (t) => {
  const { backend, origin } = await open(t, "nginx");
  const cors = { "access-control-allow-origin": "https://app.example", "access-control-expose-headers": "Date" };
  backend.handle = (hit) => hit.answer(503, { ...cors, "retry-after": "7" }, "own words");
  const own = await search(origin, "own");
  assert.deepEqual([own.status, own.text, own.headers.get("retry-after")], [503, "own words", "7"]);
  assert.equal(hints(own).waitMs, 7000);
  backend.handle = (hit) => hit.answer(503, {}, "no time");
  const none = await search(origin, "none");
  assert.ok(["2", "3", "4"].includes(none.headers.get("retry-after")), "where the backend names no time, nginx does");
  backend.handle = (hit) => hit.answer(404);
  assert.equal((await search(origin, "absent")).headers.get("retry-after"), null);
  backend.handle = (hit) => hit.request.destroy();
  const dead = await search(origin, "dead");
  assert.equal(dead.status, 503);
  saysWhen(dead, "temporary-reduced-capacity");
});

claim("nginx: preflights are not counted and never wait", async (t) => {
  const { backend, origin } = await open(t, "nginx");
  const ask = async () => seen(await fetch(`${origin}/search`, { method: "OPTIONS" }));
  const asked = Array.from({ length: 30 }, ask);
  await backend.arrival(() => true, 30);
  for (const hit of backend.hits) hit.answer(204, { "access-control-allow-headers": "content-type" }, "");
  for (const { status } of await Promise.all(asked)) assert.equal(status, 204);
});
