// Kept answers of a server that is well: fresh, confirmed, described anew.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BUILDS } from "./kit.mjs";
import { ORIGIN, at, page, quiet } from "./shop.mjs";

for (const build of BUILDS) {
  test(`fresh: no request, and each caller has a Response of its own (${build})`, async () => {
    const shop = await page({ build });
    shop.says = () => ({ status: 203, headers: { "cache-control": "max-age=60", age: "10", "x-a": "b", "content-type": "text/plain" }, body: "body" });
    const first = await shop.get("/a");
    assert.deepEqual([first.text, first.mark, first.age], ["body", null, "10"]);
    await shop.pass(7000);
    const [one, two] = await Promise.all([shop.tide.fetch(`${ORIGIN}/a`), shop.tide.fetch(`${ORIGIN}/a#part`)]);
    assert.notEqual(one, two);
    assert.ok(one instanceof Response);
    const { url, type, status, redirected, ok, headers } = one;
    assert.deepEqual({ url, type, status, redirected, ok }, { url: `${ORIGIN}/a`, type: "default", status: 203, redirected: false, ok: true });
    assert.deepEqual([...headers].sort(), [["age", "17"], ["cache-control", "max-age=60"], ["content-type", "text/plain"], ["x-a", "b"]]);
    const bytes = new Uint8Array(await one.arrayBuffer());
    bytes.fill(0);
    assert.equal(await two.text(), "body", "what one caller does to its bytes is its own affair");
    assert.equal((await shop.get("/a")).text, "body");
    assert.deepEqual([shop.hits.length, shop.stale, shop.errors, shop.tide.getSnapshot().inFlight], [1, [], [], 0]);
  });

  test(`stale: the origin is asked with our own validators, and its 304 is a 200 with the body that is kept (${build})`, async () => {
    const shop = await page({ build });
    const modified = "Sun, 06 Nov 1994 08:49:37 GMT";
    shop.says = ({ headers }) =>
      headers.has("if-none-match")
        ? { status: 304, headers: { etag: '"1"', "x-new": "said", "cache-control": "max-age=60", "content-length": "99", "content-type": "text/other" } }
        : { headers: { "cache-control": "max-age=10", etag: '"1"', "last-modified": modified, "x-old": "stays", "content-length": "4", "content-type": "text/plain" }, body: "body" };
    await shop.get("/a", { headers: { "x-mine": "1" } });
    await shop.pass(10_000);
    const { answer, text, mark, age, status } = await shop.get("/a", { headers: { "x-mine": "1" } });
    const { headers, cache } = shop.hits[1];
    assert.deepEqual([headers.get("if-none-match"), headers.get("if-modified-since"), headers.get("x-mine"), cache], ['"1"', modified, "1", "no-store"]);
    assert.deepEqual([status, text, mark, age, answer.url], [200, "body", null, "0", `${ORIGIN}/a`]);
    const said = ["x-old", "x-new", "cache-control", "content-length"].map((name) => answer.headers.get(name));
    assert.deepEqual(said, ["stays", "said", "max-age=60", "4"]);
    await shop.pass(59_000);
    assert.equal((await shop.get("/a")).mark, "fresh", "confirmed, it is fresh for as long as was said now");
    assert.equal(shop.hits.length, 2);
    await shop.pass(2000);
    assert.equal((await shop.get("/a")).status, 200);
    assert.equal(shop.hits.length, 3);
  });
}

test("the same request again, without anything to say about itself, asks with validators too", async () => {
  const shop = await page();
  shop.says = ({ headers }) => (headers.has("if-none-match") ? { status: 304 } : { headers: { etag: '"1"' }, body: "body" });
  for (let i = 0; i < 4; i++) assert.equal((await shop.get("/a")).text, "body");
  assert.deepEqual(shop.hits.map(({ headers, cache }) => `${headers.get("if-none-match")} ${cache}`), ["null default", '"1" no-store', '"1" no-store', '"1" no-store']);
  shop.says = ({ headers }) => (headers.has("if-none-match") ? { status: 304 } : {});
  const request = new Request(`${ORIGIN}/a`, { headers: { accept: "text/x" } });
  assert.equal((await shop.get("/a", { headers: { accept: "text/x" } })).text, "body");
  assert.equal(await shop.tide.fetch(request).then((answer) => answer.text()), "body");
  assert.deepEqual([shop.hits[5].headers.get("accept"), shop.hits[5].headers.get("if-none-match")], ["text/x", '"1"']);
});

test("across origins nothing is added: no preflight, and the browser's own cache is asked as ever", async () => {
  const away = at("https://page.example");
  try {
    const shop = await page();
    shop.says = () => ({ headers: { "cache-control": "max-age=10", date: new Date(Date.now()).toUTCString(), etag: '"1"' } });
    await shop.get("/a");
    assert.equal((await shop.get("/a")).mark, "fresh", "Date is in sight, so its age is known");
    await shop.pass(20_000);
    assert.equal((await shop.get("/a")).mark, null);
    assert.deepEqual([[...shop.hits[1].headers], shop.hits[1].cache], [[], "default"]);
    shop.says = () => ({ headers: { "cache-control": "max-age=10", etag: '"1"' } });
    for (let i = 0; i < 2; i++) assert.equal((await shop.get("/b")).mark, null, "how old it is cannot be known: never fresh");
  } finally {
    away();
  }
});

test("a 200 takes the copy's place, and a 304 for one that is gone serves what was confirmed", async () => {
  const shop = await page({ cache: { entries: 1 } });
  shop.says = (_, nth) => ({ headers: { "cache-control": "max-age=10", etag: `"${nth}"` } });
  await shop.get("/a");
  await shop.pass(11_000);
  assert.equal((await shop.get("/a")).text, "/a 2");
  assert.equal((await shop.get("/a")).text, "/a 2");
  await shop.pass(11_000);
  let go;
  shop.says = ({ path }) => (path === "/a" ? { status: 304, headers: { etag: '"2"' }, until: new Promise((end) => (go = end)) } : { headers: { "cache-control": "max-age=10" } });
  const asked = shop.get("/a");
  await quiet();
  await shop.get("/b");
  go();
  assert.deepEqual([(await asked).status, (await asked).text], [200, "/a 2"]);
  assert.equal((await shop.get("/b")).mark, "fresh");
  assert.deepEqual(shop.errors, []);
});

test("HEAD is answered by what GET brought; what HEAD brings answers no GET", async () => {
  const shop = await page();
  shop.says = () => ({ headers: { "cache-control": "max-age=60", etag: '"1"', "content-length": "4" }, body: "body" });
  assert.equal((await shop.get("/a", { method: "HEAD" })).mark, null);
  assert.deepEqual([(await shop.get("/a")).mark, shop.hits.length], [null, 2]);
  const { answer, text, mark } = await shop.get("/a", { method: "HEAD" });
  assert.deepEqual([text, mark, answer.body, answer.headers.get("content-length"), shop.hits.length], ["", "fresh", null, "4", 2]);
});

test("HEAD freshens the copy that GET left, or outdates it", async () => {
  const shop = await page();
  const said = (etag, more) => ({ headers: { "cache-control": "max-age=10", etag, ...more }, body: "body" });
  shop.says = () => said('"1"');
  await shop.get("/same"), await shop.get("/other");
  await shop.pass(11_000);
  shop.says = ({ method, path }) => (method === "HEAD" ? said(path === "/same" ? '"1"' : '"2"', { "x-new": "said" }) : said('"3"'));
  await shop.get("/same", { method: "HEAD", cache: "reload" }), await shop.get("/other", { method: "HEAD", cache: "reload" });
  const [same, other] = [await shop.get("/same"), await shop.get("/other")];
  assert.deepEqual([same.mark, same.answer.headers.get("x-new"), same.text], ["fresh", "said", "body"]);
  assert.deepEqual([other.mark, shop.hits.at(-1).headers.get("if-none-match")], [null, null], "gone: its validator is worth nothing");
});

test("nothing is kept without a core, in mode observe or off, or outside a browser without the option", async () => {
  for (const options of [{ cache: undefined }, { cache: false }, { mode: "observe" }, { mode: "off" }]) {
    const shop = await page(options);
    shop.says = () => ({ headers: { "cache-control": "max-age=60" } });
    for (let i = 0; i < 2; i++) assert.equal((await shop.get("/a")).mark, null);
    assert.equal(shop.hits.length, 2, JSON.stringify(options));
    shop.close();
  }
  const { Module } = WebAssembly;
  WebAssembly.Module = class { constructor() { throw new WebAssembly.CompileError("blocked"); } };
  try {
    const shop = await page();
    shop.says = () => ({ headers: { "cache-control": "max-age=60" } });
    for (let i = 0; i < 2; i++) assert.equal((await shop.get("/a")).mark, null);
    assert.equal(shop.hits.length, 2);
  } finally {
    WebAssembly.Module = Module;
  }
});
