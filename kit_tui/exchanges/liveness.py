"""A quiet market told apart from a dead feed: by what moves, and by the venue's own time.

A venue whose data stopped goes on answering: the same quotes, over and over, and they would look
fresh for ever. That one pair stands still says nothing. That none of several moves, nor the venue's
time of them, says that nothing new arrives.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from kit_tui.domain.clock import Clock
from kit_tui.domain.market_data import Ticker
from kit_tui.domain.pair import Pair

DEAD_AFTER_S = 120.0
FEW_PAIRS = 3
FEW_TIMES_LONGER = 10  # one or two thin markets may well stand still for a while
_LEAST_LOOKS = 12


class Liveness:
    """Remembers when each pair, and when anything at all, last moved."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[Pair, Ticker] = {}
        self._traded_at: dict[Pair, float] = {}
        self._alive_at = clock.monotonic()
        self._alive_time = clock.now()
        self._looks = 0

    def note(self, found: Mapping[Pair, Ticker]) -> None:
        """Take the quotes of one poll."""
        now, moved = self._clock.monotonic(), False
        for pair, ticker in found.items():
            before = self._known.get(pair)
            self._known[pair] = ticker
            if before is None or _traded(before, ticker):
                self._traded_at[pair] = now
            moved = moved or before is None or _differs(before, ticker)
        if moved:
            self._alive_at, self._alive_time, self._looks = now, self._clock.now(), 0
        elif found:
            self._looks += 1

    def forget(self) -> None:
        """After an outage nothing is known of the time in between."""
        self._alive_at, self._alive_time = self._clock.monotonic(), self._clock.now()
        self._looks = 0

    @property
    def dead_since(self) -> datetime | None:
        """When anything last moved, once that is too long ago to be mere quiet."""
        limit = DEAD_AFTER_S * (1 if len(self._known) >= FEW_PAIRS else FEW_TIMES_LONGER)
        silent = self._clock.monotonic() - self._alive_at
        if self._looks < _LEAST_LOOKS or silent < limit:
            return None
        return self._alive_time

    def true_age(self, found: Mapping[Pair, Ticker]) -> dict[Pair, Ticker]:
        """Quotes of a dead feed are as old as its last movement, however often they arrive."""
        since = self.dead_since
        if since is None:
            return dict(found)
        return {
            pair: msgspec.structs.replace(ticker, received_at=min(ticker.received_at, since))
            for pair, ticker in found.items()
        }

    def is_quiet(self, pair: Pair, seconds: float) -> bool:
        """Whether this pair did not trade for so long while others did."""
        since = self._clock.monotonic() - seconds
        if pair not in self._traded_at or self._traded_at[pair] > since:
            return False
        return any(at > since for other, at in self._traded_at.items() if other != pair)


def _traded(before: Ticker, now: Ticker) -> bool:
    return (before.last, before.volume_24h) != (now.last, now.volume_24h)


def _differs(before: Ticker, now: Ticker) -> bool:
    return msgspec.structs.replace(before, received_at=now.received_at) != now
