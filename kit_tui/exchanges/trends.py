"""The last day of every watched pair as hourly closes, fetched a few at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from kit_tui.domain.candles import Candles
from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import KitError
from kit_tui.domain.pair import Pair
from kit_tui.state.slices import TRENDS, Slice

T = TypeVar("T")
log = logging.getLogger(__name__)
HOURS = 24
REFRESH_S = 900.0


class Publishes(Protocol):
    """Where snapshots go: one store, or those of all accounts on a venue."""

    def publish(self, slot: Slice[T], snapshot: T) -> None: ...


FetchHours = Callable[[Pair], Awaitable[Candles]]


class Trends:
    """Keeps the TRENDS slice within a quarter of an hour; a pair that fails waits its turn."""

    def __init__(
        self, fetch: FetchHours, store: Publishes, clock: Clock, *, pairs_a_cycle: int
    ) -> None:
        self._fetch = fetch
        self._pairs_a_cycle = pairs_a_cycle
        self._store = store
        self._clock = clock
        self._asked_at: dict[Pair, float] = {}
        self._closes: dict[Pair, tuple[float, ...]] = {}

    async def refresh(self, watched: Sequence[Pair]) -> None:
        """Fetch what is missing or old, the longest waiting first."""
        now = self._clock.monotonic()
        due = [p for p in watched if now - self._asked_at.get(p, float("-inf")) >= REFRESH_S]
        due.sort(key=lambda pair: self._asked_at.get(pair, float("-inf")))
        for pair in due[: self._pairs_a_cycle]:
            self._asked_at[pair] = now
            try:
                candles = await self._fetch(pair)
            except KitError as error:
                log.info("no hourly candles of %s: %s", pair, error.message)
                continue
            await asyncio.sleep(0)  # a local source never waits, and others have work to do
            self._closes[pair] = tuple(float(value) for value in candles.close)
        kept = {pair: self._closes[pair] for pair in watched if pair in self._closes}
        self._store.publish(TRENDS, kept)
