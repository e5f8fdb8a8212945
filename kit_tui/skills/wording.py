"""Numbers, ages and times as the skills' replies write them; what is missing is `–`."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal

MINUS = "−"
MISSING = "–"
_EXACT = Context(prec=80)


def grouped(value: Decimal | None, places: int, rounding: str = ROUND_HALF_EVEN) -> str:
    """`−1,234.50`: exactly `places` decimals, thousands parted, a real minus, zero unsigned."""
    if value is None or not value.is_finite():
        return MISSING
    rounded = value.quantize(Decimal(1).scaleb(-places), rounding=rounding, context=_EXACT)
    text = f"{abs(rounded):,.{places}f}"
    return f"{MINUS}{text}" if rounded < 0 else text


def price(value: Decimal | None) -> str:
    """A price with the decimals it came with, at least two from 1 upwards."""
    if value is None or not value.is_finite():
        return MISSING
    exponent = value.as_tuple().exponent
    own = -exponent if isinstance(exponent, int) else 0
    return grouped(value, max(own, 2) if abs(value) >= 1 else max(own, 1))


def money(value: Decimal | None, currency: str = "") -> str:
    """An amount of money with two decimals, never rounded up: `9,986.12 USDT`."""
    text = grouped(value, 2, ROUND_FLOOR)
    return f"{text} {currency}" if currency and value is not None else text


def gain(value: Decimal | None, currency: str = "") -> str:
    """A gain or loss with its sign: `+12.30 USDT`, `−4.00 USDT`; zero is unsigned."""
    text = money(value, currency)
    return f"+{text}" if value is not None and value >= Decimal("0.01") else text


def amount(value: Decimal) -> str:
    """A quantity with at most eight decimals and no trailing zeros."""
    text = grouped(value, 8, ROUND_FLOOR)
    return text.rstrip("0").rstrip(".")


def percent(fraction: Decimal | None, places: int = 2, *, sign: bool = True) -> str:
    """A fraction as percent: `0.0124` is `+1.24%`, or `1.24%` without `sign`."""
    if fraction is None or not fraction.is_finite():
        return MISSING
    text = grouped(fraction * 100, places)
    plus = sign and not text.startswith(MINUS) and bool(text.strip("0.,"))
    return f"{'+' if plus else ''}{text}%"


def span(seconds: float) -> str:
    """A length of time in its largest unit and the next: `3 s`, `4 min`, `2 h 5 min`, `3 d 4 h`."""
    passed = max(0, round(seconds))
    if passed < 60:
        return f"{passed} s"
    if passed < 3_600:
        return f"{passed // 60} min"
    if passed < 86_400:
        hours, rest = divmod(passed, 3_600)
        return f"{hours} h {rest // 60} min" if rest >= 60 else f"{hours} h"
    days, rest = divmod(passed, 86_400)
    return f"{days} d {rest // 3_600} h" if rest >= 3_600 else f"{days} d"


def moment(at: datetime, now: datetime) -> str:
    """A time in UTC, with the date unless it is today's: `14:03 UTC`, `21 Nov 14:03 UTC`."""
    utc = at.astimezone(UTC)
    date = "" if utc.date() == now.astimezone(UTC).date() else f"{utc:%d %b} "
    return f"{date}{utc:%H:%M} UTC"


def count(number: int, one: str, many: str = "") -> str:
    """`1 position`, `2 positions`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
