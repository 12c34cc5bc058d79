// Whatever a server says about keeping: never an exception to the caller, never an answer that is not his.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BUILDS } from "./kit.mjs";
import { page } from "./shop.mjs";
import { chance } from "./virtual.mjs";

const LONG = "9".repeat(400);
const DATES = ["", "0", "-1", "x", "Sun, 06 Nov 1994", "Sun, 06 Nov 1994 08:49:37 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "Sun, 99 Nov 2099 99:99:99 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", LONG, "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT"];
const WORDS = {
  date: DATES,
  expires: DATES,
  "last-modified": DATES,
  age: ["", "0", "-5", "x", "1, 2", "1.5", "4294967296", LONG, '"3"', "0x10"],
  "cache-control": ["", ",", ",,,=", "max-age", "max-age=", 'max-age="60"', "max-age=-1", `max-age=${LONG}`, "max-age=60, max-age=0", "MAX-AGE=60", "max-age = 60", "max-age=60;x", 'x="max-age=60', '"', "no-cache=\"", "private=\"set-cookie, x\"", "s-maxage=60", "stale-if-error", "stale-if-error=x", `stale-while-revalidate=${LONG}`, "must-understand", "\u00e9=1", "a".repeat(9000)],
  etag: ["", '"', '"a"', 'W/"a"', "a", "*", '"a", "b"', "W/", '"\u00ff"', '"'.repeat(5000)],
  vary: ["", ",", "x", " , x", "a b", "*, x", "\u00e9", "x,".repeat(4000)],
  "content-type": ["", "x", "text/html", "application/json;;;", ";", "/"],
  "content-length": ["", "4", "x", "-4"],
  pragma: ["", "no-cache"],
};

for (const build of BUILDS) {
  test(`no field, alone or beside others, costs a caller its answer (${build})`, async () => {
    const { of, below } = chance(7);
    const cases = Object.entries(WORDS).flatMap(([name, values]) => values.map((value) => ({ [name]: value })));
    while (cases.length < 400) {
      const headers = {};
      for (const name in WORDS) if (below(2)) headers[name] = of(WORDS[name]);
      cases.push(headers);
    }
    const shop = await page({ build, retry: false, cache: { staleWhileOverloaded: true } });
    let headers;
    shop.says = ({ headers: asked }) => (asked.has("if-none-match") || asked.has("if-modified-since") ? { status: 304, headers } : { headers, body: "mine" });
    for (headers of cases) {
      const path = `/${below(50)}`;
      for (let i = 0; i < 2; i++) {
        const { status, text } = await shop.get(path);
        assert.deepEqual([status, text], [200, "mine"], JSON.stringify(headers).slice(0, 300));
      }
      await shop.pass(below(20_000));
    }
    assert.deepEqual([shop.errors, shop.thrown], [[], []]);
    const { queued, inFlight } = shop.tide.getSnapshot();
    assert.deepEqual([queued, inFlight], [0, 0]);
  });
}
