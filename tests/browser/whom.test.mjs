// Whom a hint concerns: one limited route leaves the others alone, whatever the server's style.
import assert from "node:assert/strict";
import express from "../node_modules/express/index.js";
import { rateLimit } from "../node_modules/express-rate-limit/dist/index.mjs";
import { claim } from "../support/browser.mjs";
import { serve } from "../support/server.mjs";

const ROUTES = ["/save", "/search?q=a", "/items/17", "/items/18/notes", "/me", "/cart", "/feed", "/tags", "/help"];
const STYLES = { "draft-8": { standardHeaders: "draft-8", legacyHeaders: false }, "draft-7": { standardHeaders: "draft-7", legacyHeaders: false }, "draft-6": { standardHeaders: "draft-6", legacyHeaders: false }, legacy: { standardHeaders: false, legacyHeaders: true } };

/** Express with a limiter on /login, as its manual has it: some presses in a quarter of an hour. */
function application(style) {
  const app = express();
  app.set("etag", false);
  app.post("/login", rateLimit({ windowMs: 15 * 60 * 1000, limit: 2, validate: false, ...STYLES[style] }), (_, response) => response.json({ login: true }));
  app.use((request, response) => response.json({ route: request.originalUrl }));
  return (hit) => app(hit.request, hit.response);
}

for (const style of Object.keys(STYLES)) {
  claim(`/login is rate limited for 15 minutes (express-rate-limit, ${style}): nine other routes are untouched`, async ({ page, backend }) => {
    backend.handle = application(style);
    const seen = await page.evaluate(async (routes) => {
      const tide = tidegate.createTidegate();
      const events = [];
      for (const type of ["wait", "shed", "retry", "error"]) tide.on(type, ({ reason, message }) => events.push([type, reason ?? message]));
      const press = () => tide.fetch("/login", { method: "POST", body: "a" });
      const logins = [];
      for (let i = 0; i < 4; i++) {
        const response = await press();
        logins.push({ status: response.status, ours: response.headers.get("x-tidegate"), after: Number(response.headers.get("retry-after")) });
      }
      const before = events.splice(0);
      const others = [];
      for (let round = 0; round < 3; round++) for (const route of routes) others.push((await (await tide.fetch(route)).json()).route);
      const together = await Promise.all(routes.map(async (route) => (await (await tide.fetch(route)).json()).route));
      return { logins, before, others, together, events, pressure: tide.pressure() };
    }, ROUTES);

    assert.deepEqual(seen.others, [...ROUTES, ...ROUTES, ...ROUTES]);
    assert.deepEqual(seen.together, ROUTES);
    assert.deepEqual(seen.events, [], "nothing waited, nothing was refused, nothing was repeated");
    assert.equal(seen.pressure.closedUntil, null, "the origin is open");

    const hits = backend.hits.filter((hit) => hit.method === "GET").map((hit) => hit.path);
    assert.deepEqual(hits.slice(0, 27), [...ROUTES, ...ROUTES, ...ROUTES]);
    assert.deepEqual(hits.slice(27).sort(), [...ROUTES].sort());

    // Presses beyond the limit cost the server one hit at most, and each gets the true time.
    assert.deepEqual(seen.logins.slice(0, 2).map(({ status }) => status), [200, 200]);
    assert.ok(backend.of("/login").length <= 3);
    for (const { status, after } of seen.logins.slice(2)) {
      assert.ok(status === 429 || status === 503);
      assert.ok(after > 890 || (seen.logins[3].ours && after > 590), `the quarter of an hour, or the ten minutes that a hint is obeyed at most: ${after}`);
    }
    assert.equal(seen.logins[3].ours, "shed", "the fourth press costs the server nothing");
  });
}

claim("two limited routes of ten: eight others are asked again after a guess, never for the fifteen minutes", async ({ page, backend }) => {
  backend.handle = (hit) => (hit.path.startsWith("/limited") ? hit.answer(429, { "retry-after": "900" }) : hit.answer(200));
  const seen = await page.evaluate(async () => {
    const tide = tidegate.createTidegate({ retry: false });
    for (const path of ["/limited/a", "/limited/b"]) await tide.fetch(path);
    const { closedUntil, reason } = tide.pressure();
    return { ahead: closedUntil - Date.now(), reason };
  });
  assert.ok(seen.ahead <= 30_000, `our own guess lasts half a minute at most: ${seen.ahead}`);
});

claim("cross-origin without exposed headers: a refusal is obeyed as our own guess, and the hidden time is not invented", async ({ page }) => {
  const other = await serve();
  try {
    other.handle = (hit) => hit.answer(503, { "access-control-allow-origin": "*", "retry-after": "600" });
    const seen = await page.evaluate(async (origin) => {
      const tide = tidegate.createTidegate({ retry: false });
      const first = await tide.fetch(`${origin}/a`);
      const hidden = first.headers.get("retry-after");
      const pressure = tide.pressure(origin);
      const own = tide.pressure();
      const second = await tide.fetch(`${origin}/b`, { tidegate: { deadline: 0 } });
      return { hidden, pressure, ahead: pressure.closedUntil - Date.now(), own: own.state, second: second.headers.get("x-tidegate") };
    }, other.origin);
    assert.equal(seen.hidden, null);
    assert.equal(seen.pressure.reason, "overload");
    assert.ok(seen.ahead > 0 && seen.ahead <= 30_000, `${seen.ahead} ms`);
    assert.equal(seen.second, "shed");
    assert.equal(seen.own, "nominal", "another origin's trouble is not the page's");
    assert.deepEqual(other.hits.map((hit) => hit.method), ["GET"]);
  } finally {
    await other.close();
  }
});

claim("cross-origin with exposed headers: the server's time is obeyed", async ({ page }) => {
  const other = await serve();
  try {
    other.handle = (hit) => hit.answer(503, { "access-control-allow-origin": "*", "access-control-expose-headers": "Retry-After", "retry-after": "60" });
    const seen = await page.evaluate(async (origin) => {
      const tide = tidegate.createTidegate();
      await tide.fetch(`${origin}/a`);
      const { reason, closedUntil } = tide.pressure(origin);
      return { reason, ahead: closedUntil - Date.now() };
    }, other.origin);
    assert.equal(seen.reason, "retry-after");
    assert.ok(seen.ahead > 59_000 && seen.ahead <= 72_001, `${seen.ahead} ms`);
  } finally {
    await other.close();
  }
});

claim("an error without CORS headers is the platform's TypeError, and invents no time", async ({ page }) => {
  const other = await serve();
  try {
    other.handle = (hit) => hit.answer(503, { "retry-after": "600" });
    const seen = await page.evaluate(async (origin) => {
      const tide = tidegate.createTidegate({ retry: false });
      const cause = await tide.fetch(`${origin}/a`).catch((error) => error);
      const { closedUntil, state } = tide.pressure(origin);
      const again = await tide.fetch(`${origin}/a`).catch((error) => error);
      return { name: cause.constructor.name, real: cause instanceof TypeError, closedUntil, state, again: again instanceof TypeError };
    }, other.origin);
    assert.deepEqual(seen, { name: "TypeError", real: true, closedUntil: null, state: "nominal", again: true });
    assert.equal(other.hits.length, 2);
  } finally {
    await other.close();
  }
});

claim("one scope for two origins, when the application says so", async ({ page, backend }) => {
  const other = await serve();
  try {
    backend.handle = (hit) => hit.answer(503, { "retry-after": "60" });
    other.handle = (hit) => hit.answer(200, { "access-control-allow-origin": "*" });
    const seen = await page.evaluate(async (origin) => {
      const tide = tidegate.createTidegate({ scope: ({ url, method }) => `${method} ${url.protocol} shop` });
      await tide.fetch("/a");
      const shed = await tide.fetch(`${origin}/b`);
      const free = await tide.fetch(`${origin}/b`, { tidegate: { scope: "free" } });
      return { shed: shed.headers.get("x-tidegate"), free: free.status, names: tide.getSnapshot().scopes.map((each) => each.scope) };
    }, other.origin);
    assert.deepEqual(seen, { shed: "shed", free: 200, names: ["GET http: shop", "free"] });
    assert.equal(other.hits.length, 1);
  } finally {
    await other.close();
  }
});
