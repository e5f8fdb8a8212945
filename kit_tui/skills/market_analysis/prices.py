"""Computed prices as a market writes them; light, for what must not load TA-Lib."""

from __future__ import annotations

import math
from decimal import Decimal

from kit_tui.domain.numbers import from_float

SIGNIFICANT = 6


def to_price(value: float, tick: Decimal) -> Decimal:
    """A computed price on the market's tick; without a tick, with six significant digits."""
    exact = from_float(value)
    if tick > 0:
        return on_tick(exact, tick)
    if exact == 0:
        return exact
    places = SIGNIFICANT - 1 - math.floor(math.log10(abs(value)))
    return round(exact, max(0, places))


def on_tick(price: Decimal, tick: Decimal) -> Decimal:
    """The nearest multiple of `tick`, written with the tick's decimals; as it is without one."""
    if tick <= 0:
        return price.normalize()
    return ((price / tick).to_integral_value() * tick).quantize(tick)
