"""Price scale, round prices and time labels."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit_tui.tui.chart.scale import (
    axis_decimals,
    fit,
    moment_label,
    nice_step,
    price_label,
    price_ticks,
    time_labels,
)
from tests.tui.chart.series import MIDNIGHT_MS

MINUTE = 60_000
DAY = 86_400_000
prices = st.floats(min_value=1e-9, max_value=1e9)


@given(prices, prices, st.integers(min_value=1, max_value=60), st.booleans())
def test_all_candles_are_inside_the_scale(one: float, two: float, rows: int, log: bool) -> None:
    low, high = min(one, two), max(one, two)
    scale = fit(low, high, rows, log=log)
    assert 0 <= scale.unit(high) <= scale.unit(low) <= scale.units
    assert scale.row(low) is not None


@given(prices, prices, st.integers(min_value=2, max_value=60), st.booleans())
def test_round_prices_are_apart_and_in_order(one: float, two: float, rows: int, log: bool) -> None:
    scale = fit(min(one, two), max(one, two), rows, log=log)
    ticks = price_ticks(scale)
    assert ticks == sorted(ticks)
    assert all(after - before >= 3 for (before, _), (after, _) in itertools.pairwise(ticks))
    assert [price for _, price in ticks] == sorted((price for _, price in ticks), reverse=True)


@given(prices, prices, st.integers(min_value=1, max_value=60))
def test_axis_figures_never_have_an_exponent(one: float, two: float, rows: int) -> None:
    scale = fit(min(one, two), max(one, two), rows)
    text = price_label(scale.price(1), axis_decimals(scale, None))
    assert "e" not in text
    assert axis_decimals(scale, 2) <= 2


@pytest.mark.parametrize(
    ("span", "count", "step"),
    [(1500, 5, 500), (1000, 5, 200), (0.9, 3, 0.5), (7, 4, 2), (10, 1, 10)],
)
def test_steps_are_one_two_or_five(span: float, count: int, step: float) -> None:
    assert nice_step(span, count) == pytest.approx(step)


def test_a_round_price_stands_in_its_own_row() -> None:
    scale = fit(66_000, 67_000, 20)
    for row, price in price_ticks(scale):
        assert price % 100 == pytest.approx(0)
        assert row == scale.row(price)


def test_a_wide_log_scale_shows_powers_of_ten() -> None:
    scale = fit(1, 10_000, 40, log=True)
    shown = {round(price) for _, price in price_ticks(scale)}
    assert {1, 10, 100, 1000, 10_000} <= shown
    assert scale.unit(100) == pytest.approx(scale.units / 2, abs=1)


def test_log_is_left_out_where_a_price_is_not_positive() -> None:
    assert not fit(0.0, 10.0, 10, log=True).log


def test_extended_keeps_rows_free_at_the_ends() -> None:
    scale = fit(100, 200, 10).extended(1, 2)
    assert scale.row(200) == 1
    assert scale.row(100) == 7


def test_time_labels_are_round_apart_and_mark_the_day() -> None:
    labels = time_labels(MIDNIGHT_MS - 5 * 900_000, 900_000, 60, 1)
    assert [(label.slot, label.text, label.major) for label in labels] == [
        (5, "22 Nov", True), (21, "04:00", False), (37, "08:00", False), (53, "12:00", False),
    ]  # fmt: skip


@given(
    st.integers(min_value=0, max_value=4_000_000_000_000),
    st.sampled_from([MINUTE, 5 * MINUTE, 15 * MINUTE, 60 * MINUTE, 240 * MINUTE, DAY, 7 * DAY,
                     56 * DAY]),
    st.integers(min_value=0, max_value=400),
    st.sampled_from([1, 2, 4]),
)  # fmt: skip
def test_time_labels_never_touch(first: int, slot_ms: int, slots: int, pitch: int) -> None:
    labels = time_labels(first, slot_ms, slots, pitch)
    assert all(0 <= label.slot < slots for label in labels)
    for before, after in itertools.pairwise(labels):
        assert (after.slot - before.slot) * pitch >= 10


def test_days_weeks_and_months_are_labelled_by_date() -> None:
    weeks = time_labels(MIDNIGHT_MS, DAY, 40, 2)
    assert [label.text for label in weeks][:3] == ["23 Nov", "30 Nov", "7 Dec"]
    assert [label.major for label in weeks][:3] == [False, False, True]
    years = time_labels(MIDNIGHT_MS, 7 * DAY, 200, 1)
    assert "2027" in {label.text for label in years if label.major}
    assert "Jul" in {label.text for label in years}


def test_the_crosshair_says_its_moment() -> None:
    assert moment_label(MIDNIGHT_MS + 870 * MINUTE, 15 * MINUTE) == "22 Nov 14:30"
    assert moment_label(MIDNIGHT_MS, DAY) == "22 Nov 2026"
