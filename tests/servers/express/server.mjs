import express from "express";
import { rateLimit } from "express-rate-limit";
import { Busy, clientGone, createQueue } from "./queue.mjs";

const { BACKEND, PORT = "0", PATIENCE_MS = "1000" } = process.env;
const patience = Number(PATIENCE_MS);
const queue = createQueue({ workers: 4, patience });

/** Whole seconds, rounded up, and up to half as much again: not everybody comes back at once. */
const retryAfter = (ms) => Math.ceil((Math.max(ms, 1000) * (1 + Math.random() / 2)) / 1000);

/** How long this request stood in the queue, against the longest that any may. Nothing to say when it did not. */
function backpressure(res, waited) {
  const load = (waited / patience).toFixed(2);
  if (waited > 0) res.set("Backpressure", load < 0.5 ? `load=${load}, state=fair` : `load=${load}, state=serious, off=(related)`);
}

function refuse(res, status, type, ms) {
  const seconds = retryAfter(ms);
  res.status(status).set("Retry-After", String(seconds)).type("application/problem+json");
  res.send(JSON.stringify({ type: `https://iana.org/assignments/http-problem-types#${type}`, status, retry_after: seconds }));
}

const app = express().disable("x-powered-by");

// First, so that refusals and errors carry it too: without it, a page sees a network failure and no status.
app.use((req, res, next) => {
  res.set({
    "Access-Control-Allow-Origin": "https://app.example",
    "Access-Control-Expose-Headers": "Retry-After, RateLimit, RateLimit-Policy, Backpressure, Date",
    "Timing-Allow-Origin": "https://app.example",
  });
  if (req.method !== "OPTIONS") return next();
  res.set({ "Access-Control-Allow-Headers": "content-type, idempotency-key", "Access-Control-Max-Age": "7200" });
  res.sendStatus(204); // a preflight is never counted and never waits
});

app.get("/health", (req, res) => res.json(queue.load())); // never waits either

app.use(
  rateLimit({
    limit: 20,
    windowMs: 10_000,
    identifier: "default",
    standardHeaders: "draft-8", // RateLimit and RateLimit-Policy, on every answer
    legacyHeaders: false,
    handler: (req, res) => refuse(res, 429, "quota-exceeded", req.rateLimit.resetTime - Date.now()),
  }),
);

app.get("/search", async (req, res) => {
  const url = `${BACKEND}/search?q=${encodeURIComponent(req.query.q)}`;
  const found = await queue.run(clientGone(res), async (signal, waited) => {
    backpressure(res, waited);
    return (await fetch(url, { signal })).text();
  });
  res.type("text").send(found);
});

app.use((error, req, res, next) => {
  if (res.destroyed) return; // nobody is there to be told
  if (!(error instanceof Busy)) return next(error);
  res.set("Backpressure", "load=1, state=critical");
  refuse(res, 503, "temporary-reduced-capacity", 2000);
});

const server = app.listen(Number(PORT), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
