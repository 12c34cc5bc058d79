import cors from "@fastify/cors";
import rateLimit from "@fastify/rate-limit";
import underPressure from "@fastify/under-pressure";
import Fastify from "fastify";
import { Busy, clientGone, createQueue } from "../express/queue.mjs";

const { BACKEND, PORT = "0", PATIENCE_MS = "1000" } = process.env;
const queue = createQueue({ workers: 4, patience: Number(PATIENCE_MS) });
const retryAfter = (seconds) => String(Math.ceil(seconds * (1 + Math.random() / 2)));
const origin = "https://app.example";

const app = Fastify();

// In this order: what is registered first also covers the refusals of what comes after it.
await app.register(cors, { origin, exposedHeaders: ["Retry-After", "RateLimit", "RateLimit-Policy", "Date"], maxAge: 7200 });
app.addHook("onRequest", async (request, reply) => void reply.header("Timing-Allow-Origin", origin));

// When the process itself is the bottleneck: its event loop lags, so new work is refused before it is begun.
await app.register(underPressure, {
  maxEventLoopDelay: 200, // ms, the mean of a second
  pressureHandler: () => {
    throw new Busy();
  },
});

await app.register(rateLimit, {
  max: 20,
  timeWindow: 10_000,
  enableDraftSpec: true, // ratelimit-limit, -remaining, -reset: made into the structured fields below
  errorResponseBuilder: (request, { ttl }) => Object.assign(new Error(), { statusCode: 429, seconds: Math.ceil(ttl / 1000) }),
});
app.addHook("onSend", async (request, reply) => {
  const of = (name) => reply.getHeader(`ratelimit-${name}`);
  if (of("limit") === undefined) return;
  reply.header("RateLimit", `"default";r=${of("remaining")};t=${of("reset")}`);
  reply.header("RateLimit-Policy", `"default";q=${of("limit")};w=10`);
  for (const name of ["limit", "remaining", "reset"]) reply.removeHeader(`ratelimit-${name}`);
});

app.setErrorHandler((error, request, reply) => {
  const [status, type, seconds] =
    error instanceof Busy ? [503, "temporary-reduced-capacity", 2]
    : error.statusCode === 429 ? [429, "quota-exceeded", error.seconds]
    : [];
  if (status === undefined) return reply.send(error);
  const wait = retryAfter(seconds);
  reply.code(status).header("Retry-After", wait).type("application/problem+json");
  return reply.send(JSON.stringify({ type: `https://iana.org/assignments/http-problem-types#${type}`, status, retry_after: Number(wait) }));
});

app.get("/health", { config: { rateLimit: false, pressureHandler: () => {} } }, () => queue.load());

app.get("/search", (request, reply) =>
  queue.run(clientGone(reply.raw), async (signal) => {
    const answer = await fetch(`${BACKEND}/search?q=${encodeURIComponent(request.query.q)}`, { signal });
    return answer.text();
  }),
);

app.get("/report", () => {
  const until = Date.now() + 500;
  while (Date.now() < until); // work that blocks the process, as templates and large JSON do
  return "done";
});

console.log(await app.listen({ port: Number(PORT), host: "127.0.0.1" }));
