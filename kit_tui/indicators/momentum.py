"""Momentum: RSI, stochastic, CCI and Williams %R."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kit_tui.indicators._talib import talib
from kit_tui.indicators.arrays import any_of_last, at_least, floats

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kit_tui.domain.candles import Candles, FloatArray


class Stochastic(NamedTuple):
    """Slow %K and %D, each 0 to 100."""

    k: FloatArray
    d: FloatArray


def rsi(close: FloatArray, period: int = 14) -> FloatArray:
    """Relative strength index, 0 to 100 (Wilder 1978); NaN for the first `period` candles.

    100 - 100 / (1 + RS) with Wilder's averages of gains and losses. While the close has never
    moved there is neither gain nor loss and the value is NaN (TA-Lib says 0, which would read as
    extremely oversold).
    """
    at_least("period", period, 2)
    values = floats(close)
    out: FloatArray = talib().RSI(values, period)
    if len(values):
        out[np.logical_and.accumulate(values == values[0])] = np.nan
    return np.clip(out, 0.0, 100.0)


def stochastic(candles: Candles, k: int = 14, smooth: int = 3, d: int = 3) -> Stochastic:
    """Slow stochastic oscillator (Lane 1984), 0 to 100.

    %K is where the close stands in the range of the last `k` candles, averaged over `smooth`; %D
    is the mean of `d` values of %K. Both are NaN for the first `k + smooth + d - 3` candles and
    wherever a range of no height is involved.
    """
    at_least("k", k, 1)
    at_least("smooth", smooth, 1)
    at_least("d", d, 1)
    high, low, close = floats(candles.high), floats(candles.low), floats(candles.close)
    slow_k, slow_d = talib().STOCH(high, low, close, k, smooth, 0, d, 0)
    void = any_of_last(_flat(high, low, k), smooth + d - 1)
    slow_k[void] = slow_d[void] = np.nan
    return Stochastic(np.clip(slow_k, 0.0, 100.0), np.clip(slow_d, 0.0, 100.0))


def cci(candles: Candles, period: int = 20) -> FloatArray:
    """Commodity channel index (Lambert 1980), unbounded, mostly within -200 to 200.

    Distance of the typical price from its mean in units of 0.015 mean deviations; 0 in a market
    that does not move. NaN for the first `period - 1` candles.
    """
    at_least("period", period, 2)
    bars = (floats(candles.high), floats(candles.low), floats(candles.close))
    out: FloatArray = talib().CCI(*bars, period)
    return out


def williams_r(candles: Candles, period: int = 14) -> FloatArray:
    """Williams %R, -100 to 0 (Williams 1973); NaN for the first `period - 1` candles.

    Also NaN where the range of the last `period` candles has no height.
    """
    at_least("period", period, 2)
    high, low, close = floats(candles.high), floats(candles.low), floats(candles.close)
    out: FloatArray = talib().WILLR(high, low, close, period)
    out[_flat(high, low, period)] = np.nan
    return np.clip(out, -100.0, 0.0)


def _flat(high: FloatArray, low: FloatArray, period: int) -> NDArray[np.bool_]:
    """Where the last `period` candles have no height between their extremes."""
    if period == 1:
        return np.asarray(high == low)
    library = talib()
    return np.asarray(library.MAX(high, period) == library.MIN(low, period))
