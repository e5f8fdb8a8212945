"""What every scripted venue server shares: a port, a record of requests, and faults by script."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Self

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
FaultKind = Literal["status", "body", "hang", "reset", "hold", "slow"]


def wall_ms() -> int:
    """The wall clock, which servers run on unless a test gives another."""
    return int(time.time() * 1000)


class Asked(NamedTuple):
    """One request as it came in; `params` joins query and form, `key` is the API key sent."""

    method: str
    path: str
    params: dict[str, str]
    key: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with the next request which matches.

    `path` is matched at the end, `method`, `key` and `having` (a name and value among the
    parameters) only when given. `accepted` decides whether the venue does what was asked before
    the answer goes wrong.

    | kind   | what the client sees                                                             |
    |--------|----------------------------------------------------------------------------------|
    | status | an HTTP error with `body` and `headers`                                          |
    | body   | a 200 with `body` instead of the answer                                          |
    | hang   | no answer at all                                                                 |
    | reset  | the connection dropped                                                           |
    | hold   | the true answer, once `server.release()` was called; without `accepted` the      |
    |        | venue also acts only then                                                        |
    | slow   | the true answer `seconds` late; without `accepted` the venue also acts only then |
    """

    kind: FaultKind
    path: str = ""
    status: int = 500
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"
    method: str = ""
    key: str = ""
    having: tuple[str, str] | None = None
    accepted: bool = False
    seconds: float = 0.0

    def hits(self, asked: Asked) -> bool:
        """Whether this fault is meant for that request."""
        return (
            asked.path.endswith(self.path)
            and self.method in {"", asked.method}
            and self.key in {"", asked.key}
            and (self.having is None or asked.params.get(self.having[0]) == self.having[1])
        )


class ScriptedServer:
    """Use as `async with Server() as server`, then point the client at `server.url`.

    `port` lets a server return where another one was; leave it out otherwise. `go_down` closes
    the port, `come_back` opens the same one again.
    """

    key_header = "X-API-KEY"
    cancels_handlers = False
    """Whether a handler is cancelled when its client leaves, as streams want it."""

    def __init__(self, now_ms: Callable[[], int] | None = None, *, port: int = 0) -> None:
        self.port = port
        self.url = ""
        self.requests: list[Asked] = []
        self.faults: list[Fault] = []
        self.now_ms = now_ms or wall_ms
        self.remembers = True  # long runs turn this off and read `count`
        self.count = 0
        self.held = 0
        self._ended = asyncio.Event()
        self._released = asyncio.Event()
        self._one_more = asyncio.Event()
        self._runner: web.AppRunner | None = None

    # -- the script -----------------------------------------------------------------------------

    def fail(self, kind: FaultKind, *, times: int = 1, **details: Any) -> None:
        """Queue a fault for the next `times` matching requests."""
        self.faults.extend(Fault(kind, **details) for _ in range(times))

    def release(self) -> None:
        """Let go of all requests that a `hold` keeps."""
        self._released.set()
        self._released = asyncio.Event()

    async def until_held(self, count: int = 1) -> None:
        """Wait until `count` requests are held."""
        async with asyncio.timeout(10.0):
            while self.held < count:
                await self._one_more.wait()

    def asked(self, path: str, method: str = "") -> list[dict[str, str]]:
        """The parameters of all requests so far whose path ends with `path`."""
        return [
            seen.params
            for seen in self.requests
            if seen.path.endswith(path) and method in {"", seen.method}
        ]

    async def go_down(self) -> None:
        """Close the port: connections are refused until `come_back`."""
        self._ended.set()
        self.release()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def come_back(self) -> None:
        """Serve on the same port again; all state is as it was."""
        self._ended = asyncio.Event()
        app = web.Application(middlewares=[self._record_and_break])
        for (method, path), handler in self.routes().items():
            app.router.add_route(method, path, handler)
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=0.1, handler_cancellation=self.cancels_handlers
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.port, self.url = port, f"http://{host}:{port}"

    # -- serving --------------------------------------------------------------------------------

    def routes(self) -> dict[tuple[str, str], Handler]:
        """Method and path to handler; subclasses add theirs."""
        return {}

    async def guard(self, request: web.Request, asked: Asked) -> web.Response | None:
        """A refusal before anything else is looked at, such as a rate limit; None lets it pass."""
        del request, asked
        return None

    def dress(self, asked: Asked, response: web.StreamResponse) -> None:
        """Add what every answer carries, such as rate headers."""

    async def __aenter__(self) -> Self:
        await self.come_back()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.go_down()

    async def _asked(self, request: web.Request) -> Asked:
        params = dict(request.query)
        if request.can_read_body and "form" in request.content_type:
            params |= {name: str(value) for name, value in (await request.post()).items()}
        return Asked(request.method, request.path, params, request.headers.get(self.key_header, ""))

    @web.middleware
    async def _record_and_break(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        asked = await self._asked(request)
        self.count += 1
        if self.remembers:
            self.requests.append(asked)
        fault = next((fault for fault in self.faults if fault.hits(asked)), None)
        if fault is None:
            return await self._served(request, handler, asked)
        self.faults.remove(fault)
        if fault.kind in {"hold", "slow"}:
            return await self._late(request, handler, asked, fault)
        if fault.accepted:
            answer = await self._served(request, handler, asked)
            if answer.status >= 400:
                return answer  # the venue refused, so there is nothing accepted to lose
        return await self._broken(request, fault, asked)

    async def _served(
        self, request: web.Request, handler: Handler, asked: Asked
    ) -> web.StreamResponse:
        answer = await self.guard(request, asked) or await handler(request)
        self.dress(asked, answer)
        return answer

    async def _late(
        self, request: web.Request, handler: Handler, asked: Asked, fault: Fault
    ) -> web.StreamResponse:
        answer = await self._served(request, handler, asked) if fault.accepted else None
        if fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        else:
            self.held += 1
            self._one_more.set()
            self._one_more = asyncio.Event()
            await self._released.wait()
            self.held -= 1
        return answer or await self._served(request, handler, asked)

    async def _broken(self, request: web.Request, fault: Fault, asked: Asked) -> web.StreamResponse:
        if fault.kind == "hang":
            await self._ended.wait()
        if fault.kind in {"hang", "reset"}:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        status = fault.status if fault.kind == "status" else 200
        answer = web.Response(
            status=status, text=fault.body, content_type=fault.content_type,
            headers=dict(fault.headers),
        )  # fmt: skip
        self.dress(asked, answer)
        return answer
