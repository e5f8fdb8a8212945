"""Figures put into words: what each says and which way it leans."""

from __future__ import annotations

from decimal import Decimal

from kit_tui.domain.cards import Reading
from kit_tui.domain.numbers import from_float
from kit_tui.skills import wording
from kit_tui.skills.market_analysis.figures import AVERAGES, NEEDS, Figures
from kit_tui.skills.market_analysis.prices import to_price

AT_THE_AVERAGE = 0.0005


def trend_readings(f: Figures, price: float, tick: Decimal) -> tuple[Reading, ...]:
    """Moving averages and ADX."""
    return (*(_average(f, n, price, tick) for n in AVERAGES), _adx(f))


def momentum_readings(f: Figures, tick: Decimal) -> tuple[Reading, ...]:
    """RSI, MACD, Stochastic and money flow."""
    return (_rsi(f), _macd(f, tick), _stochastic(f), _money_flow(f))


def volatility_readings(f: Figures, price: float, tick: Decimal) -> tuple[Reading, ...]:
    """ATR and Bollinger bands; they lean nowhere."""
    return (_atr(f, price, tick), _bollinger(f))


def missing(name: str, f: Figures) -> Reading:
    """A figure that is not known, and why."""
    need = NEEDS[name]
    why = f"needs {need} candles" if f.count < need else "the market did not move"
    return Reading(name=name, value=wording.MISSING, meaning=why)


def _average(f: Figures, period: int, price: float, tick: Decimal) -> Reading:
    name, average = f"MA{period}", f.averages[period]
    if average is None:
        return missing(name, f)
    distance = price / average - 1
    value = wording.price(to_price(average, tick))
    if abs(distance) < AT_THE_AVERAGE:
        return Reading(name=name, value=value, meaning="price is at it")
    side = "above" if distance > 0 else "below"
    apart = wording.percent(from_float(abs(distance)), sign=False)
    return Reading(
        name=name, value=value, meaning=f"price {apart} {side}", lean=1 if distance > 0 else -1
    )


def _adx(f: Figures) -> Reading:
    if f.adx is None or f.plus is None or f.minus is None:
        return missing("ADX", f)
    value = f"{f.adx:.0f}"
    if f.adx < 20:
        return Reading(name="ADX", value=value, meaning="no trend")
    up = f.plus > f.minus
    strength = "trend" if f.adx >= 25 else "weak trend"
    return Reading(
        name="ADX", value=value, meaning=f"{strength} {'up' if up else 'down'}",
        lean=1 if up else -1,
    )  # fmt: skip


def _rsi(f: Figures) -> Reading:
    if f.rsi is None:
        return missing("RSI", f)
    for limit, meaning, lean in (
        (30, "oversold", 0), (45, "sellers lead", -1), (55, "balanced", 0), (70, "buyers lead", 1),
    ):  # fmt: skip
        if f.rsi < limit:
            return Reading(name="RSI", value=f"{f.rsi:.0f}", meaning=meaning, lean=lean)
    return Reading(name="RSI", value=f"{f.rsi:.0f}", meaning="overbought")


def _macd(f: Figures, tick: Decimal) -> Reading:
    if f.macd is None or f.macd_before is None:
        return missing("MACD", f)
    shown = to_price(f.macd, tick)
    value = f"{'+' if shown > 0 else ''}{wording.price(shown)}"
    if abs(f.macd) < 0.01 * (f.atr or 0.0) or f.macd == 0:
        return Reading(name="MACD", value=value, meaning="on its signal")
    side = "above" if f.macd > 0 else "below"
    change = "widening" if abs(f.macd) > abs(f.macd_before) else "narrowing"
    if f.macd * f.macd_before <= 0:
        change = "just crossed"
    lean = 1 if f.macd > 0 else -1
    return Reading(name="MACD", value=value, meaning=f"{side} its signal, {change}", lean=lean)


def _stochastic(f: Figures) -> Reading:
    if f.k is None or f.d is None:
        return missing("Stochastic", f)
    value = f"{f.k:.0f} / {f.d:.0f}"
    if f.k > 80 or f.k < 20:
        return Reading(
            name="Stochastic", value=value, meaning="overbought" if f.k > 80 else "oversold"
        )
    if abs(f.k - f.d) < 1:
        return Reading(name="Stochastic", value=value, meaning="flat")
    up = f.k > f.d
    return Reading(
        name="Stochastic", value=value, meaning="turning up" if up else "turning down",
        lean=1 if up else -1,
    )  # fmt: skip


def _money_flow(f: Figures) -> Reading:
    if f.money_flow is None:
        reading = missing("Money flow", f)
        enough = f.count >= NEEDS["Money flow"]
        return (
            Reading(name=reading.name, value=reading.value, meaning="no volume")
            if (enough)
            else reading
        )
    value = wording.grouped(from_float(f.money_flow), 2)
    if abs(f.money_flow) < 0.05:
        return Reading(name="Money flow", value=value, meaning="balanced")
    inward = f.money_flow > 0
    return Reading(
        name="Money flow", value=value, meaning="into the market" if inward else "out of it",
        lean=1 if inward else -1,
    )  # fmt: skip


def _atr(f: Figures, price: float, tick: Decimal) -> Reading:
    if f.atr is None:
        return missing("ATR", f)
    share = wording.percent(from_float(f.atr / price), sign=False)
    return Reading(
        name="ATR", value=wording.price(to_price(f.atr, tick)), meaning=f"{share} of price"
    )


def _bollinger(f: Figures) -> Reading:
    if f.band_width is None or f.band_position is None:
        return missing("Bollinger", f)
    place = f.band_position
    where = (
        "above the upper band" if place > 1 else "below the lower band" if place < 0
        else "upper half" if place >= 0.5 else "lower half"
    )  # fmt: skip
    meaning = f"{where}, width {wording.percent(from_float(f.band_width), sign=False)}"
    if f.width_rank is not None and f.width_rank <= 0.1:
        meaning += " (narrow: a squeeze)"
    elif f.width_rank is not None and f.width_rank >= 0.9:
        meaning += " (wide)"
    return Reading(
        name="Bollinger", value=f"%B {wording.grouped(from_float(place), 2)}", meaning=meaning
    )
