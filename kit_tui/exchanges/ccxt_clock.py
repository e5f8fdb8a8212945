"""How far a venue's clock is ahead of ours, from several readings."""

from __future__ import annotations

import statistics
from collections.abc import Awaitable, Callable
from typing import Any

from kit_tui.domain.clock import Clock, to_ms

SAMPLES = 3
REFRESH_S = 600.0


class VenueClock:
    """Keeps a ccxt client's timestamps on the venue's time.

    A reading is as good as half its round trip; of several the median is taken, so that one slow
    answer does not move the clock.
    """

    def __init__(self, clock: Clock, read_ms: Callable[[], Awaitable[int]]) -> None:
        self._clock = clock
        self._read_ms = read_ms
        self._offset_ms = 0
        self._read_at: float | None = None

    @property
    def offset_s(self) -> float:
        """Seconds the venue is ahead, by the last reading."""
        return self._offset_ms / 1000

    @property
    def is_due(self) -> bool:
        """Whether it was never read, or too long ago."""
        return self._read_at is None or self._clock.monotonic() - self._read_at >= REFRESH_S

    async def read(self, samples: int = SAMPLES) -> float:
        """Read the venue's time anew; returns the offset in seconds.

        Raises:
            VenueError: when the venue does not tell.
        """
        offsets = []
        for _ in range(samples):
            before = to_ms(self._clock.now())
            told = await self._read_ms()
            after = to_ms(self._clock.now())
            offsets.append(told - (before + after) / 2)
        self._offset_ms = round(statistics.median(offsets))
        self._read_at = self._clock.monotonic()
        return self.offset_s

    def put_off(self) -> None:
        """Try again only after the usual time, for a venue that does not tell now."""
        self._read_at = self._clock.monotonic()

    def drive(self, client: Any) -> None:
        """Let a client take the time of our clock, put right by the offset."""
        client.milliseconds = lambda: to_ms(self._clock.now()) + self._offset_ms
