"""The right gutter: axis, round prices, tags of levels, and the last price on top of all."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from kit_tui.tui.chart.candle_cells import GlyphSet
from kit_tui.tui.chart.canvas import ROLE_INDEX, Canvas
from kit_tui.tui.chart.levels import LEVEL_TAGS, ChartLevel
from kit_tui.tui.chart.scale import PriceScale, price_label, price_ticks


class Gutter(msgspec.Struct, frozen=True):
    """`width` columns from column `left`; a width of 0 draws nothing."""

    canvas: Canvas
    scale: PriceScale
    left: int
    width: int
    decimals: int
    glyphs: GlyphSet

    def axis(self, rows: int) -> None:
        """The line between candles and figures."""
        if self.width:
            self.canvas.codes[:rows, self.left] = ord(self.glyphs.axis)
            self.canvas.roles[:rows, self.left] = ROLE_INDEX["border"]

    def note(self, row: int, text: str) -> None:
        """A small remark beside the axis, whole or not at all: half a figure is a wrong one."""
        if len(text) < self.width:
            self.canvas.text(self.left + 1, row, text, "faint")

    def prices(self, levels: Sequence[ChartLevel], last: float, last_role: str) -> list[int]:
        """Ticks, level tags and the last price; returns the rows of all round prices."""
        ticks = price_ticks(self.scale)
        if not self.width:
            return [row for row, _ in ticks]
        last_row, last_mark = self._row_or_edge(last)
        tagged = self._level_rows(levels, last_row)
        for row, price in ticks:
            if abs(row - last_row) > 1 and row not in tagged:
                self.canvas.text(self.left, row, self.glyphs.tick, "border")
                self._figure(row, price, "muted")
        for row, (level, mark) in tagged.items():
            letter, role, _ = LEVEL_TAGS[level.kind]
            self._figure(row, float(level.price), role)
            self.canvas.text(self.left, row, letter + mark, role)
        shared = [
            LEVEL_TAGS[level.kind][0]
            for level in levels
            if self.scale.row(float(level.price)) == last_row
        ]
        self.tag(last_row, (last_mark or self.glyphs.last) + "".join(shared[:1]), last, last_role)
        return [row for row, _ in ticks]

    def tag(self, row: int, mark: str, price: float, role: str) -> None:
        """A figure on a block of colour over the whole width."""
        if self.width:
            figure = price_label(price, self.decimals)
            text = f"{mark:<2}{figure:>{self.width - 2}}"
            self.canvas.text(self.left, row, text, role)

    def _figure(self, row: int, price: float, role: str) -> None:
        text = price_label(price, self.decimals)
        self.canvas.text(self.left + self.width - len(text), row, text, role)

    def _row_or_edge(self, price: float) -> tuple[int, str]:
        """A row for the price; beyond the scale the edge row and an arrow."""
        row = self.scale.row(price)
        if row is not None:
            return row, ""
        above = self.scale.unit(price) < 0
        return (0, self.glyphs.above) if above else (self.scale.rows - 1, self.glyphs.below)

    def _level_rows(
        self, levels: Sequence[ChartLevel], last_row: int
    ) -> dict[int, tuple[ChartLevel, str]]:
        """Which level's tag stands in which row; those out of sight queue at the edges."""
        ranked = sorted(levels, key=lambda level: LEVEL_TAGS[level.kind][2])
        units = {id(level): self.scale.unit(float(level.price)) for level in ranked}
        taken: dict[int, tuple[ChartLevel, str]] = {}
        for level in ranked:
            row = self.scale.row(float(level.price))
            if row is not None and row != last_row:
                taken.setdefault(row, (level, ""))
        above = [level for level in ranked if units[id(level)] < 0]
        below = [level for level in ranked if units[id(level)] >= self.scale.units]
        rows = range(self.scale.rows)
        self._queue(above, rows, last_row, taken, self.glyphs.above)
        self._queue(below, rows[::-1], last_row, taken, self.glyphs.below)
        return taken

    def _queue(
        self,
        levels: list[ChartLevel],
        rows: range,
        last_row: int,
        taken: dict[int, tuple[ChartLevel, str]],
        mark: str,
    ) -> None:
        """Put tags of levels beyond an edge into its free rows, the furthest price outermost."""
        free = [row for row in rows if row not in taken and row != last_row]
        kept = levels[: min(len(free), max(1, len(rows) // 3))]
        rising = mark == self.glyphs.above
        ordered = sorted(kept, key=lambda level: level.price, reverse=rising)
        for row, level in zip(free, ordered, strict=False):
            taken[row] = (level, mark)
