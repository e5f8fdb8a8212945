"""The tab strip of the phone layout: which pane is shown, and the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events
from textual.message import Message

from kit_tui.state.slices import Slice
from kit_tui.tui.layout import PANES
from kit_tui.tui.spans import Row, row
from kit_tui.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from kit_tui.tui.screens.main import MainScreen

_WORDS = {"chat": "Chat", "chart": "Chart", "positions": "Pos", "risk": "Risk",
          "watchlist": "Watch", "book": "Book", "tape": "Tape", "events": "Log"}  # fmt: skip


class TabStrip(Lines):
    """One row, only on phones."""

    WATCHES: ClassVar[tuple[Slice[Any], ...]] = ()
    DEFAULT_CSS = "TabStrip { height: 1; display: none; }"

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, pane: str) -> None:
            super().__init__()
            self.pane = pane

    def redraw(self) -> None:
        """Build the row again."""
        if self.is_attached:
            screen = cast("MainScreen", self.screen)
            self.show([tabs_row(screen.body.pane, self.size.width)])

    def on_resize(self, event: events.Resize) -> None:
        self.redraw()

    def on_click(self, event: events.Click) -> None:
        text = "".join(part for part, _ in self.rows[0]) if self.rows else ""
        for number, name in enumerate(PANES, 1):
            label = f" {number}{_WORDS[name]} "
            start = text.find(label)
            if start >= 0 and start <= event.x < start + len(label):
                self.post_message(self.Chosen(name))


def tabs_row(chosen: str, width: int) -> Row:
    """All tabs, or those around the chosen one when it is very narrow."""
    labels = [(f" {number}{_WORDS[name]} ", name) for number, name in enumerate(PANES, 1)]
    start = 0
    while start < len(labels) - 1 and not _fits(labels[start:], chosen, width):
        start += 1
    spans = [
        (text, "strong bold on_select" if name == chosen else "muted")
        for text, name in labels[start:]
    ]
    return row(*spans)


def _fits(labels: list[tuple[str, str]], chosen: str, width: int) -> bool:
    """Whether the chosen tab is in sight when the strip begins here."""
    used = 0
    for text, name in labels:
        used += len(text)
        if name == chosen:
            return used <= width
    return True
