// What is kept of an answer, what is served of it, and how the origin is asked past the browser's own cache.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BUILDS, fresh, holdTime, network, pass, standing, URL_A } from "./kit.mjs";

const URL_B = "https://api.example/items/1";

/** An instance over a network whose answers are given by hand, in a held time. */
async function kept(t, build, options) {
  holdTime(t.mock);
  const { createTidegate } = await fresh(build);
  const net = network();
  const tide = createTidegate({ fetch: net.fetch, cache: {}, retry: false, storage: null, channel: null, ...options });
  await tide.ready;
  const errors = [];
  tide.on("error", (event) => errors.push(event));
  t.after(() => (tide.dispose(), assert.deepEqual(errors, [])));
  /** Asks, lets the network answer, reads the body, and lets the copy be placed. */
  const answered = async (headers, { url = URL_A, body = "one", status = 200, init } = {}) => {
    const answer = tide.fetch(url, init);
    // As browsers have it, also where there can be no body: an empty stream.
    const made = new Response(body, { headers });
    Object.defineProperty(made, "status", { value: status });
    net.sent.at(-1).resolve(made);
    const text = await (await answer).text();
    await standing(answer);
    return text;
  };
  return { tide, net, answered };
}

const sent = (call) => Object.fromEntries(new Headers(call.init?.headers));

for (const build of BUILDS) {
  const claim = (name, act, options) => test(`${build}: ${name}`, async (t) => act({ t, ...(await kept(t, build, options)) }));

  claim("a kept answer has one Age, which is its own (RFC 9111 section 5.1)", async ({ t, tide, net, answered }) => {
    await answered({ "cache-control": "max-age=600", age: "30" });
    pass(t.mock, 3000);
    const again = await tide.fetch(URL_A);
    assert.deepEqual([net.sent.length, again.headers.get("age"), again.headers.get("x-tidegate"), await again.text()], [1, "33", null, "one"]);
  });

  claim("fields of one connection are not kept, nor those that it names (RFC 9111 section 3.1)", async ({ tide, answered }) => {
    const hop = { connection: "A ,b", "keep-alive": "1", te: "x", "transfer-encoding": "x", upgrade: "x", "proxy-authenticate": "x" };
    await answered({ ...hop, a: "1", b: "2", c: "3", "cache-control": "max-age=600" });
    const { headers } = await tide.fetch(URL_A);
    assert.deepEqual([...Object.keys(hop), "a", "b"].filter((name) => headers.has(name)), []);
    assert.equal(headers.get("c"), "3");
  });

  claim("a status that may have no body is kept without one", async ({ tide, net, answered }) => {
    await answered({ "cache-control": "max-age=600" }, { status: 204, body: "" });
    const again = await tide.fetch(URL_A);
    assert.deepEqual([net.sent.length, again.status, again.body], [1, 204, null]);
  });

  claim("what is not kept here is asked for as ever: the browser's own cache may know more", async ({ net, answered }) => {
    for (const headers of [{ "cache-control": "no-store" }, { "cache-control": "max-age=600", vary: "cookie" }, { "cache-control": "max-age=600", vary: "a" }]) {
      await answered(headers);
      assert.equal(net.sent.at(-1).init, undefined);
    }
    await answered({ "cache-control": "max-age=600" }, { body: "two", init: { headers: { a: "2" } } });
    assert.deepEqual([net.sent.length, net.sent[3].init.cache, sent(net.sent[3])], [4, undefined, { a: "2" }]);
  });

  claim("what was written to is asked for past the browser's cache, once (RFC 9111 section 4.4)", async ({ net, answered }) => {
    await answered({ "cache-control": "max-age=600" });
    await answered({ location: new URL(URL_A).pathname + new URL(URL_A).search }, { url: URL_B, init: { method: "M-SEARCH" } });
    assert.equal(await answered({ "cache-control": "max-age=0" }, { body: "two" }), "two");
    assert.equal(net.sent[2].init.cache, "reload");
  });

  claim("where browsers take for a date what is none, their cache is passed by (RFC 9111 section 5.3)", async ({ net, answered }) => {
    await answered({ expires: "Sun, 22-Nov-2099 12:00:00 GMT" });
    await answered({ expires: "Sun, 22 Nov 2020 12:00:00 GMT" }, { body: "two" });
    assert.deepEqual([net.sent[1].init.cache, sent(net.sent[1])], ["reload", { "cache-control": "max-stale=0", pragma: "max-stale=0" }]);
  });

  claim("what is still being read when a write is acknowledged is asked for past the browser's cache at once, and once", async ({ tide, net, answered }) => {
    let end;
    const poll = tide.fetch(URL_A);
    net.sent[0].resolve(new Response(new ReadableStream({ start: (out) => void (end = out) }), { headers: { "cache-control": "max-age=600" } }));
    await poll;
    await answered({}, { url: URL_B, init: { method: "POST" } });
    await answered({ "cache-control": "no-store" }, { body: "two" });
    await answered({ "cache-control": "no-store" }, { body: "three" });
    assert.deepEqual([net.sent[2].init?.cache, net.sent[3].init], ["reload", undefined]);
    end.close();
  });

  claim("a cache mode of the caller's stays", async ({ net, answered }) => {
    await answered({ "cache-control": "no-store" });
    for (const cache of ["reload", "force-cache", "no-store"]) {
      await answered({}, { init: { cache } });
      assert.equal(net.sent.at(-1).init.cache, cache);
    }
  });

  claim("the origin is asked to confirm with our validators, in the mode that evicts nothing, as the caller's mode asks", async ({ net, answered }) => {
    const headers = { "cache-control": "no-cache", etag: '"1"', "last-modified": "Wed, 01 Jan 2020 00:00:00 GMT" };
    await answered(headers);
    await answered(headers, { status: 304, body: "" });
    await answered(headers, { status: 304, body: "", init: { cache: "no-cache" } });
    await answered(headers, { status: 304, body: "", init: { headers: { "cache-control": "max-age=5" } } });
    const conditions = { "if-none-match": '"1"', "if-modified-since": "Wed, 01 Jan 2020 00:00:00 GMT" };
    const asked = net.sent.slice(1).map((call) => [call.init.cache, sent(call)]);
    const words = [["max-stale=0", "max-stale=0"], ["max-age=0", "max-age=0"], ["max-age=5", "max-stale=0"]];
    assert.deepEqual(asked, words.map(([word, pragma]) => ["no-store", { ...conditions, "cache-control": word, pragma }]));
  });

  claim("what is served stale is asked for again as it was last asked for (RFC 5861 section 3)", async ({ t, tide, net, answered }) => {
    const init = (turn) => ({ init: { headers: { turn } } });
    await answered({ "cache-control": "max-age=1, stale-while-revalidate=600" }, init("1"));
    pass(t.mock, 3000);
    const stale = await tide.fetch(URL_A, init("2").init);
    assert.equal(stale.headers.get("x-tidegate"), "stale");
    pass(t.mock, 30_000);
    assert.equal(sent((await net.arrival(2))).turn, "2");
    net.sent[1].answer("two", { headers: { "cache-control": "max-age=600" } });
  });

  test(`${build}: what the browser holds may be another's: asked for so that the origin has to say, without a header of ours`, async (t) => {
    let user = null;
    const { net, tide, answered } = await kept(t, build, { user: () => user });
    const modes = async (...urls) => {
      const begin = net.sent.length;
      for (const url of urls) await answered({ "cache-control": "max-age=600" }, { url });
      return net.sent.slice(begin).map(({ init }) => [init?.cache, init?.headers]);
    };
    const asEver = [undefined, undefined];
    const anew = ["no-cache", undefined];
    assert.deepEqual(await modes(URL_A), [asEver]);
    user = "A";
    assert.deepEqual(await modes(URL_A), [asEver], "nobody was there before");
    user = "B";
    assert.deepEqual(await modes(URL_A, URL_B), [anew, anew]);
    await answered({}, { url: `${URL_B}/2`, init: { cache: "reload" } });
    assert.equal(net.sent.at(-1).init.cache, "reload");
    tide.reset();
    assert.deepEqual(await modes(URL_A), [asEver]);
    await tide.clear();
    assert.deepEqual(await modes(URL_A), [anew]);
  });

  let asked = 0;
  claim("the application is asked once a request whose it is", async ({ net, answered }) => {
    asked = 0;
    await answered({ "cache-control": "max-age=600" }, { init: { method: "GET" } });
    assert.deepEqual([asked, net.sent.length], [1, 1]);
    await answered({ "cache-control": "max-age=600" }, { body: "two" });
    assert.deepEqual([asked, net.sent.length], [2, 2], "another user, another answer");
  }, { user: () => `user ${++asked}`, coalesce: true });
}
