"""The real clock, for when no other is injected."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime


class WallClock:
    """`Clock` on the machine's time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
