"""How single settings are read: exact fractions and amounts, durations, pairs, addresses.

The annotated types at the end say it to pydantic without importing it; see `Reading`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import time
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec

from kit_tui.domain.numbers import InvalidNumberError, exact, from_float
from kit_tui.domain.pair import Pair

_DURATION = re.compile(r"^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$")
_POLLING = re.compile(r"^polling\s*\(\s*([^()]+?)\s*\)$")
_TIME = re.compile(r"^(\d{1,2}):(\d{2})$")
_HOURS = re.compile(r"^(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})$")
_NAME = re.compile(r"^[a-z0-9][a-z0-9_-]{0,39}$")
_CURRENCY = re.compile(r"^[A-Z0-9]{2,20}$")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
SHORTEST_POLL_S, LONGEST_POLL_S = 0.2, 3_600.0


class Reading(msgspec.Struct, frozen=True):
    """What pydantic is to do with a value: run `before` on it, then hold it to the limits.

    A strict value is taken as it is or refused, never converted. `least` and `most` bound a number,
    or the length of a text or list.
    """

    before: Callable[[Any], Any] | None = None
    strict: bool = False
    least: int | None = None
    most: int | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        """Called by pydantic, which is therefore loaded."""
        from pydantic_core import core_schema

        schema = handler(source)
        low, high = ("ge", "le") if schema["type"] == "int" else ("min_length", "max_length")
        if self.strict:
            schema["strict"] = True
        if self.least is not None:
            schema[low] = self.least
        if self.most is not None:
            schema[high] = self.most
        if self.before is None:
            return schema
        return core_schema.no_info_before_validator_function(self.before, schema)


def duration_seconds(text: str) -> float:
    """Seconds of `500ms`, `5s`, `15m`, `24h` or `7d`.

    Raises:
        ValueError: for anything else, and for zero.
    """
    found = _DURATION.match(text.strip().lower())
    if found is None:
        raise ValueError('must be a duration such as "5s", "15m" or "24h"')
    seconds = float(found[1]) * _SECONDS[found[2]]
    if seconds <= 0:
        raise ValueError("must be longer than zero")
    return seconds


def polling_seconds(text: str) -> float | None:
    """Seconds of `polling (5s)`, or None when the text does not speak of polling.

    Raises:
        ValueError: when the period is not a duration or out of bounds.
    """
    found = _POLLING.match(text.strip().lower())
    if found is None:
        return None
    seconds = duration_seconds(found[1])
    if not SHORTEST_POLL_S <= seconds <= LONGEST_POLL_S:
        raise ValueError("must poll no faster than every 200 ms and no slower than every hour")
    return seconds


def _number(value: object, what: str) -> Decimal:
    if isinstance(value, bool):
        raise ValueError(f"must be {what}")  # noqa: TRY004 - pydantic reports ValueError by field
    try:
        return from_float(value) if isinstance(value, float) else exact(value)
    except InvalidNumberError:
        raise ValueError(f"must be {what}") from None


def read_fraction(value: object) -> Decimal:
    """A fraction from `0.05`, `"0.05"` or `"5%"`."""
    what = 'a fraction such as 0.10 or "10%"'
    if isinstance(value, str) and value.strip().endswith("%"):
        return _number(value.strip()[:-1].strip(), what) / 100
    return _number(value, what)


def read_amount(value: object) -> Decimal:
    """An exact number from an int, a float as written, or a string."""
    return _number(value, "a number")


def _within(low: Decimal, high: Decimal, *, above_low: bool) -> Any:
    def check(value: Decimal) -> Decimal:
        if value > high or value < low or (above_low and value == low):
            kind = "above" if above_low else "at least"
            raise ValueError(f"must be {kind} {low} and at most {high}")
        return value

    return check


def _fraction(low: str, high: str, *, above_low: bool) -> Reading:
    bounds = _within(Decimal(low), Decimal(high), above_low=above_low)
    return Reading(before=lambda value: bounds(read_fraction(value)))


def _amount(low: str, high: str, *, above_low: bool) -> Reading:
    bounds = _within(Decimal(low), Decimal(high), above_low=above_low)
    return Reading(before=lambda value: bounds(read_amount(value)))


def _pair(value: object) -> Pair:
    if not isinstance(value, str):
        raise ValueError("must be pairs such as BTC/USDT")  # noqa: TRY004
    return Pair(value)


def listed(value: object) -> object:
    """A list of a file as the tuple it is kept as."""
    return tuple(value) if isinstance(value, list) else value


def _timezone(value: str) -> str:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(value)
    except (ValueError, OSError):
        raise ValueError('must be a time zone such as "Europe/Berlin" or "UTC"') from None
    return value


def _address(value: str) -> str:
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = None
    if not usable:
        raise ValueError("must be an http:// or https:// address")
    if parts.username or parts.password:
        raise ValueError("must not carry a user name or password")
    return value.rstrip("/")


def _currency(value: str) -> str:
    if not _CURRENCY.match(value.strip().upper()):
        raise ValueError('must be a currency such as "USDT"')
    return value.strip().upper()


def is_name(value: str) -> bool:
    """Whether a text can name an exchange or an account."""
    return _NAME.fullmatch(value) is not None


def _name(value: str) -> str:
    if not is_name(value):
        raise ValueError('must be a lower-case name such as "binance"')
    return value


def _session_length(value: str) -> str:
    duration_seconds(value)
    return value


def _sync(value: str) -> str:
    if value != "realtime" and polling_seconds(value) is None:
        raise ValueError('must be "realtime" or a period such as "polling (5s)"')
    return value


def _hours(value: str) -> str:
    hours_between(value)
    return value


def hours_between(text: str) -> tuple[time, time]:
    """The two times of `23:00-07:00`.

    Raises:
        ValueError: for anything else.
    """
    found = _HOURS.match(text.strip())
    if found is None:
        raise ValueError('must be two times such as "23:00-07:00"')
    try:
        return time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
    except ValueError:
        raise ValueError('must be two times such as "23:00-07:00"') from None


def _time(value: str) -> str:
    time_of(value)
    return value


def time_of(text: str) -> time:
    """The time of `08:30`.

    Raises:
        ValueError: for anything else.
    """
    found = _TIME.match(text.strip())
    hour, minute = (int(found[1]), int(found[2])) if found else (24, 0)
    if hour > 23 or minute > 59:
        raise ValueError('must be a time such as "08:30"')
    return time(hour, minute)


def _after(check: Callable[[str], str]) -> Reading:
    """Run `check` on what is already known to be a string."""

    def validate(value: object) -> object:
        if not isinstance(value, str):
            raise ValueError("must be a text in quotes")  # noqa: TRY004
        return check(value)

    return Reading(before=validate, strict=True)


Share = Annotated[Decimal, _fraction("0", "1", above_low=True)]
"""A fraction above 0 and at most 1."""
Cost = Annotated[Decimal, _fraction("0", "0.5", above_low=False)]
"""A fee or slippage as a fraction; zero is allowed."""
Multiple = Annotated[Decimal, _amount("0", "1000", above_low=True)]
Cash = Annotated[Decimal, _amount("0", "1000000000000", above_low=True)]
Whole = Annotated[int, Reading(strict=True, least=0, most=1_000_000)]
Count = Annotated[int, Reading(strict=True, least=1, most=100_000)]
Seconds = Annotated[int, Reading(strict=True, least=1, most=86_400)]
Pairs = Annotated[
    tuple[Annotated[str, Reading(before=_pair)], ...], Reading(before=listed, least=1)
]
Timezone = Annotated[str, _after(_timezone)]
Address = Annotated[str, _after(_address)]
Currency = Annotated[str, _after(_currency)]
Name = Annotated[str, _after(_name)]
SessionLength = Annotated[str, _after(_session_length)]
Sync = Annotated[str, _after(_sync)]
Flag = Annotated[bool, Reading(strict=True)]
Text = Annotated[str, Reading(strict=True, least=1, most=200)]
Identity = Annotated[int, Reading(strict=True)]
Identities = Annotated[tuple[Identity, ...], Reading(before=listed)]
Names = Annotated[tuple[Text, ...], Reading(before=listed)]
TimeOfDay = Annotated[str, _after(_time)]
"""A time of the day such as `08:30`."""
Hours = Annotated[str, _after(_hours)]
"""Two times of the day such as `23:00-07:00`."""
