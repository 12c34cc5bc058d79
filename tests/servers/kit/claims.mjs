// What every snippet with a queue of its own must do.
import assert from "node:assert/strict";
import { readHints } from "../../../pkg/dist/index.js";
import { claim, load, occupy, open, search, seen, until, worked } from "./world.mjs";

const TYPES = "https://iana.org/assignments/http-problem-types#";

/** What tidegate reads of an answer in a page of another origin. */
export const hints = ({ status, readable, text }) => readHints({ status, headers: readable, body: text });

/** Whole seconds in the field, the same in the body, and the same wait in what tidegate reads. */
export function saysWhen(answer, type) {
  const said = answer.headers.get("retry-after");
  assert.match(said, /^[1-9][0-9]*$/, "whole seconds, and never none");
  assert.match(answer.headers.get("content-type"), /^application\/problem\+json/);
  assert.deepEqual(JSON.parse(answer.text), { type: TYPES + type, status: answer.status, retry_after: Number(said) });
  assert.equal(hints(answer).waitMs, Number(said) * 1000);
  assert.equal(hints(answer).overloaded, true);
  return Number(said);
}

/** `seconds`: between which a client over its quota is told to come back. `field`: it sends Backpressure. */
export function claims(name, { seconds: [least, most], field = false }) {
  const titled = (title, run) => claim(`${name}: ${title}`, run);

  titled("who has waited too long for a turn is refused with 503 and a time, and never worked on", async (t) => {
    const { backend, origin } = await open(t, name, 100);
    const { held, free } = await occupy({ origin, backend });
    const late = await search(origin, "late");
    assert.equal(late.status, 503);
    saysWhen(late, "temporary-reduced-capacity");
    assert.equal(late.readable.get("backpressure"), field ? "load=1, state=critical" : null);
    if (field) assert.equal(hints(late).load, 1);
    free();
    for (const answer of await Promise.all(held)) assert.equal(answer.status, 200);
    assert.equal((await search(origin, "next")).text, "found", "the refusal has cost no worker");
    assert.deepEqual(worked(backend).sort(), ["held0", "held1", "held2", "held3", "next"]);
  });

  titled("who hangs up in the queue is never worked on, and who stays is", async (t) => {
    const { backend, origin } = await open(t, name);
    const { held, free } = await occupy({ origin, backend });
    const human = new AbortController();
    const left = search(origin, "left", { signal: human.signal });
    await until(origin, ({ waiting }) => waiting === 1);
    const stays = search(origin, "stays");
    await until(origin, ({ waiting }) => waiting === 2);
    human.abort();
    await assert.rejects(left, { name: "AbortError" });
    await until(origin, ({ waiting }) => waiting === 1);
    free();
    assert.equal((await stays).text, "found");
    await Promise.all(held);
    assert.equal((await search(origin, "next")).text, "found");
    assert.deepEqual(worked(backend).sort(), ["held0", "held1", "held2", "held3", "next", "stays"]);
  });

  titled("who hangs up while worked on has the work stopped, and the place is free", async (t) => {
    const { backend, origin } = await open(t, name);
    const human = new AbortController();
    const left = search(origin, "left", { signal: human.signal });
    const hit = await backend.arrival(() => true);
    human.abort();
    await assert.rejects(left, { name: "AbortError" });
    assert.equal(await hit.left, true, "the backend's connection is closed before its answer");
    await until(origin, ({ running }) => running === 0);
    assert.deepEqual(await load(origin), { running: 0, waiting: 0 });
  });

  titled("a burst over the quota is refused with 429 and a time, told beforehand, and costs the backend nothing", async (t) => {
    const { backend, origin } = await open(t, name);
    backend.handle = (hit) => hit.answer(200, {}, "found");
    const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => search(origin, `burst${n}`)));
    const served = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status === 429);
    assert.equal(served.length + refused.length, 40);
    // A limiter that refills steadily lets some more through while the burst lasts.
    assert.ok(served.length >= 20 && refused.length > 0, `${served.length} served`);
    assert.equal(backend.hits.length, served.length);
    for (const answer of refused) {
      const wait = saysWhen(answer, "quota-exceeded");
      assert.ok(wait >= least && wait <= most, `${wait} s`);
      const [quota] = hints(answer).quotas;
      assert.deepEqual([quota.name, quota.limit, quota.remaining], ["default", 20, 0]);
    }
    for (const answer of served) {
      assert.equal(answer.headers.get("retry-after"), null, "only refusals name a time");
      const { waitMs, quotas } = hints(answer);
      assert.deepEqual([waitMs, quotas.length, quotas[0].name, quotas[0].limit], [null, 1, "default", 20]);
      assert.ok(quotas[0].remaining < 20 && quotas[0].windowMs === 10_000);
    }
    const left = served.map((answer) => hints(answer).quotas[0].remaining);
    assert.equal(Math.min(...left), 0, "the last one that was served could know");
  });

  titled("a preflight is answered before every limit, and an error is readable too", async (t) => {
    const { backend, origin } = await open(t, name);
    const { held, free } = await occupy({ origin, backend });
    const ask = { origin: "https://app.example", "access-control-request-method": "GET" };
    for (let n = 0; n < 30; n += 1) {
      const answer = await fetch(`${origin}/search?q=p`, { method: "OPTIONS", headers: ask });
      assert.ok(answer.ok, `preflight ${n}: ${answer.status}`);
      assert.equal(answer.headers.get("access-control-max-age"), "7200");
    }
    free();
    await Promise.all(held);
    const nowhere = await seen(await fetch(`${origin}/nowhere`, { headers: { origin: ask.origin } }));
    assert.equal(nowhere.status, 404);
    assert.equal(nowhere.headers.get("timing-allow-origin"), "https://app.example");
    backend.handle = (hit) => hit.request.destroy();
    const broken = await search(origin, "broken");
    assert.ok(broken.status >= 500, `${broken.status}`);
  });

  if (!field) return;
  titled("Backpressure tells who stood in the queue how long that was, and others nothing", async (t) => {
    const { backend, origin } = await open(t, name, 10_000);
    const { held, free } = await occupy({ origin, backend });
    const since = performance.now();
    const waits = search(origin, "waits");
    await until(origin, ({ waiting }) => waiting === 1 && performance.now() > since + 300);
    free();
    const told = await waits;
    assert.match(told.readable.get("backpressure"), /^load=0\.[0-9]{2}, state=(fair|serious, off=\(related\))$/);
    assert.ok(hints(told).load >= 0.02 && hints(told).load < 1, `${hints(told).load}`);
    for (const answer of await Promise.all(held)) assert.equal(answer.headers.get("backpressure"), null);
  });
}
