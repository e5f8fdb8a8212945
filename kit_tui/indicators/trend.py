"""Trend: moving averages, MACD, ADX and the parabolic stop-and-reverse."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

from kit_tui.indicators._talib import talib
from kit_tui.indicators.arrays import at_least, floats

if TYPE_CHECKING:
    from kit_tui.domain.candles import Candles, FloatArray


class Macd(NamedTuple):
    """MACD line, its signal line and their difference, in price units."""

    line: FloatArray
    signal: FloatArray
    histogram: FloatArray


class Directional(NamedTuple):
    """ADX and the two directional indicators, each 0 to 100."""

    adx: FloatArray
    plus: FloatArray
    minus: FloatArray


def sma(values: FloatArray, period: int) -> FloatArray:
    """Mean of the last `period` values, in their unit; NaN for the first `period - 1`."""
    at_least("period", period, 1)
    return cast("FloatArray", talib().SMA(floats(values), period))


def ema(values: FloatArray, period: int) -> FloatArray:
    """Exponential moving average with weight 2 / (period + 1), in the unit of `values`.

    Starts from the mean of the first `period` values; NaN for the first `period - 1`.
    """
    at_least("period", period, 1)
    return cast("FloatArray", talib().EMA(floats(values), period))


def macd(close: FloatArray, fast: int = 12, slow: int = 26, signal: int = 9) -> Macd:
    """Moving average convergence divergence (Appel 1979), in price units.

    EMA(fast) - EMA(slow), both started at candle `slow`, and the EMA of that line. All three are
    NaN for the first `slow + signal - 2` candles.

    Raises:
        ValueError: unless `fast` is below `slow`.
    """
    at_least("fast", fast, 2)
    at_least("slow", slow, fast + 1)
    at_least("signal", signal, 1)
    return Macd(*talib().MACD(floats(close), fast, slow, signal))


def adx(candles: Candles, period: int = 14) -> Directional:
    """Average directional index with +DI and -DI (Wilder 1978), each 0 to 100.

    ADX is NaN for the first `2 * period - 1` candles, the DIs for the first `period`. A market
    that does not move at all has an ADX of 0.
    """
    at_least("period", period, 2)
    bars = (floats(candles.high), floats(candles.low), floats(candles.close))
    library = talib()
    return Directional(
        library.ADX(*bars, period), library.PLUS_DI(*bars, period), library.MINUS_DI(*bars, period)
    )


def sar(candles: Candles, step: float = 0.02, limit: float = 0.2) -> FloatArray:
    """Parabolic stop-and-reverse (Wilder 1978), in price units; the first value is NaN.

    `step` is how much the acceleration grows with each new extreme, up to `limit`.
    """
    if not 0 < step <= limit:
        raise ValueError("step must be above 0 and at most limit")
    return cast("FloatArray", talib().SAR(floats(candles.high), floats(candles.low), step, limit))
