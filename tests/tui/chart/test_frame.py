"""What a chart looks like: nine glyphs, gaps, levels, tags, and any size down to one cell."""

from __future__ import annotations

import itertools
from datetime import timedelta
from decimal import Decimal
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit_tui.domain.clock import utc_from_ms
from kit_tui.tui.chart.canvas import ROLE_INDEX
from kit_tui.tui.chart.frame import Frame, draw
from kit_tui.tui.chart.levels import ChartFill, ChartLevel
from kit_tui.tui.chart.options import (
    ZOOM_LADDER,
    ChartOptions,
    Crosshair,
    GlyphStyle,
    Indicator,
)
from kit_tui.tui.chart.window import furthest_offset, heikin_ashi, look
from tests.tui.chart.series import MIDNIGHT_MS, Row, candles, walk

PLAIN = ChartOptions(overlays=(), volume=False)


def text(frame: Frame) -> list[str]:
    """The rows as text."""
    return ["".join(part for part, _ in frame.canvas.runs(y)) for y in range(frame.canvas.height)]


def column(frame: Frame, x: int) -> str:
    """One column of the price area, top to bottom."""
    rows = text(frame)[: frame.layout.price_rows]
    return "".join(row[x] for row in rows)


def last_column(frame: Frame) -> str:
    return column(frame, int(frame.columns.center[-1]))


def test_a_candle_is_a_wick_joined_to_a_body_joined_to_a_wick() -> None:
    frame = draw(candles([(12, 20, 0, 8)]), (30, 12), PLAIN)
    assert last_column(frame) == "││││╽┃╿││││"
    frame = draw(candles([(12, 12, 8, 8)]), (30, 12), PLAIN)
    assert last_column(frame) == "┃" * 11


@given(
    st.lists(
        st.tuples(*[st.floats(min_value=1, max_value=100)] * 4), min_size=1, max_size=30
    ),
    st.integers(min_value=1, max_value=30),
)  # fmt: skip
def test_no_wick_is_ever_parted_from_its_body(
    raw: list[tuple[float, float, float, float]], height: int
) -> None:
    rows: list[Row] = [(a, max(a, b, c, d), min(a, b, c, d), d) for a, b, c, d in raw]
    frame = draw(candles(rows), (60, height), PLAIN)
    lower_half = {"╷", "│", "╽", "┃", "╿", "╻"}
    upper_half = {"╵", "│", "╽", "┃", "╿", "╹"}
    for x in frame.columns.center.tolist():
        cells = column(frame, x)
        inked = cells.strip(" ")
        assert inked
        assert " " not in inked
        for above, below in itertools.pairwise(inked):
            assert above in lower_half
            assert below in upper_half


def test_missing_candles_leave_blank_columns_marked_at_the_axis() -> None:
    series = candles([(10, 11, 9, 10.5)] * 6, slots=[0, 1, 2, 6, 7, 8])
    frame = draw(series, (40, 10), PLAIN)
    left = int(frame.columns.x[2]) + 1
    for x in range(left, left + 3):
        assert column(frame, x).strip() == "┊"
    assert int(frame.columns.x[3]) == left + 3
    assert text(frame)[frame.layout.body_rows - 1].count("┊") == 3


def test_candles_alone_make_the_scale() -> None:
    series = walk(60)
    far = [ChartLevel("stop", Decimal(1)), ChartLevel("take", Decimal(900_000))]
    without = draw(series, (80, 20), PLAIN)
    beside = draw(series, (80, 20), PLAIN, levels=far)
    assert beside.scale == without.scale
    rows = text(beside)
    assert "T↑" in rows[0]
    assert "900,000" in rows[0]
    assert rows[beside.layout.price_rows - 1].endswith("S↓       1")


def test_a_level_in_sight_is_a_line_behind_the_candles_with_its_letter() -> None:
    series = candles([(100, 110, 90, 105)] * 20)
    frame = draw(series, (40, 12), PLAIN, levels=[ChartLevel("entry", Decimal(93))])
    row = frame.scale.row(93.0)
    assert row is not None
    line = text(frame)[row]
    assert line.startswith("╌")
    assert "E" in line
    assert all(line[x] in "│╵╷" for x in frame.columns.center.tolist())


def test_a_level_on_the_row_of_the_last_price_keeps_its_letter() -> None:
    series = candles([(100, 110, 90, 105)] * 20)
    frame = draw(series, (40, 12), PLAIN, levels=[ChartLevel("stop", Decimal(105))])
    row = frame.scale.row(105.0)
    assert row is not None
    assert "◂S" in text(frame)[row]


def test_the_last_price_is_tagged_in_reverse_of_the_last_candles_colour() -> None:
    for close, role in (
        (105.0, "profit:reverse"),
        (95.0, "loss:reverse"),
        (100.0, "muted:reverse"),
    ):
        frame = draw(candles([(100, 110, 90, close)]), (40, 12), PLAIN)
        tagged = [run for y in range(12) for run in frame.canvas.runs(y) if run[1] == role]
        assert len(tagged) == 1
        assert tagged[0][0].startswith("◂")
        assert f"{close:.0f}" in tagged[0][0]


def test_a_last_price_beyond_the_scale_sits_at_the_edge_with_an_arrow() -> None:
    frame = draw(candles([(100, 110, 90, 105)] * 5), (40, 12), PLAIN, last_price=300.0)
    assert "↑" in text(frame)[0]
    assert "300" in text(frame)[0]


def test_own_fills_are_marked_beside_their_candle() -> None:
    series = walk(40)
    bought = ChartFill(utc_from_ms(int(series.time[-10])) + timedelta(minutes=3), Decimal(1), "buy")
    sold = ChartFill(utc_from_ms(int(series.time[-5])), Decimal(1), "sell")
    frame = draw(series, (60, 20), PLAIN, fills=[bought, sold])
    below = column(frame, int(frame.columns.x[-10])).strip()
    above = column(frame, int(frame.columns.x[-5])).strip()
    assert below.endswith("▲")
    assert above.startswith("▼")


def test_a_forming_candle_is_dim_and_a_closed_one_is_not() -> None:
    rows: list[Row] = [(100, 110, 90, 105)] * 3
    x = int(draw(candles(rows), (40, 12), PLAIN).columns.x[-1])
    roles = {
        forming: draw(candles(rows, last_is_open=forming), (40, 12), PLAIN).canvas.roles[6, x]
        for forming in (True, False)
    }
    assert roles[True] == ROLE_INDEX["profit:dim"]
    assert roles[False] == ROLE_INDEX["profit"]


def test_without_colour_rising_candles_are_hollow() -> None:
    series = candles([(100, 110, 90, 108), (108, 110, 90, 92)])
    frame = draw(series, (40, 12), ChartOptions(overlays=(), volume=False, glyphs="hollow"))
    rising, falling = (column(frame, int(x)) for x in frame.columns.center)
    assert "║" in rising
    assert "┃" not in rising
    assert "┃" in falling
    assert "║" not in falling


def test_the_ascii_set_uses_ascii_only() -> None:
    levels = [ChartLevel("stop", Decimal(1)), ChartLevel("entry", Decimal(67_000))]
    series = walk(120)
    fill = ChartFill(utc_from_ms(int(series.time[-9])), Decimal(1), "buy")
    for zoom in range(len(ZOOM_LADDER)):
        view = ChartOptions(zoom=zoom, glyphs="ascii", indicator="rsi", grid=True)
        assert "".join(text(draw(series, (80, 30), view, levels=levels, fills=[fill]))).isascii()


def test_stale_data_loses_its_colours() -> None:
    frame = draw(walk(80), (80, 24), ChartOptions(stale=True))
    roles = {role for y in range(24) for _, role in frame.canvas.runs(y)}
    assert not roles & {"profit", "loss", "profit:half", "loss:half", "loss:reverse"}
    assert {"stale", "stale:half", "stale:reverse"} <= roles


def test_volume_is_half_strength_and_zero_volume_draws_nothing() -> None:
    frame = draw(walk(60), (80, 24), ChartOptions(overlays=()))
    assert "vol " in text(frame)[frame.layout.volume_area.start]
    busy = candles([(100, 110, 90, 105)] * 9, volume=[185_400.0] * 9)
    frame = draw(busy, (80, 24), ChartOptions(overlays=()))
    assert text(frame)[frame.layout.volume_area.start].endswith("vol 185K")
    silent = candles([(100, 110, 90, 105)] * 9, volume=[0.0] * 9)
    frame = draw(silent, (80, 24), ChartOptions(overlays=()))
    assert "vol" not in "".join(text(frame))


def test_overlays_stay_behind_candles() -> None:
    series = walk(300)
    bare, lined = (
        draw(series, (80, 24), ChartOptions(overlays=())),
        draw(series, (80, 24), ChartOptions()),
    )
    inked = bare.canvas.codes != 32
    assert (lined.canvas.codes[inked] == bare.canvas.codes[inked]).all()
    assert (lined.canvas.codes >= 0x2800).any()


@pytest.mark.parametrize("indicator", ["rsi", "macd"])
def test_an_indicator_gets_rows_of_its_own(indicator: str) -> None:
    options = ChartOptions(indicator="rsi" if indicator == "rsi" else "macd")
    frame = draw(walk(300), (80, 30), options)
    assert 3 <= len(frame.layout.indicator_area) <= 5
    assert indicator.upper() in text(frame)[frame.layout.indicator_area.start]


def test_the_crosshair_tags_price_and_moment() -> None:
    series = walk(60)
    moment = int(series.time[-20])
    frame = draw(series, (80, 24), ChartOptions(crosshair=Crosshair(moment, 3)))
    rows = text(frame)
    assert "┆" in column(frame, int(frame.columns.x[-20]))
    assert any(role == "fg:reverse" for _, role in frame.canvas.runs(3))
    assert f"{utc_from_ms(moment):%H:%M}" in rows[-1]
    assert frame.slot_at(int(frame.columns.x[-20])) == frame.window.slot_of(moment)


def test_candles_sharing_a_column_keep_first_open_last_close_and_extremes() -> None:
    series = candles(
        [(10, 15, 9, 11), (11, 12, 4, 5), (5, 8, 5, 7), (7, 30, 6, 20)], volume=[1, 2, 3, 4]
    )
    window = look(series, ChartOptions(zoom=3), 10)
    assert window.open.tolist() == [10, 5]
    assert window.high.tolist() == [15, 30]
    assert window.low.tolist() == [4, 5]
    assert window.close.tolist() == [5, 20]
    assert window.volume.tolist() == [3, 7]


def test_heikin_ashi_follows_its_recurrence() -> None:
    series = candles([(10, 12, 8, 11), (11, 14, 10, 13), (13, 13, 9, 10)])
    opens, highs, lows, closes = heikin_ashi(series.open, series.high, series.low, series.close)
    assert closes.tolist() == [10.25, 12.0, 11.25]
    assert opens.tolist() == [10.5, 10.375, 11.1875]
    assert highs.tolist() == [12, 14, 13]
    assert lows.tolist() == [8, 10, 9]


def test_panning_to_the_end_keeps_a_candle_in_sight() -> None:
    series = walk(50)
    far = furthest_offset(series, PLAIN)
    frame = draw(series, (40, 12), ChartOptions(offset=far))
    assert len(frame.window) == 1
    assert int(frame.window.time[0]) == MIDNIGHT_MS


def test_a_sight_full_of_nothing_is_drawn_without_candles() -> None:
    series = candles([(10, 11, 9, 10), (10, 11, 9, 10)], slots=[0, 500])
    frame = draw(series, (40, 12), ChartOptions(offset=100))
    assert len(frame.window) == 0
    assert len(text(frame)) == 12


def test_figures_have_five_digits_unless_the_market_trades_in_fewer() -> None:
    series = candles([(171.0, 175.0, 150.0, 171.36)] * 9)
    assert any("◂  171.36" in row for row in text(draw(series, (60, 20), PLAIN)))
    coarse = ChartOptions(overlays=(), volume=False, decimals=1)
    assert any("◂   171.4" in row for row in text(draw(series, (60, 20), coarse)))


prices = st.floats(min_value=1e-9, max_value=1e9)


LOOKS = st.builds(
    ChartOptions,
    zoom=st.integers(min_value=0, max_value=len(ZOOM_LADDER) - 1),
    offset=st.integers(min_value=0, max_value=60),
    glyphs=st.sampled_from(get_args(GlyphStyle)),
    indicator=st.sampled_from(get_args(Indicator)),
    log=st.booleans(),
    heikin_ashi=st.booleans(),
    grid=st.booleans(),
    overlays=st.just(("ema20", "ema50", "bollinger")),
    crosshair=st.just(Crosshair(MIDNIGHT_MS, 2)),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(prices, prices, st.integers(0, 3)), min_size=1, max_size=40),
    st.tuples(st.integers(min_value=1, max_value=130), st.integers(min_value=1, max_value=45)),
    LOOKS,
)
def test_any_series_fits_any_size(
    raw: list[tuple[float, float, int]], size: tuple[int, int], options: ChartOptions
) -> None:
    slots = list(itertools.accumulate((1 + gap for _, _, gap in raw[1:]), initial=0))
    rows: list[Row] = [(a, max(a, b), min(a, b), b) for a, b, _ in raw]
    series = candles(rows, slots=slots, volume=[float(gap) for _, _, gap in raw])
    levels = [ChartLevel("stop", Decimal(1)), ChartLevel("alert", Decimal(str(raw[0][0])))]
    frame = draw(series, size, options, levels=levels, last_price=raw[-1][1])
    drawn = text(frame)
    assert len(drawn) == size[1]
    assert all(len(row) == size[0] for row in drawn)


def test_ten_thousand_candles_draw_like_their_tail() -> None:
    many = walk(10_000)
    assert text(draw(many, (100, 30), PLAIN)) == text(draw(many.tail(400), (100, 30), PLAIN))
