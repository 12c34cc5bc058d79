// Fetch's cache modes, conditions of the caller's own, and whose a kept answer is.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ORIGIN, at, page, quiet } from "./shop.mjs";

const FRESH = { "cache-control": "max-age=60", etag: '"1"' };
const STALE = { "cache-control": "max-age=0", etag: '"1"' };
const kept = async (headers, options) => {
  const shop = await page(options);
  shop.says = ({ headers: asked }) => (asked.has("if-none-match") ? { status: 304 } : { headers });
  await shop.get("/a");
  return shop;
};

test("no-store and reload look nothing up; what reload brings is kept, what no-store brings is not", async () => {
  const shop = await kept(FRESH);
  assert.deepEqual([(await shop.get("/a", { cache: "no-store" })).text, shop.hits.at(-1).cache], ["/a 2", "no-store"]);
  assert.equal((await shop.get("/a")).text, "/a 1");
  assert.deepEqual([(await shop.get("/a", { cache: "reload" })).text, shop.hits.at(-1).cache], ["/a 3", "reload"]);
  assert.deepEqual([...shop.hits.at(-1).headers], []);
  assert.equal((await shop.get("/a")).text, "/a 3");
  await shop.get("/b", { cache: "no-store" });
  assert.equal((await shop.get("/b")).mark, null);
});

test("no-cache asks the origin whatever the age, and never has a copy stand in unconfirmed on a well server", async () => {
  const shop = await kept(FRESH);
  const { text, status } = await shop.get("/a", { cache: "no-cache" });
  assert.deepEqual([text, status, shop.hits.length, shop.hits[1].headers.get("if-none-match"), shop.hits[1].cache], ["/a 1", 200, 2, '"1"', "no-store"]);
});

test("force-cache takes what is there, however old; and asks as the platform does where nothing is", async () => {
  const shop = await kept(STALE);
  const { text, mark } = await shop.get("/a", { cache: "force-cache" });
  assert.deepEqual([text, mark, shop.hits.length], ["/a 1", "stale", 1]);
  assert.deepEqual([(await shop.get("/b", { cache: "force-cache" })).text, shop.hits[1].cache], ["/b 2", "force-cache"]);
});

test("only-if-cached is answered of the page's own origin, and else by the platform", async () => {
  const away = at();
  try {
    const shop = await kept(STALE);
    const init = { cache: "only-if-cached", mode: "same-origin" };
    assert.deepEqual([(await shop.get("/a", init)).text, shop.hits.length], ["/a 1", 1]);
    await shop.get("/b", init);
    assert.deepEqual([shop.hits.length, shop.hits[1].cache], [2, "only-if-cached"]);
  } finally {
    away();
  }
});

test("mode same-origin refuses another origin, whatever is kept of it", async () => {
  const away = at("https://page.example");
  try {
    const shop = await page({ cache: { staleWhileOverloaded: true } });
    shop.says = () => ({ headers: { ...FRESH, date: new Date(Date.now()).toUTCString() } });
    await shop.get("/a");
    assert.equal((await shop.get("/a")).mark, "fresh");
    assert.equal((await shop.get("/a", { mode: "same-origin" })).mark, null, "the platform's to refuse");
  } finally {
    away();
  }
});

test("ranges and conditions of the caller's own are the platform's: neither answered nor kept", async () => {
  const shop = await kept(FRESH);
  for (const name of ["Range", "If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since", "If-Range"]) {
    shop.says = () => ({ status: 206, headers: { ...FRESH, "content-range": "bytes 0-1/9" } });
    const before = shop.hits.length;
    const { status, mark } = await shop.get("/a", { headers: { [name]: "x" } });
    assert.deepEqual([status, mark, shop.hits.length], [206, null, before + 1], name);
    assert.deepEqual([...shop.hits.at(-1).headers], [[name.toLowerCase(), "x"]]);
  }
  assert.equal((await shop.get("/a")).text, "/a 1");
  shop.says = () => ({ status: 304 });
  assert.equal((await shop.get("/a", { headers: { "if-none-match": '"mine"' } })).status, 304, "its own 304 is its own");
});

test("integrity, no-cors and redirects by hand: nothing of another kind answers them", async () => {
  const shop = await kept(FRESH);
  for (const init of [{ integrity: "sha256-x" }, { mode: "no-cors" }, { redirect: "manual" }, { credentials: "include" }, { credentials: "omit" }, { headers: { authorization: "Bearer a" } }]) {
    assert.equal((await shop.get("/a", init)).mark, null, JSON.stringify(init));
  }
  assert.equal((await shop.get("/a")).text, "/a 1");
  shop.says = () => ({ status: 301, headers: { ...FRESH, location: "/b" } });
  await shop.get("/moved", { redirect: "manual" });
  shop.says = () => ({ body: "where it moved to" });
  assert.equal((await shop.get("/moved")).text, "where it moved to", "who follows redirects is not handed one");
});

test("credentials, Authorization and users keep apart what they got", async () => {
  let who = "a";
  const shop = await page({ user: () => who });
  shop.says = (_, nth) => ({ headers: FRESH, body: `${nth}` });
  const ways = [{}, { credentials: "include" }, { credentials: "omit" }, { headers: { authorization: "x" } }, { headers: { authorization: "y" } }, { credentials: "include", headers: { Authorization: "x" } }];
  const all = async () => {
    const texts = [];
    for (const init of ways) texts.push((await shop.get("/a", init)).text);
    return texts;
  };
  const mine = await all();
  assert.equal(new Set(mine).size, ways.length);
  assert.deepEqual(await all(), mine);
  who = "b";
  const others = await all();
  assert.equal(new Set([...mine, ...others]).size, 2 * ways.length);
  who = "a";
  assert.deepEqual(await all(), mine);
  who = { toString() { throw new Error("mine"); } };
  assert.ok(!mine.includes((await shop.get("/a")).text), "nobody knows who it is: nobody's copy");
});

test("Vary: each variant is kept and found, also in other words; what cannot be known is not kept", async () => {
  const shop = await page();
  const answer = (vary) => () => ({ headers: { ...FRESH, vary } });
  shop.says = answer("Accept-Language, X-A");
  const text = async (headers) => (await shop.get("/a", { headers })).text;
  const [en, de] = [await text({ "accept-language": "en", "x-a": "1" }), await text({ "accept-language": "de", "x-a": "1" })];
  assert.notEqual(en, de);
  assert.equal(await text({ "X-A": "1", "Accept-Language": "EN", other: "x" }), en);
  assert.equal(await text([["accept-language", "de"], ["x-a", "1"]]), de);
  assert.notEqual(await text({ "accept-language": "en", "x-a": "2" }), en);
  for (const vary of ["*", "accept, *", "Cookie", Array.from({ length: 5000 }, (_, i) => `x-${i}`).join(), ",".repeat(60_000), "a b", "x-a ".repeat(9000)]) {
    const bomb = await page();
    bomb.says = answer(vary);
    for (let i = 0; i < 2; i++) assert.equal((await bomb.get("/a")).status, 200);
    if (!/^,/.test(vary)) assert.equal(bomb.hits.length, 2, vary.slice(0, 20));
    assert.deepEqual([bomb.errors, bomb.thrown], [[], []]);
  }
});

test("of variants of one URL a bounded number is kept", async () => {
  const shop = await page();
  shop.says = () => ({ headers: { ...FRESH, vary: "x-a" } });
  for (let i = 0; i < 40; i++) await shop.get("/a", { headers: { "x-a": `${i}` } });
  let found = 0;
  for (let i = 39; i >= 0; i--) found += (await shop.get("/a", { headers: { "x-a": `${i}` }, cache: "force-cache" })).mark === "fresh" ? 1 : 0;
  assert.ok(found > 0 && found <= 16, `${found}`);
  await quiet();
});
