"""The average true range of a market as distances are counted in it, with its source and age."""

from __future__ import annotations

import asyncio
from datetime import datetime
from decimal import Decimal

import msgspec

from kit_tui.commands.command import MarketSource
from kit_tui.domain.candles import Candles
from kit_tui.domain.clock import Clock, utc_from_ms
from kit_tui.domain.errors import KitError
from kit_tui.domain.numbers import from_float, plain
from kit_tui.domain.pair import Pair

PERIOD = 14
TIMEFRAME = "1h"  # what analyses are made on unless somebody says otherwise
# Wilder's average forgets its start slowly: after five periods less than 2 % of it is left.
LEAST_CANDLES = 5 * PERIOD
CANDLES = 200
STOPPED_CANDLES = 3
SIGNIFICANT = 6


class NoRangeError(KitError):
    """The average true range is not known."""

    title = "No ATR"


class AverageRange(msgspec.Struct, frozen=True):
    """Wilder's ATR over `PERIOD` closed candles, in quote currency; `closed_at` is its time."""

    pair: Pair
    value: Decimal
    timeframe: str
    venue: str
    closed_at: datetime
    age_s: float

    @property
    def said(self) -> str:
        """`ATR 14 of BTC/USDT on 1h is 512.3 (binance, candle closed 14:00 UTC, 12 min ago)`."""
        minutes = f"{self.age_s / 60:.0f} min ago"
        return (
            f"ATR {PERIOD} of {self.pair} on {self.timeframe} is {plain(self.value)} "
            f"({self.venue}, candle closed {self.closed_at:%H:%M} UTC, {minutes})"
        )


async def average_range(market: MarketSource, clock: Clock, pair: Pair) -> AverageRange:
    """The ATR by the newest closed candles.

    Raises:
        KitError: when there are no candles, too few of them, or they have stopped.
    """
    candles = await market.candles(pair, TIMEFRAME, CANDLES)
    closed = candles.closed()
    if len(closed) < LEAST_CANDLES:
        raise NoRangeError(
            f"The ATR of {pair} needs {LEAST_CANDLES} closed {TIMEFRAME} candles; "
            f"{closed.venue} gave {len(closed)}.",
            hint="Give the distance in per cent or as a price.",
        )
    at = utc_from_ms(int(closed.time[-1]) + closed.step_ms)
    age = (clock.now() - at).total_seconds()
    if age * 1000 > STOPPED_CANDLES * closed.step_ms:
        raise NoRangeError(
            f"The {TIMEFRAME} candles of {pair} stopped {age / 3600:.0f} h ago.",
            hint="Give the distance in per cent or as a price.",
        )
    value = await asyncio.to_thread(_newest, closed)
    return AverageRange(pair, value, closed.timeframe, closed.venue, at, age)


def _newest(closed: Candles) -> Decimal:
    """In a thread, since TA-Lib's first import takes a while."""
    from kit_tui.indicators.volatility import atr

    value = from_float(float(atr(closed, PERIOD)[-1]))
    return value if value == 0 else round(value, SIGNIFICANT - 1 - value.adjusted())
