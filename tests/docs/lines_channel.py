"""Runs the example of docs/add-a-channel.md against a loopback server; says nothing when it works.

In a process of its own: with CPython 3.11 a later `ast.parse` of the same process fails otherwise.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from kit_tui.channels.chat import ChatChannel
from kit_tui.domain.message import Speaker
from kit_tui.state.deliveries import Deliveries
from tests.channels.fakes import ANN, Guests, MirrorGateway
from tests.support.clock import FakeClock

PAGE = Path(__file__).parents[2] / "docs" / "add-a-channel.md"
PERSON = replace(ANN, channel="lines")


class LinesServer:
    """The service of the page: takes posts, keeps each key once, and speaks for people."""

    def __init__(self) -> None:
        self.posts: dict[str, str] = {}
        self.changed = asyncio.Condition()
        self.port = 0
        self._ended = asyncio.Event()
        self._ended.set()
        self._writer: asyncio.StreamWriter | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        async with self.changed:
            self.changed.notify_all()
        self._ended.clear()
        try:
            while line := await reader.readline():
                post = json.loads(line)
                self.posts.setdefault(post["key"], post["text"])
                await self.write({"taken": post["key"], "id": str(len(self.posts))})
        finally:
            self._ended.set()

    async def says(self, text: str, number: int, user: str = "42") -> None:
        await self.until(lambda: self._writer)
        await self.write({"id": f"n{number}", "user": user, "name": "Ann", "text": text})

    async def write(self, frame: dict[str, str]) -> None:
        assert self._writer is not None
        self._writer.write(json.dumps(frame).encode() + b"\n")
        async with self.changed:
            self.changed.notify_all()

    async def hang_up(self) -> None:
        """End the line, and with it `serve`."""
        if self._writer is not None:
            self._writer.close()
        await self._ended.wait()

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(10), self.changed:
            await self.changed.wait_for(lambda: bool(condition()))

    @property
    def texts(self) -> list[str]:
        return list(self.posts.values())


async def main() -> None:
    """Words, a redelivery, a stranger, a burst, a ticket and its answer."""
    page = PAGE.read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {"__name__": "lines"}
    exec(compile(code, str(PAGE), "exec"), names)  # noqa: S102 - the page's own example
    server = LinesServer()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    clock = FakeClock()
    transport = names["LinesTransport"]("127.0.0.1", server.port)
    channel = ChatChannel(transport, Deliveries(), clock, make_nonce=lambda: "K7MXQP")
    gateway = MirrorGateway(clock, Guests(PERSON))
    await gateway.mirror_to(channel)
    try:
        await server.says("Analyze ETH", 1)
        await server.says("Analyze ETH", 1)  # delivered twice
        await server.says("sell everything", 2, user="666")
        await server.until(lambda: server.texts)
        assert [text for _, text in gateway.heard] == ["Analyze ETH"]
        for number in range(20):
            await gateway.say(Speaker.KIT, f"line {number}")
        ticket = await gateway.propose()
        await server.until(lambda: any("approve K7MXQP" in text for text in server.texts))
        told = [line for text in server.texts for line in text.split("\n") if line]
        assert [t for t in told if t.startswith("line ")][:20] == [f"line {n}" for n in range(20)]
        await server.says("approve K7MXQP", 3)
        await server.until(lambda: any("Approved by Ann" in text for text in server.texts))
        assert gateway.answers == [(ticket.id, ticket.hash, True)]
    finally:
        await channel.stop()
        listening.close()
        await server.hang_up()


if __name__ == "__main__":
    asyncio.run(main())
