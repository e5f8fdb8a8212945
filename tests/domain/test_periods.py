"""Days, weeks and months begin where the person's own clock says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit_tui.domain.errors import UsageError
from kit_tui.domain.periods import ALL_TIME, Period, Span, span_of, starts, zone_named

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)  # a Sunday
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_day_begins_at_the_persons_midnight() -> None:
    assert starts(Period.DAY, 2, NOON, BERLIN) == [at("2026-11-20T23:00"), at("2026-11-21T23:00")]
    late = at("2026-11-22T23:30")  # the next day in Berlin
    assert starts(Period.DAY, 1, late, BERLIN) == [at("2026-11-22T23:00")]


def test_a_day_with_a_changed_clock_is_one_day() -> None:
    days = starts(Period.DAY, 3, at("2026-10-26T12:00"), BERLIN)
    assert [(b - a).total_seconds() / 3600 for a, b in pairwise(days)] == [
        24,
        25,
    ]


def test_weeks_begin_on_monday_and_months_on_the_first() -> None:
    assert starts(Period.WEEK, 2, NOON, UTC) == [at("2026-11-09"), at("2026-11-16")]
    assert starts(Period.MONTH, 12, NOON, UTC)[0] == at("2025-12-01")


@pytest.mark.parametrize(
    ("words", "begin"),
    [
        ("1d", "2026-11-22"), ("today", "2026-11-22"), ("7", "2026-11-16"), ("7d", "2026-11-16"),
        ("1w", "2026-11-16"), ("2 weeks", "2026-11-09"), ("1mo", "2026-10-24"),
        ("1y", "2025-11-23"), ("YTD", "2026-01-01"), ("36h", "2026-11-21"),
    ],
)  # fmt: skip
def test_a_span_in_words(words: str, begin: str) -> None:
    assert span_of(words, NOON, UTC) == Span(at(begin))


@given(st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31)))  # noqa: DTZ001 - aware below
def test_spans_of_the_calendar_meet_and_never_overlap(at: datetime) -> None:
    now, zone = at.replace(tzinfo=UTC), ZoneInfo("Europe/Berlin")
    for unit in ("day", "week", "month", "year"):
        last, this = (span_of(f"{which} {unit}", now, zone) for which in ("last", "this"))
        assert last.end == this.begin
        assert this.holds(now)
        assert not last.holds(now)


@pytest.mark.parametrize(
    ("words", "begin", "end", "said"),
    [
        ("yesterday", "2026-11-21", "2026-11-22", "on 2026-11-21"),
        ("last week", "2026-11-09", "2026-11-16", "from 2026-11-09 to 2026-11-15"),
        ("last-month", "2026-10-01", "2026-11-01", "from 2026-10-01 to 2026-10-31"),
        ("Last Year", "2025-01-01", "2026-01-01", "from 2025-01-01 to 2025-12-31"),
    ],
)
def test_a_span_that_is_over(words: str, begin: str, end: str, said: str) -> None:
    span = span_of(words, NOON, UTC)
    assert span == Span(at(begin), at(end))
    assert span.in_words(UTC) == said
    assert not span.holds(None)


@pytest.mark.parametrize("words", ["", "all", " ALL "])
def test_no_span_is_since_ever(words: str) -> None:
    assert span_of(words, NOON, UTC) == ALL_TIME


@pytest.mark.parametrize("words", ["0", "0d", "-3", "soon", "7x", "1e3", "999999d", "٧"])
def test_what_is_no_span_is_refused(words: str) -> None:
    with pytest.raises(UsageError):
        span_of(words, NOON, UTC)


def test_a_span_longer_than_any_account_is_no_error() -> None:
    begin = span_of("9999y", NOON, UTC).begin
    assert begin is not None
    assert begin.year < 1930


@given(
    st.sampled_from(Period),
    st.integers(1, 60),
    ZONES,
    st.integers(0, 25_000),
    st.integers(0, 86_399),
)
def test_periods_follow_each_other_and_hold_the_present(
    period: Period, count: int, zone: str, day: int, second: int
) -> None:
    now = datetime(1990, 1, 1, tzinfo=UTC) + timedelta(days=day, seconds=second)
    begins = starts(period, count, now, zone_named(zone))
    assert len(begins) == count
    assert begins == sorted(set(begins))
    assert begins[-1] <= now < begins[-1] + timedelta(days=32)
    local = [begin.astimezone(zone_named(zone)) for begin in begins]
    assert all(begin.hour == 0 for begin in local)
