"""The desk that forwards to the engine of another process over the owner's socket."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kit_tui.domain.cards import Reply
from kit_tui.domain.errors import KitError
from kit_tui.domain.message import Role
from kit_tui.domain.pair import Pair
from kit_tui.domain.people import Pairing, Person
from kit_tui.domain.ticket import OrderRequest
from kit_tui.gateway.desk import CommandInfo, Outcome, Preview
from kit_tui.gateway.key_forms import ConnectRequest, KeyReport
from kit_tui.gateway.wire import (
    LINE_LIMIT,
    METHODS,
    REFUSED,
    Failure,
    Hello,
    Publication,
    Request,
    Response,
    pack,
    raw,
    unpack,
)
from kit_tui.state.codec import decode
from kit_tui.state.slices import ALL_SLICES, SESSION
from kit_tui.state.store import Store, StoreView

log = logging.getLogger(__name__)
_SLICES = {slot.name: slot for slot in ALL_SLICES}


class EngineLostError(KitError):
    """The process that owned the engine is gone."""

    title = "Engine stopped"

    def __init__(self) -> None:
        super().__init__(
            "The kit process that ran the engine has stopped.",
            hint="Start kit again; nothing that was acknowledged is lost.",
        )


class RemoteDesk:
    """`Desk` over a socket. Its store follows the owner's; calls raise `EngineLostError` after."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._store = Store()
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Response]] = {}
        self._lost = asyncio.Event()
        self._first = asyncio.Event()
        self._refusal: Failure | None = None
        self._task = asyncio.create_task(self._receive(), name="remote desk")

    @classmethod
    async def connect(cls, path: Path, *, account: str | None, channel: str) -> RemoteDesk:
        """Open a desk on the owner's socket.

        Raises:
            OSError: when nobody listens there.
            EngineLostError: when the owner hangs up before the first snapshot.
            KitError: when the owner opens no desk; it says why.
        """
        reader, writer = await asyncio.open_unix_connection(str(path), limit=LINE_LIMIT)
        desk = cls(reader, writer)
        try:
            writer.write(pack(Hello(account=account, channel=channel)))
            await desk._opened()
        except BaseException:
            await desk.close()
            raise
        return desk

    async def _opened(self) -> None:
        """Wait for the first snapshots, of which the session is the last, a refusal, or the end."""
        await self._first.wait()
        if self._refusal is not None:
            raise _error_of(self._refusal)
        if self._lost.is_set():
            raise EngineLostError

    @property
    def store(self) -> StoreView:
        return self._store

    async def send(self, text: str, *, approve: bool = False) -> Outcome:
        return await self._call("send", text, approve)  # type: ignore[no-any-return]

    async def run(self, command: str, arguments: Mapping[str, str]) -> Reply:
        return await self._call("run", command, dict(arguments))  # type: ignore[no-any-return]

    async def propose(self, request: OrderRequest, *, instead_of: str = "") -> Outcome:
        return await self._call("propose", request, instead_of)  # type: ignore[no-any-return]

    async def preview(self, request: OrderRequest) -> Preview:
        return await self._call("preview", request)  # type: ignore[no-any-return]

    async def approve(
        self, ticket_id: str, ticket_hash: str | None = None, typed: str = ""
    ) -> Outcome:
        return await self._call("approve", ticket_id, ticket_hash, typed)  # type: ignore[no-any-return]

    async def reject(self, ticket_id: str) -> Outcome:
        return await self._call("reject", ticket_id)  # type: ignore[no-any-return]

    async def halt(self, reason: str = "") -> Reply:
        return await self._call("halt", reason)  # type: ignore[no-any-return]

    async def watch_chart(self, pair: Pair, timeframe: str) -> None:
        await self._call("watch_chart", pair, timeframe)

    async def connect_account(self, request: ConnectRequest) -> KeyReport:
        return await self._call("connect_account", request)  # type: ignore[no-any-return]

    async def pair(self, channel: str, role: Role = Role.TRADER) -> Pairing:
        return await self._call("pair", channel, role)  # type: ignore[no-any-return]

    async def void_code(self, channel: str) -> None:
        await self._call("void_code", channel)

    async def unpair(self, key: str) -> Person:
        return await self._call("unpair", key)  # type: ignore[no-any-return]

    async def commands(self) -> tuple[CommandInfo, ...]:
        return await self._call("commands")  # type: ignore[no-any-return]

    async def interrupt(self) -> bool:
        return await self._call("interrupt")  # type: ignore[no-any-return]

    @property
    def lost(self) -> bool:
        """Whether the owner is gone."""
        return self._lost.is_set()

    async def wait_lost(self) -> None:
        """Return when the owner is gone."""
        await self._lost.wait()

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._writer.close()

    async def _call(self, method: str, *params: object) -> Any:
        if self._lost.is_set():
            raise EngineLostError
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            self._writer.write(pack(Request(number, method, [raw(p) for p in params])))
            await self._writer.drain()
            response = await answer
        except ConnectionError:
            raise EngineLostError from None
        finally:
            self._waiting.pop(number, None)
            answer.cancel()
        if response.failure is not None:
            raise _error_of(response.failure)
        _, result = METHODS[method]
        return None if result is None else decode(bytes(response.result), result)

    async def _receive(self) -> None:
        try:
            while line := await self._reader.readline():
                self._take(line)
        except Exception:
            log.exception("the owner's socket broke")
        finally:
            self._lost.set()
            self._first.set()
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(EngineLostError())

    def _take(self, line: bytes) -> None:
        frame = unpack(line)
        if isinstance(frame, Response) and frame.id == REFUSED:
            self._refusal = frame.failure
            self._first.set()
        elif isinstance(frame, Response):
            answer = self._waiting.get(frame.id)
            if answer is not None and not answer.done():
                answer.set_result(frame)
        elif isinstance(frame, Publication) and frame.slice in _SLICES:
            slot, data = _SLICES[frame.slice], bytes(frame.data)
            if data == b"null":
                self._store.forget(slot)
            else:
                self._store.publish(slot, decode(data, slot.type))
            if slot.name == SESSION.name:
                self._first.set()


def _error_of(failure: Failure) -> KitError:
    return KitError(failure.message, hint=failure.hint, title=failure.title)
