import asyncio
import math
import os
import random
import time

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.datastructures import MutableHeaders
from starlette.middleware.cors import CORSMiddleware

PATIENCE = int(os.environ.get("PATIENCE_MS", "1000")) / 1000
QUOTA = RateLimitItemPerSecond(20, 10)  # 20 in 10 s
counts = MemoryStorage()  # the limiter itself holds only a weak reference
limiter = MovingWindowRateLimiter(counts)
backend = httpx.AsyncClient(base_url=os.environ["BACKEND"])
load = {"running": 0, "waiting": 0}
workers = asyncio.Semaphore(4)


class Busy(Exception):
    """A turn came too late."""


def refusal(status: int, kind: str, seconds: float) -> JSONResponse:
    wait = math.ceil(seconds * random.uniform(1, 1.5))  # rounded up, and not the same for everybody
    problem = {"type": f"https://iana.org/assignments/http-problem-types#{kind}", "status": status, "retry_after": wait}
    return JSONResponse(problem, status, {"Retry-After": str(wait)}, "application/problem+json")


async def in_turn(work):
    """Runs `work` when a worker is free; whoever waits longer than PATIENCE is refused."""
    load["waiting"] += 1
    try:
        await asyncio.wait_for(workers.acquire(), PATIENCE)
    except asyncio.TimeoutError:
        raise Busy from None
    finally:
        load["waiting"] -= 1
    load["running"] += 1
    try:
        return await work()
    finally:
        load["running"] -= 1
        workers.release()


async def while_there(request: Request, work):
    """Cancels `work`, waiting or begun, when the client hangs up. FastAPI alone would go on."""

    async def hung_up():
        while (await request.receive())["type"] != "http.disconnect":
            pass

    gone, done = asyncio.create_task(hung_up()), asyncio.create_task(work)
    try:
        await asyncio.wait({gone, done}, return_when=asyncio.FIRST_COMPLETED)
        return done.result() if done.done() else PlainTextResponse("", 499)  # nobody reads it
    finally:
        gone.cancel()
        done.cancel()


class Quota:
    """RateLimit on every answer; 429 beyond the quota."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["path"] == "/health":
            return await self.app(scope, receive, send)
        client = scope["client"][0]
        admitted = await limiter.hit(QUOTA, client)
        reset, left = await limiter.get_window_stats(QUOTA, client)
        wait = max(1, math.ceil(reset - time.time()))

        async def told(message):
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["RateLimit"] = f'"default";r={left};t={wait}'
                headers["RateLimit-Policy"] = '"default";q=20;w=10'
                headers["Timing-Allow-Origin"] = "https://app.example"
            await send(message)

        await (self.app if admitted else refusal(429, "quota-exceeded", wait))(scope, receive, told)


api = FastAPI()


@api.exception_handler(Busy)
async def busy(request, error):
    return refusal(503, "temporary-reduced-capacity", 2)


@api.get("/health")
async def health():
    return load


@api.get("/search")
async def search(q: str, request: Request):
    async def ask():
        answer = await backend.get("/search", params={"q": q}, timeout=10)
        return PlainTextResponse(answer.text)

    return await while_there(request, in_turn(ask))


# Outermost, around the whole application: add_middleware would leave unexpected errors without its headers.
app = CORSMiddleware(
    Quota(api),
    allow_origins=["https://app.example"],
    expose_headers=["Retry-After", "RateLimit", "RateLimit-Policy", "Date"],
    max_age=7200,
)
