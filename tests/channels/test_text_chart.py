"""Charts in characters: the same every time, never too wide, readable without colour."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kit_tui.channels.text_chart import chart_text
from tests.support.charts import chart_of
from tests.support.market import walk

FOOT = 2


def test_a_chart_as_it_is_drawn() -> None:
    card = chart_of(
        [100.0, 104.0, 102.0, 106.0, 106.0, 101.0], wick=0.005,
        levels=(("stop", "98"), ("target", "150")),
    )  # fmt: skip
    assert chart_text(card, width=32, rows=8).split("\n") == [
        "                      ║┼╽┤106.53",
        "                      ║╵┃│",
        "                    ║┃║ ┃│",
        "                    ║┃║ ┃│",
        "                    ║╿║ ┃│",
        "                   ─║   ╿◂101.00",
        "                   ╵╵    │",
        "·························┤98.00",
        "21 Nov 12:00 – 22 Nov 14:02 UTC",
        "high 106.53 · low 99.50",
        "stop     98.00   −2.97%",
        "target  150.00  +48.51%",
    ]


def test_rising_and_falling_candles_differ_without_colour() -> None:
    assert set("║┃") <= set(chart_text(chart_of([100.0, 110.0, 100.0])))
    rising = chart_text(chart_of([100.0, 110.0, 120.0]))
    falling = chart_text(chart_of([120.0, 110.0, 100.0]))
    assert ("║" in rising, "┃" in rising) == (True, False)
    assert ("║" in falling, "┃" in falling) == (False, True)


def test_a_gap_in_the_data_is_a_gap_in_the_chart() -> None:
    text = chart_text(chart_of([100.0] * 12, left_out=range(5, 8), wick=0.0))
    (drawn,) = [line for line in text.split("\n") if "─" in line]
    assert drawn.partition("◂")[0].strip() == "─────┊┊┊────"


def test_candles_that_share_a_column_keep_the_highest_and_the_lowest() -> None:
    card = chart_of([*[100.0] * 60, 150.0, *[100.0] * 59], wick=0.0)
    top = chart_text(card).split("\n")[0]
    assert top.strip()[0] in "│║┃╽╷╻"
    assert "150.00" in top


def test_a_market_that_does_not_move_is_a_line_in_the_middle() -> None:
    lines = chart_text(chart_of([1.0] * 20, wick=0.0, tick="0.0001"), rows=11).split("\n")
    assert "─" * 20 in lines[5]
    assert lines[5].endswith("◂1.0000")


def test_a_chart_out_of_the_journal_says_that_its_candles_are_gone() -> None:
    card = replace(chart_of(walk(9)), candles=())
    assert chart_text(card) == "No candles of BTC/USDT 4h were kept."


@pytest.mark.parametrize("count", [1, 2, 30, 120])
@pytest.mark.parametrize("start", [0.0000123, 0.07, 1.0, 100_000.0])
def test_no_line_is_too_wide_and_there_are_as_many_as_asked_for(count: int, start: float) -> None:
    tick = "0.0000000001" if start < 0.001 else "0.00001" if start < 1 else "0.01"
    card = chart_of(walk(count, start=start), tick=tick)
    text = chart_text(card)
    assert text == chart_text(card)
    lines = text.split("\n")
    assert len(lines) == 12 + FOOT
    assert max(map(len, lines)) <= 36
    assert sum("◂" in line for line in lines) == 1


@given(
    st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=150),
    st.integers(0, 100),
    st.integers(0, 30),
)
def test_any_series_gives_a_chart_of_that_size(closes: list[float], width: int, rows: int) -> None:
    card = chart_of(closes, tick="0.00000001")
    lines = chart_text(card, width, rows).split("\n")
    assert len(lines) == max(4, rows) + FOOT
    assert all(len(line) <= max(32, width) for line in lines[:-FOOT])
    assert not re.search(r"nan|inf|\de[+-]", "\n".join(lines))
