"""Faults by script and limits by route for the loopback Discord."""

from __future__ import annotations

import hashlib
import json
import math
from collections import deque
from dataclasses import dataclass

from aiohttp import web

from tests.servers.discord_rules import WORDS, DiscordError, Json

_HTTP_WORDS = {401: "401: Unauthorized", 404: "404: Not Found", 405: "405: Method Not Allowed"}
_VIA = {"Via": "1.1 google"}  # discord.py takes a 429 without it for a ban


class Faults:
    """What goes wrong next, by route."""

    def __init__(self) -> None:
        self.down = False
        self.script: deque[tuple[str, str, int]] = deque()

    def add(self, route: str, how: str, times: int) -> None:
        """Queue a fault behind those already there."""
        self.script.append((route, how, times))

    def take(self, route: str) -> str:
        """The fault for this call of a route, or nothing."""
        for index, (wanted, how, times) in enumerate(self.script):
            if wanted == route:
                self.script[index] = (wanted, how, times - 1)
                if times == 1:
                    del self.script[index]
                return how
        return ""


@dataclass
class Bucket:
    """How many calls are left until when."""

    count: int
    seconds: float
    left: int = 0
    until: float = -math.inf


class Limits:
    """Buckets by route and channel, guild or webhook. Without a limit no header is sent."""

    def __init__(self) -> None:
        self.rules: dict[str, tuple[int, float]] = {}
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def spend(self, route: str, major: str, now: float) -> tuple[bool, dict[str, str]]:
        """Whether a call is allowed, and the headers that say what is left."""
        if route not in self.rules:
            return True, {}
        bucket = self._buckets.setdefault((route, major), Bucket(*self.rules[route]))
        if now >= bucket.until:
            bucket.left, bucket.until = bucket.count, now + bucket.seconds
        allowed = bucket.left > 0
        bucket.left -= allowed
        return allowed, {
            "X-RateLimit-Limit": str(bucket.count),
            "X-RateLimit-Remaining": str(bucket.left),
            "X-RateLimit-Reset": f"{bucket.until:.3f}",
            "X-RateLimit-Reset-After": f"{bucket.until - now:.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(route.encode()).hexdigest()[:32],
        }


def failed(how: str) -> web.Response:
    """The answer a scripted fault asks for: `429:SECONDS[:global]`, a status, or Discord's code."""
    kind, _, rest = how.partition(":")
    if kind == "429":
        seconds, _, scope = rest.partition(":")
        return limited(float(seconds), everywhere=scope == "global")
    if int(kind) in WORDS:
        return refused(DiscordError(int(kind)))
    if int(kind) >= 500:
        return web.Response(status=int(kind), text="upstream connect error", headers=_VIA)
    return bare(int(kind))


def refused(error: DiscordError) -> web.Response:
    """One of Discord's errors."""
    return answer(error.body, error.status)


def bare(status: int) -> web.Response:
    """An error without a code of its own."""
    return answer({"message": _HTTP_WORDS[status], "code": 0}, status)


def limited(
    seconds: float, headers: dict[str, str] | None = None, *, everywhere: bool = False
) -> web.Response:
    """Too many calls; `seconds` until the next is heard."""
    body: Json = {
        "message": "You are being rate limited.", "retry_after": seconds, "global": everywhere
    }  # fmt: skip
    scope = "global" if everywhere else "user"
    told = {**_VIA, "Retry-After": str(math.ceil(seconds)), "X-RateLimit-Scope": scope}
    if everywhere:
        told["X-RateLimit-Global"] = "true"
    return answer(body, 429, {**told, **(headers or {})})


def answer(body: object, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON answer; a charset in its type would make discord.py take it for text."""
    packed = json.dumps(body).encode()
    kind = "application/json"
    return web.Response(body=packed, status=status, headers=headers, content_type=kind)


def cut(request: web.Request) -> web.StreamResponse:
    """Drop a connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
