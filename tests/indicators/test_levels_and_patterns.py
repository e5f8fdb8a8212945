"""Levels, gaps and candle patterns on series drawn by hand."""

from __future__ import annotations

import numpy as np
import pytest

from kit_tui.domain.candles import Candles, candles_from_rows
from kit_tui.indicators import gaps, levels, patterns
from tests.support.clock import EPOCH
from tests.support.market import BTC, make_candles, wave

FLAT = [(100.0, 101.0, 99.0, 100.5), (100.5, 101.5, 99.5, 100.0)] * 10


def drawn(bars: list[tuple[float, float, float, float]]) -> Candles:
    rows = [(i * 3_600_000, *bar, 1.0) for i, bar in enumerate(bars)]
    return candles_from_rows(BTC, "1h", "x", rows, now_ms=10**13, received_at=EPOCH)


def test_pivots_follow_the_classic_formulas() -> None:
    found = levels.pivot_points(110.0, 90.0, 103.0)
    assert found.pivot == 101.0
    assert found.supports == (92.0, 81.0, 72.0)
    assert found.resistances == (112.0, 121.0, 132.0)


def test_fibonacci_counts_back_from_the_end_of_the_move() -> None:
    rising = levels.fibonacci(make_candles([100.0, 150.0, 200.0], wick=0.0))
    assert rising is not None
    assert rising.rising
    assert dict(rising.levels)[0.382] == pytest.approx(161.8)
    falling = levels.fibonacci(make_candles([200.0, 150.0, 100.0], wick=0.0))
    assert falling is not None
    assert not falling.rising
    assert dict(falling.levels)[0.382] == pytest.approx(138.2)
    assert levels.fibonacci(make_candles([100.0] * 5, wick=0.0)) is None
    assert levels.fibonacci(make_candles([])) is None


def test_a_market_that_turns_at_the_same_prices_shows_them_as_levels() -> None:
    candles = make_candles(wave(200, start=100.0, height=0.1, length=40), wick=0.0)
    found = levels.swing_levels(candles, tolerance=0.5)
    assert [round(level.price) for level in found] == [90, 110]
    assert [(level.lows, level.highs) for level in found] == [(5, 0), (0, 5)]
    assert found[0].touches == 5


def test_of_equal_lows_side_by_side_one_swing_is_made() -> None:
    closes = [5.0, 4.0, 3.0, 3.0, 3.0, 4.0, 5.0, 6.0]
    assert levels.swings(make_candles(closes, wick=0.0), 2).lows.tolist() == [2]


@pytest.mark.parametrize(
    ("price", "reach", "expected"),
    [
        (67_012.4, 1_500.0, [66_000.0, 67_000.0, 68_000.0]),
        (0.0912, 0.004, [0.088, 0.09, 0.092, 0.094]),
        (1.02, 0.5, [1.0, 1.5]),
        (100.0, 0.0, []),
        (float("nan"), 1.0, []),
    ],
)
def test_round_numbers_are_few_and_near(price: float, reach: float, expected: list[float]) -> None:
    assert levels.round_numbers(price, reach) == expected


def test_missing_candles_are_counted() -> None:
    rows = [(i * 3_600_000, 1.0, 1.0, 1.0, 1.0, 1.0) for i in (0, 1, 2, 5, 6, 10)]
    candles = candles_from_rows(BTC, "1h", "x", rows, now_ms=10**13, received_at=EPOCH)
    assert gaps.find_gaps(candles) == gaps.Gaps(missing=5, holes=2, last=5)
    assert gaps.find_gaps(candles.slice(0, 3)) == gaps.Gaps(0, 0, None)
    assert gaps.find_gaps(candles.slice(0, 0)) == gaps.Gaps(0, 0, None)


def test_an_engulfing_candle_is_found_where_it_closed() -> None:
    bars = [*FLAT, (100.0, 100.2, 97.9, 98.0), (97.5, 103.5, 97.4, 103.0)]
    found = patterns.patterns(drawn(bars), last=1)
    assert patterns.Pattern("bullish engulfing", len(bars) - 1, 1) in found


def test_a_doji_leans_nowhere() -> None:
    bars = [*FLAT, (100.0, 102.0, 98.0, 100.0)]
    found = {p.name: p.lean for p in patterns.patterns(drawn(bars), last=1)}
    assert found["doji"] == 0


def test_too_few_candles_show_no_pattern() -> None:
    assert patterns.patterns(drawn(FLAT[: patterns.NEEDED - 1])) == []
    assert patterns.patterns(make_candles([])) == []


def test_swings_of_a_short_series_are_none() -> None:
    found = levels.swings(make_candles([1.0, 2.0]), 3)
    assert not np.any(found.lows)
    assert len(found.highs) == 0
