// F5, the back-forward cache, and a storage that is not to be had: the server counts.
import assert from "node:assert/strict";
import { claim, claimOfBoth } from "../support/browser.mjs";

/** The page is loaded again, and its module with it. */
async function reload(page) {
  await page.reload();
  await page.waitForFunction("globalThis.tidegate !== undefined");
}

const closed = (seconds) => ({ "retry-after": String(seconds) });

claimOfBoth("F5 during a closed period sends no API call before its time, however often", async ({ page, backend }) => {
  backend.handle = (hit) => (backend.hits.length === 1 ? hit.answer(503, closed(3)) : hit.answer(200));
  await page.evaluate(() => tidegate.createTidegate().fetch("/api", { method: "POST" }).then(({ status }) => status));
  const { answeredAt } = backend.hits[0];
  for (let press = 0; press < 5; press++) {
    await reload(page);
    // Nobody waits for this answer: the human presses again.
    await page.evaluate(() => void tidegate.createTidegate().fetch("/api").catch(() => {}));
  }
  await reload(page);
  const status = await page.evaluate(() => tidegate.createTidegate().fetch("/api").then((answer) => answer.status));
  assert.equal(status, 200);
  assert.equal(backend.hits.length, 2, "one refusal, one answer");
  assert.ok(backend.hits[1].at >= answeredAt + 3000, "not before its time");
});

claimOfBoth("F5 does not clear a guess, nor close what was open", async ({ page, backend }) => {
  backend.handle = (hit) => (hit.path === "/busy" && backend.of("/busy").length === 1 ? hit.answer(429, closed(60)) : hit.answer(200));
  await page.evaluate(() => tidegate.createTidegate().fetch("/busy", { method: "POST" }).then(({ status }) => status));
  await reload(page);
  const seen = await page.evaluate(async () => {
    const tide = tidegate.createTidegate();
    return [(await tide.fetch("/open")).status, (await tide.fetch("/busy", { method: "POST" })).status, Object.keys(localStorage).length];
  });
  assert.deepEqual(seen, [200, 503, 1]);
  assert.equal(backend.of("/busy").length, 1);
});

claim("when it is over nothing is left in storage", async ({ page, backend }) => {
  backend.handle = (hit) => (backend.hits.length === 1 ? hit.answer(503, closed(1)) : hit.answer(200));
  const kept = await page.evaluate(async () => {
    const tide = tidegate.createTidegate();
    await tide.fetch("/api", { method: "POST" });
    const { length } = localStorage;
    // Served when it opens again: without that the server would be doubted for a while longer.
    await tide.fetch("/api");
    return length;
  });
  assert.equal(kept, 1);
  await page.waitForFunction(() => localStorage.length === 0);
});

claim("a closure of the last millisecond survives the F5 that follows it", async ({ page, backend }) => {
  backend.handle = (hit) => hit.answer(503, closed(60));
  await page.evaluate(async () => {
    const tide = tidegate.createTidegate();
    // The first is written at once; the second would have to wait for its second.
    await tide.fetch("/one", { method: "POST", tidegate: { scope: "one" } });
    await tide.fetch("/two", { method: "POST", tidegate: { scope: "two" } });
    location.reload();
  });
  await page.waitForFunction("globalThis.tidegate !== undefined");
  const statuses = await page.evaluate(() => {
    const tide = tidegate.createTidegate();
    return Promise.all(["one", "two"].map((scope) => tide.fetch(`/${scope}`, { method: "POST", tidegate: { scope } }).then((answer) => answer.headers.get("x-tidegate"))));
  });
  assert.equal(backend.hits.length, 2, `both were known: ${statuses}`);
});

claim("storage and channel denied at every call: everything else goes on", async ({ page, backend }) => {
  backend.handle = (hit) => (backend.hits.length === 1 ? hit.answer(503, closed(1)) : hit.answer(200));
  const seen = await page.evaluate(async () => {
    const deny = () => {
      throw new DOMException("denied", "SecurityError");
    };
    for (const name of ["getItem", "setItem", "removeItem"]) Storage.prototype[name] = deny;
    BroadcastChannel.prototype.postMessage = deny;
    const errors = [];
    const tide = tidegate.createTidegate();
    tide.on("error", ({ message }) => errors.push(message));
    await tide.fetch("/api", { method: "POST" });
    const { status } = await tide.fetch("/api");
    Object.defineProperty(globalThis, "localStorage", { get: deny });
    globalThis.BroadcastChannel = deny;
    const other = tidegate.createTidegate();
    other.on("error", ({ message }) => errors.push(message));
    return { errors, status, other: (await other.fetch("/api")).status, ready: await other.ready };
  });
  assert.deepEqual([seen.status, seen.other, seen.ready], [200, 200, "wasm"]);
  assert.deepEqual(seen.errors.sort(), ["channel", "channel", "storage"]);
});

claim("a sandboxed frame, which has no storage at all, works", async ({ page, backend }) => {
  backend.handle = (hit) => (backend.hits.length === 1 ? hit.answer(503, { ...closed(1), "access-control-allow-origin": "*", "access-control-expose-headers": "*" }) : hit.answer(200, { "access-control-allow-origin": "*" }));
  const code = await (await fetch(`${backend.origin}/dist/index.js`)).text();
  const said = await page.evaluate(
    (code, origin) =>
      new Promise((resolve) => {
        addEventListener("message", ({ data }) => resolve(data));
        const frame = document.createElement("iframe");
        frame.sandbox = "allow-scripts";
        frame.srcdoc = `<script type="module">
          const { createTidegate } = await import(URL.createObjectURL(new Blob([${JSON.stringify(code).replaceAll("<", "\\u003c")}], { type: "text/javascript" })));
          const tide = createTidegate();
          const first = await tide.fetch("${origin}/api", { tidegate: { retry: false } });
          const second = await tide.fetch("${origin}/api");
          parent.postMessage([first.status, second.status, await tide.ready], "*");
        </script>`;
        document.body.append(frame);
      }),
    code,
    backend.origin,
  );
  assert.deepEqual(said, [503, 200, "wasm"]);
});

claim("an open channel and a stored record keep no page from the back-forward cache, and it comes back with them", async ({ page, backend }) => {
  backend.handle = (hit) => (hit.path === "/busy" ? hit.answer(503, closed(3)) : hit.answer(200));
  await page.evaluate(async () => {
    globalThis.tide = tidegate.createTidegate();
    await tide.fetch("/fine");
    addEventListener("pageshow", ({ persisted }) => (globalThis.came = persisted));
  });
  // Another page of this origin is told to wait meanwhile.
  await page.goto(`${backend.origin}/page?entry=/dist/index.js&second`);
  await page.waitForFunction("globalThis.tidegate !== undefined");
  await page.evaluate(() => tidegate.createTidegate().fetch("/busy", { method: "POST" }).then(({ status }) => status));
  await page.evaluate(() => void history.back());
  await page.waitForFunction("globalThis.came !== undefined");
  const [persisted, reason] = await page.evaluate(() => [globalThis.came, globalThis.tide.pressure(location.origin).reason]);
  assert.equal(persisted, true);
  assert.equal(reason, "retry-after", "it knows what that page was told");
  const status = await page.evaluate(() => tide.fetch("/later").then((answer) => answer.status));
  assert.equal(status, 200);
  assert.ok(backend.of("/later")[0].at >= backend.of("/busy")[0].answeredAt + 3000);
});

