"""What really went over the wire for one call of ours, below ccxt's reading of it.

ccxt reads an empty or garbled reply as an empty account and raises nothing. Here every request of
a client is seen before it is sent (for the budget, and for numbers that differ from what was
approved) and every reply as it came (for its shape, its status and the venue's own code).
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from kit_tui.exchanges.budget import Purpose

_current: ContextVar[Call | None] = ContextVar("call", default=None)


@dataclass(slots=True)
class Call:
    """One call of ours: what it is for, what it must say, and what came of it.

    `what` names the kind of reply, for checking its shape; empty for calls which are checked
    otherwise. `expected` are parameters which must go out exactly so. `sent` is False as long as
    nothing left this machine, `answered` when there was no reply.
    """

    purpose: Purpose = Purpose.READ
    what: str = ""
    expected: Mapping[str, object] = field(default_factory=dict)
    sent: bool = False
    answered: bool = False
    status: int = 0
    headers: Mapping[str, Any] = field(default_factory=dict)
    body: str = ""

    @property
    def answer(self) -> Any:
        """The reply as JSON, or None when it is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def venue_code(self) -> int | None:
        """The `code` of a reply in the form {"code": …, "msg": …}."""
        answer = self.answer
        found = answer.get("code") if isinstance(answer, dict) else None
        try:
            return int(found) if found is not None else None
        except (TypeError, ValueError):
            return None

    @property
    def venue_message(self) -> str:
        """The `msg` of such a reply."""
        answer = self.answer
        return str(answer.get("msg") or "") if isinstance(answer, dict) else ""


@contextlib.contextmanager
def calling(call: Call) -> Iterator[Call]:
    """Make `call` the one that requests in this block belong to."""
    token = _current.set(call)
    try:
        yield call
    finally:
        _current.reset(token)


@dataclass(frozen=True, slots=True)
class Request:
    """What ccxt is about to send: its section of the API, method, path and parameters."""

    api: str
    method: str
    path: str
    params: Mapping[str, Any]
    units: float


BeforeSending = Callable[[Call, Request], Awaitable[None]]
AfterReply = Callable[[Call, Request | None], None]


def tap(client: Any, before: BeforeSending, after: AfterReply) -> None:
    """Put ourselves between a client and the network.

    `before` may wait, or raise: then nothing was sent.
    """
    usual_request, usual_fetch, usual_reply = client.fetch2, client.fetch, client.on_rest_response
    asked: ContextVar[Request | None] = ContextVar("asked", default=None)

    async def fetch2(
        path: str, api: Any = "public", method: str = "GET", params: Any = None, config: Any = None
    ) -> Any:
        call = _current.get() or Call()
        params, config = {} if params is None else params, {} if config is None else config
        units = float(client.calculate_rate_limiter_cost(api, method, path, params, config) or 0)
        section = str(api[0] if isinstance(api, list | tuple) else api)
        request = Request(section, method, path, params, units)
        await before(call, request)
        tokens = _current.set(call), asked.set(request)
        try:
            return await usual_request(path, api, method, params, config)
        finally:
            _current.reset(tokens[0])
            asked.reset(tokens[1])

    async def fetch(url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        call = _current.get()
        if call is not None:
            call.sent, call.answered, call.body, call.status = True, False, "", 0
        return await usual_fetch(url, method, headers, body)

    def on_rest_response(code: int, *rest: Any) -> Any:
        text = usual_reply(code, *rest)
        call = _current.get()
        if call is not None:
            call.answered, call.status, call.headers = True, code, rest[3] or {}
            call.body = text if isinstance(text, str) else ""
            after(call, asked.get())
        return text

    client.fetch2, client.fetch, client.on_rest_response = fetch2, fetch, on_rest_response
