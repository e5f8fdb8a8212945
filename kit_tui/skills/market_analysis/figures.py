"""The newest value of every indicator an analysis speaks of, or None where history is short."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

from kit_tui.domain.candles import Candles
from kit_tui.indicators import momentum, trend, volatility, volume

if TYPE_CHECKING:
    from kit_tui.domain.candles import FloatArray

AVERAGES: Final = (20, 50, 200)
# How many closed candles a figure needs. Wilder's averages and EMAs forget their start slowly:
# these are the counts after which less than 2 % of it is left (Wilder: five periods, ADX six).
NEEDS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "MA20": 20, "MA50": 50, "MA200": 200, "ADX": 84, "RSI": 70, "MACD": 87,
        "Stochastic": 18, "Money flow": 20, "Bollinger": 20, "ATR": 70, "Volume": 21,
    }
)  # fmt: skip
WIDTHS_COMPARED = 100


@dataclass(frozen=True, slots=True)
class Figures:
    """Values on the last closed candle: prices in quote currency, oscillators in their own unit.

    `width_rank` is the share of the last 100 Bollinger widths that were below the present one.
    """

    count: int
    close: float
    averages: Mapping[int, float | None]
    adx: float | None
    plus: float | None
    minus: float | None
    rsi: float | None
    macd: float | None
    macd_before: float | None
    k: float | None
    d: float | None
    money_flow: float | None
    band_position: float | None
    band_width: float | None
    width_rank: float | None
    atr: float | None
    volume_ratio: float | None


def figures(candles: Candles) -> Figures:
    """All figures of these closed candles (at least one)."""
    count = len(candles)

    def of(name: str, values: FloatArray, back: int = 1) -> float | None:
        return newest(values, back) if count >= NEEDS[name] else None

    direction = trend.adx(candles)
    histogram = trend.macd(candles.close).histogram
    oscillator = momentum.stochastic(candles)
    bands = volatility.bollinger(candles.close)
    width = bands.width()
    return Figures(
        count=count,
        close=float(candles.close[-1]),
        averages={n: of(f"MA{n}", trend.sma(candles.close, n)) for n in AVERAGES},
        adx=of("ADX", direction.adx),
        plus=of("ADX", direction.plus),
        minus=of("ADX", direction.minus),
        rsi=of("RSI", momentum.rsi(candles.close)),
        macd=of("MACD", histogram),
        macd_before=of("MACD", histogram, 2),
        k=of("Stochastic", oscillator.k),
        d=of("Stochastic", oscillator.d),
        money_flow=of("Money flow", volume.cmf(candles)),
        band_position=of("Bollinger", bands.position(candles.close)),
        band_width=of("Bollinger", width),
        width_rank=_rank(width),
        atr=of("ATR", volatility.atr(candles)),
        volume_ratio=of("Volume", volume.relative_volume(candles.volume)),
    )


def newest(values: FloatArray, back: int = 1) -> float | None:
    """The last value (or the `back`-th from the end), None when it is not known."""
    if len(values) < back:
        return None
    value = float(values[-back])
    return value if math.isfinite(value) else None


def _rank(width: FloatArray) -> float | None:
    known = width[-WIDTHS_COMPARED:]
    if len(known) < WIDTHS_COMPARED or np.isnan(known).any():
        return None
    return float((known[:-1] < known[-1]).mean())
