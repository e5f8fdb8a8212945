"""The candle chart as a widget: its data, its options, the crosshair, and rows that changed.

numpy and everything that draws is imported when the first candles arrive, not with this module.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from kit_tui.tui.chart.levels import ChartFill, ChartLevel
from kit_tui.tui.chart.options import (
    DEFAULT_ZOOM,
    ZOOM_LADDER,
    ChartOptions,
    Crosshair,
    GlyphStyle,
    Indicator,
)
from kit_tui.tui.chart.readout import Readout
from kit_tui.tui.chart.view import ChartView
from kit_tui.tui.widgets.role_styles import RoleStyles

if TYPE_CHECKING:
    from kit_tui.domain.candles import Candles
    from kit_tui.tui.chart.frame import Frame

OVERLAY_SETS: tuple[tuple[str, ...], ...] = (("ema20", "ema50"), ("bollinger",), ())
INDICATORS: tuple[Indicator, ...] = ("", "rsi", "macd")


class CandleChart(Widget, can_focus=True):
    """Candles of one market with volume, levels, own fills and a crosshair.

    Feed it with `set_candles`, `set_levels`, `set_fills`, `set_last_price` and `set_stale`; it
    repaints the cells that changed, at most once a frame.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    CandleChart { width: 1fr; height: 1fr; padding: 0 1 0 0; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "cross(-1)", "Candle before", id="chart.cross_left", show=False),
        Binding("right", "cross(1)", "Candle after", id="chart.cross_right", show=False),
        Binding("shift+left,less_than_sign", "pan(-1)", "Back", id="chart.pan_left", show=False),
        Binding(
            "shift+right,greater_than_sign", "pan(1)", "Forward", id="chart.pan_right", show=False
        ),
        Binding("home", "oldest", "Oldest candle", id="chart.oldest", show=False),
        Binding("end", "newest", "Newest candle", id="chart.newest", show=False),
        Binding("plus,equals_sign", "zoom(-1)", "Zoom in", id="chart.zoom_in", show=False),
        Binding("minus", "zoom(1)", "Zoom out", id="chart.zoom_out", show=False),
        Binding("l", "flip('log_scale')", "Log scale", id="chart.log", show=False),
        Binding("h", "flip('heikin_ashi')", "Heikin-Ashi", id="chart.heikin", show=False),
        Binding("v", "flip('show_volume')", "Volume", id="chart.volume", show=False),
        Binding("g", "flip('show_grid')", "Grid", id="chart.grid", show=False),
        Binding("e", "next_overlays", "Overlays", id="chart.overlays", show=False),
        Binding("i", "next_indicator", "RSI, MACD", id="chart.indicator", show=False),
        Binding("escape", "uncross", "Crosshair off", id="chart.uncross", show=False),
    ]

    zoom: reactive[int] = reactive(DEFAULT_ZOOM, repaint=False, init=False)
    log_scale: reactive[bool] = reactive(False, repaint=False, init=False)
    heikin_ashi: reactive[bool] = reactive(False, repaint=False, init=False)
    show_volume: reactive[bool] = reactive(True, repaint=False, init=False)
    show_grid: reactive[bool] = reactive(False, repaint=False, init=False)
    overlays: reactive[tuple[str, ...]] = reactive(OVERLAY_SETS[0], repaint=False, init=False)
    indicator: reactive[Indicator] = reactive("", repaint=False, init=False)
    glyphs: reactive[GlyphStyle | None] = reactive(None, repaint=False, init=False)
    empty_text: reactive[str] = reactive("No candles yet.", init=False)

    class CrosshairMoved(Message):
        """The crosshair points at another candle, or (`readout` None) at none."""

        def __init__(self, chart: CandleChart, readout: Readout | None) -> None:
            super().__init__()
            self.chart = chart
            self.readout = readout

        @property
        def control(self) -> CandleChart:
            return self.chart

    class CaptionChanged(Message):
        """What can be said of the drawing changed: see `CandleChart.caption` and `bars`."""

        def __init__(self, chart: CandleChart) -> None:
            super().__init__()
            self.chart = chart

        @property
        def control(self) -> CandleChart:
            return self.chart

    class ZoomExhausted(Message):
        """The person zoomed beyond the ladder: a finer or coarser timeframe is wanted."""

        def __init__(self, chart: CandleChart, *, finer: bool) -> None:
            super().__init__()
            self.chart = chart
            self.finer = finer

        @property
        def control(self) -> CandleChart:
            return self.chart

    def __init__(
        self,
        *,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's own name
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._view = ChartView()
        self._strips: dict[int, Strip] = {}
        self._styles = RoleStyles(self)
        self._pending = False

    # -- data -----------------------------------------------------------------------------

    def set_candles(self, candles: Candles | None, *, tick: Decimal | None = None) -> None:
        """Show these candles; None or an empty series shows the empty sentence."""
        self._view.take(candles, tick, ZOOM_LADDER[self.zoom][1])
        if self._view.candles is None:
            self._strips.clear()
            self.refresh()
        self._invalidate()

    def set_levels(self, levels: Sequence[ChartLevel]) -> None:
        """Replace entry, stop, take-profit, alert and liquidation lines."""
        if tuple(levels) != self._view.levels:
            self._view.levels = tuple(levels)
            self._invalidate()

    def set_fills(self, fills: Sequence[ChartFill]) -> None:
        """Replace the marks of own executions."""
        if tuple(fills) != self._view.fills:
            self._view.fills = tuple(fills)
            self._invalidate()

    def set_last_price(self, price: Decimal | None) -> None:
        """Move the tag of the last price; None ties it to the last candle's close."""
        value = None if price is None else float(price)
        if value != self._view.last_price:
            self._view.last_price = value
            self._invalidate()

    def set_stale(self, stale: bool) -> None:
        """Dim the drawing while its data is older than its limit."""
        if stale != self._view.stale:
            self._view.stale = stale
            self._invalidate()

    # -- what the pane shows around it ----------------------------------------------------

    @property
    def readout(self) -> Readout | None:
        """The candle under the crosshair, else the newest one; None without candles or in a gap."""
        return self._view.readout(self.settings)

    @property
    def crosshair_active(self) -> bool:
        return self._view.cross is not None

    @property
    def caption(self) -> str:
        """What is drawn beyond plain candles: `EMA20/50 · log · HA: not real prices`."""
        parts = []
        averages = [name[3:] for name in self.overlays if name.startswith("ema")]
        if averages:
            parts.append("EMA" + "/".join(averages))
        if "bollinger" in self.overlays:
            parts.append("BB20")
        if self.indicator:
            parts.append(self.indicator.upper())
        if self.log_scale:
            parts.append("log")
        if self.heikin_ashi:
            parts.append("HA: not real prices")
        if (merge := ZOOM_LADDER[self.zoom][1]) > 1:
            parts.append(f"{merge} candles a column")
        if self._view.offset:
            parts.append("moved back")
        return " · ".join(parts)

    def plain_text(self) -> str:
        """What is drawn, as text to copy."""
        rows = (self.render_line(y).text.rstrip() for y in range(self.content_size.height))
        return "\n".join(rows)

    @property
    def bars(self) -> int:
        """How many candles are in sight."""
        return 0 if self._view.frame is None else len(self._view.frame.window)

    @property
    def settings(self) -> ChartOptions:
        """What the person has switched on and off."""
        plain: GlyphStyle = "hollow" if self.app.no_color else "heavy"
        return ChartOptions(
            zoom=self.zoom, log=self.log_scale, heikin_ashi=self.heikin_ashi,
            volume=self.show_volume, grid=self.show_grid, overlays=self.overlays,
            indicator=self.indicator, glyphs=self.glyphs or plain,
        )  # fmt: skip

    # -- drawing --------------------------------------------------------------------------

    def _invalidate(self) -> None:
        """Redraw soon, once, however much changes until then."""
        if not self._pending and self.is_attached:
            self._pending = True
            self.call_next(self._redraw)

    def _redraw(self) -> None:
        """Draw anew and repaint the cells that look different."""
        self._pending = False
        size = (self.content_size.width, self.content_size.height)
        before = self._view.frame if self._view.size == size else None
        frame = self._draw(size)
        if frame is None:
            return
        if before is None:
            self._strips.clear()
            self.refresh()
            return
        regions = changed_regions(before, frame)
        for region in regions:
            self._strips.pop(region.y, None)
        if regions:
            self.refresh(*regions)

    def _draw(self, size: tuple[int, int]) -> Frame | None:
        """Draw at a size and tell how many candles that shows, if it is another number."""
        bars = self.bars
        frame = self._view.draw(size, self.settings)
        if self.bars != bars:
            self.post_message(self.CaptionChanged(self))
        return frame

    def render_lines(self, crop: Region) -> list[Strip]:
        """Lines of the crop; colours are looked up once for all of them."""
        if self._styles.sync():
            self._strips.clear()
        size = (self.content_size.width, self.content_size.height)
        if self._view.size != size and self._draw(size) is not None:
            self._strips.clear()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One row of the chart, or of the sentence that stands for it."""
        strip = self._strips.get(y)
        if strip is None:
            strip = self._strips[y] = self._strip(y)
        return strip

    def _strip(self, y: int) -> Strip:
        width = self.content_size.width
        frame = self._view.frame
        if frame is None or y >= frame.canvas.height:
            empty = self._view.candles is None
            lines = textwrap.wrap(self.empty_text, max(1, width)) if empty else []
            text = lines[y] if y < len(lines) else ""
            return Strip([Segment(text[:width].ljust(width), self._styles["faint"])], width)
        styles = self._styles
        return Strip([Segment(text, styles[role]) for text, role in frame.canvas.runs(y)], width)

    # -- reactions ------------------------------------------------------------------------

    def on_mount(self) -> None:
        self._invalidate()

    def watch_empty_text(self) -> None:
        self._strips.clear()

    def watch_zoom(self, before: int, after: int) -> None:
        """Keep the right edge where it is when candles start to share columns."""
        self._view.offset = self._view.offset * ZOOM_LADDER[before][1] // ZOOM_LADDER[after][1]
        self._options_changed()

    def _options_changed(self) -> None:
        self._invalidate()
        self.post_message(self.CaptionChanged(self))

    watch_show_volume = _options_changed
    watch_show_grid = _options_changed
    watch_log_scale = _options_changed
    watch_heikin_ashi = _options_changed
    watch_overlays = _options_changed
    watch_indicator = _options_changed
    watch_glyphs = _options_changed

    # -- keys and mouse -------------------------------------------------------------------

    def action_zoom(self, direction: int) -> None:
        """One rung nearer (−1) or further (+1); beyond the ladder another timeframe is wanted."""
        wanted = self.zoom + direction
        if 0 <= wanted < len(ZOOM_LADDER):
            self.zoom = wanted
        else:
            self.post_message(self.ZoomExhausted(self, finer=direction < 0))

    def action_pan(self, direction: int) -> None:
        """A quarter of the sight back (−1) or forward (+1)."""
        if (frame := self._view.frame) is not None:
            self._move_to(self._view.offset - direction * max(1, frame.window.slots // 4))

    def action_oldest(self) -> None:
        candles, frame = self._view.candles, self._view.frame
        if candles is not None and frame is not None:
            self._move_to(self._view.offset_showing(int(candles.time[0])))

    def action_newest(self) -> None:
        self._move_to(0)

    def action_flip(self, option: str) -> None:
        """Switch one of the yes-or-no options."""
        if option in {"log_scale", "heikin_ashi", "show_volume", "show_grid"}:
            setattr(self, option, not getattr(self, option))

    def action_next_overlays(self) -> None:
        known = OVERLAY_SETS.index(self.overlays) if self.overlays in OVERLAY_SETS else -1
        self.overlays = OVERLAY_SETS[(known + 1) % len(OVERLAY_SETS)]

    def action_next_indicator(self) -> None:
        self.indicator = INDICATORS[(INDICATORS.index(self.indicator) + 1) % len(INDICATORS)]

    def action_cross(self, direction: int) -> None:
        """Put the crosshair on the candle before (−1) or after (+1); gaps are stepped over."""
        moment = self._view.step(direction, self.settings)
        if moment is not None:
            self._move_to(self._view.offset_showing(moment))
            self._set_cross(Crosshair(moment))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a crosshair Escape belongs to whoever is around the chart."""
        if action == "uncross" and not self.crosshair_active:
            return False
        return super().check_action(action, parameters)

    def action_uncross(self) -> None:
        self._set_cross(None)

    def _move_to(self, offset: int) -> None:
        if self._view.move_to(offset, self.settings):
            self._options_changed()

    def _set_cross(self, cross: Crosshair | None) -> None:
        if cross == self._view.cross:
            return
        self._view.cross = cross
        self._invalidate()
        self.post_message(self.CrosshairMoved(self, None if cross is None else self.readout))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Point at the candle under the pointer."""
        offset = event.get_content_offset(self)
        cross = None if offset is None else self._view.under(offset.x, offset.y)
        if cross is not None:
            self._set_cross(cross)

    def on_leave(self) -> None:
        if self._view.cross is not None and self._view.cross.row is not None:
            self._set_cross(None)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_pan(1) if event.shift else self.action_zoom(-1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_pan(-1) if event.shift else self.action_zoom(1)


def changed_regions(before: Frame, after: Frame) -> list[Region]:
    """The part of each row that looks different, for two frames of one size."""
    old, new = before.canvas, after.canvas
    differs = (old.codes != new.codes) | (old.roles != new.roles)
    regions = []
    for y in differs.any(axis=1).nonzero()[0].tolist():
        columns = differs[y].nonzero()[0]
        left, right = int(columns[0]), int(columns[-1]) + 1
        regions.append(Region(left, y, right - left, 1))
    return regions
