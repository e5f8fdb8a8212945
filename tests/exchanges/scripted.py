"""A market that does exactly what a test tells it, or fails as told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from kit_tui.domain.candles import Candles, candles_from_rows
from kit_tui.domain.clock import to_ms
from kit_tui.domain.errors import KitError
from kit_tui.domain.market_data import Ticker
from kit_tui.domain.numbers import Price
from kit_tui.domain.pair import Market, Pair
from kit_tui.exchanges.base import MarketData
from tests.support.clock import FakeClock

BTC, ETH = Pair("BTC/USDT"), Pair("ETH/USDT")
RULES = {
    pair: Market(
        pair=pair, venue="scripted", tick_size=Decimal("0.01"), quantity_step=Decimal("0.0001"),
        min_quantity=Decimal("0.0001"), min_notional=Decimal(5),
    )
    for pair in (BTC, ETH)
}  # fmt: skip


class ScriptedMarketData(MarketData):
    """Prices, one-minute candles and failures by hand. `calls` lists what was asked."""

    name = "scripted"

    def __init__(self, clock: FakeClock, price: str = "100") -> None:
        self.clock = clock
        self.prices: dict[Pair, str] = dict.fromkeys(RULES, price)
        self.spread = Decimal("0.02")
        self.volume: str | None = None
        self.rows: list[list[float | None]] = []
        self.failure: KitError | Exception | None = None
        self.candle_failure: KitError | None = None
        self.bad_pairs: dict[Pair, KitError] = {}
        self.calls: list[str] = []

    def set(self, price: str, pair: Pair = BTC) -> None:
        self.prices[pair] = price

    def candle(self, minute: int, *prices: float, volume: float = 1e9) -> None:
        """Add the candle `minute` minutes from now: open, high, low, close."""
        start = to_ms(self.clock.now()) // 60_000 * 60_000 + minute * 60_000
        self.rows = [row for row in self.rows if row[0] != start]
        self.rows.append([start, *prices, volume])

    async def ping(self) -> None:
        self._maybe_fail("ping")

    async def load_markets(self) -> Mapping[Pair, Market]:
        return RULES

    async def fetch_tickers(self, pairs: Sequence[Pair]) -> Mapping[Pair, Ticker]:
        self._maybe_fail("tickers " + ",".join(pairs))
        for pair in pairs:
            if pair in self.bad_pairs:
                raise self.bad_pairs[pair]
        return {pair: self._ticker(pair) for pair in pairs if pair in self.prices}

    async def fetch_candles(self, pair: Pair, timeframe: str, limit: int) -> Candles:
        self._maybe_fail(f"candles {pair} {timeframe} {limit}")
        if self.candle_failure is not None:
            raise self.candle_failure
        now = self.clock.now()
        rows = self.rows or [[to_ms(now) // 60_000 * 60_000, *[float(self.prices[pair])] * 4, 1e9]]
        return candles_from_rows(
            pair, timeframe, self.name, rows, now_ms=to_ms(now), received_at=now
        ).tail(limit)

    def _ticker(self, pair: Pair) -> Ticker:
        last = Decimal(self.prices[pair])
        return Ticker(
            pair=pair,
            venue=self.name,
            last=Price(last),
            bid=Price(last - self.spread / 2),
            ask=Price(last + self.spread / 2),
            volume_24h=None if self.volume is None else Decimal(self.volume),
            received_at=self.clock.now(),
        )

    def _maybe_fail(self, call: str) -> None:
        self.calls.append(call)
        if self.failure is not None:
            raise self.failure
