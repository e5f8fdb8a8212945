"""What a pane may look at while it builds its rows: the store, the time and decimals per pair."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TypeVar

import msgspec
from msgspec import field

from kit_tui.domain.orders import Order
from kit_tui.domain.pair import Pair
from kit_tui.state.slices import ORDERS, SESSION, TICKERS, Session, Slice
from kit_tui.state.store import StoreView
from kit_tui.tui import formats

T = TypeVar("T")

STALE_AFTER_S = 30.0
"""Age from which a price is no longer shown as current; the risk manager has its own limit."""


class Precision:
    """Decimals each pair's prices are shown with; they never shrink, so columns stay put."""

    def __init__(self) -> None:
        self._places: dict[Pair, int] = {}
        self._lots: dict[Pair, int] = {}

    def tick(self, pair: Pair, value: Decimal | None = None) -> Decimal:
        """The price step to show; `value` is a venue's price which may show more decimals."""
        if value is not None:
            self.note(pair, value)
        return Decimal(1).scaleb(-self._places.get(pair, 2))

    def note(self, pair: Pair, value: Decimal) -> None:
        """Learn from a price as the venue wrote it."""
        seen = _decimals(value)
        least = 1 if value >= 1000 else 2 if value >= 1 else 4
        self._places[pair] = min(8, max(seen, least, self._places.get(pair, 0)))

    def note_lot(self, pair: Pair, ordered: Decimal) -> None:
        """Learn the lot step from a quantity that was ordered, which is always whole lots."""
        self._lots[pair] = max(_decimals(ordered), self._lots.get(pair, 0))

    def lot_places(self, pair: Pair, value: Decimal) -> int:
        """Decimals for a quantity: those of the lot step, more only where the value has them.

        A fee taken in the coin itself leaves less than whole lots.
        """
        return min(8, max(_decimals(value), self._lots.get(pair, 0)))


def _decimals(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


class View(msgspec.Struct, frozen=True):
    """The store as it is now, the time, and how much room there is inside the pane."""

    store: StoreView | None
    now: datetime
    precision: Precision = field(default_factory=Precision)
    width: int = 66
    height: int = 10
    focused: bool = False
    opening: bool = False

    def get(self, slot: Slice[T]) -> T | None:
        """A slice's snapshot; None while the desk is opening or nothing was published."""
        return None if self.store is None else self.store.get(slot)

    @property
    def session(self) -> Session | None:
        return self.get(SESSION)

    @property
    def orders(self) -> tuple[Order, ...]:
        """All orders published, working ones first."""
        return self.get(ORDERS) or ()

    @property
    def stale_after(self) -> float:
        """Seconds after which a price counts as old: six polls, at least thirty seconds."""
        session = self.session
        return STALE_AFTER_S if session is None else max(STALE_AFTER_S, 6 * session.poll_seconds)

    def tick(self, pair: Pair) -> Decimal:
        """The price step of a pair, learnt from its newest quote."""
        ticker = (self.get(TICKERS) or {}).get(pair)
        return self.precision.tick(pair, ticker.last if ticker else None)

    def lots(self, pair: Pair, value: Decimal) -> str:
        """A quantity with the zeros of the pair's lot step."""
        places = self.precision.lot_places(pair, value)
        return formats.quantity(value, Decimal(1).scaleb(-places))

    def age_of(self, moment: datetime | None) -> float | None:
        """Seconds since a moment."""
        return None if moment is None else (self.now - moment).total_seconds()
