"""Days, weeks and months of a person's own time zone, as instants in UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from kit_tui.domain.errors import UsageError

_SPAN: Final = re.compile(r"([0-9]{1,5}) ?(d|days?|h|hours?|w|weeks?|mo|months?|y|years?)?")
MOST_DAYS: Final = 36_500


class Period(StrEnum):
    """How long the parts are that a span of time is cut into."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def zone_named(name: str) -> tzinfo:
    """A time zone by name. UTC, the default, needs no database of them."""
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


def starts(period: Period, count: int, now: datetime, zone: tzinfo) -> list[datetime]:
    """When the last `count` periods began, the present one included, oldest first.

    A week begins on Monday. A day that the clocks make shorter or longer is one day.
    """
    today = now.astimezone(zone).date()
    first = {
        Period.DAY: today,
        Period.WEEK: today - timedelta(days=today.weekday()),
        Period.MONTH: today.replace(day=1),
    }[period]
    return [_midnight(_back(first, period, n), zone) for n in range(count - 1, -1, -1)]


def since(words: str, now: datetime, zone: tzinfo) -> datetime | None:
    """Where a span begins that somebody named: `7`, `7d`, `12h`, `2w`, `1mo`, `1y`, `ytd`, `all`.

    Days are whole ones and include today: `1d` began at midnight. None is since ever.

    Raises:
        UsageError: when the words name no span.
    """
    text = words.strip().lower()
    today = now.astimezone(zone).date()
    if text in ("", "all"):
        return None
    if text in ("today", "ytd"):
        return _midnight(today if text == "today" else today.replace(month=1, day=1), zone)
    found = _SPAN.fullmatch(text)
    if found is None or int(found[1]) == 0:
        raise UsageError(
            f"{words[:20]!r} is no span of time.", hint="For instance 7d, 2w, 1mo, ytd or all."
        )
    number, unit = int(found[1]), (found[2] or "d")[:2]
    if unit.startswith("h"):
        return now - timedelta(hours=number)
    days = {"w": 7, "mo": 30, "y": 365}.get("mo" if unit == "mo" else unit[0], 1) * number
    return _midnight(today - timedelta(days=min(days, MOST_DAYS) - 1), zone)


def _back(first: date, period: Period, count: int) -> date:
    """The beginning of the period `count` before the one that began on `first`."""
    if period is Period.MONTH:
        months = first.year * 12 + first.month - 1 - count
        return date(max(1, months // 12), months % 12 + 1, 1)
    return first - timedelta(days=count * (7 if period is Period.WEEK else 1))


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
