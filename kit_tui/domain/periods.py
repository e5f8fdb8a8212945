"""Days, weeks and months of a person's own time zone, as instants in UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final, NamedTuple

from kit_tui.domain.errors import UsageError

_SPAN: Final = re.compile(r"([0-9]{1,5}) ?(d|days?|h|hours?|w|weeks?|mo|months?|y|years?)?")
_TIED: Final = re.compile(r"(?<=[a-z])[-_](?=[a-z])")
MOST_DAYS: Final = 36_500
_CALENDAR: Final = {"today": "this day", "yesterday": "last day", "ytd": "this year"}


class Period(StrEnum):
    """How long the parts are that a span of time is cut into."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


_UNITS: Final = {"day": Period.DAY, "week": Period.WEEK, "month": Period.MONTH}


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
    first = _first_of(period, today)
    return [_midnight(_back(first, period, n), zone) for n in range(count - 1, -1, -1)]


class Span(NamedTuple):
    """A span of time from `begin` to just before `end`; None is since ever, or up to now."""

    begin: datetime | None = None
    end: datetime | None = None

    def holds(self, at: datetime | None) -> bool:
        """Whether a moment lies in it; what has no moment lies in none."""
        if at is None:
            return False
        return (self.begin is None or at >= self.begin) and (self.end is None or at < self.end)

    def in_words(self, zone: tzinfo) -> str:
        """`since 2026-11-22 00:00`, `from 2026-11-01 to 2026-11-30`; empty when it is all time."""
        if self.begin is None:
            return ""
        begin = self.begin.astimezone(zone)
        if self.end is None:
            return f"since {begin:%Y-%m-%d %H:%M}"
        last = (self.end - timedelta(microseconds=1)).astimezone(zone)
        if last.date() == begin.date():
            return f"on {begin:%Y-%m-%d}"
        return f"from {begin:%Y-%m-%d} to {last:%Y-%m-%d}"


ALL_TIME: Final = Span()


def span_of(words: str, now: datetime, zone: tzinfo) -> Span:
    """The span somebody named: `7`, `7d`, `12h`, `2w`, `1mo`, `1y`, `ytd`, `yesterday`, `all`.

    Days are whole ones and include today: `1d` began at midnight. `yesterday`, `last week`, `last
    month` and `last year` are over, `this week` and the like go on; weeks begin on Monday.

    Raises:
        UsageError: when the words name no span.
    """
    text = " ".join(_TIED.sub(" ", words.lower()).split())
    if text in ("", "all"):
        return ALL_TIME
    named = _named(text, now.astimezone(zone).date(), zone)
    return named or Span(_begin(words, text, now, zone))


def _named(text: str, today: date, zone: tzinfo) -> Span | None:
    """A day, week, month or year of the calendar, the present one up to now."""
    which, _, unit = _CALENDAR.get(text, text).partition(" ")
    period = _UNITS.get(unit)
    if which not in ("this", "last") or (period is None and unit != "year"):
        return None
    first = today.replace(month=1, day=1) if period is None else _first_of(period, today)
    if which == "this":
        return Span(_midnight(first, zone))
    before = first.replace(year=first.year - 1) if period is None else _back(first, period, 1)
    return Span(_midnight(before, zone), _midnight(first, zone))


def _begin(words: str, text: str, now: datetime, zone: tzinfo) -> datetime:
    found = _SPAN.fullmatch(text)
    if found is None or int(found[1]) == 0:
        raise UsageError(
            f"{words[:20]!r} is no span of time.",
            hint="For instance 7d, 2w, yesterday, last month, ytd or all.",
        )
    number, unit = int(found[1]), (found[2] or "d")[:2]
    if unit.startswith("h"):
        return now - timedelta(hours=number)
    days = {"w": 7, "mo": 30, "y": 365}.get("mo" if unit == "mo" else unit[0], 1) * number
    today = now.astimezone(zone).date()
    return _midnight(today - timedelta(days=min(days, MOST_DAYS) - 1), zone)


def _first_of(period: Period, today: date) -> date:
    """The day on which the present period began."""
    return {
        Period.DAY: today,
        Period.WEEK: today - timedelta(days=today.weekday()),
        Period.MONTH: today.replace(day=1),
    }[period]


def _back(first: date, period: Period, count: int) -> date:
    """The beginning of the period `count` before the one that began on `first`."""
    if period is Period.MONTH:
        months = first.year * 12 + first.month - 1 - count
        return date(max(1, months // 12), months % 12 + 1, 1)
    return first - timedelta(days=count * (7 if period is Period.WEEK else 1))


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
