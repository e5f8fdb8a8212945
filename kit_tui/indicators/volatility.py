"""Volatility: Bollinger bands, average true range and Keltner channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from kit_tui.indicators._talib import talib
from kit_tui.indicators.arrays import at_least, floats, ratio
from kit_tui.indicators.trend import ema

if TYPE_CHECKING:
    from kit_tui.domain.candles import Candles, FloatArray


class Bands(NamedTuple):
    """An upper and a lower band around a middle line, in price units."""

    upper: FloatArray
    middle: FloatArray
    lower: FloatArray

    def position(self, close: FloatArray) -> FloatArray:
        """%B: 0 on the lower band, 1 on the upper; NaN where the bands have no width."""
        return ratio(close - self.lower, self.upper - self.lower)

    def width(self) -> FloatArray:
        """Distance between the bands as a fraction of the middle line."""
        return ratio(self.upper - self.lower, self.middle)


def bollinger(close: FloatArray, period: int = 20, deviations: float = 2.0) -> Bands:
    """Bollinger bands (Bollinger 2001): SMA ± population standard deviations, in price units.

    NaN for the first `period - 1` candles.
    """
    at_least("period", period, 2)
    values = floats(close)
    if not len(values):
        return Bands(values, values.copy(), values.copy())
    # TA-Lib sums squares; of prices near zero little is lost to rounding, so the first is the zero.
    origin = values[0]
    shifted = talib().BBANDS(values - origin, period, deviations, deviations)
    return Bands(*(band + origin for band in shifted))


def true_range(candles: Candles) -> FloatArray:
    """Largest of high - low and the distances of both from the last close (Wilder 1978).

    In price units; the first value is NaN.
    """
    return cast("FloatArray", talib().TRANGE(*_bars(candles)))


def atr(candles: Candles, period: int = 14) -> FloatArray:
    """Average true range (Wilder 1978), in price units; NaN for the first `period` candles.

    Starts from the mean of the first `period` true ranges.
    """
    at_least("period", period, 1)
    out: FloatArray = talib().ATR(*_bars(candles), period)
    if period == 1 and len(out):
        out[0] = np.nan
    return out


def keltner(
    candles: Candles, period: int = 20, atr_period: int = 10, multiple: float = 2.0
) -> Bands:
    """Keltner channels as Raschke drew them: EMA(close) ± `multiple` ATRs, in price units.

    NaN for the first `max(period - 1, atr_period)` candles.
    """
    reach = multiple * atr(candles, atr_period)
    middle = np.where(np.isnan(reach), np.nan, ema(candles.close, period))
    return Bands(middle + reach, middle, middle - reach)


def _bars(candles: Candles) -> tuple[FloatArray, FloatArray, FloatArray]:
    return floats(candles.high), floats(candles.low), floats(candles.close)
