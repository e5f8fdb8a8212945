"""Which prices may act on an order that is watched here. Pure but for what it remembers.

One bad print never acts. A price is believed when it is near the last believed one; one further
away only after several polls that agree, and one that would mean a loss of nearly everything
never: a person is told instead. Beyond that an order acts only when the quote agrees with the last
price, or when two polls in a row say the same.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec
from msgspec import field

from kit_tui.domain.market_data import Ticker
from kit_tui.domain.numbers import ZERO
from kit_tui.domain.orders import Order, OrderType, Side

# Fractions of the price before: up to the first a move is believed, beyond the second never.
USUAL_MOVE = Decimal("0.2")
LARGEST_MOVE = Decimal("0.9")
ALIKE = Decimal("0.1")
WIDEST_SPREAD = Decimal("0.05")
POLLS_FOR_A_JUMP = 3
POLLS_WITHOUT_QUOTE = 5
POLLS_TO_ACT = 2


class _Seen(msgspec.Struct):
    at: datetime | None = None
    believed: Decimal | None = None
    before: Decimal | None = None
    suspect: Decimal | None = None
    polls: int = 0


class Print(msgspec.Struct, frozen=True):
    """A price as it was judged. `agreed` is the worse one of this and a second source."""

    price: Decimal
    is_new: bool
    is_believed: bool
    is_absurd: bool = False
    lowest: Decimal | None = None
    highest: Decimal | None = None


class Believing(msgspec.Struct):
    """What was seen of each pair, and how often in a row an order's price was reached."""

    _pairs: dict[str, _Seen] = field(default_factory=dict)
    _streaks: dict[str, int] = field(default_factory=dict)

    def see(self, ticker: Ticker, anchor: Decimal | None) -> Print:
        """Judge a quote; `anchor` is what the price is measured against when none is known yet."""
        seen = self._pairs.setdefault(ticker.pair, _Seen())
        price = Decimal(ticker.last)
        is_new = seen.at is None or ticker.received_at > seen.at
        if not is_new:
            return Print(price, is_new=False, is_believed=False)
        seen.at = ticker.received_at
        reference = seen.believed if seen.believed is not None else anchor
        move = abs(price - reference) / reference if reference else ZERO
        # Downward 99 % is a factor of a hundred; upward the same factor is as absurd.
        absurd = move > LARGEST_MOVE and (price < (reference or price) or move > 9)
        if not self._is_believed(seen, ticker, move, absurd=absurd):
            return Print(price, is_new=True, is_believed=False, is_absurd=absurd)
        second = quoted(ticker) or seen.before
        seen.before, seen.believed = price, price
        both = [price] if second is None else [price, second]
        return Print(
            price, is_new=True, is_believed=True,
            lowest=min(both) if second is not None else None,
            highest=max(both) if second is not None else None,
        )  # fmt: skip

    def is_reached(self, order: Order, ticker: Ticker, seen: Print) -> bool:
        """Whether an order may act now: its price is reached, and a second look says so too."""
        if not seen.is_new:
            return False
        if not seen.is_believed or not reaches(order, seen.price):
            self._streaks.pop(order.id, None)
            return False
        streak = self._streaks[order.id] = self._streaks.get(order.id, 0) + 1
        touch = ticker.bid if order.side is Side.SELL else ticker.ask
        agrees = touch is not None and quoted(ticker) is not None and reaches(order, touch)
        return agrees or streak >= POLLS_TO_ACT

    def forget(self, working: set[str]) -> None:
        """Drop what was counted for orders that have ended."""
        for order_id in [i for i in self._streaks if i not in working]:
            del self._streaks[order_id]

    def _is_believed(self, seen: _Seen, ticker: Ticker, move: Decimal, *, absurd: bool) -> bool:
        if move <= USUAL_MOVE:
            seen.suspect, seen.polls = None, 0
            return True
        if absurd:
            seen.suspect, seen.polls = None, 0
            return False
        price = Decimal(ticker.last)
        alike = seen.suspect is not None and abs(price - seen.suspect) <= seen.suspect * ALIKE
        seen.suspect, seen.polls = price, seen.polls + 1 if alike else 1
        needed = POLLS_FOR_A_JUMP if quoted(ticker) is not None else POLLS_WITHOUT_QUOTE
        if seen.polls < needed:
            return False
        seen.before, seen.suspect, seen.polls = price, None, 0
        return True


def quoted(ticker: Ticker) -> Decimal | None:
    """The middle of bid and ask, if they stand close together and around the last price."""
    if ticker.bid is None or ticker.ask is None or ticker.ask < ticker.bid:
        return None
    middle = (Decimal(ticker.bid) + Decimal(ticker.ask)) / 2
    close = ticker.ask - ticker.bid <= middle * WIDEST_SPREAD
    return middle if close and abs(ticker.last - middle) <= middle * WIDEST_SPREAD else None


def reaches(order: Order, price: Decimal) -> bool:
    """Whether a price is where a watched order acts: at its trigger, or at its target."""
    if order.stop_price is not None and order.type is not OrderType.LIMIT:
        return price <= order.stop_price if order.side is Side.SELL else price >= order.stop_price
    if order.price is None:
        return False
    return price >= order.price if order.side is Side.SELL else price <= order.price


def better_stop(order: Order, seen: Print) -> Decimal | None:
    """The price a trailing stop may follow now, or None when it stays; it never loosens.

    Of two sources the one nearer to the stop counts, so that no single print pulls it along.
    """
    if order.trail is None or not seen.is_believed:
        return None
    return seen.lowest if order.side is Side.SELL else seen.highest
