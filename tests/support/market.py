"""Candles, quotes and a scripted market source for tests that need a market and no venue."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import numpy as np

from kit_tui.domain.candles import Candles, candles_from_rows
from kit_tui.domain.clock import to_ms
from kit_tui.domain.errors import KitError, UnknownPairError
from kit_tui.domain.market_data import TIMEFRAME_SECONDS, Ticker
from kit_tui.domain.numbers import Price, from_float
from kit_tui.domain.pair import Market, Pair
from tests.support.clock import EPOCH

BTC = Pair("BTC/USDT")


def make_candles(
    closes: Sequence[float],
    *,
    pair: Pair = BTC,
    timeframe: str = "1h",
    now: datetime = EPOCH,
    last_is_open: bool = False,
    wick: float = 0.001,
    volumes: Sequence[float] | None = None,
) -> Candles:
    """Candles with these closes, the newest closed one ending at or just before `now`.

    Each opens at the close before it; wicks reach `wick` (a fraction) beyond the body.
    """
    step = TIMEFRAME_SECONDS[timeframe] * 1000
    newest = to_ms(now) // step * step - (0 if last_is_open else step)
    rows = []
    for i, close in enumerate(closes):
        opening = closes[i - 1] if i else close
        top, bottom = max(opening, close) * (1 + wick), min(opening, close) * (1 - wick)
        volume = volumes[i] if volumes is not None else 10.0 + i % 7
        rows.append((newest - (len(closes) - 1 - i) * step, opening, top, bottom, close, volume))
    return candles_from_rows(pair, timeframe, "scripted", rows, now_ms=to_ms(now), received_at=now)


def walk(count: int, *, start: float = 100.0, drift: float = 0.0, seed: int = 1) -> list[float]:
    """Closes of a seeded random walk of about 1 % a step."""
    steps = np.random.default_rng(seed).normal(drift, 0.01, count)
    return [float(price) for price in start * np.exp(np.cumsum(steps))]


def wave(count: int, *, start: float = 100.0, height: float = 0.1, length: int = 40) -> list[float]:
    """Closes of a sine around `start`: a market that turns at the same prices again and again."""
    return [start * (1 + height * math.sin(2 * math.pi * i / length)) for i in range(count)]


def make_ticker(
    pair: Pair, price: str, *, at: datetime = EPOCH, change: str | None = None
) -> Ticker:
    """A quote one tick wide around `price`."""
    last = Price(price)
    return Ticker(
        pair=pair, venue="scripted", last=last, bid=Price(last * Decimal("0.9999")),
        ask=Price(last * Decimal("1.0001")), received_at=at,
        change_24h=None if change is None else Decimal(change),
    )  # fmt: skip


class ScriptedMarket:
    """A `MarketSource` which answers from what a test put in, and fails where it is told to."""

    def __init__(self, now: datetime = EPOCH) -> None:
        self.now = now
        self.closes: dict[Pair, Sequence[float]] = {}
        self.series: dict[tuple[Pair, str], Candles] = {}
        self.tickers: dict[Pair, Ticker] = {}
        self.failures: dict[str, KitError] = {}
        self.asked: list[tuple[str, str]] = []

    async def ticker(self, pair: Pair) -> Ticker:
        """The quote put in, else one at the last close."""
        await self._ask("ticker", str(pair))
        if pair in self.tickers:
            return self.tickers[pair]
        return make_ticker(pair, str(from_float(self._closes(pair)[-1])), at=self.now)

    async def candles(self, pair: Pair, timeframe: str, limit: int) -> Candles:
        """The series put in for the time frame, else one made of the pair's closes."""
        await self._ask("candles", f"{pair} {timeframe}")
        series = self.series.get((pair, timeframe))
        if series is None:
            series = make_candles(
                self._closes(pair), pair=pair, timeframe=timeframe, now=self.now, last_is_open=True
            )
        return series.tail(limit)

    async def markets(self) -> Mapping[Pair, Market]:
        """Every pair with closes, at ticks of 0.01."""
        await self._ask("markets", "")
        return {
            pair: Market(
                pair=pair, venue="scripted", tick_size=Decimal("0.01"),
                quantity_step=Decimal("0.00001"), min_notional=Decimal(5),
            )
            for pair in self.closes
        }  # fmt: skip

    def _closes(self, pair: Pair) -> Sequence[float]:
        if pair not in self.closes:
            raise UnknownPairError(f"scripted does not trade {pair}.")
        return self.closes[pair]

    async def _ask(self, what: str, of: str) -> None:
        self.asked.append((what, of))
        await asyncio.sleep(0)
        failure = self.failures.get(f"{what} {of}".strip()) or self.failures.get(what)
        if failure is not None:
            raise failure
