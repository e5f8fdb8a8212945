"""The event streams of the scripted signal-cli: framing, who gets what, and what is lost."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

Json = dict[str, Any]
Ending = Literal["abort", "end"]
Framing = Literal["crlf", "cr", "lines", "spaces"]

KEEP_ALIVE = b":\n"
REPLAYED = 1_000
_ENDS = {"crlf": "\r\n", "cr": "\r"}


@dataclass(frozen=True, slots=True)
class Event:
    """One `receive` event; `data` is what stands in its data field."""

    number: int
    account: str
    data: Json


@dataclass(slots=True)
class _Stream:
    accounts: set[str]
    queue: asyncio.Queue[Event | bytes | Ending] = field(default_factory=asyncio.Queue)


class EventStreams:
    """All open streams.

    `on_connection` is the daemon's receive mode of that name: what arrives while no stream is
    open waits. The default mode is `on-start`: it is received and gone, and listed in `missed`.
    signal-cli sends no ids and replays nothing; `ids` makes this server do both. `repeats` is how
    many of the last events every new stream begins with, `mute` a connection that is dead while
    it looks open.
    """

    def __init__(self, fault: Callable[[str], str], changed: Callable[[], Awaitable[None]]) -> None:
        self.on_connection = False
        self.ids = False
        self.framing: set[Framing] = set()
        self.repeats = 0
        self.mute = False
        self.keep_alive_seconds = 15.0
        self.history: list[Event] = []
        self.waiting: list[Event] = []
        self.missed: list[Event] = []
        self.opened = 0
        self.last_event_ids: list[str] = []
        self._open: list[_Stream] = []
        self._fault = fault
        self._changed = changed

    @property
    def count(self) -> int:
        """How many streams are open."""
        return len(self._open)

    async def publish(self, account: str, data: Json) -> Event:
        """Give an event to every stream of its account."""
        event = Event(len(self.history) + 1, account, data)
        self.history.append(event)
        takers = [stream for stream in self._open if account in stream.accounts]
        for stream in takers:
            stream.queue.put_nowait(event)
        if not takers:
            self._unheard(event)
        await self._changed()
        return event

    def put(self, item: bytes | Ending) -> None:
        """Write raw bytes to all open streams, or close them: `abort` cuts, `end` ends cleanly."""
        for stream in self._open:
            stream.queue.put_nowait(item)

    async def serve(self, request: web.Request, accounts: set[str]) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        stream = _Stream(accounts)
        for owed in self._owed(request, accounts):
            stream.queue.put_nowait(owed)
        self._open.append(stream)
        self.opened += 1
        try:
            await self._changed()
            await self._written(request, response, stream)
        finally:
            self._open.remove(stream)
            while not stream.queue.empty():
                left = stream.queue.get_nowait()
                if isinstance(left, Event):
                    self._unheard(left)
            await self._changed()
        return response

    def _owed(self, request: web.Request, accounts: set[str]) -> list[Event]:
        mine = [event for event in self.history if event.account in accounts]
        last = request.headers.get("Last-Event-ID", "")
        self.last_event_ids.append(last)
        waiting = [event for event in self.waiting if event.account in accounts]
        self.waiting = [event for event in self.waiting if event not in waiting]
        if self.ids and last.isdecimal():
            return [event for event in mine if event.number > int(last)][-REPLAYED:]
        repeated = mine[-self.repeats :] if self.repeats else []
        return [*(event for event in repeated if event not in waiting), *waiting]

    async def _written(
        self, request: web.Request, response: web.StreamResponse, stream: _Stream
    ) -> None:
        while True:
            try:
                item = await asyncio.wait_for(stream.queue.get(), self.keep_alive_seconds)
            except TimeoutError:
                item = KEEP_ALIVE
            if item == "end":
                return await response.write_eof()
            if item == "abort":
                return _cut(request)
            if not self.mute and not await self._wrote(request, response, item):
                return None

    async def _wrote(
        self, request: web.Request, response: web.StreamResponse, item: Event | bytes | str
    ) -> bool:
        """Write an item as the script wants it; whether the stream goes on."""
        if not isinstance(item, Event):
            await response.write(item if isinstance(item, bytes) else item.encode())
            return True
        fault = self._fault("stream")
        content = self.frame(item)
        if fault in {"cut", "eof"}:
            self.missed.append(item)
            await response.write(content[: len(content) // 2])
            if fault == "eof":
                await response.write_eof()
            else:
                _cut(request)
            return False
        if fault == "bad":
            content = b'event:receive\ndata:{"account":\n\n'
        for piece in _pieces(content, fault):
            await response.write(piece)
            await asyncio.sleep(0)  # lets the client read this piece before the next one
        return True

    def frame(self, event: Event) -> bytes:
        """The event as bytes; plain is what signal-cli writes."""
        indent = 1 if "lines" in self.framing else None
        text = json.dumps(event.data, ensure_ascii=False, separators=(",", ":"), indent=indent)
        space = " " if "spaces" in self.framing else ""
        lines = [f"id:{space}{event.number}"] if self.ids else []
        lines.append(f"event:{space}receive")
        lines += [f"data:{space}{line}" for line in text.split("\n")]
        end = next((_ENDS[name] for name in _ENDS if name in self.framing), "\n")
        return (end.join(lines) + end * 2).encode()

    def _unheard(self, event: Event) -> None:
        (self.waiting if self.on_connection else self.missed).append(event)


def _pieces(content: bytes, fault: str) -> list[bytes]:
    if fault == "bytes":
        return [content[at : at + 1] for at in range(len(content))]
    return [content] * (2 if fault == "twice" else 1)


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.close()
