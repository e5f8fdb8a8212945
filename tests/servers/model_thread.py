"""The scripted Messages API in a thread of its own, for tests that wait for other processes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers.messages_api import MessagesServer


@contextmanager
def served() -> Iterator[MessagesServer]:
    """A running server; what is scripted before a request comes is safe to script from here."""
    server, up, loop = MessagesServer(), threading.Event(), asyncio.new_event_loop()
    done = asyncio.Event()

    async def serve() -> None:
        async with server:
            up.set()
            await done.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert up.wait(10)
        yield server
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(10)
        loop.close()
