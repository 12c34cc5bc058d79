// What the server said is obeyed: nothing early, little late, and not all at once.
import assert from "node:assert/strict";
import { claim, claimOfBoth } from "../support/browser.mjs";

/** Seconds that the server asks for. */
const PAUSE = 3;
/** Two clocks of whole milliseconds, the page's and this process's. */
const GRAIN = 2;

/** Refuses from the first hit on for the pause that it names, and serves afterwards. */
function refuseFirst(hit, backend) {
  const [first] = backend.hits;
  const over = hit !== first && hit.at >= first.answeredAt + PAUSE * 1000;
  if (over || hit.path === "/mark") hit.answer(200, {}, hit.path);
  else hit.answer(503, { "retry-after": String(PAUSE) });
}

// Runs in the page: fifty GETs, one every 100 ms, and a mark by the platform's fetch a little after the time that the
// first caller was told.
async function fifty(distinct) {
  const tide = tidegate.createTidegate();
  const told = [];
  let mark;
  const onWait = ({ reason, until }) => {
    const ahead = until - Date.now();
    told.push({ reason, ahead });
    mark ??= new Promise((resolve) => setTimeout(resolve, ahead + 500)).then(() => platformFetch("/mark"));
  };
  const answers = [];
  for (let i = 0; i < 50; i++) {
    answers.push(tide.fetch(distinct ? `/api/items/${i}` : "/api/items", { tidegate: { onWait } }).then(async (r) => [r.status, await r.text()]));
    await new Promise((next) => setTimeout(next, 100));
  }
  const settled = await Promise.allSettled(answers);
  await mark;
  return { settled, told, after: tide.getSnapshot() };
}

for (const distinct of [false, true]) {
  claimOfBoth(`fifty GETs of ${distinct ? "fifty URLs" : "one URL"} during 503 + Retry-After: all are served, one hit before the time, none early`, async ({ page, backend }) => {
    backend.handle = refuseFirst;
    const { settled, told, after } = await page.evaluate(fifty, distinct);
    settled.forEach(({ value }, i) => assert.deepEqual(value, [200, distinct ? `/api/items/${i}` : "/api/items"]));

    const [first, ...later] = backend.hits;
    assert.equal(first.response.statusCode, 503);
    for (const hit of later) {
      assert.equal(hit.response.statusCode, 200, "no hit before the three seconds are over");
      assert.ok(hit.at >= first.answeredAt + PAUSE * 1000 - GRAIN, `${hit.path} came ${hit.at - first.answeredAt} ms after the refusal`);
    }
    assert.notEqual(later[0].path, "/mark", "the first success comes when its caller was told it would");
    const sent = later.filter((hit) => hit.path !== "/mark").length;
    assert.ok(distinct ? sent === 50 : sent < 50, `${sent} hits afterwards`);

    assert.ok(told.length >= 20, "those who wait are told");
    // When the time is over one goes first, and the others wait for its answer.
    const reasons = distinct ? ["retry-after", "overload", "concurrency"] : ["retry-after", "concurrency"];
    assert.ok(told.every(({ reason }) => reasons.includes(reason)), JSON.stringify(told));
    assert.ok(told[0].ahead > PAUSE * 1000 - GRAIN && told[0].ahead <= PAUSE * 1000 + 1000 + GRAIN, `${told[0].ahead} ms ahead`);
    assert.deepEqual([after.queued, after.inFlight], [0, 0]);
  });
}

claim("twenty pages that were refused at once come back after the time, spread", async ({ page, backend }) => {
  const came = new Map();
  backend.handle = (hit) => {
    const client = new URL(hit.path, backend.origin).searchParams.get("page");
    came.set(client, [...(came.get(client) ?? []), hit]);
    if (came.get(client).length > 1) hit.answer(200);
    else hit.answer(503, { "retry-after": String(PAUSE) });
  };
  // Frames: each has a realm of its own, so a package, a core and a seed of its own, and none is hidden.
  const statuses = await page.evaluate(async () => {
    const frames = Array.from({ length: 20 }, () => {
      const frame = document.createElement("iframe");
      frame.src = "/page";
      document.body.append(frame);
      return new Promise((loaded) => (frame.onload = () => loaded(frame.contentWindow)));
    });
    const windows = await Promise.all(frames);
    return Promise.all(windows.map(async (own, i) => (await own.tidegate.createTidegate().fetch(`/api?page=${i}`)).status));
  });
  assert.deepEqual(statuses, Array(20).fill(200));
  const pauses = [...came.values()].map(([refused, served]) => served.at - refused.answeredAt);
  assert.equal(pauses.length, 20);
  for (const pause of pauses) assert.ok(pause >= PAUSE * 1000 - GRAIN, `${pause} ms`);
  const back = [...came.values()].map(([, served]) => served.at).sort((a, b) => a - b);
  assert.ok(back.at(-1) - back[0] > 100, `all within ${back.at(-1) - back[0]} ms`);
  const starts = [...came.values()].map(([refused]) => refused.at);
  assert.ok(Math.max(...pauses) - Math.min(...pauses) > 100, `spread by us, not by their own starts (${Math.max(...starts) - Math.min(...starts)} ms)`);
});

claim("beyond its patience a caller is refused at once, with the true time, and nothing is sent", async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(503, { "retry-after": "60" });
  const { first, second, closedUntil } = await page.evaluate(async () => {
    const tide = tidegate.createTidegate();
    const read = async (r) => ({ status: r.status, mark: r.headers.get("x-tidegate"), after: Number(r.headers.get("retry-after")), type: r.headers.get("content-type"), url: r.url, body: await r.text(), at: Date.now() });
    const first = await read(await tide.fetch("/api/a"));
    const second = await read(await tide.fetch("/api/b?x=1#y"));
    return { first, second, closedUntil: tide.pressure().closedUntil };
  });
  assert.deepEqual([first.status, first.mark, first.after], [503, null, 60], "the server's own answer");
  assert.deepEqual([second.status, second.mark, second.type, second.url], [503, "shed", "application/problem+json", `${backend.origin}/api/b?x=1`]);
  const problem = JSON.parse(second.body);
  assert.deepEqual([problem.status, problem.reason, problem.retry_after], [503, "retry-after", second.after]);
  assert.ok(second.after >= 59 && second.after <= 73, `60 s, a spread of a fifth, rounded up: ${second.after}`);
  assert.ok(second.at + second.after * 1000 >= closedUntil, "who comes back then is not refused again");
  assert.equal(backend.hits.length, 1);
});

claim("onShed: \"error\" rejects with the reason and the time", async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(503, { "retry-after": "60" });
  const seen = await page.evaluate(async () => {
    const tide = tidegate.createTidegate({ onShed: "error" });
    await tide.fetch("/api/a");
    const now = Date.now();
    const cause = await tide.fetch("/api/b").catch((error) => error);
    const again = await tide.fetch("/api/b").catch((error) => error);
    const { name, reason, retryAt, scope } = cause;
    return { name, reason, scope, ahead: retryAt - now, ours: tidegate.isTidegateError(cause), kind: cause instanceof tidegate.TidegateError, same: again === cause };
  });
  assert.deepEqual({ ...seen, ahead: 0 }, { name: "TidegateError", reason: "retry-after", scope: backend.origin, ahead: 0, ours: true, kind: true, same: true });
  assert.ok(seen.ahead >= 59_000 && seen.ahead <= 73_000, `${seen.ahead}`);
  assert.equal(backend.hits.length, 1);
});
