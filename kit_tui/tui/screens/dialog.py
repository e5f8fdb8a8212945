"""What dialogs share: rows in a frame, scrolling, and Escape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import ModalScreen

from kit_tui.tui.spans import Row, pad, row, width_of
from kit_tui.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from kit_tui.tui.app import KitApp


class Dialog(ModalScreen[None]):
    """A modal screen; F9 and the other keys that work everywhere work here too."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", show=False, id="dialog.close"),
    ]
    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 70%; }
    """

    @property
    def kit(self) -> KitApp:
        """The app as ours."""
        return cast("KitApp", self.app)


class Sheet(Lines, can_focus=True):
    """A framed page of rows which scrolls."""

    GROUND: ClassVar[str] = "surface"
    DEFAULT_CSS = """
    Sheet { width: 100%; height: 100%; max-width: 96; max-height: 90%; background: $surface; }
    """

    def __init__(self, title: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.heading = title
        self.hint = "↑↓ scroll · esc close"
        self.top = 0
        self.cursor: int | None = None
        self._page: Sequence[Row] = ()
        self._keys: Sequence[str | None] = ()
        self._free = False

    class Chosen(Message):
        """Enter or a click on a row that has a key."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def set_page(self, rows: Sequence[Row], keys: Sequence[str | None] = ()) -> None:
        """Show these rows from where the page was scrolled to.

        `keys` names the rows the cursor stops at; it stays with its row when others come and go.
        """
        before = self.selected_key()
        self._page, self._keys = rows, keys
        if keys:
            known = before is not None and before in keys
            self.cursor = keys.index(before) if known else self._stop(0, 1)
        self.redraw()

    def selected_key(self) -> str | None:
        """The key of the row under the cursor."""
        at = self.cursor
        return self._keys[at] if at is not None and at < len(self._keys) else None

    def _stop(self, at: int, step: int) -> int | None:
        """The first row with a key from `at` on, in the direction of `step`."""
        while 0 <= at < len(self._keys):
            if self._keys[at] is not None:
                return at
            at += 1 if step > 0 else -1
        return None

    @property
    def page(self) -> Sequence[Row]:
        """All rows."""
        return self._page

    @property
    def room(self) -> int:
        """Rows inside the frame."""
        return max(0, self.size.height - 2)

    def redraw(self) -> None:
        """Frame and the rows in sight."""
        width = self.size.width
        if not self.is_attached or width < 4 or self.size.height < 2:
            return
        if self.cursor is not None and self._page and not self._free:
            self.cursor = min(max(0, self.cursor), max(0, len(self._page) - 1))
            self.top = min(max(self.top, self.cursor - self.room + 1), self.cursor)
        self.top = min(max(0, self.top), max(0, len(self._page) - self.room))
        below = max(0, len(self._page) - self.top - self.room)
        shown = list(self._page[self.top : self.top + self.room])
        shown += [()] * (self.room - len(shown))
        lines = [self._edge("╭", f" {self.heading} ", "╮", "strong bold", left=True)]
        for index, line in enumerate(shown):
            here = self.cursor is not None and self.top + index == self.cursor
            inner = pad(line, width - 4)
            if here:
                inner = tuple((text, f"{role} on_select") for text, role in inner)
            mark = ("▌", "accent on_select") if here else (" ", "fg")
            lines.append((("│", "accent"), mark, *inner, (" ", "fg"), ("│", "accent")))
        more = f" +{below} ↓ ·" if below else ""
        lines.append(self._edge("╰", f"{more} {self.hint} ", "╯", "muted", left=False))
        self.show(lines)

    def _edge(self, start: str, text: str, end: str, role: str, *, left: bool) -> Row:
        width = self.size.width
        words = row((text, role))
        room = width - 4 - width_of(words)
        if room < 0:
            return row((start + "─" * (width - 2) + end, "accent"))
        line = ("─" * room, "accent")
        middle = (*words, line) if left else (line, *words)
        return ((start + "─", "accent"), *middle, ("─" + end, "accent"))

    def scroll(self, step: int) -> None:
        """Move the cursor if there is one, else the page."""
        if self._keys:
            self._move_to_key(step)
        elif self.cursor is None:
            self.top += step
        else:
            self.cursor += step
        self.redraw()

    def _move_to_key(self, step: int) -> None:
        """To the next row with a key; where there is none the page itself moves."""
        at = min(max(0, (self.cursor or 0) + step), len(self._page) - 1)
        found = self._stop(at, step)
        if found is None:
            found = self._stop(at, -step)
        if found is None or found == self.cursor:
            self.top += step
            self._free = True
        else:
            self.cursor, self._free = found, False

    def key_enter(self) -> None:
        key = self.selected_key()
        if key is not None:
            self.post_message(self.Chosen(key))

    def on_click(self, event: events.Click) -> None:
        at = self.top + event.y - 1
        if 0 <= at < len(self._keys) and self._keys[at] is not None and 0 < event.y <= self.room:
            again = at == self.cursor and event.chain > 1
            self.cursor = at
            self.redraw()
            if again:
                self.key_enter()

    def key_down(self) -> None:
        self.scroll(1)

    def key_up(self) -> None:
        self.scroll(-1)

    def key_j(self) -> None:
        self.scroll(1)

    def key_k(self) -> None:
        self.scroll(-1)

    def key_pagedown(self) -> None:
        self.scroll(max(1, self.room - 1))

    def key_pageup(self) -> None:
        self.scroll(-max(1, self.room - 1))

    def key_home(self) -> None:
        self.scroll(-len(self._page))

    def key_end(self) -> None:
        self.scroll(len(self._page))

    def on_resize(self) -> None:
        self.redraw()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.scroll(2)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.scroll(-2)
