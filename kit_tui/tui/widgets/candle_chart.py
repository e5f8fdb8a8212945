"""The candle chart as a widget: its data, its options, the crosshair, and rows that changed.

numpy and everything that draws is imported when the first candles arrive, not with this module.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from kit_tui.tui import formats
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
        """What the title should say of the drawing changed: see `CandleChart.caption`."""

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
        self._candles: Candles | None = None
        self._levels: tuple[ChartLevel, ...] = ()
        self._fills: tuple[ChartFill, ...] = ()
        self._last_price: float | None = None
        self._decimals: int | None = None
        self._stale = False
        self._offset = 0
        self._cross: Crosshair | None = None
        self._gutter = 0
        self._frame: Frame | None = None
        self._drawn_size = Size(0, 0)
        self._strips: dict[int, Strip] = {}
        self._styles = RoleStyles(self)
        self._pending = False

    # -- data -----------------------------------------------------------------------------

    def set_candles(self, candles: Candles | None, *, tick: Decimal | None = None) -> None:
        """Show these candles; None or an empty series shows the empty sentence."""
        before = self._candles
        candles = candles if candles is not None and len(candles) else None
        if candles is not None:
            self._follow(before, candles, tick)
        self._candles = candles
        if candles is None:
            self._frame, self._cross = None, None
            self._strips.clear()
            self.refresh()
        self._invalidate()

    def set_levels(self, levels: Sequence[ChartLevel]) -> None:
        """Replace entry, stop, take-profit, alert and liquidation lines."""
        if tuple(levels) != self._levels:
            self._levels = tuple(levels)
            self._invalidate()

    def set_fills(self, fills: Sequence[ChartFill]) -> None:
        """Replace the marks of own executions."""
        if tuple(fills) != self._fills:
            self._fills = tuple(fills)
            self._invalidate()

    def set_last_price(self, price: Decimal | None) -> None:
        """Move the tag of the last price; None ties it to the last candle's close."""
        value = None if price is None else float(price)
        if value != self._last_price:
            self._last_price = value
            self._invalidate()

    def set_stale(self, stale: bool) -> None:
        """Dim the drawing while its data is older than its limit."""
        if stale != self._stale:
            self._stale = stale
            self._invalidate()

    def _follow(self, before: Candles | None, candles: Candles, tick: Decimal | None) -> None:
        """Keep the view on the same moment as candles are added; start anew on another series."""
        from kit_tui.tui.chart.readout import decimals_in

        same = before is not None and (before.pair, before.timeframe) == (
            candles.pair, candles.timeframe,
        )  # fmt: skip
        if not same or before is None:
            self._offset, self._cross, self._gutter = 0, None, 0
            self._decimals = None
        elif self._offset:
            added = int(candles.time[-1]) - int(before.time[-1])
            self._offset += max(0, added // (candles.step_ms * ZOOM_LADDER[self.zoom][1]))
        if tick is not None:
            self._decimals = formats.places_of(tick)
        elif self._decimals is None:
            self._decimals = decimals_in(candles)

    # -- what the pane shows around it ----------------------------------------------------

    @property
    def readout(self) -> Readout | None:
        """The candle under the crosshair, else the newest one; None without candles or in a gap."""
        if self._candles is None:
            return None
        from kit_tui.tui.chart.readout import read

        return read(self._candles, self.options, self._decimals or 0, self._cross)

    @property
    def crosshair_active(self) -> bool:
        return self._cross is not None

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
        if self._offset:
            parts.append("moved back")
        return " · ".join(parts)

    @property
    def bars(self) -> int:
        """How many candles are in sight."""
        return 0 if self._frame is None else len(self._frame.window)

    @property
    def options(self) -> ChartOptions:
        """The drawing's settings at present."""
        hollow: GlyphStyle = "hollow" if self.app.no_color else "heavy"
        return ChartOptions(
            zoom=self.zoom, offset=self._offset, log=self.log_scale, heikin_ashi=self.heikin_ashi,
            volume=self.show_volume, grid=self.show_grid, overlays=self.overlays,
            indicator=self.indicator, glyphs=self.glyphs or hollow, stale=self._stale,
            decimals=self._decimals, min_gutter=self._gutter, crosshair=self._cross,
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
        size = self.content_size
        if self._candles is None or not size:
            return
        before = self._frame if self._drawn_size == size else None
        frame = self._draw(size)
        if before is None:
            self._strips.clear()
            self.refresh()
            return
        regions = changed_regions(before, frame)
        for region in regions:
            self._strips.pop(region.y, None)
        if regions:
            self.refresh(*regions)

    def _draw(self, size: Size) -> Frame:
        from kit_tui.tui.chart.frame import draw

        if self._candles is None:
            raise RuntimeError("there are no candles to draw")
        self._frame = draw(
            self._candles, (size.width, size.height), self.options,
            levels=self._levels, fills=self._fills, last_price=self._last_price,
        )  # fmt: skip
        self._drawn_size = size
        self._gutter = max(self._gutter, self._frame.layout.gutter)
        return self._frame

    def render_lines(self, crop: Region) -> list[Strip]:
        """Lines of the crop; colours are looked up once for all of them."""
        if self._styles.sync():
            self._strips.clear()
        size = self.content_size
        if self._candles is not None and size and self._drawn_size != size:
            self._strips.clear()
            self._draw(size)
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One row of the chart, or of the sentence that stands for it."""
        strip = self._strips.get(y)
        if strip is None:
            strip = self._strips[y] = self._strip(y)
        return strip

    def _strip(self, y: int) -> Strip:
        width = self.content_size.width
        frame = self._frame
        if frame is None or y >= frame.canvas.height:
            lines = textwrap.wrap(self.empty_text, max(1, width)) if self._candles is None else []
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
        self._offset = self._offset * ZOOM_LADDER[before][1] // ZOOM_LADDER[after][1]
        self._options_changed()

    def watch_show_volume(self) -> None:
        self._options_changed()

    def watch_show_grid(self) -> None:
        self._options_changed()

    def watch_log_scale(self) -> None:
        self._options_changed()

    def watch_heikin_ashi(self) -> None:
        self._options_changed()

    def watch_overlays(self) -> None:
        self._options_changed()

    def watch_indicator(self) -> None:
        self._options_changed()

    def watch_glyphs(self) -> None:
        self._options_changed()

    def _options_changed(self) -> None:
        self._invalidate()
        self.post_message(self.CaptionChanged(self))

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
        if self._frame is not None:
            self._move_to(self._offset - direction * max(1, self._frame.window.slots // 4))

    def action_oldest(self) -> None:
        if self._candles is not None and self._frame is not None:
            from kit_tui.tui.chart.window import furthest_offset

            self._move_to(
                furthest_offset(self._candles, self.options) - self._frame.window.slots + 1
            )

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
        candles, frame = self._candles, self._frame
        if candles is None or frame is None or not len(frame.window.time):
            return
        if self._cross is None:
            self._point(int(frame.window.time[-1]))
            return
        from kit_tui.tui.chart.readout import neighbour

        moment = neighbour(candles, self.options, self._cross.time_ms, direction)
        if moment is not None:
            self._point(moment)

    def _point(self, time_ms: int) -> None:
        """Put the crosshair on a candle, and move the sight just so far that it is in it."""
        if self._candles is None or self._frame is None:
            return
        window = self._frame.window
        back = (int(self._candles.time[-1]) - time_ms) // window.slot_ms
        self._move_to(min(max(self._offset, back - window.slots + 1), back))
        self._set_cross(Crosshair(time_ms))

    def action_uncross(self) -> None:
        self._set_cross(None)

    def _move_to(self, offset: int) -> None:
        """View `offset` columns back, within the series."""
        if self._candles is None:
            return
        from kit_tui.tui.chart.window import furthest_offset

        offset = min(max(0, offset), furthest_offset(self._candles, self.options))
        if offset != self._offset:
            self._offset = offset
            self._options_changed()

    def _set_cross(self, cross: Crosshair | None) -> None:
        if cross == self._cross:
            return
        self._cross = cross
        self._invalidate()
        self.post_message(self.CrosshairMoved(self, None if cross is None else self.readout))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Point at the candle under the pointer."""
        if self._frame is None or (offset := event.get_content_offset(self)) is None:
            return
        slot = self._frame.slot_at(offset.x)
        if slot is None:
            return
        window = self._frame.window
        index = window.index_at(slot)
        moment = window.first_ms + slot * window.slot_ms
        row = offset.y if offset.y < self._frame.layout.price_rows else None
        time_ms = moment if index is None else int(window.time[index])
        self._set_cross(Crosshair(time_ms, row))

    def on_leave(self) -> None:
        if self._cross is not None and self._cross.row is not None:
            self._set_cross(None)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_pan(1) if event.shift else self.action_zoom(-1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_pan(-1) if event.shift else self.action_zoom(1)

    @property
    def crosshair_time(self) -> datetime | None:
        """When the candle under the crosshair began."""
        readout = self.readout
        return None if readout is None or self._cross is None else readout.time


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
