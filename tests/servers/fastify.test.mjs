import assert from "node:assert/strict";
import { claims, saysWhen } from "./kit/claims.mjs";
import { claim, load, open, seen } from "./kit/world.mjs";

claims("fastify", { seconds: [1, 15] });

claim("fastify: a process whose event loop lags refuses with 503 and a time before any work, and health is still told", async (t) => {
  const { backend, origin } = await open(t, "fastify");
  const report = async () => seen(await fetch(`${origin}/report`));
  let refused;
  while (!refused) {
    const answers = await Promise.all([report(), report()]);
    refused = answers.find(({ status }) => status !== 200);
  }
  assert.equal(refused.status, 503);
  saysWhen(refused, "temporary-reduced-capacity");
  assert.deepEqual(await load(origin), { running: 0, waiting: 0 });
  assert.equal(backend.hits.length, 0);
});
