"""Lines over the price chart, in plain numpy so that the screen need not load TA-Lib."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from kit_tui.domain.candles import FloatArray

_BLOCK = 32


class Overlays(msgspec.Struct, frozen=True, eq=False):
    """EMA(20), EMA(50) and Bollinger bands (20, 2), each as long as the close, NaN at the start."""

    ema_fast: FloatArray
    ema_slow: FloatArray
    upper: FloatArray
    middle: FloatArray
    lower: FloatArray


def overlays(close: FloatArray) -> Overlays:
    """All lines of the chart for these closes, in price units; equal to TA-Lib's to rounding."""
    upper, middle, lower = bands(close)
    return Overlays(moving(close, 20), moving(close, 50), upper, middle, lower)


def moving(close: FloatArray, period: int) -> FloatArray:
    """EMA with weight 2 / (period + 1) that starts from the mean of the first `period` closes."""
    import numpy as np

    out = np.full(len(close), np.nan)
    if len(close) < period:
        return out
    last = float(close[:period].mean())
    out[period - 1] = last
    rest = close[period:]
    # Within a block the recursion is one matrix product; only its last value is carried on.
    inner, carry = _weights(2.0 / (period + 1.0))
    full = len(rest) // _BLOCK * _BLOCK
    parts = rest[:full].reshape(-1, _BLOCK) @ inner.T
    for row in parts:
        np.add(row, carry * last, out=row)
        last = float(row[-1])
    out[period : period + full] = parts.ravel()
    tail = rest[full:]
    size = len(tail)
    out[period + full :] = inner[:size, :size] @ tail + carry[:size] * last
    return out


def bands(
    close: FloatArray, period: int = 20, deviations: float = 2.0
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Upper, middle and lower Bollinger band with the population's standard deviation."""
    import numpy as np

    middle = np.full(len(close), np.nan)
    spread = middle.copy()
    size = len(close) - period + 1
    if size > 0:
        # One pass per place in the window: whole arrays at a time, and no running sum to drift.
        windows = [close[start : start + size] for start in range(period)]
        mean = np.zeros(size)
        for values in windows:
            mean += values
        mean /= period
        variance = np.zeros(size)
        for values in windows:
            variance += np.square(values - mean)
        middle[period - 1 :] = mean
        spread[period - 1 :] = np.sqrt(variance / period) * deviations
    return middle + spread, middle, middle - spread


@lru_cache(maxsize=8)
def _weights(alpha: float) -> tuple[FloatArray, FloatArray]:
    """What each close of a block, and the EMA before it, add to each EMA of the block."""
    import numpy as np

    powers = (1.0 - alpha) ** np.arange(_BLOCK + 1)
    distance = np.subtract.outer(np.arange(_BLOCK), np.arange(_BLOCK))
    inner = np.where(distance >= 0, alpha * powers[np.abs(distance)], 0.0).astype(np.float64)
    return inner, powers[1:].astype(np.float64)
