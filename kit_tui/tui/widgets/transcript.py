"""The conversation as rows: anchored at the bottom until somebody scrolls up."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.message import Message as TextualMessage

from kit_tui.tui.spans import BLANK, Row
from kit_tui.tui.widgets.lines import Lines


class Transcript(Lines):
    """Shows the last rows that fit; `scroll` moves, new rows keep the place of who reads above."""

    class Scrolled(TextualMessage):
        """The part shown changed; `below` rows are hidden under it."""

        def __init__(self, below: int) -> None:
            super().__init__()
            self.below = below

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._all: Sequence[Row] = ()
        self.below = 0

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Replace the whole conversation."""
        if self.below:
            self.below = max(0, self.below + len(rows) - len(self._all))
        self._all = rows
        self._paint()

    def scroll_rows(self, step: int) -> None:
        """Scroll; a negative step goes up, to what was said earlier."""
        most = max(0, len(self._all) - self.size.height)
        below = min(most, max(0, self.below - step))
        if below != self.below:
            self.below = below
            self._paint()
            self.post_message(self.Scrolled(below))

    def scroll_to_end(self) -> None:
        """Follow the conversation again."""
        self.scroll_rows(len(self._all))

    @property
    def all_rows(self) -> Sequence[Row]:
        """Every row, also those out of sight."""
        return self._all

    def _paint(self) -> None:
        height = self.size.height
        if height < 1:
            return
        self.below = min(self.below, max(0, len(self._all) - height))
        stop = len(self._all) - self.below
        shown = list(self._all[max(0, stop - height) : stop])
        self.show([*shown, *[BLANK] * (height - len(shown))])

    def on_resize(self) -> None:
        self._paint()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.scroll_rows(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.scroll_rows(-3)
