// What is wanted once is done once, as the server counts it: over dropped connections, refusals, rage clicks, reloads and tabs.
import assert from "node:assert/strict";
import { claim, claimOfBoth, visit } from "../support/browser.mjs";

const text = async (request) => {
  let body = "";
  for await (const part of request) body += part;
  return body;
};

/**
 * A backend that obeys the Idempotency-Key: the same key has one effect, its answer is given again, and who comes while it
 * is done gets a 409. `script(attempt, body)` says what happens to each arrival; `effects` counts by body.
 */
function ledger(backend, script = () => "ok") {
  const book = { effects: new Map(), keys: [], done: new Map() };
  const attempts = new Map();
  const apply = (key, body) => {
    if (key && book.done.has(key)) return;
    book.effects.set(body, (book.effects.get(body) ?? 0) + 1);
    book.done.set(key ?? Symbol("none"), true);
  };
  backend.handle = async (hit) => {
    if (hit.path !== "/pay") return;
    const key = hit.request.headers["idempotency-key"];
    book.keys.push(key);
    const body = await text(hit.request);
    const attempt = (attempts.get(body) ?? 0) + 1;
    attempts.set(body, attempt);
    const drop = () => hit.request.socket.destroy();
    const fates = {
      "ok": () => (apply(key, body), hit.answer(200, {}, `paid ${body}`)),
      "drop": drop,
      "drop after": () => (apply(key, body), drop()),
      "503": () => hit.answer(503, { "retry-after": "0" }),
      "503 after": () => (apply(key, body), hit.answer(503, {})),
      "500 after": () => (apply(key, body), hit.answer(500, {})),
      "409": () => hit.answer(409, {}),
      "half": () => {
        apply(key, body);
        hit.response.writeHead(200, { "content-length": "100", "cache-control": "no-store" });
        // Once it has left, the connection breaks.
        hit.response.write("pai", drop);
      },
      "silent": () => apply(key, body),
    };
    fates[script(attempt, body)]();
  };
  return book;
}

const FATES = ["drop", "drop after", "503", "503 after", "500 after", "409", "half"];

claimOfBoth("whatever becomes of the answers, a human who clicks until it is paid pays once", async ({ page, backend }) => {
  // Each intent meets two faults, every pair of them among 49 intents.
  const book = ledger(backend, (attempt, body) => [FATES[body % 7], FATES[Math.floor(body / 7)]][attempt - 1] ?? "ok");
  const paid = await page.evaluate(async () => {
    const tide = tidegate.createTidegate({ deadline: 1500, breaker: false, concurrency: false, retry: { budget: { cap: 1000 } } });
    const pay = async (body) => {
      for (let click = 0; click < 500; click++) {
        try {
          const response = await tide.fetch("/pay", { method: "POST", body, tidegate: { idempotent: true } });
          if (response.ok && (await response.text()) === `paid ${body}`) return true;
        } catch {}
        await new Promise((wait) => setTimeout(wait, Math.max(0, (tide.pressure().closedUntil ?? 0) - Date.now())));
      }
      return false;
    };
    return Promise.all(Array.from({ length: 49 }, (_, i) => pay(`${i}`)));
  });
  assert.equal(paid.filter(Boolean).length, 49);
  assert.deepEqual([...book.effects.values()].filter((count) => count !== 1), [], "duplicate effects");
  assert.equal(book.effects.size, 49);
  assert.equal(new Set(book.keys).size, 49, "one key an intent");
  assert.equal(await page.evaluate(() => localStorage.getItem("tidegate:intents")), null);
});

claim("rage clicks are one intent until it is answered; then a click is a new one", async ({ page, backend }) => {
  const book = ledger(backend, () => "silent");
  const seen = page.evaluate(async () => {
    const tide = tidegate.createTidegate();
    const click = () => tide.fetch("/pay", { method: "POST", body: "7", tidegate: { idempotent: true } }).then((r) => r.text());
    const first = await Promise.all(Array.from({ length: 10 }, click));
    return [first, await click()];
  });
  for (let n = 1; n <= 11; n++) {
    // A browser opens six connections: the others follow as those are answered.
    const hit = await backend.arrival("/pay", n);
    if (n === 6) backend.of("/pay").forEach((each) => each.answer(200, {}, "paid"));
    if (n > 6) hit.answer(200, {}, "paid");
  }
  const [first, last] = await seen;
  assert.deepEqual([...first, last], Array(11).fill("paid"));
  assert.equal(new Set(book.keys.slice(0, 10)).size, 1);
  assert.notEqual(book.keys[10], book.keys[0]);
  assert.equal(book.effects.get("7"), 2);
});

claim("F5 in mid-flight, and a click on the new page: the same key, one effect; after its answer another", async ({ page, backend }) => {
  const book = ledger(backend, (attempt) => (attempt < 3 ? "silent" : "ok"));
  const click = () => {
    const tide = (globalThis.tide ??= tidegate.createTidegate());
    return tide.fetch("/pay", { method: "POST", body: "9", tidegate: { idempotent: true } }).then((r) => r.text());
  };
  const load = async () => {
    await page.reload();
    await page.waitForFunction("globalThis.tidegate !== undefined");
  };
  for (let n = 1; n <= 2; n++) {
    page.evaluate(click).catch(() => {});
    const hit = await backend.arrival("/pay", n);
    await load();
    await hit.left;
  }
  assert.equal(await page.evaluate(click), "paid 9");
  assert.equal(new Set(book.keys).size, 1);
  assert.equal(book.effects.get("9"), 1);
  await load();
  assert.equal(await page.evaluate(click), "paid 9");
  assert.equal(book.effects.get("9"), 2, "a new intent");
  assert.equal(await page.evaluate(() => localStorage.getItem("tidegate:intents")), null);
});

claim("a second tab asks with the same key while the first has no answer; clear forgets it for both", async ({ page, backend }) => {
  const book = ledger(backend, () => "silent");
  const click = () => void (globalThis.tide ??= tidegate.createTidegate()).fetch("/pay", { method: "POST", body: "3", tidegate: { idempotent: true } }).catch(() => {});
  const second = await visit(backend);
  try {
    await page.evaluate(click);
    await backend.arrival("/pay", 1);
    await second.evaluate(click);
    await backend.arrival("/pay", 2);
    assert.equal(book.keys[0], book.keys[1]);
    assert.equal(book.effects.get("3"), 1);
    await page.evaluate(() => tide.clear());
    await second.reload();
    await second.waitForFunction("globalThis.tidegate !== undefined");
    await second.evaluate(click);
    await backend.arrival("/pay", 3);
    assert.notEqual(book.keys[2], book.keys[0]);
  } finally {
    await second.close();
  }
});

claim("what is stored names no URL, no body and no user", async ({ page, backend }) => {
  ledger(backend, () => "silent");
  await page.evaluate(() => {
    const tide = tidegate.createTidegate({ user: () => "SECRET" });
    tide.fetch("/pay?token=SECRET", { method: "POST", body: "SECRET", tidegate: { idempotent: true } }).catch(() => {});
  });
  const stored = await page.evaluate(() => JSON.stringify({ ...localStorage }));
  assert.match(stored, /tidegate:intents/);
  assert.doesNotMatch(stored, /SECRET|pay|127\.0/);
});
