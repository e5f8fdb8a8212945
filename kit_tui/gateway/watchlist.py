"""The watchlist: one for the whole engine, durable, shown in every store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import UsageError
from kit_tui.domain.events import WatchlistSet
from kit_tui.domain.pair import Pair
from kit_tui.state.journal import Journal
from kit_tui.state.slices import WATCHLIST
from kit_tui.state.store import Store

MAX_WATCHED = 40


class SharedWatchlist:
    """Keeps the watched pairs; `on_change` is told of every change."""

    def __init__(self, journal: Journal, clock: Clock, default: tuple[Pair, ...]) -> None:
        self._journal = journal
        self._clock = clock
        self._default = default
        self._stores: list[Store] = []
        self._lock = asyncio.Lock()
        self.on_change: list[Callable[[], None]] = []

    def pairs(self) -> tuple[Pair, ...]:
        """The watched pairs in their order."""
        kept = self._journal.ledger.watchlist
        return self._default if kept is None else kept

    def show_in(self, store: Store) -> None:
        self._stores.append(store)
        store.publish(WATCHLIST, self.pairs())

    async def add(self, pair: Pair) -> None:
        """Watch one more pair.

        Raises:
            UsageError: when the list is full.
        """
        async with self._lock:
            pairs = self.pairs()
            if pair in pairs:
                return
            if len(pairs) >= MAX_WATCHED:
                raise UsageError(
                    f"The watchlist holds at most {MAX_WATCHED} pairs.", hint="Remove one first."
                )
            await self._set((*pairs, pair))

    async def remove(self, pair: Pair) -> None:
        """Stop watching a pair."""
        async with self._lock:
            await self._set(tuple(p for p in self.pairs() if p != pair))

    async def _set(self, pairs: tuple[Pair, ...]) -> None:
        if pairs == self.pairs():
            return
        await self._journal.append(WatchlistSet(pairs=pairs, at=self._clock.now()))
        for store in self._stores:
            store.publish(WATCHLIST, self.pairs())
        for listener in self.on_change:
            listener()
