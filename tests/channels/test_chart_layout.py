"""Places on a chart: columns, gaps, scales, times, and labels that keep apart."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kit_tui.channels.chart_layout import (
    WIDEST_GAP,
    Gap,
    Span,
    apart,
    columns_of,
    distance,
    price_span,
    price_text,
    round_prices,
    time_marks,
)
from kit_tui.domain.market_data import TIMEFRAME_SECONDS
from tests.support.charts import chart_of
from tests.support.market import walk


def test_a_gap_is_as_wide_as_what_is_missing_up_to_a_limit() -> None:
    columns, gaps = columns_of(chart_of(walk(10), left_out=range(4, 6)))
    assert columns == [0, 1, 2, 3, 6, 7, 8, 9]
    assert gaps == [Gap(4, 6)]
    columns, gaps = columns_of(chart_of(walk(60), left_out=range(4, 50)))
    assert gaps == [Gap(4, 4 + WIDEST_GAP)]
    assert columns[4] == 4 + WIDEST_GAP


def test_near_levels_widen_the_scale_and_far_ones_leave_it_alone() -> None:
    plain = chart_of([100.0, 110.0], wick=0.0)
    assert price_span(plain) == Span(100.0, 110.0)
    near = chart_of([100.0, 110.0], wick=0.0, levels=(("stop", "95"), ("target", "115.5")))
    assert price_span(near) == Span(95.0, 115.5)
    far = chart_of([100.0, 110.0], wick=0.0, levels=(("stop", "50"), ("target", "1000")))
    assert price_span(far) == price_span(plain)


def test_a_market_that_does_not_move_has_a_scale_around_it() -> None:
    span = price_span(chart_of([1.0, 1.0], wick=0.0))
    assert span.low < 1 < span.high
    assert span.share(1.0) == pytest.approx(0.5)


def test_prices_have_the_markets_decimals() -> None:
    card = chart_of([67_000.0], tick="0.1")
    assert price_text(card, Decimal("67012.4")) == "67,012.4"
    unknown = replace(card, tick=Decimal(0), price=Decimal("0.0712"))
    assert price_text(unknown, Decimal("0.07")) == "0.0700"
    whole = replace(card, tick=Decimal("1E+1"))
    assert price_text(whole, Decimal("67012.4")) == "67,012"


def test_a_distance_is_counted_from_the_price() -> None:
    card = chart_of([100.0], wick=0.0, levels=(("stop", "95.5"), ("target", "112.25")))
    assert [distance(card, level) for level in card.levels] == ["−4.50%", "+12.25%"]


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (61_000, 69_000, ["62,000", "64,000", "66,000", "68,000"]),
        (0.0694, 0.0734, ["0.070", "0.071", "0.072", "0.073"]),
        (1.0, 2.25, ["1.00", "1.25", "1.50", "1.75", "2.00", "2.25"]),
        (99.96, 100.08, ["99.975", "100.000", "100.025", "100.050", "100.075"]),
        (1.0, 5.0, ["1", "2", "3", "4", "5"]),
    ],
)
def test_an_axis_has_round_prices(low: float, high: float, labels: list[str]) -> None:
    assert [label for _, label in round_prices(Span(low, high), 5)] == labels


@given(st.floats(1e-9, 1e9), st.floats(1.0001, 100), st.integers(2, 10))
def test_an_axis_has_no_more_prices_than_wanted_and_all_inside(
    low: float, factor: float, most: int
) -> None:
    span = Span(low, low * factor)
    found = round_prices(span, most)
    assert len(found) <= most + 1
    assert len({label for _, label in found}) == len(found)
    assert all(-1e-6 <= span.share(price) <= 1 + 1e-6 for price, _ in found)


@pytest.mark.parametrize("timeframe", TIMEFRAME_SECONDS)
@pytest.mark.parametrize("count", [1, 2, 30, 120])
def test_times_are_few_and_in_order(timeframe: str, count: int) -> None:
    card = chart_of(walk(count), timeframe=timeframe)
    marks = time_marks(card, 6)
    assert 1 <= len(marks) <= 6
    assert [at for at, _ in marks] == sorted({at for at, _ in marks})
    assert all(0 <= at < count for at, _ in marks)


def test_times_are_named_by_clock_day_or_month_as_their_distance_asks() -> None:
    assert [label for _, label in time_marks(chart_of(walk(20), timeframe="15m"), 6)] == [
        "10:00", "11:00", "12:00", "13:00",
    ]  # fmt: skip
    assert time_marks(chart_of(walk(60), timeframe="1h"), 6)[1][1] == "21 Nov"
    assert [label for _, label in time_marks(chart_of(walk(120), timeframe="1w"), 6)] == [
        "Jan 2025", "Jul 2025", "Jan 2026", "Jul 2026",
    ]  # fmt: skip


def test_labels_that_would_overlap_share_the_way() -> None:
    assert apart([10, 50, 90], 20, 0, 100) == [10, 50, 90]
    assert apart([50, 50], 20, 0, 100) == [40, 60]
    assert apart([50, 50, 90], 20, 0, 100) == [40, 60, 90]
    assert apart([0, 0], 20, 0, 100) == [0, 20]
    assert apart([100, 100], 20, 0, 100) == [80, 100]


@given(st.lists(st.floats(0, 600), max_size=12))
def test_labels_never_overlap_nor_leave_the_chart(wanted: list[float]) -> None:
    placed = apart(sorted(wanted), 40, 0, 600)
    assert all(after - before >= 40 - 1e-6 for before, after in pairwise(placed))
    assert all(-1e-6 <= place <= 600 + 1e-6 for place in placed)
