"""Numbers, ages and times as the screen writes them: one rule each, used by every pane.

Thousands are parted by `,`, decimals by `.`; negative numbers carry the real minus `−`; what is
missing is `–`. Nothing here ever writes an exponent.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal

MINUS = "−"
MISSING = "–"
UP = "▲"
DOWN = "▼"
MAX_QUANTITY_PLACES = 8

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_COMPACT = ("", "K", "M", "B", "T")
# The default context refuses to quantize beyond 28 digits; prices of 1e9 with 18 decimals exist.
_EXACT = Context(prec=80)


def places_of(step: Decimal | None, default: int = 2) -> int:
    """How many decimals a tick or lot step asks for: `0.10` gives 1, `5` gives 0."""
    if step is None or not step.is_finite() or step <= 0:
        return default
    exponent = step.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else default


def grouped(value: Decimal, places: int, rounding: str = ROUND_HALF_EVEN) -> str:
    """A number with exactly `places` decimals, thousands parted, real minus, zero unsigned."""
    if not value.is_finite():
        return MISSING
    rounded = value.quantize(Decimal(1).scaleb(-places), rounding=rounding, context=_EXACT)
    if rounded == 0:
        return f"{abs(rounded):,.{places}f}"
    return f"{rounded:,.{places}f}".replace("-", MINUS)


def price(value: Decimal | None, tick: Decimal | None = None) -> str:
    """A price to the market's tick; without a tick, with the decimals it came with."""
    if value is None or not value.is_finite():
        return MISSING
    if tick is None or tick <= 0:
        exponent = value.as_tuple().exponent
        return grouped(value, max(0, -exponent) if isinstance(exponent, int) else 2)
    return grouped(value, places_of(tick))


def quantity(value: Decimal | None, step: Decimal | None = None) -> str:
    """An amount of base currency cut (never rounded up) to the lot step, at most 8 decimals."""
    if value is None or not value.is_finite():
        return MISSING
    if step is not None and step > 0:
        return grouped(value, min(MAX_QUANTITY_PLACES, places_of(step)), ROUND_DOWN)
    text = grouped(value, MAX_QUANTITY_PLACES, ROUND_DOWN)
    return text.rstrip("0").rstrip(".")


def money(value: Decimal | None, places: int = 2) -> str:
    """An amount of the user's money; never compacted, never rounded up."""
    return MISSING if value is None else grouped(value, places, ROUND_FLOOR)


def amount(value: Decimal | None, places: int = 2) -> str:
    """A cost, fee or proceeds, to the nearest; what is below one unit keeps two digits."""
    if value is None:
        return MISSING
    tiny = value != 0 and abs(value) < Decimal(1).scaleb(-places)
    return grouped(value, places + 2 if tiny else places)


def signed(value: Decimal | None, places: int = 2) -> str:
    """A gain or loss in money with its sign, never rounded up; zero is unsigned."""
    return MISSING if value is None else _with_plus(grouped(value, places, ROUND_FLOOR))


def percent(
    fraction: Decimal | None, places: int = 2, *, unit: str = "%", sign: bool = True
) -> str:
    """A fraction as percent: `0.0124` is `+1.24%`. `unit=""` for columns which say `%` on top."""
    if fraction is None or not fraction.is_finite():
        return MISSING
    text = grouped(fraction * 100, places)
    return (_with_plus(text) if sign else text) + unit


def arrow(value: Decimal | None) -> str:
    """`▲` above zero, `▼` below, nothing otherwise; for a number that stands alone."""
    if value is None or value.is_nan() or value == 0:
        return ""
    return UP if value > 0 else DOWN


def compact(value: float | Decimal | None, *, digits: int = 3) -> str:
    """A volume in three significant digits (or two): `1.23K 54K 3.6M 2.1B`; at most 6 cells."""
    if value is None:
        return MISSING
    number = float(value)
    if not math.isfinite(number):
        return MISSING
    size = abs(number)
    index = 0
    # 999.5 would print as 1000, so it belongs to the next unit already.
    while size >= 999.5 and index < len(_COMPACT) - 1:
        size /= 1000
        index += 1
    if size >= 999.5:
        return f"{MINUS if number < 0 else ''}>999T"
    # What would round up to 10 has two digits before the point already.
    whole = 3 if size >= 99.95 else 2 if size >= 10 - 5 * 10.0**-digits else 1
    places = max(0, digits - whole)
    text = f"{size:.{places}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{MINUS if number < 0 and text != '0' else ''}{text}{_COMPACT[index]}"


def age(seconds: float | None) -> str:
    """How old something is: `1.2s 43s 4m 2h 3d`; at most 5 cells for a century."""
    if seconds is None or not math.isfinite(seconds):
        return MISSING
    passed = max(0.0, seconds)
    if passed < 9.95:
        return f"{passed:.1f}s"
    if passed < 60:
        return f"{int(passed)}s"
    if passed < 3600:
        return f"{int(passed // 60)}m"
    if passed < 86_400:
        return f"{int(passed // 3600)}h"
    return f"{int(passed // 86_400)}d"


def coarse_age(seconds: float | None) -> str:
    """An age in steps that rarely change, so that a quiet screen stays quiet: `<5s <15s <1m`."""
    if seconds is None or not math.isfinite(seconds):
        return MISSING
    for limit, word in ((5, "<5s"), (15, "<15s"), (30, "<30s"), (60, "<1m")):
        if seconds < limit:
            return word
    return age(seconds)


def countdown(seconds: float) -> str:
    """Time left as `0:52` or `1:04:09`; never below zero."""
    left = max(0, int(seconds))
    hours, rest = divmod(left, 3600)
    minutes, secs = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{secs:02d}" if hours else f"{minutes}:{secs:02d}"


def clock(moment: datetime | None, *, seconds: bool = False) -> str:
    """The time of day in UTC: `14:03`, or `14:03:27`."""
    if moment is None:
        return MISSING
    return moment.astimezone(UTC).strftime("%H:%M:%S" if seconds else "%H:%M")


def date(moment: datetime | None) -> str:
    """The UTC date: `22 Nov`, in English whatever the locale."""
    if moment is None:
        return MISSING
    utc = moment.astimezone(UTC)
    return f"{utc.day} {_MONTHS[utc.month - 1]}"


def month(moment: datetime) -> str:
    """The UTC month: `Nov`."""
    return _MONTHS[moment.astimezone(UTC).month - 1]


def _with_plus(text: str) -> str:
    """Put `+` before a formatted number unless it is negative, zero or missing."""
    if text.startswith((MINUS, MISSING)) or not text.strip("0.,"):
        return text
    return f"+{text}"
