// What servers say, read in real browsers: every vector through readHints, and what the browser itself shows or hides.
import assert from "node:assert/strict";
import { claim } from "../support/browser.mjs";
import { serve } from "../support/server.mjs";
import { cases, same } from "../support/vectors.mjs";

const JSON_TYPE = { "content-type": "application/json" };
const RETRY_INFO = JSON.stringify({ error: { status: "RESOURCE_EXHAUSTED", details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "30s" }] } });
const CORS = { "access-control-allow-origin": "*" };

/** A backend of another origin for as long as `use` takes. */
async function beside(use) {
  const other = await serve();
  try {
    return await use(other);
  } finally {
    await other.close();
  }
}

for (const entry of ["/dist/index.js", "/dist/dev.js"]) {
  claim(`every vector reads as expected (${entry})`, { entry }, async ({ page }) => {
    const read = await page.evaluate((all) => {
      const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
      return all.map(({ status, headers, body, body_encoding, now_ms: now }) => {
        const source = { status, headers, body: body_encoding === "base64" ? bytes(body) : body };
        const told = [tidegate.readHints(source, { now })];
        try {
          // Repeated fields, joined as this browser joins them.
          told.push(tidegate.readHints({ ...source, headers: new Headers(headers) }, { now }));
        } catch (error) {
          if (!(error instanceof TypeError)) throw error;
        }
        return told;
      });
    }, cases);
    assert.ok(cases.length >= 192);
    read.forEach((told, place) => told.forEach((hints) => same(hints, cases[place].expect, cases[place].id)));
  });
}

claim("a wait that only the body tells is obeyed, across origins too, and the caller reads its body whole", async ({ page, backend }) =>
  beside(async (other) => {
    for (const each of [backend, other]) each.handle = (hit) => hit.answer(429, { ...CORS, ...JSON_TYPE }, RETRY_INFO);
    for (const origin of ["", other.origin]) {
      const seen = await page.evaluate(async (origin) => {
        const tide = tidegate.createTidegate({ retry: false });
        const response = await tide.fetch(`${origin}/a`);
        const { closedUntil } = tide.pressure(origin || undefined);
        const second = await tide.fetch(`${origin}/a`, { tidegate: { deadline: 0 } });
        const ahead = Number(second.headers.get("retry-after"));
        return { body: await response.text(), url: response.url, closedUntil, ours: second.headers.get("x-tidegate"), ahead };
      }, origin);
      assert.equal(seen.body, RETRY_INFO);
      assert.ok(seen.url.endsWith("/a"));
      assert.equal(seen.ours, "shed");
      assert.ok(seen.ahead >= 30 && seen.ahead <= 45, `${seen.ahead} s`);
    }
  }));

claim("a refusal whose body never ends is handed over all the same, and no more of it is read for us", async ({ page, backend }) => {
  backend.handle = (hit) => {
    hit.response.writeHead(503, JSON_TYPE);
    const chunk = " ".repeat(16_384);
    const more = () => hit.response.destroyed || !hit.response.write(chunk) || setImmediate(more);
    hit.response.on("drain", more);
    more();
  };
  const seen = await page.evaluate(async () => {
    const tide = tidegate.createTidegate({ retry: false });
    const stop = new AbortController();
    const response = await tide.fetch("/endless", { signal: stop.signal });
    const reader = response.body.getReader();
    const first = await reader.read();
    stop.abort();
    const end = await reader.read().then(() => "more", (error) => error.name);
    return { status: response.status, bytes: first.value.length > 0, end, inFlight: tide.getSnapshot().inFlight };
  });
  assert.deepEqual(seen, { status: 503, bytes: true, end: "AbortError", inFlight: 0 });
});

claim("a success is not copied: a stream of data and a JSON answer are the platform's own, untouched", async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(200, JSON_TYPE, '{"ok":false,"error":"ratelimited"}');
  const copies = await page.evaluate(async () => {
    let copies = 0;
    const clone = Response.prototype.clone;
    Response.prototype.clone = function () { copies++; return clone.call(this); };
    const tide = tidegate.createTidegate();
    for (const method of ["GET", "POST"]) await (await tide.fetch("/data", { method })).json();
    return copies;
  });
  assert.equal(copies, 0);
});

claim("a GraphQL success that throttles closes its route for those who come after", async ({ page, backend }) => {
  const body = JSON.stringify({ errors: [{ extensions: { code: "THROTTLED" } }] });
  backend.handle = (hit) => hit.answer(200, { ...JSON_TYPE, "content-length": body.length }, body);
  const seen = await page.evaluate(async () => {
    const tide = tidegate.createTidegate();
    const heard = new Promise((resolve) => tide.on("pressure", resolve));
    const first = await tide.fetch("/graphql", { method: "POST", body: "{}" });
    await first.json();
    const { state } = await heard;
    const second = await tide.fetch("/graphql", { method: "POST", body: "{}", tidegate: { deadline: 0 } });
    return { first: first.status, state, second: second.headers.get("x-tidegate") };
  });
  assert.equal(seen.first, 200);
  assert.notEqual(seen.state, "nominal");
  assert.equal(seen.second, "shed");
});

claim("a throttle whose hints CORS hides is told with the line that shows them, and with that line they are read", async ({ page }) =>
  beside(async (other) => {
    let expose = {};
    other.handle = (hit) => hit.answer(429, { ...CORS, ...expose, "retry-after": "40" });
    const ask = () => page.evaluate(async (origin) => {
      // Each knows nothing of the other.
      const tide = tidegate.createTidegate({ retry: false, storage: null, channel: null });
      const events = [];
      tide.on("unexposed", (event) => events.push(event));
      tide.on("hint", ({ field, hints }) => events.push([field, hints.waitMs]));
      await tide.fetch(`${origin}/a`);
      return events;
    }, other.origin);
    const [hint, event] = await ask();
    assert.deepEqual(hint, ["status", null]);
    assert.deepEqual([event.scope, event.status], [other.origin, 429]);
    const [name, value] = event.advice.split(/: /);
    expose = { [name]: value };
    assert.deepEqual(await ask(), [["retry-after", 40_000]]);
  }));

claim("Server-Timing with Timing-Allow-Origin is a second door, for metrics that the application names", async ({ page }) =>
  beside(async (other) => {
    other.handle = (hit) => hit.answer(503, { ...CORS, "timing-allow-origin": "*", "server-timing": "db;dur=5, back;dur=40000" });
    const seen = await page.evaluate(async (origin) => {
      const told = async (options) => {
        // Each knows nothing of the other.
        const tide = tidegate.createTidegate({ retry: false, storage: null, channel: null, ...options });
        const answer = tide.fetch(`${origin}/${options ? "named" : "plain"}`);
        const entry = new Promise((resolve) => new PerformanceObserver(resolve).observe({ type: "resource" }));
        await (await answer).text();
        await entry;
        // The instance's own observer was there before: it has been told when this one has.
        return (tide.pressure(origin).closedUntil ?? 0) - Date.now();
      };
      return [await told(), await told({ serverTiming: { wait: "back" } })];
    }, other.origin);
    assert.ok(seen[0] <= 30_000, `a guess: ${seen[0]} ms`);
    assert.ok(seen[1] >= 39_000, `the server's word: ${seen[1]} ms`);
  }));
