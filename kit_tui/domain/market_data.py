"""Prices as they arrive from a venue, each with its source and its age."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec

from kit_tui.domain.numbers import Price
from kit_tui.domain.pair import Pair


class Ticker(msgspec.Struct, frozen=True, kw_only=True):
    """The newest quote of one pair; what the venue did not say is None.

    `change_24h` is a fraction (0.012 is 1.2 %); `volume_24h` is in base currency.
    `received_at` is when it reached us; age is counted from there. `quoted_at` is the venue's own
    time of it, where it tells one.
    """

    pair: Pair
    venue: str
    last: Price
    bid: Price | None = None
    ask: Price | None = None
    high_24h: Price | None = None
    low_24h: Price | None = None
    change_24h: Decimal | None = None
    volume_24h: Decimal | None = None
    received_at: datetime
    quoted_at: datetime | None = None

    @property
    def mid(self) -> Price:
        """Halfway between bid and ask, else the last price."""
        if self.bid is None or self.ask is None:
            return self.last
        return Price((self.bid + self.ask) / 2)

    def age(self, now: datetime) -> float:
        """Seconds since it was received."""
        return (now - self.received_at).total_seconds()


TIMEFRAME_SECONDS: dict[str, int] = {
    "1m": 60,
    "5m": 300,
    "15m": 900,
    "30m": 1_800,
    "1h": 3_600,
    "4h": 14_400,
    "1d": 86_400,
    "1w": 604_800,
}


class Level(msgspec.Struct, frozen=True):
    """One price level of an order book."""

    price: Price
    quantity: Decimal


class OrderBook(msgspec.Struct, frozen=True, kw_only=True):
    """The top of a book: bids best first, asks best first."""

    pair: Pair
    venue: str
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    received_at: datetime


class PublicTrade(msgspec.Struct, frozen=True, kw_only=True):
    """One print of a venue's tape; `side` is the taker's, "buy" or "sell"."""

    at: datetime
    side: str
    price: Price
    quantity: Decimal
