// A page that never asks for the same URL twice: what it holds after very many is what it held after the first thousands.
// In a process of its own, whose memory is nobody else's and can be collected when asked. `TIDEGATE_URLS=1000000` asks for
// a million, which takes some minutes.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";

const script = (many) => `
  const { createTidegate } = await import(${JSON.stringify(new URL("../../pkg/dist/index.js", import.meta.url).href)});
  const headers = { "cache-control": "max-age=3600", "content-type": "application/json" };
  let asked = 0;
  // One in twenty has a body: to read one twice takes Node more time than all else.
  const fetch = async () => (++asked % 20 ? new Response(null, { status: 204, headers }) : new Response("[" + asked + "]", { headers }));
  const tide = createTidegate({ fetch, cache: { entries: 1000, bytes: 5e6 }, storage: null, channel: null });
  const load = async (n) => {
    const answer = await tide.fetch("https://api.example/items/" + n);
    if (answer.body) await answer.text();
    else if (answer.status !== 204) throw new Error(n + " was answered " + answer.status);
  };
  // Of what is read beside its caller nothing is under way.
  const rest = async () => { for (let turn = 0; turn < 10; turn++) await new Promise((next) => setImmediate(next)); };
  const told = [];
  const held = async () => {
    await rest();
    for (let turn = 0; turn < 3; turn++) { gc(); await rest(); }
    const { heapUsed, external } = process.memoryUsage();
    told.push([asked, heapUsed, external]);
  };
  for (let n = 0; n < ${many}; n++) {
    await load(n);
    if (n === ${many / 20} || n === ${many / 2}) await held();
  }
  await held();
  // The last ones are there, and are not asked for again: it was the cache that was filled.
  const before = asked;
  for (let n = ${many} - 50; n < ${many}; n++) await load(n);
  console.log(JSON.stringify({ told, again: asked - before }));
  process.exit();
`;

test("very many URLs hold no more memory than a twentieth of them", async () => {
  const many = Number(process.env.TIDEGATE_URLS ?? 100_000);
  const run = promisify(execFile)(process.execPath, ["--expose-gc", "--input-type=module", "-e", script(many)]);
  const { told, again } = JSON.parse((await run).stdout);
  const [first, , last] = told.map(([, heap, external]) => heap + external);
  assert.equal(told[2][0], many);
  assert.equal(again, 0, "the latest are kept");
  assert.ok(last - first < 1_500_000, `${last - first} bytes more: ${JSON.stringify(told)}`);
});
