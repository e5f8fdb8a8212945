"""Volume: OBV, money flow, volume-weighted averages, volume by price and volume against usual."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from kit_tui.indicators._talib import talib
from kit_tui.indicators.arrays import at_least, floats, ratio, rolling_sum

if TYPE_CHECKING:
    from kit_tui.domain.candles import Candles, FloatArray

DAY_MS = 86_400_000


class VolumeProfile(NamedTuple):
    """Volume by price: `volume[i]` traded between `edges[i]` and `edges[i + 1]`.

    `control` is the middle of the busiest bin; `value_low` to `value_high` holds the value area.
    """

    edges: FloatArray
    volume: FloatArray
    control: float
    value_low: float
    value_high: float


def obv(candles: Candles) -> FloatArray:
    """On-balance volume (Granville 1963), in base currency; starts with the first volume."""
    return cast("FloatArray", talib().OBV(floats(candles.close), floats(candles.volume)))


def typical_price(candles: Candles) -> FloatArray:
    """Mean of high, low and close."""
    return (candles.high + candles.low + candles.close) / 3.0


def vwap_rolling(candles: Candles, period: int = 20) -> FloatArray:
    """Volume-weighted mean of the typical price over the last `period` candles, in price units.

    NaN for the first `period - 1` candles and where nothing was traded.
    """
    at_least("period", period, 1)
    turnover = rolling_sum(typical_price(candles) * candles.volume, period)
    return ratio(turnover, rolling_sum(candles.volume, period))


def vwap_session(candles: Candles, session_ms: int = DAY_MS) -> FloatArray:
    """Volume-weighted mean of the typical price since the session began, in price units.

    Sessions start at multiples of `session_ms` since 1970, by default at midnight UTC. NaN until
    the session's first trade. The first session may have begun before the first candle.
    """
    at_least("session_ms", session_ms, 1)
    out = np.full(len(candles), np.nan)
    starts = np.flatnonzero(np.diff(candles.time // session_ms)) + 1
    turnover = typical_price(candles) * candles.volume
    edges = [0, *starts.tolist(), len(candles)]
    for start, stop in pairwise(edges):
        # Summed session by session: rounding of one does not reach the next.
        part = slice(start, stop)
        out[part] = ratio(np.cumsum(turnover[part]), np.cumsum(candles.volume[part]))
    return out


def cmf(candles: Candles, period: int = 20) -> FloatArray:
    """Chaikin money flow (Chaikin 1980s), -1 to 1: volume weighted by where closes stand.

    A candle without height counts as neutral. NaN for the first `period - 1` candles and where
    nothing was traded.
    """
    at_least("period", period, 1)
    height = candles.high - candles.low
    place = (candles.close - candles.low) - (candles.high - candles.close)
    multiplier = np.nan_to_num(ratio(place, height))
    flow = rolling_sum(np.clip(multiplier, -1.0, 1.0) * candles.volume, period)
    return np.clip(ratio(flow, rolling_sum(candles.volume, period)), -1.0, 1.0)


def relative_volume(volume: FloatArray, period: int = 20) -> FloatArray:
    """Each candle's volume over the mean of the `period` before it; 1 is usual.

    The candle itself is not in the mean, so a spike is not diluted by itself. NaN for the first
    `period` candles and where nothing was traded before.
    """
    at_least("period", period, 1)
    before = np.full(len(volume), np.nan)
    before[1:] = rolling_sum(volume, period)[:-1] / period
    return ratio(volume, before)


def volume_profile(candles: Candles, bins: int = 24, share: float = 0.7) -> VolumeProfile | None:
    """Volume by price over all candles; None when nothing was traded.

    Each candle's volume is spread evenly over its range. The value area grows from the busiest
    bin to its busier neighbour until it holds `share` of the volume (Steidlmayer 1984).
    """
    at_least("bins", bins, 1)
    if not len(candles) or float(candles.volume.sum()) <= 0:
        return None
    low, high = float(candles.low.min()), float(candles.high.max())
    edges = np.linspace(low, high if high > low else low + 1e-12 + low * 1e-9, bins + 1)
    volume = _spread(candles, edges)
    peak = int(volume.argmax())
    first, last = _value_area(volume, peak, share)
    centre = float((edges[peak] + edges[peak + 1]) / 2)
    return VolumeProfile(edges, volume, centre, float(edges[first]), float(edges[last + 1]))


def _spread(candles: Candles, edges: FloatArray) -> FloatArray:
    """Volume per bin: each candle's by the part of its range within the bin."""
    low, high = candles.low[:, None], candles.high[:, None]
    overlap = np.minimum(high, edges[1:]) - np.maximum(low, edges[:-1])
    height = candles.high - candles.low
    parts = np.clip(overlap, 0.0, None) * ratio(candles.volume, height)[:, None]
    volume = cast("FloatArray", np.nan_to_num(parts).sum(axis=0))
    flat = height == 0
    at = np.clip(np.searchsorted(edges, candles.close[flat], "right") - 1, 0, len(volume) - 1)
    np.add.at(volume, at, candles.volume[flat])
    return volume


def _value_area(volume: FloatArray, peak: int, share: float) -> tuple[int, int]:
    first = last = peak
    held, wanted = float(volume[peak]), float(volume.sum()) * share
    while held < wanted and (first > 0 or last < len(volume) - 1):
        below = float(volume[first - 1]) if first > 0 else -1.0
        above = float(volume[last + 1]) if last < len(volume) - 1 else -1.0
        if above >= below:
            last += 1
            held += above
        else:
            first -= 1
            held += below
    return first, last
