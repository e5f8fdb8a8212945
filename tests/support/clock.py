"""A clock that stands still until a test moves it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

EPOCH = datetime(2026, 11, 22, 14, 3, tzinfo=UTC)


class FakeClock:
    """`Clock` for tests: `sleep` moves time on and yields to the loop once."""

    def __init__(self, start: datetime = EPOCH) -> None:
        self.time = start
        self._elapsed = 0.0

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        """Move time on by `seconds`."""
        self.time += timedelta(seconds=seconds)
        self._elapsed += seconds
