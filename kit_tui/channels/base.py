"""What every channel needs: safe text, waiting between attempts, an outbox that keeps order."""

from __future__ import annotations

import asyncio
import unicodedata
from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


def visible_text(text: str) -> str:
    """`text` without control, format, bidirectional and surrogate characters; tabs become spaces.

    What comes from venues, models and chats may reorder or hide parts of a line otherwise.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    return "".join(
        c for c in plain if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs")
    )


def visible_line(text: str, limit: int = 60) -> str:
    """The same on one line, cut to `limit` characters."""
    line = " ".join(visible_text(text).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


class Backoff:
    """Seconds to wait before the next attempt: 1, 2, 4 … up to a minute, until it works again."""

    def __init__(self, first: float = 1.0, most: float = 60.0) -> None:
        self._first = first
        self._most = most
        self._next = first

    def next(self) -> float:
        """How long to wait now; the wait after that is twice as long."""
        seconds = self._next
        self._next = min(self._most, seconds * 2)
        return seconds

    def reset(self) -> None:
        """It worked."""
        self._next = self._first


class Outbox(Generic[T]):
    """Items that wait to be sent, first in first out, in memory only.

    An item stays at the head until it is `done`, so an outage keeps it. Beyond `limit` the newest
    is refused, because what waits longest is what was promised first.
    """

    def __init__(self, limit: int = 2_000) -> None:
        self._items: deque[T] = deque()
        self._limit = limit
        self._filled = asyncio.Event()
        self.refused = 0

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    def put(self, item: T) -> bool:
        """Add an item; False when there is no room."""
        if len(self._items) >= self._limit:
            self.refused += 1
            return False
        self._items.append(item)
        self._filled.set()
        return True

    async def head(self) -> T:
        """The oldest item, waiting for one if need be; it stays in the outbox."""
        while not self._items:
            self._filled.clear()
            await self._filled.wait()
        return self._items[0]

    def done(self) -> None:
        """The oldest item is delivered, or given up."""
        self._items.popleft()
