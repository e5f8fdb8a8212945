"""Candle series as parallel arrays. numpy is imported when a series is built, not before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from math import isfinite
from typing import TYPE_CHECKING

import msgspec

from kit_tui.domain.market_data import TIMEFRAME_SECONDS
from kit_tui.domain.pair import Pair

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    TimeArray = NDArray[np.int64]


class Candles(msgspec.Struct, frozen=True, eq=False):
    """Open, high, low, close and volume of one pair, oldest first.

    `time` holds opening times as Unix milliseconds; the others are float64 of the same length.
    Gaps in time are real: nothing is filled in. `last_is_open` tells that the last candle is
    still forming; indicators take `closed()`.
    """

    pair: Pair
    timeframe: str
    venue: str
    time: TimeArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray
    last_is_open: bool
    received_at: datetime

    def __len__(self) -> int:
        return len(self.time)

    @property
    def step_ms(self) -> int:
        """Length of one candle in milliseconds."""
        return TIMEFRAME_SECONDS[self.timeframe] * 1000

    def slice(self, start: int, stop: int) -> Candles:
        """The candles from index `start` to before `stop`."""
        part = slice(start, stop)
        keeps_last = self.last_is_open and stop >= len(self)
        return Candles(
            self.pair, self.timeframe, self.venue, self.time[part], self.open[part],
            self.high[part], self.low[part], self.close[part], self.volume[part],
            keeps_last, self.received_at,
        )  # fmt: skip

    def tail(self, count: int) -> Candles:
        """The newest `count` candles."""
        return self.slice(max(0, len(self) - count), len(self))

    def closed(self) -> Candles:
        """All but the candle that is still forming."""
        return self.slice(0, len(self) - 1) if self.last_is_open else self


_MISSING = (None,) * 6  # fills up rows that are cut short


def candles_from_rows(
    pair: Pair,
    timeframe: str,
    venue: str,
    rows: Sequence[Sequence[float | None]],
    *,
    now_ms: int,
    received_at: datetime,
) -> Candles:
    """Build a clean series from venue rows `[ms, open, high, low, close, volume]`.

    Rows are sorted by time; of duplicates the last one wins; rows with a missing, non-finite or
    non-positive price, or with a high below the low, are dropped; an unknown volume becomes 0;
    gaps stay gaps.
    """
    import numpy as np

    full = ((*row, *_MISSING)[:6] for row in rows)
    wanted = {int(row[0]): row for row in full if row[0] is not None and isfinite(row[0])}
    ordered = [wanted[key] for key in sorted(wanted)]
    table = np.array(
        [[np.nan if cell is None else float(cell) for cell in row] for row in ordered],
        dtype=np.float64,
    ).reshape(-1, 6)
    prices = table[:, 1:5]
    sound = np.isfinite(prices).all(axis=1) & (prices > 0).all(axis=1)
    sound &= table[:, 2] >= table[:, 3]
    table = table[sound]
    time = table[:, 0].astype(np.int64)
    step = TIMEFRAME_SECONDS[timeframe] * 1000
    volume = np.where(np.isfinite(table[:, 5]) & (table[:, 5] > 0), table[:, 5], 0.0)
    opening, high, low, close = (np.ascontiguousarray(table[:, column]) for column in range(1, 5))
    return Candles(
        pair, timeframe, venue, time, opening, high, low, close, volume,
        bool(len(time)) and int(time[-1]) + step > now_ms, received_at,
    )  # fmt: skip
