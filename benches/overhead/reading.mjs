// What reading hints costs: Retry-After, RateLimit and RateLimit-Policy from a Headers object, against the package
// `structured-headers` doing the same; the same again when nothing has changed; and how the cost of a hostile value
// grows with its length.
import { parseList } from "structured-headers";
import { heard } from "../../pkg/src/headers.ts";
import { HOSTILE } from "./hostiles.mjs";

const FIELDS = {
  "content-type": "application/json",
  "ratelimit-policy": '"hour";q=1000;w=3600, "minute";q=100;w=60',
  ratelimit: '"minute";r=0;t=30',
  "retry-after": "30",
};

/** What `structured-headers` gives for both fields, and the number of seconds. */
const peer = (headers) => {
  const items = parseList(headers.get("ratelimit"));
  const policies = parseList(headers.get("ratelimit-policy"));
  return [Number(headers.get("retry-after")), items[0][1].get("r"), policies[0][1].get("q")];
};

const repeat = (act) => (count) => {
  for (let turn = 0; turn < count; turn++) act();
};

const same = (told, wanted) => {
  if (JSON.stringify(told) !== JSON.stringify(wanted)) throw new Error(`read ${JSON.stringify(told)}`);
};

const READINGS = {
  "hints read": ({ readHints }, headers) => {
    const { waitMs, quotas } = readHints({ status: 429, headers });
    same([waitMs, quotas.length, quotas[1].remaining ?? quotas[0].remaining], [30_000, 2, 0]);
    return () => readHints({ status: 429, headers });
  },
  "hints unchanged": (tidegate, headers) => {
    const scope = { seen: 0 };
    // All headers are looked at once, and then those that said something.
    same(heard(scope, 200, { headers }).includes("ratelimit"), true);
    same(heard(scope, 200, { headers }), "");
    return () => heard(scope, 200, { headers });
  },
};

/** `structured-headers` and tidegate on the same Headers object. */
export function reading({ readHints }, name) {
  const headers = new Headers(FIELDS);
  same(peer(headers), [30, 0, 1000]);
  return [
    ["structured-headers", repeat(() => peer(headers))],
    ["tidegate", repeat(READINGS[name]({ readHints }, headers))],
  ];
}

/** One value of a kilobyte, and one of eight. */
export function hostile({ readHints }, name) {
  const [field, make] = HOSTILE[name];
  const read = (length) => {
    const value = make(length).slice(0, length);
    return repeat(() => readHints({ status: 503, headers: [[field, value]] }));
  };
  return [
    ["1 kB", read(1024)],
    ["8 kB", read(8192)],
  ];
}
