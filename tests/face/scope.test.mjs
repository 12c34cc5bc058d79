// One URL in two scopes: each request has its own scope's fate.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BUILDS, URL_A, fresh } from "./kit.mjs";

const SHARING = [
  ["without coalescing", { coalesce: false }, {}],
  ["of a method that shares nothing", { coalesce: true }, { method: "POST", body: "x" }],
  ["with coalescing", { coalesce: true }, {}],
];

for (const build of BUILDS) {
  for (const [how, options, init] of SHARING) {
    test(`${build}: a closed scope holds no other scope's request of the same URL, ${how}`, async () => {
      const { createTidegate } = await fresh(build);
      const sent = [];
      const fetch = async (_, { tidegate: { scope } }) => {
        sent.push(scope);
        return scope === "full" ? new Response("", { status: 503, headers: { "retry-after": "60" } }) : new Response("ok");
      };
      const tide = createTidegate({ fetch, retry: false, ...options });
      const load = (scope) => tide.fetch(URL_A, { ...init, tidegate: { scope } });
      assert.equal((await load("full")).status, 503);
      assert.equal((await load("free")).status, 200);
      assert.equal((await load("full")).headers.get("x-tidegate"), "shed");
      assert.deepEqual(sent, ["full", "free"]);
      tide.dispose();
    });
  }
}
