"""One picture of a chart: layout, layers in their order, and what the axes say."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from kit_tui.domain.candles import Candles
from kit_tui.domain.clock import to_ms
from kit_tui.tui import formats
from kit_tui.tui.chart import overlays
from kit_tui.tui.chart.candle_cells import (
    GLYPHS,
    Columns,
    GlyphSet,
    directions,
    draw_candles,
    draw_volume,
)
from kit_tui.tui.chart.canvas import ROLE_INDEX, SPACE, Canvas
from kit_tui.tui.chart.gutter import Gutter
from kit_tui.tui.chart.levels import LEVEL_TAGS, ChartFill, ChartLevel
from kit_tui.tui.chart.options import ChartOptions
from kit_tui.tui.chart.scale import (
    PriceScale,
    axis_decimals,
    fit,
    moment_label,
    price_label,
    time_labels,
)
from kit_tui.tui.chart.window import Window, look

MIN_PLOT = 8
AXIS_FROM = 4
VOLUME_FROM = 9
INDICATOR_FROM = 14
MAX_OVERLAYS = 3
MAX_QUEUE = 3


class Layout(msgspec.Struct, frozen=True):
    """Which rows and columns belong to what."""

    price_rows: int
    volume_rows: int
    indicator_rows: int
    axis: bool
    plot: int
    gutter: int

    @property
    def volume_area(self) -> range:
        return range(self.price_rows, self.price_rows + self.volume_rows)

    @property
    def indicator_area(self) -> range:
        return range(self.volume_area.stop, self.body_rows)

    @property
    def body_rows(self) -> int:
        """Rows above the time axis."""
        return self.price_rows + self.volume_rows + self.indicator_rows


class Frame(msgspec.Struct):
    """A drawn chart. `scale` and `columns` translate the pointer back into price and candle."""

    canvas: Canvas
    window: Window
    layout: Layout
    scale: PriceScale
    columns: Columns
    left: int
    decimals: int

    def slot_at(self, x: int) -> int | None:
        """The candle column under a cell column."""
        slot = (x - self.left) // self.columns.pitch
        return slot if x < self.layout.plot and 0 <= slot < self.window.slots else None


def split_rows(height: int, options: ChartOptions) -> tuple[int, int, int, bool]:
    """Price, volume and indicator rows and whether the time axis fits."""
    axis = height >= AXIS_FROM
    volume = min(5, max(2, round(height / 6))) if options.volume and height >= VOLUME_FROM else 0
    wanted = options.indicator and height >= INDICATOR_FROM
    indicator = min(5, max(3, height // 6)) if wanted else 0
    return max(1, height - axis - volume - indicator), volume, indicator, axis


def draw(
    candles: Candles,
    size: tuple[int, int],
    options: ChartOptions,
    *,
    levels: Sequence[ChartLevel] = (),
    fills: Sequence[ChartFill] = (),
    last_price: float | None = None,
) -> Frame:
    """Draw a chart of `candles` (at least one) into `size` (width, height; at least 1×1) cells."""
    width, height = size
    price_rows, volume_rows, indicator_rows, axis = split_rows(height, options)
    # The gutter's width depends on the prices in sight, those on the width: candles for the
    # widest possible plot decide, so that the width does not flicker.
    window = look(candles, options, max(1, width // options.pitch))
    scale = _scale(window, price_rows, options)
    decimals = axis_decimals(scale, options.decimals)
    last = last_price if last_price is not None else float(candles.close[-1])
    prices = [scale.price(0), scale.price(scale.units), last, *(float(x.price) for x in levels)]
    gutter = max(len(price_label(price, decimals)) for price in prices) + 3
    gutter = max(gutter, options.min_gutter, 9)
    if width - gutter < MIN_PLOT:
        gutter = 0
    plot = width - gutter
    margin = 1 if options.pitch == 1 and gutter else 0
    slots = max(1, (plot - margin) // options.pitch)
    window = look(candles, options, slots)
    layout = Layout(price_rows, volume_rows, indicator_rows, axis, plot, gutter)
    scale = _with_room(_scale(window, price_rows, options), window, levels, fills, last)
    left = plot - margin - slots * options.pitch
    columns = Columns(left + window.slot * options.pitch, options.pitch)
    canvas = Canvas(width, height)
    frame = Frame(canvas, window, layout, scale, columns, left, decimals)
    _draw_layers(frame, options, levels, fills, last)
    if options.stale:
        canvas.fade()
    _draw_crosshair(frame, options)
    return frame


def _scale(window: Window, rows: int, options: ChartOptions) -> PriceScale:
    """Made by the candles in sight alone; an empty sight borrows the last candle before it."""
    start = window.shown if len(window) else max(0, len(window.time) - 1)
    lows, highs = window.low[start:], window.high[start:]
    if not len(lows):
        return fit(1.0, 1.0, rows)
    return fit(float(lows.min()), float(highs.max()), rows, log=options.log)


def _with_room(
    scale: PriceScale,
    window: Window,
    levels: Sequence[ChartLevel],
    fills: Sequence[ChartFill],
    last: float,
) -> PriceScale:
    """Keep a row free at an end where a fill's mark, or the tag of a level beyond, has no room."""
    units = [scale.unit(float(level.price)) for level in levels]
    occupied = {int(unit // 2) for unit in (*units, scale.unit(last))}
    above = min(MAX_QUEUE, sum(unit < 0 for unit in units))
    below = min(MAX_QUEUE, sum(unit >= scale.units for unit in units))
    # Tags of levels beyond an edge must not stand on the wrong side of those within.
    above *= not occupied.isdisjoint(range(above))
    below *= not occupied.isdisjoint(range(scale.rows - below, scale.rows))
    for fill in fills:
        slot = window.slot_of(to_ms(fill.at))
        index = None if slot is None else window.index_at(slot)
        if index is None:
            continue
        if fill.side == "sell" and scale.unit(float(window.high[index])) < 2:
            above = max(above, 1)
        if fill.side == "buy" and scale.unit(float(window.low[index])) > scale.units - 2:
            below = max(below, 1)
    return scale.extended(above, below)


def _draw_layers(
    frame: Frame,
    options: ChartOptions,
    levels: Sequence[ChartLevel],
    fills: Sequence[ChartFill],
    last: float,
) -> None:
    """Candle over own fills over levels over overlays over grid: whoever comes first stays."""
    canvas, layout, window = frame.canvas, frame.layout, frame.window
    glyphs = GLYPHS[options.glyphs]
    draw_candles(canvas, window, frame.scale, frame.columns, glyphs)
    largest = draw_volume(canvas, layout.volume_area, window, frame.columns, glyphs)
    _draw_fills(frame, fills, glyphs)
    _draw_levels(frame, levels, glyphs)
    _draw_overlays(frame, options, glyphs)
    gutter = Gutter(canvas, frame.scale, layout.plot, layout.gutter, frame.decimals, glyphs)
    gutter.axis(layout.body_rows)
    _draw_indicator(frame, options, glyphs, gutter)
    if layout.volume_rows and largest > 0:
        gutter.note(layout.volume_area.start, f"vol {formats.compact(largest, digits=2)}")
    tag_role = ("profit", "loss", "muted")[int(directions(window)[-1]) if len(window) else 2]
    ticks = gutter.prices(levels, last, f"{tag_role}:reverse")
    if options.grid:
        for row in ticks:
            _horizontal(frame, row, glyphs.grid, "grid")
    _draw_time_axis(frame, glyphs)


def _draw_fills(frame: Frame, fills: Sequence[ChartFill], glyphs: GlyphSet) -> None:
    for fill in fills:
        slot = frame.window.slot_of(to_ms(fill.at))
        index = None if slot is None else frame.window.index_at(slot)
        if slot is None or index is None:
            continue
        bought = fill.side == "buy"
        column = frame.left + slot * frame.columns.pitch + (frame.columns.pitch >= 4)
        low, high = float(frame.window.low[index]), float(frame.window.high[index])
        row = int(frame.scale.unit(low if bought else high) / 2)
        step = 1 if bought else -1
        while 0 <= row < frame.layout.price_rows and frame.canvas.codes[row, column] != SPACE:
            row += step
        row = min(frame.layout.price_rows - 1, max(0, row))
        frame.canvas.text(
            column, row, glyphs.bought if bought else glyphs.sold, "long" if bought else "short"
        )


def _draw_levels(frame: Frame, levels: Sequence[ChartLevel], glyphs: GlyphSet) -> None:
    for level in sorted(levels, key=lambda level: LEVEL_TAGS[level.kind][2]):
        row = frame.scale.row(float(level.price))
        if row is not None:
            _horizontal(frame, row, glyphs.level, f"{LEVEL_TAGS[level.kind][1]}:half")


def _horizontal(frame: Frame, row: int, glyph: str, role: str) -> None:
    """A line through the empty cells of a row."""
    plot = frame.layout.plot
    free = frame.canvas.free(row, row + 1, 0, plot)[0]
    frame.canvas.codes[row, :plot][free] = ord(glyph)
    frame.canvas.roles[row, :plot][free] = ROLE_INDEX[role]


def _pen(frame: Frame, area: range, glyphs: GlyphSet) -> overlays.Pen:
    return overlays.Pen(
        frame.canvas, area, frame.layout.plot, frame.columns.center, frame.window.slot,
        glyphs.braille,
    )  # fmt: skip


def _draw_overlays(frame: Frame, options: ChartOptions, glyphs: GlyphSet) -> None:
    window, scale = frame.window, frame.scale
    pen = _pen(frame, range(scale.rows), glyphs)
    known = [name for name in options.overlays if name in overlays.LINES]
    for number, name in enumerate(known[:MAX_OVERLAYS], start=1):
        for line in overlays.LINES[name](window.close):
            visible = line[window.shown :]
            with np.errstate(invalid="ignore", divide="ignore"):
                values = np.log(visible) if scale.log else visible
            pen.line((scale.high - values) / (scale.high - scale.low) * scale.rows,
                     f"overlay{number}")  # fmt: skip


def _draw_indicator(frame: Frame, options: ChartOptions, glyphs: GlyphSet, gutter: Gutter) -> None:
    """RSI or MACD on rows of their own under the volume, on the same columns."""
    area, window = frame.layout.indicator_area, frame.window
    if not area or not len(window):
        return
    study = overlays.STUDIES[options.indicator](window.close)
    low, high = study.span
    pen = _pen(frame, area, glyphs)
    depth = len(area) / (high - low)
    for line, role in zip(study.lines, ("overlay1", "overlay2"), strict=False):
        pen.line((high - line[window.shown :]) * depth, role)
    for mark in study.marks:
        row = area.start + min(len(area) - 1, int((high - mark) * depth))
        _horizontal(frame, row, glyphs.grid, "grid")
        gutter.note(row, f"{mark:.0f}")
    gutter.note(area.start, study.title)


def _draw_time_axis(frame: Frame, glyphs: GlyphSet) -> None:
    layout, window, pitch = frame.layout, frame.window, frame.columns.pitch
    if not layout.axis:
        return
    middle = 1 if pitch >= 4 else 0
    floor = layout.body_rows - 1
    for slot in window.gaps.tolist():
        x = frame.left + slot * pitch + middle
        if 0 <= x < layout.plot:
            frame.canvas.text(x, floor, glyphs.gap, "faint")
    end = -1
    for label in time_labels(window.first_ms, window.slot_ms, window.slots, pitch):
        x = frame.left + label.slot * pitch + middle - len(label.text) // 2
        if x <= end or x < 0 or x + len(label.text) > layout.plot + layout.gutter - 4:
            continue
        frame.canvas.text(x, floor + 1, label.text, "fg:bold" if label.major else "muted")
        end = x + len(label.text)
    if layout.gutter:
        frame.canvas.text(layout.plot + layout.gutter - 3, floor + 1, "UTC", "faint")


def _draw_crosshair(frame: Frame, options: ChartOptions) -> None:
    """A vertical line through a candle, a horizontal one through a price, and what they read."""
    cross = options.crosshair
    slot = None if cross is None else frame.window.slot_of(cross.time_ms)
    if cross is None or slot is None:
        return
    layout, glyphs, canvas = frame.layout, GLYPHS[options.glyphs], frame.canvas
    row = cross.row
    if row is None and (index := frame.window.index_at(slot)) is not None:
        row = frame.scale.row(float(frame.window.close[index]))
    if row is not None and row < layout.price_rows:
        _horizontal(frame, row, glyphs.level, "faint")
        gutter = Gutter(canvas, frame.scale, layout.plot, layout.gutter, frame.decimals, glyphs)
        gutter.tag(row, glyphs.tick, frame.scale.price(row * 2 + 1), "fg:reverse")
    x = frame.left + slot * frame.columns.pitch + (frame.columns.pitch >= 4)
    if not 0 <= x < layout.plot:
        return
    if layout.axis:
        stamp = f" {moment_label(cross.time_ms, frame.window.slot_ms)} "
        start = max(0, min(x - len(stamp) // 2, layout.plot - len(stamp)))
        _clear_cut_words(canvas, layout.body_rows, start, start + len(stamp))
        canvas.text(start, layout.body_rows, stamp, "fg:reverse")
    free = canvas.free(0, layout.body_rows, x, x + 1)[:, 0]
    column = canvas.codes[: layout.body_rows, x]
    column[free] = ord(glyphs.cross)
    canvas.roles[: layout.body_rows, x][free] = ROLE_INDEX["faint"]


def _clear_cut_words(canvas: Canvas, row: int, start: int, stop: int) -> None:
    """Blank the words which something on columns `start` to `stop` would cut in two."""
    codes = canvas.codes[row]
    while start > 0 and codes[start - 1] != SPACE:
        start -= 1
    while stop < canvas.width and codes[stop] != SPACE:
        stop += 1
    codes[start:stop] = SPACE
