"""The chart widget: what it repaints, what it tells, and how keys and mouse move it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from decimal import Decimal
from typing import Self

import pytest
from rich.style import Style
from textual import on
from textual.app import App, ComposeResult
from textual.geometry import Region

from kit_tui.domain.candles import Candles
from kit_tui.tui.chart.levels import ChartLevel
from kit_tui.tui.chart.options import DEFAULT_ZOOM, ZOOM_LADDER
from kit_tui.tui.widgets.candle_chart import CandleChart
from tests.tui.chart.series import candles, walk


class WatchedChart(CandleChart):
    """Remembers which regions it was asked to repaint."""

    repainted: list[Region]

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        if not hasattr(self, "repainted"):
            self.repainted = []
        whole = Region(0, 0, *self.content_size)
        self.repainted.extend(regions or (whole,))
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)


class ChartApp(App[None]):
    """A chart and the messages it sends."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[object] = []

    def compose(self) -> ComposeResult:
        yield WatchedChart()

    @property
    def chart(self) -> WatchedChart:
        return self.query_one(WatchedChart)

    @on(CandleChart.CrosshairMoved)
    @on(CandleChart.CaptionChanged)
    @on(CandleChart.ZoomExhausted)
    def remember(self, message: object) -> None:
        self.heard.append(message)


def rows(chart: CandleChart) -> list[str]:
    """What the chart shows, as text."""
    return [chart.render_line(y).text for y in range(chart.content_size.height)]


def with_last_close(series: Candles, close: float) -> Candles:
    """The same series, its last candle closed elsewhere inside its range."""
    table = [
        (float(o), float(h), float(low), float(c))
        for o, h, low, c in zip(series.open, series.high, series.low, series.close, strict=True)
    ]
    opened, high, low, _ = table[-1]
    table[-1] = (opened, max(high, close), min(low, close), close)
    return candles(table, volume=series.volume.tolist(), last_is_open=True)


async def test_nothing_is_shown_as_one_sentence() -> None:
    app = ChartApp()
    async with app.run_test(size=(40, 10)) as pilot:
        app.chart.empty_text = "No candles for BTC/USDT. t changes the timeframe."
        await pilot.pause()
        assert rows(app.chart)[0].startswith("No candles for BTC/USDT.")
        assert "".join(rows(app.chart)[2:]).strip() == ""
        app.chart.set_candles(walk(50))
        await pilot.pause()
        assert any("◂" in row for row in rows(app.chart))
        app.chart.set_candles(None)
        await pilot.pause()
        assert rows(app.chart)[0].startswith("No candles")
        assert app.chart.readout is None


async def test_a_last_candle_that_moved_repaints_only_its_cells() -> None:
    app = ChartApp()
    series = walk(300)
    async with app.run_test(size=(100, 30)) as pilot:
        chart = app.chart
        chart.overlays = ()
        chart.set_candles(series)
        await pilot.pause()
        chart.repainted.clear()
        chart.set_candles(with_last_close(series, float(series.low[-1])))
        await pilot.pause()
        cells = sum(region.area for region in chart.repainted)
        assert 0 < cells < 60
        assert all(region.x > 80 for region in chart.repainted)


async def test_equal_data_repaints_nothing() -> None:
    app = ChartApp()
    async with app.run_test(size=(100, 30)) as pilot:
        chart = app.chart
        chart.set_candles(walk(300))
        await pilot.pause()
        chart.repainted.clear()
        chart.set_candles(walk(300))
        chart.set_last_price(Decimal(repr(float(walk(300).close[-1]))))
        chart.set_levels(())
        await pilot.pause()
        assert chart.repainted == []


async def test_what_was_repainted_equals_a_fresh_drawing() -> None:
    app, fresh = ChartApp(), ChartApp()
    series = walk(200)
    level = [ChartLevel("stop", Decimal(66_000))]
    async with app.run_test(size=(90, 28)) as pilot:
        app.chart.set_candles(series)
        await pilot.pause()
        rows(app.chart)
        for close in series.close[-5:].tolist():
            app.chart.set_candles(with_last_close(series, close))
            app.chart.set_last_price(Decimal(repr(close)))
            await pilot.pause()
        app.chart.set_levels(level)
        await pilot.pause()
        patched = rows(app.chart)
    async with fresh.run_test(size=(90, 28)) as pilot:
        fresh.chart.set_candles(with_last_close(series, float(series.close[-1])))
        fresh.chart.set_levels(level)
        await pilot.pause()
        assert rows(fresh.chart) == patched


async def test_the_crosshair_walks_by_key_and_reads_its_candle() -> None:
    app = ChartApp()
    series = walk(120)
    async with app.run_test(size=(80, 24)) as pilot:
        chart = app.chart
        chart.set_candles(series, tick=Decimal("0.1"))
        chart.focus()
        await pilot.pause()
        await pilot.press("left", "left", "left")
        await pilot.pause()
        assert chart.crosshair_active
        readout = chart.readout
        assert readout is not None
        assert readout.close == float(series.close[-3])
        assert readout.text(200).startswith("22 Nov") or readout.text(200).startswith("23 Nov")
        assert f"{readout.close:,.1f}" in readout.text(60)
        assert len(readout.text(12)) <= 12
        moved = [x for x in app.heard if isinstance(x, CandleChart.CrosshairMoved)]
        assert [x.readout.close for x in moved if x.readout] == series.close[[-1, -2, -3]].tolist()
        await pilot.press("right")
        assert chart.readout is not None
        assert chart.readout.close == float(series.close[-2])
        await pilot.press("escape")
        assert not chart.crosshair_active
        assert chart.check_action("uncross", ()) is False
        assert "◂" in chart.plain_text()
        assert chart.readout.close == float(series.close[-1])


async def test_the_crosshair_steps_over_gaps_and_pans_at_the_edge() -> None:
    app = ChartApp()
    slots = [*range(100), *range(110, 115)]
    series = candles([(10, 11, 9, 10 + i / 1000) for i in range(105)], slots=slots)
    async with app.run_test(size=(60, 20)) as pilot:
        chart = app.chart
        chart.set_candles(series)
        chart.focus()
        await pilot.pause()
        await pilot.press(*["left"] * 6)
        assert chart.readout is not None
        assert chart.readout.close == float(series.close[-6])
        await pilot.press(*["left"] * 60)
        await pilot.pause()
        assert chart.readout is not None
        assert chart.readout.close == float(series.close[-66])
        assert chart.crosshair_active
        assert chart.readout is not None
        assert f"{chart.readout.time:%H:%M}" in rows(chart)[-1]


async def test_the_mouse_points_at_candle_and_price() -> None:
    app = ChartApp()
    series = walk(120)
    async with app.run_test(size=(80, 24)) as pilot:
        chart = app.chart
        chart.set_candles(series)
        await pilot.pause()
        frame = chart._view.frame
        assert frame is not None
        x = int(frame.columns.center[-10])
        await pilot.hover(chart, offset=(x, 4))
        await pilot.pause()
        assert chart.readout is not None
        assert chart.readout.close == float(series.close[-10])
        assert "┤" in rows(chart)[4]


async def test_zoom_runs_down_its_ladder_and_then_asks_for_another_timeframe() -> None:
    app = ChartApp()
    async with app.run_test(size=(80, 24)) as pilot:
        chart = app.chart
        chart.set_candles(walk(900))
        chart.focus()
        await pilot.pause()
        bars = []
        for _ in range(len(ZOOM_LADDER) - DEFAULT_ZOOM):
            bars.append(chart.bars)
            await pilot.press("minus")
            await pilot.pause()
        asked = [x for x in app.heard if isinstance(x, CandleChart.ZoomExhausted)]
        assert [x.finer for x in asked] == [False]
        assert "8 candles a column" in chart.caption
        await pilot.press(*["plus"] * len(ZOOM_LADDER))
        await pilot.pause()
        assert ZOOM_LADDER[chart.zoom] == (4, 1)
        asked = [x for x in app.heard if isinstance(x, CandleChart.ZoomExhausted)]
        assert [x.finer for x in asked] == [False, True]


async def test_a_view_moved_back_stays_on_its_candles_when_new_ones_arrive() -> None:
    app = ChartApp()
    series = walk(300)
    async with app.run_test(size=(80, 24)) as pilot:
        chart = app.chart
        chart.set_candles(series.slice(0, 290))
        chart.focus()
        await pilot.pause()
        await pilot.press("shift+left", "shift+left")
        await pilot.pause()
        assert chart._view.frame is not None
        seen = int(chart._view.frame.window.time[-1])
        chart.set_candles(series)
        await pilot.pause()
        assert int(chart._view.frame.window.time[-1]) == seen
        assert "moved back" in chart.caption
        await pilot.press("end")
        await pilot.pause()
        assert int(chart._view.frame.window.time[-1]) == int(series.time[-1])


async def test_oldest_and_newest_reach_the_ends() -> None:
    app = ChartApp()
    series = walk(500)
    async with app.run_test(size=(80, 24)) as pilot:
        chart = app.chart
        chart.set_candles(series)
        chart.focus()
        await pilot.pause()
        await pilot.press("home")
        await pilot.pause()
        assert chart._view.frame is not None
        assert chart._view.frame.window.shown == 0
        assert len(chart._view.frame.window) > 50


async def test_options_say_so_in_the_caption() -> None:
    app = ChartApp()
    async with app.run_test(size=(80, 30)) as pilot:
        chart = app.chart
        chart.set_candles(walk(200))
        chart.focus()
        await pilot.press("l", "h", "i", "v", "g")
        await pilot.pause()
        assert chart.caption == "EMA20/50 · RSI · log · HA: not real prices"
        assert any(isinstance(x, CandleChart.CaptionChanged) for x in app.heard)
        await pilot.press("e")
        assert chart.caption.startswith("BB20")


def styles_of(chart: CandleChart) -> list[Style]:
    """All styles the chart uses."""
    found: Sequence[Style | None] = [
        segment.style for y in range(chart.content_size.height) for segment in chart.render_line(y)
    ]
    return [style for style in found if style is not None]


async def test_a_theme_change_changes_the_colours() -> None:
    app = ChartApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.chart.set_candles(walk(200))
        await pilot.pause()
        before = {str(style.color) for style in styles_of(app.chart)}
        app.theme = "textual-light"
        await pilot.pause()
        after = {str(style.color) for style in styles_of(app.chart)}
        assert len(before - after) > 3


async def test_stale_data_is_dimmed_and_comes_back() -> None:
    app = ChartApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.chart.set_candles(walk(200))
        await pilot.pause()
        lively = {str(style.color) for style in styles_of(app.chart)}
        app.chart.set_stale(True)
        await pilot.pause()
        assert len({str(style.color) for style in styles_of(app.chart)}) < len(lively)
        app.chart.set_stale(False)
        await pilot.pause()
        assert {str(style.color) for style in styles_of(app.chart)} == lively


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (9, 2), (20, 60), (300, 8)])
async def test_every_size_is_drawn(size: tuple[int, int]) -> None:
    app = ChartApp()
    async with app.run_test(size=size) as pilot:
        app.chart.set_candles(walk(300))
        await pilot.pause()
        assert all(len(row) == app.chart.content_size.width for row in rows(app.chart))
        await pilot.resize_terminal(60, 20)
        await pilot.pause()
        assert len(rows(app.chart)) == 20


async def test_without_colour_bodies_are_hollow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = ChartApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.chart.set_candles(walk(200))
        await pilot.pause()
        assert any("║" in row for row in rows(app.chart))


def test_importing_the_widget_does_not_import_numpy() -> None:
    code = "import sys, kit_tui.tui.widgets.candle_chart; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
