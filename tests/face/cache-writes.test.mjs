// One reads one's own writes, whatever is kept and whatever is on its way.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BUILDS } from "./kit.mjs";
import { ORIGIN, page, quiet, slowBody } from "./shop.mjs";

const FRESH = { "cache-control": "max-age=600", etag: '"1"' };
const kept = async (paths, options) => {
  const shop = await page(options);
  shop.says = () => ({ headers: FRESH });
  for (const path of paths) await shop.get(path);
  return shop;
};

test("an acknowledged write takes away what it named: its URL, Location and Content-Location of the same origin", async () => {
  const paths = ["/list", "/item", "/place", "/other", "https://else.example/x"];
  const shop = await kept(paths);
  shop.says = () => ({ status: 201, headers: { location: "/item#part", "content-location": `${ORIGIN}/place` } });
  await shop.get("/list", { method: "POST" });
  shop.says = () => ({ headers: { location: "https://else.example/x" } });
  await shop.get("/nothing", { method: "PUT", tidegate: { idempotent: true } });
  shop.says = () => ({ headers: FRESH });
  const marks = [];
  for (const path of paths) marks.push((await shop.get(path)).mark);
  assert.deepEqual(marks, [null, null, null, "fresh", "fresh"]);
});

test("a refused write, one that is safe, and a dropped one take nothing; bad places neither", async () => {
  const shop = await kept(["/list"], { retry: false });
  shop.says = () => ({ status: 409 });
  await shop.get("/list", { method: "POST" });
  shop.says = () => ({ headers: { location: "http://[", "content-location": "::" } });
  await shop.get("/list", { method: "POST", body: "q", tidegate: { safe: true } });
  await shop.get("/else", { method: "DELETE" });
  shop.says = () => ({ drop: true });
  await assert.rejects(shop.get("/list", { method: "POST" }), TypeError);
  assert.equal((await shop.get("/list")).mark, "fresh");
  assert.deepEqual([shop.errors, shop.thrown], [[], []]);
});

test("every unsafe method that is answered well takes it away, with every variant and whoever's", async () => {
  for (const method of ["POST", "PUT", "PATCH", "DELETE", "M-SEARCH"]) {
    const shop = await kept(["/list"]);
    await shop.get("/list", { credentials: "include" });
    shop.says = () => ({ status: 204 });
    await shop.get("/list#part", { method });
    shop.says = () => ({ headers: FRESH });
    assert.deepEqual([(await shop.get("/list")).mark, (await shop.get("/list", { credentials: "include" })).mark], [null, null], method);
  }
});

for (const build of BUILDS) {
  test(`a poll in flight when a write is acknowledged never hides that write from the next read (${build})`, async () => {
    // At each point of the poll's life: before its headers, between headers and body, in its body.
    for (const point of ["asked", "headers", "body"]) {
      const shop = await page({ build });
      const poll = slowBody();
      let headers;
      shop.says = () => ({ headers: FRESH, body: poll.stream, until: new Promise((end) => (headers = end)) });
      const polled = shop.tide.fetch(`${ORIGIN}/items`).then((answer) => answer.text());
      await quiet();
      if (point !== "asked") headers(), await quiet();
      if (point === "body") poll.say("old, "), await quiet();
      shop.says = () => ({ status: 200 });
      await shop.get("/items/5", { method: "POST", body: "new" });
      headers();
      await quiet();
      poll.end("before the write");
      assert.match(await polled, /before the write/);
      await quiet();
      shop.says = () => ({ headers: FRESH, body: "after the write" });
      assert.equal((await shop.get("/items")).text, "after the write", `acknowledged while the poll was at: ${point}`);
      assert.equal((await shop.get("/items")).mark, "fresh");
    }
  });
}

test("nor does one that asks whether a copy is still good, nor a stale one that would stand in", async () => {
  const shop = await page({ cache: { staleWhileOverloaded: true } });
  shop.says = () => ({ headers: { "cache-control": "max-age=0", etag: '"1"' }, body: "old" });
  await shop.get("/items");
  let go;
  shop.says = () => ({ status: 304, headers: { "cache-control": "max-age=600" }, until: new Promise((end) => (go = end)) });
  const polled = shop.get("/items");
  await quiet();
  shop.says = () => ({});
  await shop.get("/items/5", { method: "POST" });
  go();
  assert.equal((await polled).text, "old");
  shop.says = ({ headers }) => (headers.get("if-none-match") === '"2"' ? { status: 304 } : { headers: { etag: '"2"' }, body: "new" });
  assert.equal((await shop.get("/items")).text, "new");
});
