// In company: clients on top, monitoring around, the platform's own ways out.
import assert from "node:assert/strict";
import { claim, claimOfBoth } from "../support/browser.mjs";
import { lend } from "../support/server.mjs";

/** Wrappers as monitoring has them. Text, because the page makes them. */
const WRAPPERS = {
  plain: "(inner) => (...args) => inner(...args)",
  async: "(inner) => async (...args) => await inner(...args)",
  "later, with a Request": "(inner) => async (input, init) => { const request = new Request(input, init); await new Promise((next) => setTimeout(next, 0)); return inner(request); }",
};

for (const [name, source] of Object.entries(WRAPPERS)) {
  claim(`a ${name} wrapper, before or after, never recurses`, async ({ page, backend }) => {
    backend.handle = (hit) => hit.answer(200, {}, hit.path);
    const seen = await page.evaluate(async (source) => {
      const wrap = (0, eval)(source);
      const platform = globalThis.fetch;
      const texts = [];
      const use = async (path) => texts.push(await (await fetch(path)).text());
      const fresh = () => ((globalThis.fetch = platform), tidegate.createTidegate());
      fresh();
      globalThis.fetch = wrap(platform);
      tidegate.createTidegate().install();
      await use("/before");
      globalThis.fetch = fresh().fetch;
      globalThis.fetch = wrap(globalThis.fetch);
      await use("/assigned");
      const installed = fresh();
      installed.install();
      globalThis.fetch = wrap(globalThis.fetch);
      installed.install();
      await use("/after");
      const two = [fresh(), tidegate.createTidegate()];
      two[0].install();
      two[1].install();
      globalThis.fetch = wrap(globalThis.fetch);
      await use("/two");
      texts.push(await (await two[0].fetch("/direct")).text());
      return texts;
    }, source);
    const paths = ["/before", "/assigned", "/after", "/two", "/direct"];
    assert.deepEqual(seen, paths);
    assert.deepEqual(backend.hits.map((hit) => hit.path), paths, "each reaches the server once");
  });
}

claimOfBoth("install is idempotent, globalThis.fetch = tide.fetch works, and there is a way back", async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(200);
  const seen = await page.evaluate(async () => {
    const platform = globalThis.fetch;
    const tide = tidegate.createTidegate();
    const [back, backToo] = [tide.install(), tide.install()];
    const ours = globalThis.fetch === tide.fetch;
    await fetch("/installed");
    back();
    const restored = globalThis.fetch === platform;
    backToo();
    globalThis.fetch = tide.fetch;
    globalThis.fetch = tide.fetch;
    await fetch("/assigned");
    return { ours, restored, still: globalThis.fetch === tide.fetch };
  });
  assert.deepEqual(seen, { ours: true, restored: true, still: true });
  assert.deepEqual(backend.hits.map((hit) => hit.path), ["/installed", "/assigned"]);
});

claimOfBoth("keepalive, sendBeacon and mode off go straight, whatever is closed; observe tells and sends", async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(hit.path === "/closes" ? 503 : 200, { "retry-after": "60" });
  const seen = await page.evaluate(async () => {
    const tide = tidegate.createTidegate();
    tide.install();
    await fetch("/closes");
    const statuses = [(await fetch("/shed")).status];
    statuses.push((await fetch("/keepalive", { method: "POST", body: "x", keepalive: true })).status);
    const beacon = navigator.sendBeacon("/beacon", "x");
    tide.setMode("observe");
    const events = [];
    for (const type of ["wait", "shed"]) tide.on(type, ({ reason }) => events.push([type, reason]));
    statuses.push((await fetch("/observed")).status);
    const told = events.splice(0);
    tide.setMode("off");
    statuses.push((await fetch("/off")).status);
    tide.setMode("on");
    statuses.push((await fetch("/shed")).status);
    return { statuses, beacon, told, mode: tide.mode };
  });
  assert.deepEqual(seen, { statuses: [503, 200, 200, 200, 503], beacon: true, told: [["shed", "retry-after"]], mode: "on" });
  await backend.arrival("/beacon");
  assert.deepEqual(backend.hits.map((hit) => hit.path).sort(), ["/beacon", "/closes", "/keepalive", "/observed", "/off"]);
});

// A server that refuses for good: what a client with retries of its own makes of that, on top of ours.
const refuses = (hit) => hit.answer(503, { "retry-after": "1" });
const TRIES = 3;

claim("ky on top: its retries and ours add up, and do not multiply", { prepare: (backend) => lend(backend, "ky/distribution") }, async ({ page, backend }) => {
  backend.handle = refuses;
  const alone = await page.evaluate(async () => {
    const { status } = await tidegate.createTidegate().fetch("/alone");
    return status;
  });
  assert.equal(alone, 503);
  const ours = backend.of("/alone").length;
  assert.ok(ours >= 2 && ours <= 1 + TRIES, `${ours} hits of one hold`);
  const status = await page.evaluate(async (limit) => {
    const { default: ky } = await load("/ky/distribution/index.js");
    const tide = tidegate.createTidegate();
    return ky("/ky", { fetch: tide.fetch, timeout: false, retry: { limit }, throwHttpErrors: false }).then((r) => r.status);
  }, TRIES);
  assert.equal(status, 503);
  const both = backend.of("/ky").length;
  assert.ok(both <= 1 + TRIES + TRIES, `${both} hits; multiplied they would be ${(1 + TRIES) * (1 + TRIES)}`);
});

claim("axios on top: one request, one hit, and a refusal is an error that it understands", { prepare: (backend) => lend(backend, "axios/dist/esm") }, async ({ page, backend }) => {
  backend.handle = (hit) => (hit.path === "/limited" ? hit.answer(429, { "retry-after": "60" }) : hit.answer(200, { "content-type": "application/json" }, '{"n":1}'));
  const seen = await page.evaluate(async () => {
    const { default: axios } = await load("/axios/dist/esm/axios.js");
    const tide = tidegate.createTidegate();
    const client = axios.create({ adapter: "fetch", env: { fetch: tide.fetch, Request, Response } });
    const { data } = await client.get("/fine");
    const refusal = async () => {
      const { response } = await client.get("/limited").catch((error) => error);
      return [response.status, response.headers.get("x-tidegate") ?? null, Number(response.headers.get("retry-after")) >= 59];
    };
    return { data, refusals: [await refusal(), await refusal()] };
  });
  assert.deepEqual(seen, { data: { n: 1 }, refusals: [[429, null, true], [503, "shed", true]] });
  assert.deepEqual(backend.hits.map((hit) => hit.path), ["/fine", "/limited"]);
});
