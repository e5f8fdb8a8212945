"""A Bot API server on the loopback: what Telegram does, as strict as Telegram, on demand broken.

Run `python -m tests.servers.telegram_api --port N` for one to talk to by hand; it prints its
address, and `telegram_control` says how people speak and press in it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.servers.telegram_chats import (
    BOT,
    CHANNEL,
    CHAT,
    EVE,
    FORUM,
    GROUP,
    OTHER_BOT,
    OWNER,
    Chat,
    Sent,
    World,
)
from tests.servers.telegram_faults import EVER, Fault, Faults, answer, is_done, refused
from tests.servers.telegram_flood import Flood
from tests.servers.telegram_html import parse_html
from tests.servers.telegram_methods import Methods
from tests.servers.telegram_people import People
from tests.servers.telegram_rules import TEXT_LIMIT
from tests.servers.telegram_updates import Updates
from tests.servers.telegram_words import ApiError, BadRequestError

__all__ = [
    "BOT", "CHANNEL", "CHAT", "EVE", "EVER", "FORUM", "GROUP", "LIMIT", "OTHER_BOT", "OWNER",
    "TOKEN", "BadRequestError", "Call", "Chat", "Sent", "TelegramApi", "parse_html",
]  # fmt: skip

TOKEN = "123456:loopback-token-of-a-test"
LIMIT = TEXT_LIMIT
UPLOAD_BYTES = 50 * 1024 * 1024


@dataclass(slots=True)
class Call:
    """One call as it came in; `status` 0 while it runs or when the connection was dropped.

    `at` is on the server's clock; `said` is the description of a refusal.
    """

    method: str
    params: dict[str, str]
    at: float
    files: tuple[str, ...] = ()
    status: int = 0
    said: str = ""


class TelegramApi(People):
    """The server. Start it with `async with`; `root` is what goes into `base_url`.

    `now` is the clock that dates, flood control and old queries go by, in seconds; a test with a
    fake clock gives its `monotonic`. Another `token` is refused; change it, and the bot's is
    revoked.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic, *, port: int = 0) -> None:
        super().__init__(World(now), Updates())
        self.flood = Flood(now)
        self.methods = Methods(self.world, self.updates, self, self.flood)
        self.record: list[Call] = []
        self.faults = Faults()
        self.root = ""
        self.token = TOKEN
        self._port = port
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> TelegramApi:
        app = web.Application(client_max_size=UPLOAD_BYTES)
        app.router.add_route("*", "/bot{token}/{method}", self._serve)
        for method, path, handler in self.more_routes():
            app.router.add_route(method, path, handler)
        app.router.add_route("*", "/{rest:.*}", _nothing_here)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.root = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.updates.closing = True
        await self._notify()
        assert self._runner is not None
        await self._runner.cleanup()

    def more_routes(self) -> list[tuple[str, str, Callable[[web.Request], Any]]]:
        """Method, path and handler of what is served beside the Bot API."""
        return []

    # -- the script ----------------------------------------------------------------------------

    def fail(self, method: str, how: str, times: int = 1, *, after: int = 0) -> None:
        """Break the next calls of a method, or of all (`*`); `telegram_faults` lists how."""
        self.faults.append(Fault(method, how, times, after))

    def heal(self) -> None:
        """Take back all faults that are still to come."""
        self.faults.clear()

    async def until(self, condition: Callable[[], object], seconds: float = 10) -> None:
        """Wait until something that happened on the server makes `condition` true."""
        await self.updates.until(condition, seconds)

    # -- what is to be seen --------------------------------------------------------------------

    @property
    def messages(self) -> dict[int, Sent]:
        """The bot's messages by number, in every chat, without those it deleted."""
        return self.world.messages

    @property
    def texts(self) -> list[str]:
        """The chat as it reads now."""
        return [message.text for message in self.messages.values()]

    @property
    def calls(self) -> list[str]:
        """The methods called so far."""
        return [call.method for call in self.record]

    def called(self, method: str) -> list[Call]:
        """All calls of a method so far."""
        return [call for call in self.record if call.method == method]

    @property
    def presses(self) -> dict[str, str | None]:
        """What each press of a button was answered."""
        return self.methods.answers

    @property
    def commands(self) -> list[str]:
        """The commands that were put up last, for whomever."""
        return self.methods.last_menu

    @property
    def down(self) -> bool:
        """Whether every connection is dropped."""
        return self.updates.down

    @down.setter
    def down(self, value: bool) -> None:
        self.updates.down = value

    @property
    def refuse_html(self) -> bool:
        """Whether no HTML at all is taken."""
        return self.methods.refuse_html

    @refuse_html.setter
    def refuse_html(self, value: bool) -> None:
        self.methods.refuse_html = value

    @property
    def provoked_twice(self) -> bool:
        """Whether a 429 was answered with another call before its time had passed."""
        return self.flood.provoked_twice

    @property
    def _updates(self) -> list[dict[str, Any]]:
        return self.updates.waiting

    async def _notify(self) -> None:
        await self.updates.notify()

    # -- the protocol --------------------------------------------------------------------------

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if self.down:
            return _cut(request)
        if request.match_info["token"] != self.token:
            return refused(ApiError(401, "Unauthorized"))
        method = request.match_info["method"]
        how = self.faults.next(method)
        if how == "drop":
            self.record.append(Call(method, {}, self.world.now()))
            return _cut(request)
        data, files = await _params(request)
        call = Call(method, data, self.world.now(), tuple(files))
        self.record.append(call)
        self._note_429(how, call)
        try:
            response = await self._answered(request, call, how, files)
        finally:
            await self._notify()
        call.status = response.status if response is not None else 0
        return response or _cut(request)

    async def _answered(
        self, request: web.Request, call: Call, how: str, files: Mapping[str, bytes]
    ) -> web.StreamResponse | None:
        """The answer to a call; None where the connection drops instead."""
        kind, _, rest = how.partition(":")
        if kind == "slow":
            await asyncio.sleep(float(rest))
        result = await self._done(call, files) if is_done(how) else None
        if isinstance(result, web.Response):
            return result  # refused anyway, so there is nothing to lose
        if "hang" in {kind, rest}:
            await self._notify()
            await self._ended()
            return None
        if how in {"", "ok"} or kind == "slow":
            gone = self.down and call.method == "getUpdates"
            return None if gone else web.json_response({"ok": True, "result": result})
        response = answer(how)
        if response is None and how != "lost":
            raise ValueError(f"no fault is called {how}")
        return response

    async def _done(self, call: Call, files: Mapping[str, bytes]) -> object:
        """Carry out a call; a refusal comes back as its response."""
        method = self.methods.find(call.method)
        try:
            if method is None:
                raise ApiError(404, "Not Found: method not found")  # noqa: TRY301 - as the others
            return await method(call.params, files)
        except ApiError as error:
            call.said = error.description
            return refused(error)

    def _note_429(self, how: str, call: Call) -> None:
        code, _, seconds = how.removeprefix("lost:").partition(":")
        if code == "429":
            self.flood.given(call.method, call.params.get("chat_id", ""), int(seconds or "1"))

    async def _ended(self) -> None:
        async with self.updates.changed:
            await self.updates.changed.wait_for(lambda: self.updates.closing)


async def _params(request: web.Request) -> tuple[dict[str, str], dict[str, bytes]]:
    """What came with a call, in whichever of the four ways, and its files by field."""
    data: dict[str, str] = dict(request.query)
    files: dict[str, bytes] = {}
    if "json" in request.content_type:
        given = await request.json()
        data |= {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in given.items()
        }
        return data, {}
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            files[name] = value.file.read()
        else:
            data[name] = str(value)
    return data, files


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _nothing_here(_: web.Request) -> web.Response:
    return refused(ApiError(404, "Not Found"))


def main() -> None:
    """Serve as a process of its own."""
    from tests.servers.telegram_control import run

    run()


if __name__ == "__main__":
    main()
