"""A price nobody would believe at first sight needs a second look before anything acts on it.

However often it is repeated, it is no price while bid and ask stand where the price was before.
"""

from __future__ import annotations

from decimal import Decimal

from kit_tui.domain.market_data import Ticker
from kit_tui.domain.pair import Pair

_WILD = Decimal("0.5")
_AGREES = Decimal("0.1")
_APART_S = 1.0
_MEMORY_S = 120.0  # after a longer silence any price may be true


class PriceFilter:
    """Holds back a quote more than half away from the one before, until the next one agrees."""

    def __init__(self) -> None:
        self._suspects: dict[Pair, Ticker] = {}

    def believes(self, known: Ticker | None, found: Ticker) -> bool:
        """Whether `found` may replace `known`; a doubtful one is remembered for the next look."""
        forgotten = known is None or known.age(found.received_at) > _MEMORY_S
        if forgotten or (known is not None and _is_near(known, found, _WILD)):
            believed = True
        else:
            suspect = self._suspects.get(found.pair)
            believed = (
                suspect is not None
                and not (known is not None and _is_quoted_near(known, found))
                and suspect.age(found.received_at) >= _APART_S
                and _is_near(suspect, found, _AGREES)
            )
        if believed:
            self._suspects.pop(found.pair, None)
        elif not self._is_waiting(found):
            self._suspects[found.pair] = found
        return believed

    def _is_waiting(self, found: Ticker) -> bool:
        """Whether a suspect like this one is already held; then its time goes on counting."""
        suspect = self._suspects.get(found.pair)
        return suspect is not None and _is_near(suspect, found, _AGREES)


def _is_quoted_near(known: Ticker, found: Ticker) -> bool:
    """Whether the quote that came with a wild print is as if nothing had happened."""
    return all(
        side is not None and abs(side - known.last) <= known.last * _AGREES
        for side in (found.bid, found.ask)
    )


def _is_near(one: Ticker, other: Ticker, fraction: Decimal) -> bool:
    return abs(other.last - one.last) <= one.last * fraction
