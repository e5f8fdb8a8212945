"""Price levels: swings, supports and resistances made of them, pivot points, Fibonacci."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kit_tui.indicators.arrays import at_least

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kit_tui.domain.candles import Candles, FloatArray

FIBONACCI_RATIOS = (0.236, 0.382, 0.5, 0.618, 0.786)


class Swings(NamedTuple):
    """Indices of confirmed swing lows and swing highs."""

    lows: NDArray[np.intp]
    highs: NDArray[np.intp]


class SwingLevel(NamedTuple):
    """A price where the market turned: from which swings, how often, and when last (index)."""

    price: float
    lows: int
    highs: int
    last: int

    @property
    def touches(self) -> int:
        return self.lows + self.highs


class PivotPoints(NamedTuple):
    """Classic floor pivots of one period, in price units; supports and resistances by distance."""

    pivot: float
    supports: tuple[float, float, float]
    resistances: tuple[float, float, float]


class Retracement(NamedTuple):
    """Fibonacci levels of the last large swing; `rising` when its high came after its low."""

    low: float
    high: float
    rising: bool
    levels: tuple[tuple[float, float], ...]


def swings(candles: Candles, width: int = 3) -> Swings:
    """Candles whose low (high) is beyond those of `width` candles on both sides.

    Of equal extremes the first counts. A swing is known only `width` candles later and is listed
    from then on, so nothing listed is ever withdrawn.
    """
    at_least("width", width, 1)
    return Swings(_minima(candles.low, width), _minima(-candles.high, width))


def swing_levels(candles: Candles, tolerance: float, width: int = 3) -> list[SwingLevel]:
    """Swings gathered into levels, each at most `tolerance` (price units) high, lowest first.

    A level's price is the mean of its swings. Lows and highs meet in one level, since a broken
    resistance often turns into support.
    """
    found = swings(candles, width)
    points = [(float(candles.low[i]), int(i), True) for i in found.lows]
    points += [(float(candles.high[i]), int(i), False) for i in found.highs]
    groups: list[list[tuple[float, int, bool]]] = []
    for point in sorted(points):
        if groups and point[0] - groups[-1][0][0] <= tolerance:
            groups[-1].append(point)
        else:
            groups.append([point])
    return [_level(group) for group in groups]


def pivot_points(high: float, low: float, close: float) -> PivotPoints:
    """Classic floor-trader pivots from the high, low and close of the period before.

    P = (H + L + C) / 3; R1 = 2P - L; S1 = 2P - H; R2, S2 = P ± (H - L); R3 = H + 2(P - L);
    S3 = L - 2(H - P).
    """
    pivot = (high + low + close) / 3
    height = high - low
    return PivotPoints(
        pivot,
        (2 * pivot - high, pivot - height, low - 2 * (high - pivot)),
        (2 * pivot - low, pivot + height, high + 2 * (pivot - low)),
    )


def fibonacci(candles: Candles) -> Retracement | None:
    """Fibonacci retracements between the lowest low and the highest high of these candles.

    A level's ratio counts back from the end of the move: after a rise 0.382 lies below the high.
    None when there are no candles or they have no height.
    """
    if not len(candles):
        return None
    bottom, top = int(candles.low.argmin()), int(candles.high.argmax())
    low, high = float(candles.low[bottom]), float(candles.high[top])
    if not high > low:
        return None
    rising = top >= bottom
    start, back = (high, low - high) if rising else (low, high - low)
    levels = tuple((ratio, start + ratio * back) for ratio in FIBONACCI_RATIOS)
    return Retracement(low, high, rising, levels)


def round_numbers(price: float, reach: float) -> list[float]:
    """Round prices within `reach` of `price`: multiples of 1, 2 or 5 times a power of ten.

    The step is the smallest such number that is at least half of `reach`, so there are few.
    """
    if not (math.isfinite(price) and math.isfinite(reach)) or reach <= 0 or price <= 0:
        return []
    power = math.floor(math.log10(reach / 2))
    step = next(m * 10.0**power for m in (1, 2, 5, 10) if m * 10.0**power >= reach / 2)
    first, last = math.ceil((price - reach) / step), math.floor((price + reach) / step)
    digits = max(0, 1 - power)
    return [round(n * step, digits) for n in range(first, last + 1) if n > 0]


def _minima(values: FloatArray, width: int) -> NDArray[np.intp]:
    size = len(values) - 2 * width
    if size <= 0:
        return np.empty(0, dtype=np.intp)
    middle = values[width : width + size]
    lowest = np.ones(size, dtype=np.bool_)
    for offset in range(width):
        lowest &= middle < values[offset : offset + size]
        after = width + 1 + offset
        lowest &= middle <= values[after : after + size]
    return np.flatnonzero(lowest) + width


def _level(group: list[tuple[float, int, bool]]) -> SwingLevel:
    lows = sum(is_low for _, _, is_low in group)
    price = sum(price for price, _, _ in group) / len(group)
    return SwingLevel(price, lows, len(group) - lows, max(index for _, index, _ in group))
