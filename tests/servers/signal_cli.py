"""The HTTP interface of a signal-cli daemon on the loopback, on demand broken.

Run `python -m tests.servers.signal_cli --port N` for a process of its own; it prints its address.
`GET /control` answers with what it knows, `POST /control` takes one step or a list of steps,
`{"do": "says", "args": ["Hello"], "with": {}}` (`STEPS`) or `{"set": "down", "to": true}`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Self

from aiohttp import web

from tests.servers.signal_book import ANN, KIT, Failure, Group, Person, SignalBook
from tests.servers.signal_control import control_routes
from tests.servers.signal_envelopes import (
    data_message,
    edit_message,
    envelope,
    group_info,
    reaction,
    receipt_message,
    sent_message,
    story_message,
    typing_message,
)
from tests.servers.signal_faults import AFTER, BEFORE, forced_error, forced_failure
from tests.servers.signal_methods import Commands
from tests.servers.signal_rpc import (
    Call,
    RpcError,
    call_of,
    decode,
    failure,
    id_of,
    parts_of,
    success,
)
from tests.servers.signal_stream import KEEP_ALIVE, Ending, Event, EventStreams

Json = dict[str, Any]


class SignalCli:
    """Use as `async with SignalCli() as server`; `server.url` is what goes into the settings.

    With one account and no `multi` it is `signal-cli -a NUMBER daemon --http`, else a daemon
    started without `-a`. `down` drops every connection, `go_down` refuses them.
    """

    def __init__(
        self, *accounts: Person, multi: bool = False, on_connection: bool = False, port: int = 0
    ) -> None:
        self.book = SignalBook(accounts or (KIT,))
        self.multi = multi or len(accounts) > 1
        self.commands = Commands(self.book, multi=self.multi)
        self.streams = EventStreams(self._fault, self._notify)
        self.streams.on_connection = on_connection
        self.port = port
        self.url = ""
        self.down = False
        self.calls: list[str] = []
        self.requests: list[Call] = []
        self.faults: deque[tuple[str, str, int]] = deque()
        self._changed = asyncio.Condition()
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        await self.come_back()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.go_down()

    async def go_down(self) -> None:
        """Close the port: streams end, connections are refused until `come_back`."""
        self._closing.set()
        self.streams.put("end")
        await self._notify()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def come_back(self) -> None:
        """Serve on the same port again; all state is as it was."""
        self._closing = asyncio.Event()
        app = web.Application()
        app.router.add_post("/api/v1/rpc", self._rpc)
        app.router.add_get("/api/v1/events", self._events, allow_head=False)
        app.router.add_get("/api/v1/check", self._check, allow_head=False)
        control_routes(app, self)
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True).start()
        host, self.port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{self.port}"

    # -- what people do ------------------------------------------------------------------------

    async def says(
        self, text: str | None, *, by: Person | None = ANN, group: Group | None = None,
        to: Person | None = None, **changes: Any,
    ) -> int:  # fmt: skip
        """A message; `changes` replace fields of its data. Returns its timestamp."""
        data = self._data(text, group, changes)
        when = int(data["timestamp"])
        self.book.received[when] = ""
        await self.push(envelope(by, when, dataMessage=data), to=to)
        return when

    async def edits(
        self, target: int, text: str, *, by: Person = ANN, group: Group | None = None,
        to: Person | None = None, **changes: Any,
    ) -> int:  # fmt: skip
        """A new text for a message; the edit has a timestamp of its own."""
        data = self._data(text, group, changes)
        when = int(data["timestamp"])
        await self.push(envelope(by, when, editMessage=edit_message(target, data)), to=to)
        return when

    async def reacts(
        self, emoji: str, target: int, *, by: Person = ANN, author: Person = KIT,
        remove: bool = False, group: Group | None = None, to: Person | None = None,
    ) -> int:  # fmt: skip
        """A reaction to a message of `author`."""
        given = reaction(emoji, author, target, remove=remove)
        return await self.says(None, by=by, group=group, to=to, reaction=given)

    async def deletes(self, target: int, *, by: Person = ANN, to: Person | None = None) -> int:
        return await self.says(None, by=by, to=to, remoteDelete={"timestamp": target})

    async def syncs(
        self, text: str | None, *, towards: Person | None = ANN, account: Person | None = None,
        edited: int | None = None, group: Group | None = None, **changes: Any,
    ) -> int:  # fmt: skip
        """What another device of the account itself sent; a note to self is towards itself."""
        own = account or self.book.accounts[0]
        data = self._data(text, group, changes)
        when = int(data["timestamp"])
        if edited is not None:
            data = {"editMessage": edit_message(edited, data)}
        sync = sent_message(None if group else towards, data)
        await self.push(envelope(own, when, device=2, syncMessage=sync), to=own)
        return when

    async def reads(
        self, *timestamps: int, by: Person = ANN, kind: str = "read", to: Person | None = None
    ) -> int:
        """A receipt: `delivery`, `read` or `viewed`."""
        when = self.book.now()
        receipt = receipt_message(kind, when, list(timestamps))
        await self.push(envelope(by, when, receiptMessage=receipt), to=to)
        return when

    async def types(
        self, *, by: Person = ANN, stopped: bool = False, group: Group | None = None,
        to: Person | None = None,
    ) -> int:  # fmt: skip
        when = self.book.now()
        typing = typing_message(when, stopped=stopped, group=group)
        await self.push(envelope(by, when, typingMessage=typing), to=to)
        return when

    async def tells_story(self, text: str, *, by: Person = ANN) -> int:
        when = self.book.now()
        await self.push(envelope(by, when, storyMessage=story_message(text)))
        return when

    async def garbles(self, kind: str = "ProtocolInvalidMessageException") -> Event:
        """A message that the daemon could not decrypt: an exception and nobody's envelope."""
        told = {"message": "invalid message", "type": kind}
        return await self.push(envelope(None, self.book.now()), exception=told)

    async def push(self, told: Json | None, *, to: Person | None = None, **more: Any) -> Event:
        """Any envelope, such as one of a kind nobody knows; `more` stands beside it."""
        account = (to or self.book.accounts[0]).identifier
        body = {"account": account, **more} | ({} if told is None else {"envelope": told})
        return await self.streams.publish(account, body)

    def _data(self, text: str | None, group: Group | None, changes: Mapping[str, Any]) -> Json:
        place = {"groupInfo": group_info(group)} if group else {}
        return data_message(self.book.now(), text, **place) | dict(changes)

    # -- the script ----------------------------------------------------------------------------

    def fail(self, method: str, how: str, times: int = 1) -> None:
        """Break the next calls of a method, of `events`, `check` or the next event of a `stream`.

        | how                          | what happens                                         |
        |------------------------------|------------------------------------------------------|
        | drop, hang, 500 (any status) | unheard: cut, no answer, an empty answer             |
        | lost, stall, malformed       | done, and the answer cut, never sent, cut short      |
        | rate[:S], captcha:TOKEN:S    | rate limited, with seconds, with a challenge         |
        | untrusted, unregistered,     | nobody got it                                        |
        | network                      |                                                      |
        | io, captcha-rejected,        | the daemon's other errors; `error:CODE:WORDS` is any |
        | internal                     |                                                      |
        | cut, eof                     | `stream`: half an event, then cut or cleanly ended   |
        | bad, twice, bytes            | `stream`: no JSON, sent twice, byte by byte          |
        | ok                           | one passes before the next fault                     |
        """
        self.faults.append((method, how, times))

    def refuse(self, person: Person | str, kind: str, **details: Any) -> None:
        """Let every message to someone fail, such as with `UNREGISTERED_FAILURE`."""
        name = person if isinstance(person, str) else person.identifier
        self.book.failures[name] = Failure(kind, **details)

    def drop_streams(self, how: Ending = "abort") -> None:
        """Cut or cleanly end all streams between two events."""
        self.streams.put(how)

    def keep_alive(self, times: int = 1) -> None:
        """Send the comment that real daemons send every 15 seconds."""
        self.streams.put(KEEP_ALIVE * times)

    async def until(self, condition: Callable[[], object], seconds: float = 10) -> None:
        """Wait until something that happened on the server makes `condition` true."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: bool(condition()))

    async def until_streaming(self, count: int = 1) -> None:
        """Wait until so many streams are open."""
        await self.until(lambda: self.streams.count == count)

    @property
    def texts(self) -> list[str]:
        """The chats as they read now."""
        return self.book.texts

    # -- the protocol --------------------------------------------------------------------------

    async def _check(self, request: web.Request) -> web.StreamResponse:
        return await self._broken(request, "check") or web.Response()

    async def _events(self, request: web.Request) -> web.StreamResponse:
        broken = self._unwelcome(request) or await self._broken(request, "events")
        if broken is not None:
            return broken
        accounts = self.book.accounts
        wanted = request.query.get("account", "")
        if self.multi and wanted:
            accounts = tuple(one for one in accounts if one.is_called(wanted))
            if not accounts:
                return web.Response(status=400)
        return await self.streams.serve(request, {one.identifier for one in accounts})

    async def _rpc(self, request: web.Request) -> web.StreamResponse:
        refused = self._unwelcome(request)
        if refused is not None:
            return refused
        if not request.headers.get("Content-Type", "").startswith("application/json"):
            return web.Response(status=415)
        try:
            value = decode(await request.read())
            parts = parts_of(value)
        except RpcError as error:
            return web.Response(body=_json(failure(error, None)), content_type="application/json")
        self.calls.extend(_method(part) for part in parts)
        faults = [self._fault(_method(part)) for part in parts]
        for fault in faults:
            if fault in BEFORE or fault.isdecimal():
                await self._notify()
                return await self._act(request, fault)
        try:
            answers = [self._answered(*pair) for pair in zip(parts, faults, strict=True)]
        finally:
            await self._notify()
        after = next((fault for fault in faults if fault in AFTER), "lost" if self.down else "")
        # a batch runs at once, so its answers come in no order one may rely on
        told = [answer for answer in reversed(answers) if answer is not None]
        body = _json(told if isinstance(value, list) else told[0]) if told else b""
        if after == "malformed":
            body = body[:-9]
        elif after:
            return await self._act(request, after)
        if not told:
            return web.Response(status=201)
        return web.Response(body=body, content_type="application/json")

    def _answered(self, part: Any, fault: str) -> Json | None:
        try:
            call = call_of(part)
        except RpcError as error:
            return failure(error, id_of(part))
        self.requests.append(call)
        try:
            forced = forced_error(fault)
            if forced is not None:
                raise forced
            result = self.commands.run(call.method, call.params, forced_failure(fault))
        except RpcError as error:
            return failure(error, call.id) if call.wants_answer else None
        return success(result, call.id) if call.wants_answer else None

    def _unwelcome(self, request: web.Request) -> web.StreamResponse | None:
        """The daemon looks at the Host header, so that no web page reaches it by a name."""
        if self.down:
            return _aborted(request)
        hosts = {f"{name}:{self.port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        return None if request.host.lower() in hosts else web.Response(status=421)

    async def _broken(self, request: web.Request, name: str) -> web.StreamResponse | None:
        fault = self._fault(name)
        if self.down:
            return _aborted(request)
        return await self._act(request, fault) if fault not in {"", "ok"} else None

    async def _act(self, request: web.Request, fault: str) -> web.StreamResponse:
        if fault.isdecimal():
            return web.Response(status=int(fault))
        if fault in {"hang", "stall"}:
            await self._closing.wait()
        return _aborted(request)

    def _fault(self, method: str) -> str:
        for index, (wanted, how, times) in enumerate(self.faults):
            if wanted == method:
                self.faults[index] = (wanted, how, times - 1)
                if times == 1:
                    del self.faults[index]
                return how
        return ""

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()


def _method(part: Any) -> str:
    return str(part.get("method", "")) if isinstance(part, dict) else ""


def _json(told: Any) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _aborted(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _serve(port: int, *, multi: bool) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with SignalCli(multi=multi, port=port) as server:
        print(server.url, flush=True)
        await stopped.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description="A scripted signal-cli daemon.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--multi", action="store_true", help="as started without an account")
    options = parser.parse_args()
    asyncio.run(_serve(options.port, multi=options.multi))


if __name__ == "__main__":
    main()
