"""The conversation as rows: anchored at the bottom until somebody scrolls up."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.message import Message as TextualMessage

from kit_tui.tui.spans import BLANK, Row
from kit_tui.tui.widgets.lines import Lines

LEAP = 4
"""A growing text moves up by one LEAPth of the pane at once: every move repaints all of it."""


class Transcript(Lines):
    """Shows the last rows that fit; `scroll` moves, new rows keep the place of who reads above."""

    class Scrolled(TextualMessage):
        """The part shown changed; `below` rows are hidden under it."""

        def __init__(self, below: int) -> None:
            super().__init__()
            self.below = below

    class Picked(TextualMessage):
        """A row was clicked; `row` counts from the oldest one."""

        def __init__(self, row: int) -> None:
            super().__init__()
            self.row = row

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._all: Sequence[Row] = ()
        self._spare = 0
        self.below = 0

    def set_rows(self, rows: Sequence[Row], *, growing: bool = False) -> None:
        """Replace the whole conversation.

        While a text is `growing` at its end, rows are kept free under it, so that the pane moves
        up by several rows now and then, instead of by one for every new row.
        """
        added = len(rows) - len(self._all)
        if self.below:
            self.below, self._spare = max(0, self.below + added), 0
        elif added > self._spare:
            full = growing and len(rows) > self.size.height
            self._spare = self.size.height // LEAP if full else 0
        elif growing or self._spare:
            self._spare -= added
        self._all = rows
        self._paint()

    def keep_top(self, rows: Sequence[Row]) -> None:
        """Replace the conversation, the topmost row that is shown staying where it is."""
        top = self.top
        self._all, self._spare = rows, 0
        below = len(rows) - self.size.height - top
        self.below = max(0, below)
        self._spare = max(0, -below)
        self._paint()
        self.post_message(self.Scrolled(self.below))

    def tighten(self) -> None:
        """Give the rows kept free back, because something else stands under the text."""
        self._spare = 0

    def scroll_rows(self, step: int) -> None:
        """Scroll; a negative step goes up, to what was said earlier."""
        most = max(0, len(self._all) - self.size.height)
        below = min(most, max(0, self.below - step))
        if below != self.below:
            self.below, self._spare = below, 0
            self._paint()
            self.post_message(self.Scrolled(below))

    def scroll_to_end(self) -> None:
        """Follow the conversation again."""
        self.scroll_rows(len(self._all))

    @property
    def all_rows(self) -> Sequence[Row]:
        """Every row, also those out of sight."""
        return self._all

    @property
    def top(self) -> int:
        """The index of the first row shown."""
        return max(0, len(self._all) - self.below + self._spare - self.size.height)

    def _paint(self) -> None:
        height = self.size.height
        if height < 1:
            return
        self.below = min(self.below, max(0, len(self._all) - height))
        self._spare = min(self._spare, height - 1)
        shown = list(self._all[self.top : len(self._all) - self.below][:height])
        self.show([*shown, *[BLANK] * (height - len(shown))])

    def on_resize(self) -> None:
        self._spare = 0
        self._paint()

    def on_click(self, event: events.Click) -> None:
        """A click picks a row; where text was selected instead it does not."""
        row = self.top + event.y
        if row < len(self._all) and not self.screen.get_selected_text():
            self.post_message(self.Picked(row))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.scroll_rows(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.scroll_rows(-3)
