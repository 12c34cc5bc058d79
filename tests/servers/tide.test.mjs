// What these servers say, obeyed: hits are counted between tidegate and the server.
import assert from "node:assert/strict";
import { createTidegate } from "../../pkg/dist/index.js";
import { relay } from "./kit/relay.mjs";
import { claim, occupy, open, search } from "./kit/world.mjs";

const path = (name) => `/search?q=${name}`;

for (const name of ["express", "axum"]) {
  claim(`${name}: an overloaded server is asked once, not before its time again, and the human gets the answer`, async (t) => {
    const { backend, origin } = await open(t, name, 100);
    const between = await relay(t, origin);
    const tide = createTidegate();
    t.after(() => tide.dispose());
    const { held, free } = await occupy({ origin, backend });

    const patient = tide.fetch(between.origin + path("patient"));
    const refusal = await between.answered(503);
    free();
    await Promise.all(held);
    // Others press while the server's word is in force, and do not wait: they are told until when.
    const others = await Promise.all(
      Array.from({ length: 20 }, (_, n) => tide.fetch(between.origin + path(`other${n}`), { tidegate: { deadline: 0 } })),
    );
    for (const other of others) {
      assert.equal(other.status, 503);
      assert.notEqual(other.headers.get("x-tidegate"), null, "tidegate's own answer");
      assert.match(other.headers.get("retry-after"), /^[1-9]$/);
    }
    const answer = await patient;
    assert.deepEqual([answer.status, await answer.text()], [200, "found"]);
    assert.deepEqual(between.hits.map((hit) => hit.path), [path("patient"), path("patient")]);
    const waited = between.hits[1].at - refusal.answeredAt;
    assert.ok(waited >= refusal.retryAfter * 1000 - 1, `${waited} ms`);
  });

  claim(`${name}: a client over its quota is told so once, and presses cost the server nothing until then`, async (t) => {
    const { backend, origin } = await open(t, name);
    backend.handle = (hit) => hit.answer(200, {}, "found");
    const between = await relay(t, origin);
    const tide = createTidegate();
    t.after(() => tide.dispose());
    const now = { tidegate: { deadline: 0 } };
    let first;
    do {
      // Others of the same address use the quota up; some of it may refill before the next line.
      await Promise.all(Array.from({ length: 40 }, (_, n) => search(origin, `others${n}`)));
      first = await tide.fetch(between.origin + path("first"), now);
    } while (first.status === 200);
    // A success that said `r=0` before it is word enough.
    assert.ok(first.status === 429 || first.headers.get("x-tidegate") !== null, `${first.status}`);
    const asked = between.hits.length;
    for (let n = 0; n < 20; n += 1) {
      const again = await tide.fetch(between.origin + path(`again${n}`), now);
      assert.ok([429, 503].includes(again.status) && again.headers.get("x-tidegate") !== null);
    }
    assert.equal(between.hits.length, asked);
  });
}
