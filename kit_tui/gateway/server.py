"""The owner's socket: desks for other kit processes of the same user."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from kit_tui.domain.errors import KitError
from kit_tui.gateway.desk import Desk
from kit_tui.gateway.wire import (
    LINE_LIMIT,
    METHODS,
    PROTOCOL,
    REFUSED,
    Failure,
    Frame,
    Hello,
    Publication,
    Request,
    Response,
    pack,
    raw,
    unpack,
)
from kit_tui.state.codec import decode
from kit_tui.state.slices import ALL_SLICES, SESSION, Slice

log = logging.getLogger(__name__)
MAX_BACKLOG = 2_000
MAX_BACKLOG_BYTES = 64 * 1024 * 1024
QUIET_S = 0.3
DRAIN_STEP_S = 0.02
LONGEST_DRAIN_S = 8.0

OpenDesk = Callable[[str | None, str], Awaitable[Desk]]


class SocketServer:
    """Serves desks on a Unix socket (0600) to processes of the same user."""

    def __init__(self, path: Path, open_desk: OpenDesk) -> None:
        self._path = path
        self._open_desk = open_desk
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()
        self._busy = 0

    async def start(self) -> None:
        """Bind; a socket file left by a dead owner is replaced (the caller holds the lock)."""
        self._path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(
                self._accept, path=str(self._path), limit=LINE_LIMIT
            )
        finally:
            os.umask(before)

    async def stop(self) -> None:
        """Take no new clients, let those here finish what they asked, then cut the rest off."""
        self._path.unlink(missing_ok=True)
        if self._server is not None:
            self._server.close()
        await self._drain()
        for task in tuple(self._clients):
            task.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    async def _drain(self) -> None:
        """Wait until no client has asked anything for a moment; a client idle that long may go."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + LONGEST_DRAIN_S
        quiet_since = loop.time()
        while (self._clients or self._busy) and loop.time() < deadline:
            if self._busy:
                quiet_since = loop.time()
            elif loop.time() - quiet_since > QUIET_S:
                return
            await asyncio.sleep(DRAIN_STEP_S)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a stream callback always runs in a task
        self._clients.add(task)
        try:
            if same_user(writer):
                await self._serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, msgspec.MsgspecError, ValueError):
            log.info("a client left or sent something unreadable", exc_info=True)
        except asyncio.CancelledError:
            pass
        finally:
            self._clients.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = unpack(await reader.readline())
        try:
            desk = await self._desk_for(hello)
        except KitError as error:
            failure = Failure(error.title, error.message, error.hint)
            writer.write(pack(Response(REFUSED, failure=failure)))
            await writer.drain()
            return
        client = _Client(desk, writer, self._count)
        try:
            await client.serve(reader)
        finally:
            await client.close()

    async def _desk_for(self, hello: Frame) -> Desk:
        if not isinstance(hello, Hello) or hello.protocol != PROTOCOL:
            raise KitError(
                "The kit that runs the engine is another version.",
                hint="Stop it and start it again with this version.",
            )
        return await self._open_desk(hello.account, hello.channel)

    def _count(self, change: int) -> None:
        self._busy += change


class _Client:
    """One connection: requests run side by side, publications go out in order."""

    def __init__(
        self, desk: Desk, writer: asyncio.StreamWriter, count: Callable[[int], None]
    ) -> None:
        self._desk = desk
        self._count = count
        self._writer = writer
        self._lossless: list[bytes] = []
        self._backlog = 0
        self._dropped = False
        self._newest: dict[str, tuple[Slice[Any], Any]] = {}
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._leave = desk.store.subscribe(self._published)
        # The session comes last: whoever has it has everything, and may look something up.
        for slot in sorted(ALL_SLICES, key=lambda each: each.name == SESSION.name):
            snapshot = desk.store.get(slot)
            if snapshot is not None:
                writer.write(pack(Publication(slot.name, raw(snapshot))))

    async def serve(self, reader: asyncio.StreamReader) -> None:
        self._spawn(self._send())
        while line := await reader.readline():
            frame = unpack(line)
            if isinstance(frame, Request):
                self._spawn(self._answer(frame))

    async def close(self) -> None:
        self._leave()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._desk.close()

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.info("a client's connection broke: %r", task.exception())

    def _published(self, slot: Slice[Any], snapshot: Any) -> None:
        """Queue a snapshot; a client too slow for the lossless ones is dropped, not waited for."""
        if self._dropped:
            return
        if slot.lossless:
            self._queue(pack(Publication(slot.name, raw(snapshot))))
        else:
            self._newest[slot.name] = (slot, snapshot)
            self._wake.set()

    def _queue(self, frame: bytes) -> None:
        self._lossless.append(frame)
        self._backlog += len(frame)
        if len(self._lossless) > MAX_BACKLOG or self._backlog > MAX_BACKLOG_BYTES:
            log.warning("a client reads too slowly and is dropped")
            self._dropped = True
            self._lossless.clear()
            # Closing would wait for what the client does not read; this ends the connection.
            self._writer.transport.abort()
        self._wake.set()

    async def _send(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            # The newest snapshots go first, so whoever reads an answer already sees its effects.
            newest, self._newest = self._newest, {}
            ordered, self._lossless, self._backlog = self._lossless, [], 0
            self._writer.writelines(pack(Publication(s.name, raw(v))) for s, v in newest.values())
            self._writer.writelines(ordered)
            await self._writer.drain()

    async def _answer(self, request: Request) -> None:
        self._count(1)
        try:
            await self._answer_now(request)
        finally:
            self._count(-1)

    async def _answer_now(self, request: Request) -> None:
        try:
            response = Response(request.id, result=raw(await self._call(request)))
        except KitError as error:
            response = Response(request.id, failure=Failure(error.title, error.message, error.hint))
        except Exception:
            log.exception("request %s failed", request.method)
            response = Response(
                request.id,
                failure=Failure("Internal error", "The engine could not do that.", "See the log."),
            )
        if not self._dropped:
            self._queue(pack(response))

    async def _call(self, request: Request) -> object:
        if request.method not in METHODS:
            raise KitError(f"The engine has no method {request.method[:30]!r}.")
        types, _ = METHODS[request.method]
        values = [decode(bytes(p), t) for p, t in zip(request.params, types, strict=True)]
        if request.method == "send":
            return await self._desk.send(values[0], approve=values[1])
        if request.method == "propose":
            return await self._desk.propose(values[0], instead_of=values[1])
        return await getattr(self._desk, request.method)(*values)


def same_user(writer: asyncio.StreamWriter) -> bool:
    """Whether the process at the other end belongs to our user."""
    link: socket.socket = writer.get_extra_info("socket")
    if not hasattr(socket, "SO_PEERCRED"):  # macOS: the 0600 socket in a 0700 folder must do
        return True
    packed = link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", packed)
    return bool(uid == os.getuid())
