"""Supports and resistances: candidates from five origins, merged where they meet."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from kit_tui.domain.candles import Candles
from kit_tui.domain.cards import PriceLevel
from kit_tui.indicators import levels as find
from kit_tui.skills.market_analysis.figures import Figures
from kit_tui.skills.market_analysis.prices import to_price

# All distances are in ATRs.
MERGED_WITHIN = 0.3
TOO_NEAR = 0.15
TOO_FAR = 15.0
SWINGS_WITHIN = 0.5
ROUND_WITHIN = 5.0
FIBONACCI_OVER = 150
ORIGINS_NAMED = 3
SOLID = 2


@dataclass(slots=True)
class Zone:
    """A price with the weight of what points to it and where that comes from."""

    price: float
    weight: int
    origins: list[str]


def price_levels(
    candles: Candles,
    daily: Candles | None,
    f: Figures,
    price: float,
    *,
    tick: Decimal,
    count: int,
) -> tuple[PriceLevel, ...]:
    """Up to `count` resistances, then as many supports, each nearest first.

    Solid ones (two origins or touches) come before single hints, which only fill up.
    """
    unit = f.atr or price * 0.005
    zones = merged(_candidates(candles, daily, f, price, unit), unit * MERGED_WITHIN)
    above = [z for z in zones if TOO_NEAR * unit < z.price - price < TOO_FAR * unit]
    below = [z for z in zones if TOO_NEAR * unit < price - z.price < TOO_FAR * unit]
    return (
        *_chosen("resistance", above, price, tick, count),
        *_chosen("support", below, price, tick, count),
    )


def merged(candidates: list[Zone], within: float) -> list[Zone]:
    """Candidates gathered around the heaviest of each neighbourhood, which sets the price."""
    zones: list[Zone] = []
    for candidate in sorted(candidates, key=lambda zone: (-zone.weight, zone.price)):
        near = [zone for zone in zones if abs(zone.price - candidate.price) <= within]
        if near:
            home = min(near, key=lambda zone: abs(zone.price - candidate.price))
            home.weight += candidate.weight
            home.origins += candidate.origins
        else:
            zones.append(Zone(candidate.price, candidate.weight, list(candidate.origins)))
    return zones


def _chosen(
    kind: str, zones: list[Zone], price: float, tick: Decimal, count: int
) -> list[PriceLevel]:
    near = sorted(zones, key=lambda zone: abs(zone.price - price))
    solid = [zone for zone in near if zone.weight >= SOLID]
    weak = [zone for zone in near if zone.weight < SOLID]
    best = sorted([*solid, *weak][:count], key=lambda zone: abs(zone.price - price))
    return [
        PriceLevel(
            kind=kind,
            price=to_price(zone.price, tick),
            origin=", ".join(zone.origins[:ORIGINS_NAMED]),
        )
        for zone in best
    ]


def _candidates(
    candles: Candles, daily: Candles | None, f: Figures, price: float, unit: float
) -> list[Zone]:
    found = [_swing(level) for level in find.swing_levels(candles, unit * SWINGS_WITHIN)]
    for period, average in f.averages.items():
        if average is not None:
            found.append(Zone(average, 1 if period == 20 else 2, [f"MA{period}"]))
    retracement = find.fibonacci(candles.tail(FIBONACCI_OVER))
    if retracement is not None:
        found += [Zone(at, 1, [f"Fibonacci {r * 100:.1f}%"]) for r, at in retracement.levels]
    found += _pivots(daily)
    found += [
        Zone(at, 1, ["round number"]) for at in find.round_numbers(price, ROUND_WITHIN * unit)
    ]
    return [zone for zone in found if zone.price > 0]


def _swing(level: find.SwingLevel) -> Zone:
    name = "swing low" if level.highs == 0 else "swing high" if level.lows == 0 else "turning point"
    touches = f", {level.touches} touches" if level.touches > 1 else ""
    return Zone(level.price, level.touches, [f"{name}{touches}"])


def _pivots(daily: Candles | None) -> list[Zone]:
    """Floor pivots of the last closed day."""
    day = None if daily is None else daily.closed()
    if day is None or not len(day):
        return []
    points = find.pivot_points(float(day.high[-1]), float(day.low[-1]), float(day.close[-1]))
    zones = [Zone(points.pivot, 1, ["daily pivot"])]
    for number, (low, high) in enumerate(
        zip(points.supports, points.resistances, strict=True), start=1
    ):
        zones += [Zone(low, 1, [f"pivot S{number}"]), Zone(high, 1, [f"pivot R{number}"])]
    return zones
