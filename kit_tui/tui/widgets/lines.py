"""A widget of styled rows which repaints only the cells that changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from rich.cells import cell_len
from rich.segment import Segment
from textual.filter import ANSIToTruecolor, LineFilter
from textual.geometry import Region
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from kit_tui.tui.palette import Palette
from kit_tui.tui.spans import BLANK, Row, merged, pad, text_of, width_of

if TYPE_CHECKING:
    from kit_tui.tui.app import KitApp


class Lines(Widget):
    """Paints rows of spans; `show` replaces them and refreshes what differs."""

    ALLOW_SELECT = True
    GROUND: ClassVar[str] = "background"
    DEFAULT_CSS = "Lines { width: 1fr; height: 1fr; background: $background; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._rows: Sequence[Row] = ()

    @property
    def kit(self) -> KitApp:
        """The app as ours."""
        return cast("KitApp", self.app)

    @property
    def palette(self) -> Palette:
        """Styles of the theme in use."""
        return self.kit.palette

    @property
    def rows(self) -> Sequence[Row]:
        """What is shown now."""
        return self._rows

    def show(self, rows: Sequence[Row]) -> None:
        """Show these rows, painting only cells that differ from those shown before."""
        before, self._rows = self._rows, rows
        if not self.is_attached:
            return
        width = self.size.width
        for y in range(min(max(len(before), len(rows)), self.size.height)):
            old = before[y] if y < len(before) else BLANK
            new = rows[y] if y < len(rows) else BLANK
            if old != new:
                left, right = changed_cells(old, new, width)
                self.refresh(Region(left, y, right - left, 1))

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Without the filter for terminal colours: every colour here comes from the theme."""
        return [
            item for item in super().get_line_filters() if not isinstance(item, ANSIToTruecolor)
        ]

    def render_line(self, y: int) -> Strip:
        rows = self._rows
        return self.strip(rows[y] if y < len(rows) else BLANK, y)

    def strip(self, spans: Row, y: int, ground: str | None = None) -> Strip:
        """A row as wide as the widget, with the selection drawn in."""
        ground = ground or self.GROUND
        strip = self.plain_strip(spans, ground)
        if (selection := self.text_selection) is not None:
            strip = self._with_selection(strip, selection, y, ground)
        return strip.apply_offsets(0, y)

    def plain_strip(self, spans: Row, ground: str | None = None) -> Strip:
        """A row as wide as the widget that takes no part in selections."""
        width = self.size.width
        style = self.palette.style
        ground = ground or self.GROUND
        return Strip(
            [Segment(text, style(role, ground)) for text, role in merged(pad(spans, width))], width
        )

    def _with_selection(self, strip: Strip, selection: Selection, y: int, ground: str) -> Strip:
        span = selection.get_span(y)
        if span is None:
            return strip
        start, end = span
        end = strip.cell_length if end == -1 else end
        parts = strip.divide([start, end, strip.cell_length])
        marked = self.palette.style("reverse", ground)
        return Strip.join(
            [part.apply_style(marked) if index == 1 else part for index, part in enumerate(parts)]
        )

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        return selection.extract(self.plain_text()), "\n"

    def plain_text(self) -> str:
        """What is shown, as text."""
        return "\n".join(text_of(row).rstrip() for row in self._rows)


def changed_cells(old: Row, new: Row, width: int) -> tuple[int, int]:
    """The first cell that differs and the one after the last, both inside `width`."""
    left = 0
    for before, after in zip(old, new, strict=False):
        if before != after:
            break
        left += cell_len(after[0])
    ends = width_of(old), width_of(new)
    if ends[0] != ends[1]:
        # Behind the longer of both there are blanks before and after.
        return min(left, width), min(max(ends), width)
    right = ends[1]
    for before, after in zip(reversed(old), reversed(new), strict=False):
        if before != after:
            break
        right -= cell_len(after[0])
    return (min(left, width), min(max(left, right), width)) if right > left else (0, width)
