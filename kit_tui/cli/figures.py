"""Figures as the command line writes them."""

from __future__ import annotations

from decimal import Decimal

from kit_tui.tui import formats


def figure(value: Decimal | None, unit: str) -> str:
    """A figure of a check or a limit, in its unit."""
    if value is None:
        return "–"
    if unit == "fraction":
        return formats.percent(value, sign=False)
    if unit == "count":
        return formats.quantity(value)
    if unit == "multiple":
        return f"{formats.grouped(value, 2)}×"
    if unit == "seconds":
        return formats.age(float(value))
    return formats.quantity(value) if abs(value) < 1 else formats.amount(value)


def price(value: Decimal | None) -> str:
    """A price with the decimals its size calls for; the exact one is in the JSON."""
    if value is None:
        return formats.MISSING
    size = abs(value)
    places = 2 if size >= 100 else 4 if size >= 1 else 8
    text = formats.grouped(value, places)
    return text if places == 2 else text.rstrip("0").rstrip(".")


def share(value: Decimal | None, equity: Decimal) -> str:
    """What part of the equity a value is."""
    return "–" if value is None or equity <= 0 else formats.percent(value / equity, 1, sign=False)
