"""The simulated market: a venue that needs no network, the same in every process.

Everything it says is a pure function of (seed, pair, time); see `price_process` for the path.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from kit_tui.domain.candles import Candles
from kit_tui.domain.clock import Clock, to_ms, utc_from_ms
from kit_tui.domain.errors import UnknownPairError
from kit_tui.domain.market_data import TIMEFRAME_SECONDS, Level, OrderBook, PublicTrade, Ticker
from kit_tui.domain.numbers import ZERO, Price
from kit_tui.domain.pair import Market, Pair
from kit_tui.exchanges.base import MarketData
from kit_tui.exchanges.price_process import LEVEL_OF_SECONDS, Blocks, Coin, PriceProcess, Series

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# At this moment every pair stands exactly at its level of the table below.
_ANCHOR = int(datetime(2026, 11, 22, 14, 3, tzinfo=UTC).timestamp())
_BOOK_LEVELS = 10
_DAY_QUARTERS = 96  # 15-minute blocks of 24 hours
_MONDAY = 4 * 86_400  # Unix time began on a Thursday; weeks begin on Monday

_COINS = {
    coin.name: coin
    for coin in (
        Coin("BTC", 1.0, 0.008),
        Coin("ETH", 1.2, 0.014),
        Coin("SOL", 1.5, 0.024),
        Coin("XRP", 1.1, 0.024),
        Coin("ADA", 1.3, 0.022),
        Coin("DOGE", 1.5, 0.030),
        Coin("LINK", 1.4, 0.024),
        Coin("AVAX", 1.5, 0.026),
        Coin("BNB", 0.9, 0.014),
        Coin("LTC", 1.1, 0.018),
        Coin("DOT", 1.3, 0.022),
        Coin("EUR", 0.0, 0.004),
    )
}


class _Listing(msgspec.Struct, frozen=True):
    pair: Pair
    level: str
    tick: str
    step: str
    min_notional: str
    day_volume: float
    spread: float  # fraction of the price

    def market(self) -> Market:
        return Market(
            pair=self.pair,
            venue="simulator",
            tick_size=Decimal(self.tick),
            quantity_step=Decimal(self.step),
            min_quantity=Decimal(self.step),
            max_quantity=Decimal(9_000) if self.pair.base == "BTC" else Decimal(9_000_000),
            min_notional=Decimal(self.min_notional),
            max_notional=Decimal(9_000_000),
        )

    def series(self) -> Series:
        quote = _COINS.get(self.pair.quote)
        # Dollar and euro prices of a coin share one intraday path; a coin cross has its own.
        noise = self.pair.base if self.pair.quote in {"USDT", "EUR"} else str(self.pair)
        return Series(_COINS[self.pair.base], quote, noise, self.day_volume)


_LISTINGS = {
    listing.pair: listing
    for listing in (
        _Listing(Pair("BTC/USDT"), "67012.40", "0.01", "0.00001", "5", 24_000, 0.000004),
        _Listing(Pair("ETH/USDT"), "3211.75", "0.01", "0.0001", "5", 310_000, 0.00001),
        _Listing(Pair("SOL/USDT"), "171.36", "0.01", "0.001", "5", 3_600_000, 0.00006),
        _Listing(Pair("XRP/USDT"), "0.5231", "0.0001", "1", "5", 420_000_000, 0.0002),
        _Listing(Pair("ADA/USDT"), "0.4427", "0.0001", "0.1", "5", 110_000_000, 0.0002),
        _Listing(Pair("DOGE/USDT"), "0.14182", "0.00001", "1", "5", 900_000_000, 0.0001),
        _Listing(Pair("LINK/USDT"), "14.62", "0.01", "0.01", "5", 5_200_000, 0.0007),
        _Listing(Pair("AVAX/USDT"), "36.41", "0.01", "0.01", "5", 3_100_000, 0.0003),
        _Listing(Pair("BNB/USDT"), "588.20", "0.01", "0.001", "5", 620_000, 0.00003),
        _Listing(Pair("LTC/USDT"), "83.94", "0.01", "0.001", "5", 900_000, 0.00012),
        _Listing(Pair("DOT/USDT"), "6.318", "0.001", "0.01", "5", 7_000_000, 0.00016),
        _Listing(Pair("EUR/USDT"), "1.0842", "0.0001", "0.1", "5", 14_000_000, 0.0001),
        _Listing(Pair("BTC/EUR"), "61808.15", "0.01", "0.00001", "5", 900, 0.00008),
        _Listing(Pair("ETH/EUR"), "2962.32", "0.01", "0.0001", "5", 9_000, 0.0001),
        _Listing(Pair("ETH/BTC"), "0.04793", "0.00001", "0.0001", "0.0001", 21_000, 0.0002),
    )
}
_ALL = tuple(_LISTINGS)
_ROWS = {pair: row for row, pair in enumerate(_ALL)}


class SimulatedMarket(MarketData):
    """A seeded market with correlated pairs, calm and wild weeks, gaps and rare crashes."""

    name = "simulator"
    costs_requests = False

    def __init__(self, clock: Clock, seed: int = 7) -> None:
        self._clock = clock
        self._seed = seed
        # One process for the quotes of all pairs at once, and one for each charted pair.
        self._processes: dict[tuple[Pair, ...], PriceProcess] = {}
        self._offsets: dict[Pair, float] = {}
        self._markets = {pair: listing.market() for pair, listing in _LISTINGS.items()}

    async def load_markets(self) -> Mapping[Pair, Market]:
        return self._markets

    async def fetch_tickers(self, pairs: Sequence[Pair]) -> Mapping[Pair, Ticker]:
        now = self._clock.now()
        second = int(now.timestamp())
        known = [pair for pair in pairs if pair in _LISTINGS]
        if not known:
            return {}
        quarter = second // 900
        process = self._process(_ALL)
        level = LEVEL_OF_SECONDS[900]
        # The quarter that is still forming comes along: its parts are split from it.
        day = process.blocks(level, quarter - _DAY_QUARTERS, quarter + 1)
        day = day.cut(quarter - _DAY_QUARTERS, quarter)
        parts = [day, *process.span(quarter * 900, second + 1)]
        totals = _merge(parts)
        return {pair: self._ticker(pair, totals, now, second) for pair in known}

    async def fetch_candles(self, pair: Pair, timeframe: str, limit: int) -> Candles:
        self._require(pair)
        if timeframe not in TIMEFRAME_SECONDS:
            raise UnknownPairError(f"The simulated market has no {timeframe} candles.")
        now = self._clock.now()
        second = int(now.timestamp())
        table = self._table(pair, timeframe, second, limit)
        return self._candles(pair, timeframe, table, now)

    async def fetch_order_book(self, pair: Pair, depth: int = 5) -> OrderBook | None:
        self._require(pair)
        now = self._clock.now()
        second = int(now.timestamp())
        last = self._price(pair, self._last_ticks(pair, second, 1)[-1])
        bid, ask = self._touch(pair, last, second)
        bids = self._levels(pair, bid, second, depth, -1)
        asks = self._levels(pair, ask, second, depth, 1)
        return OrderBook(pair=pair, venue=self.name, bids=bids, asks=asks, received_at=now)

    async def fetch_trades(self, pair: Pair, limit: int = 20) -> Sequence[PublicTrade]:
        self._require(pair)
        second = int(self._clock.now().timestamp())
        ticks = self._last_ticks(pair, second, limit + 1)
        listing = _LISTINGS[pair]
        usual = listing.day_volume / 86_400
        trades = []
        for place in range(1, len(ticks)):
            at = second - (len(ticks) - 1 - place)
            price, before = self._price(pair, ticks[place]), self._price(pair, ticks[place - 1])
            size = usual * (0.05 + 2.5 * self._chance(pair, at, 60) ** 4)
            rising = price > before or (price == before and self._chance(pair, at, 61) < 0.5)
            trades.append(
                PublicTrade(
                    at=utc_from_ms(at * 1000),
                    side="buy" if rising else "sell",
                    price=price,
                    quantity=self._quantity(pair, size),
                )
            )
        return trades

    # -- quotes ----------------------------------------------------------------------------------

    def _ticker(self, pair: Pair, day: NDArray[np.float64], now: datetime, second: int) -> Ticker:
        row = _ROWS[pair]
        opening, high, low, close, volume = (float(cell) for cell in day[:, row])
        last = self._price(pair, close)
        bid, ask = self._touch(pair, last, second)
        first = self._price(pair, opening)
        return Ticker(
            pair=pair,
            venue=self.name,
            last=last,
            bid=bid,
            ask=ask,
            high_24h=self._price(pair, high),
            low_24h=self._price(pair, low),
            change_24h=round((last - first) / first, 6),
            volume_24h=self._quantity(pair, volume),
            received_at=now,
        )

    def _touch(self, pair: Pair, last: Price, second: int) -> tuple[Price, Price]:
        """Best bid and ask: the last price lies at one of them or between."""
        tick = self._markets[pair].tick_size
        wide = float(last) * _LISTINGS[pair].spread * (0.6 + 0.9 * self._chance(pair, second, 62))
        ticks = max(1, round(wide / float(tick)))
        below = int(self._chance(pair, second, 63) * (ticks + 1))
        bid = last - below * tick
        return Price(bid), Price(bid + ticks * tick)

    def _levels(
        self, pair: Pair, touch: Price, second: int, depth: int, way: int
    ) -> tuple[Level, ...]:
        tick = self._markets[pair].tick_size
        usual = _LISTINGS[pair].day_volume / 86_400 * 4
        spacing = max(1, round(float(touch) * _LISTINGS[pair].spread * 2 / float(tick)))
        levels = []
        price = Decimal(touch)
        for place in range(min(depth, _BOOK_LEVELS)):
            lane = 70 + place * 2 + (way > 0)
            draw = self._chance(pair, second // 3, lane)
            levels.append(Level(Price(price), self._quantity(pair, usual * (0.1 + 2 * draw**2))))
            price += way * tick * (1 + int(draw * spacing))
            if price <= 0:
                break
        return tuple(levels)

    # -- candles ---------------------------------------------------------------------------------

    def _table(
        self, pair: Pair, timeframe: str, second: int, limit: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Opening times in seconds and the five columns; the last candle is the open one."""
        import numpy as np

        length = TIMEFRAME_SECONDS[timeframe]
        base = {1_800: 900, 604_800: 86_400}.get(length, length)
        shift = _MONDAY if length == 604_800 else 0
        current = (second - shift) // length
        start = (current - max(0, limit - 1)) * length + shift
        stop = current * length + shift
        times = np.arange(start, stop + 1, length, dtype=np.int64)
        process = self._process((pair,))
        columns = []
        if stop > start:
            # One more comes along, from which the open candle is split.
            first, last = start // base, stop // base
            whole = process.blocks(LEVEL_OF_SECONDS[base], first, last + 1).cut(first, last)
            columns.append(_grouped(whole, length // base))
        columns.append(_merge(process.span(stop, second + 1)))
        return times, np.concatenate(columns, 1)

    def _candles(
        self,
        pair: Pair,
        timeframe: str,
        table: tuple[NDArray[np.int64], NDArray[np.float64]],
        now: datetime,
    ) -> Candles:
        import numpy as np

        times, columns = table
        places = -int(self._markets[pair].tick_size.as_tuple().exponent)
        offset = self._offsets[pair]
        prices = np.round(np.exp(columns[:4] + offset), places)
        return Candles(
            pair, timeframe, self.name, times * 1000, prices[0], prices[1], prices[2], prices[3],
            np.round(columns[4], 6), to_ms(now) < (int(times[-1]) * 1000 + _step_ms(timeframe)),
            now,
        )  # fmt: skip

    def _last_ticks(self, pair: Pair, second: int, count: int) -> NDArray[np.float64]:
        """Logs of the last `count` prices at whole seconds."""
        blocks = self._process((pair,)).blocks(LEVEL_OF_SECONDS[1], second + 1 - count, second + 1)
        ticks: NDArray[np.float64] = blocks.close[0]
        return ticks

    # -- plumbing --------------------------------------------------------------------------------

    def _process(self, pairs: tuple[Pair, ...]) -> PriceProcess:
        import numpy as np

        found = self._processes.get(pairs)
        if found is None:
            series = tuple(_LISTINGS[pair].series() for pair in pairs)
            found = self._processes[pairs] = PriceProcess(self._seed, series)
            if all(pair in self._offsets for pair in pairs):
                return found
            anchor = found.blocks(LEVEL_OF_SECONDS[1], _ANCHOR, _ANCHOR + 1).close[:, 0]
            for pair, stood in zip(pairs, anchor, strict=True):
                level = float(np.log(float(_LISTINGS[pair].level)))
                self._offsets.setdefault(pair, level - float(stood))
        return found

    def _require(self, pair: Pair) -> None:
        if pair not in _LISTINGS:
            raise UnknownPairError(
                f"The simulated market does not trade {pair}.", hint="Try BTC/USDT."
            )

    def _price(self, pair: Pair, log_price: float) -> Price:
        tick = self._markets[pair].tick_size
        value = math.exp(float(log_price) + self._offsets[pair])
        return Price(max(1, round(value / float(tick))) * tick)

    def _quantity(self, pair: Pair, value: float) -> Decimal:
        step = self._markets[pair].quantity_step
        return max(1, round(value / float(step))) * step if value > 0 else ZERO

    def _chance(self, pair: Pair, second: int, lane: int) -> float:
        """A hashed number in [0, 1) for quotes and sizes, from plain integers (no numpy)."""
        word = (self._seed * 1_000_003 + _ROWS[pair]) * 0x9E3779B97F4A7C15
        word = (word ^ (second * 0xD1342543DE82EF95) ^ (lane * 0xBF58476D1CE4E5B9)) & (2**64 - 1)
        word = ((word ^ (word >> 31)) * 0x94D049BB133111EB) & (2**64 - 1)
        word = ((word ^ (word >> 29)) * 0xBF58476D1CE4E5B9) & (2**64 - 1)
        return ((word ^ (word >> 32)) >> 11) / 2**53


def _step_ms(timeframe: str) -> int:
    return TIMEFRAME_SECONDS[timeframe] * 1000


def _merge(parts: Sequence[Blocks]) -> NDArray[np.float64]:
    """One candle per series over neighbouring blocks: shape (5, series)."""
    import numpy as np

    return np.stack(
        [
            parts[0].open[:, 0],
            np.max([part.high.max(1) for part in parts], axis=0),
            np.min([part.low.min(1) for part in parts], axis=0),
            parts[-1].close[:, -1],
            np.sum([part.volume.sum(1) for part in parts], axis=0),
        ]
    )


def _grouped(blocks: Blocks, size: int) -> NDArray[np.float64]:
    """The first series' blocks, `size` of them to a candle: shape (5, candles)."""
    import numpy as np

    def grouped(values: NDArray[np.float64]) -> NDArray[np.float64]:
        rows: NDArray[np.float64] = values[0].reshape(-1, size)
        return rows

    return np.stack(
        [
            grouped(blocks.open)[:, 0],
            grouped(blocks.high).max(1),
            grouped(blocks.low).min(1),
            grouped(blocks.close)[:, -1],
            grouped(blocks.volume).sum(1),
        ]
    )
