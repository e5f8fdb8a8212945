"""The candle series and books that are on somebody's chart, kept fresh and whole."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from kit_tui.domain.candles import Candles
from kit_tui.domain.clock import Clock, to_ms, utc_from_ms
from kit_tui.domain.market_data import OrderBook, PublicTrade
from kit_tui.domain.pair import Pair
from kit_tui.exchanges.base import MarketData
from kit_tui.exchanges.liveness import Liveness
from kit_tui.exchanges.series import merged, newest_hole
from kit_tui.state.slices import Depth, candles_key

CHART_CANDLES = 500
REPAIR_S = 300.0
_KEPT_SERIES = 6
_BOOK_DEPTH = 10
_TAPE = 20
_QUIET_CANDLES = 3

Chart = tuple[Pair, str]


class Charts:
    """Series by pair and timeframe; only what may have changed is fetched again.

    A hole is asked for once more, whole, because venues answer incompletely under load; what is
    missing then as well did not happen.
    """

    def __init__(
        self, source: MarketData, clock: Clock, changed: Callable[[dict[str, Candles]], None]
    ) -> None:
        self._source = source
        self._clock = clock
        self._changed = changed
        self._repaired: dict[str, tuple[int, float]] = {}
        self.series: dict[str, Candles] = {}

    async def fetch(self, chart: Chart) -> None:
        """Bring one series up to date."""
        pair, timeframe = chart
        key = candles_key(pair, timeframe)
        known = self.series.get(key)
        fresh = await self._source.fetch_candles(pair, timeframe, self._missing(known))
        series = fresh if known is None else merged(known, fresh, CHART_CANDLES * 2)
        if self._is_torn(key, series):
            fresh = await self._source.fetch_candles(pair, timeframe, CHART_CANDLES)
            series = merged(series, fresh, CHART_CANDLES * 2)
        self.series.pop(key, None)
        self.series[key] = series
        while len(self.series) > _KEPT_SERIES:
            self.series.pop(next(iter(self.series)))
        self._changed(dict(self.series))

    async def depth(self, pair: Pair) -> Depth:
        """Book and tape of a pair."""
        both: tuple[OrderBook | None, Sequence[PublicTrade]] = await asyncio.gather(
            self._source.fetch_order_book(pair, _BOOK_DEPTH),
            self._source.fetch_trades(pair, _TAPE),
        )
        return Depth(book=both[0], trades=tuple(both[1]))

    def fresh(self, pair: Pair, timeframe: str, limit: int, seconds: float) -> Candles | None:
        """The series when it is younger than `seconds` and long enough."""
        known = self.series.get(candles_key(pair, timeframe))
        if known is None or len(known) < limit:
            return None
        age = (self._clock.now() - known.received_at).total_seconds()
        return known.tail(limit) if age < seconds else None

    def stopped(self, chart: Chart, liveness: Liveness) -> str:
        """A sentence when candles stopped though the market did not; a quiet one makes none."""
        series = self.series.get(candles_key(*chart))
        if series is None or not len(series):
            return ""
        last = int(series.time[-1])
        silent_ms = to_ms(self._clock.now()) - last - series.step_ms
        if silent_ms <= _QUIET_CANDLES * series.step_ms:
            return ""
        if liveness.is_quiet(series.pair, silent_ms / 1000):
            return ""
        at = utc_from_ms(last).strftime("%H:%M")
        return f"Candles of {series.pair} {series.timeframe} stopped at {at} UTC."

    def _missing(self, known: Candles | None) -> int:
        """How many candles to ask for: all at first, then the newest few that may have changed."""
        if known is None or not len(known):
            return CHART_CANDLES
        since = (to_ms(self._clock.now()) - int(known.time[-1])) // known.step_ms
        return min(CHART_CANDLES, max(2, since + 2))

    def _is_torn(self, key: str, series: Candles) -> bool:
        """Whether the series has a hole that was not asked for yet."""
        hole = newest_hole(series.tail(CHART_CANDLES))
        if hole is None:
            return False
        before, at = self._repaired.get(key, (-1, float("-inf")))
        now = self._clock.monotonic()
        if hole <= before or now - at < REPAIR_S:
            return False
        self._repaired[key] = (hole, now)
        return True
