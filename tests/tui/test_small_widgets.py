"""Sparklines and risk bars: exact widths, honest shapes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit_tui.tui.widgets.risk_bar import AT_LIMIT, risk_bar, risk_dots, used_role, used_word
from kit_tui.tui.widgets.sparkline import BLOCKS, sparkline

D = Decimal
series = st.lists(st.one_of(st.none(), st.floats()), max_size=60)


@given(series, st.integers(min_value=-2, max_value=40))
def test_a_sparkline_has_exactly_its_width(values: list[float | None], width: int) -> None:
    text = sparkline(values, width)
    assert len(text) == max(0, width)
    assert set(text) <= set(BLOCKS + "·")


@given(st.lists(st.floats(min_value=-1e9, max_value=1e9), min_size=2, max_size=30, unique=True))
def test_a_sparkline_reaches_bottom_and_top(values: list[float]) -> None:
    text = sparkline(values, len(values))
    assert text[values.index(min(values))] == BLOCKS[0]
    assert text[values.index(max(values))] == BLOCKS[-1]


def test_sparkline_edges() -> None:
    assert sparkline([], 4) == "····"
    assert sparkline([5], 3) == "··▄"
    assert sparkline([5, 5, 5], 3) == "▄▄▄"
    assert sparkline([1, 2, 3, 4, 5, 6, 7], 7) == BLOCKS
    assert sparkline([1, 1, 7, 7], 2) == "▁▇"
    assert sparkline([D("1"), None, D("2")], 3) == "▁·▇"


@given(st.decimals(), st.integers(min_value=0, max_value=40))
def test_a_risk_bar_has_exactly_its_width(used: Decimal, width: int) -> None:
    if used.is_nan():
        used = D(0)
    assert sum(len(text) for text, _ in risk_bar(used, width)) == width


def test_a_risk_bar_fills_in_eighths_and_ends_at_its_limit() -> None:
    assert risk_bar(D("0.08"), 11) == (("▊", "meter"), ("░" * 9, "track"), ("│", "border"))
    assert risk_bar(D("0"), 11)[0] == ("░" * 10, "track")
    assert risk_bar(D("0.0001"), 11)[0] == ("▏", "meter")
    assert risk_bar(D("1.7"), 11) == (("█" * 10, "loss"), ("│", "border"))


@pytest.mark.parametrize(
    ("used", "role", "word"),
    [("0.59", "meter", ""), ("0.6", "warn", ""), ("0.85", "warn", ""), ("0.86", "loss", "near"),
     ("1", "loss", AT_LIMIT)],
)  # fmt: skip
def test_the_used_share_sets_colour_and_word(used: str, role: str, word: str) -> None:
    assert used_role(D(used)) == role
    assert used_word(D(used)) == word


def test_counts_are_dots_with_their_number() -> None:
    assert "".join(text for text, _ in risk_dots(3, 5)) == "●●●○○ 3/5"
    assert risk_dots(5, 5)[0] == ("●●●●●", "loss")
    assert "".join(text for text, _ in risk_dots(7, 5)) == "●●●●● 7/5"
    assert risk_dots(4, 20) == (("4/20", "fg"),)
    assert risk_dots(0, 0) == (("0/0", "fg"),)
