"""Helpers which the indicators share: checked inputs and rolling windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kit_tui.domain.candles import FloatArray


def at_least(name: str, value: int, least: int) -> None:
    """Refuse a period that makes no sense.

    Raises:
        ValueError: when `value` is below `least`.
    """
    if value < least:
        raise ValueError(f"{name} must be at least {least}, not {value}")


def floats(values: FloatArray) -> FloatArray:
    """The values as contiguous float64, which is what TA-Lib takes; no copy if they are so."""
    return np.ascontiguousarray(values, dtype=np.float64)


def rolling_sum(values: FloatArray, period: int) -> FloatArray:
    """Sum of the last `period` values at each place, NaN before there are as many.

    Every window is summed by itself: a running sum would carry the rounding of large values into
    windows of small ones.
    """
    out = np.full(len(values), np.nan)
    size = len(values) - period + 1
    if size > 0:
        total = np.zeros(size)
        for offset in range(period):
            total += values[offset : offset + size]
        out[period - 1 :] = total
    return out


def any_of_last(flags: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
    """Whether one of the last `count` flags is set, at each place."""
    seen = np.concatenate(([0], np.cumsum(flags)))
    ends = np.arange(1, len(flags) + 1)
    return np.asarray(seen[ends] - seen[np.maximum(ends - count, 0)] > 0)


def ratio(upper: FloatArray, lower: FloatArray) -> FloatArray:
    """`upper / lower`, NaN where `lower` is zero."""
    out = np.full(len(upper), np.nan)
    np.divide(upper, lower, out=out, where=lower != 0)
    return out
