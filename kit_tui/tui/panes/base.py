"""What every pane has: a titled frame, a number, hints while focused, and a guard for errors."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, ClassVar

from textual import events
from textual.geometry import Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from kit_tui.domain.pair import Pair
from kit_tui.state.slices import Slice
from kit_tui.tui.panes.content import PaneContent
from kit_tui.tui.spans import (
    BLANK,
    Row,
    Span,
    cut,
    pad,
    restyled,
    row,
    text_of,
    width_of,
)
from kit_tui.tui.view import View
from kit_tui.tui.widgets.lines import Lines, changed_cells

log = logging.getLogger(__name__)

ROUND = ("╭", "╮", "╰", "╯", "─", "│")
HEAVY = ("┏", "┓", "┗", "┛", "━", "┃")


class MarketChosen(Message):
    """A market was chosen in a list; the chart is to show it."""

    def __init__(self, pair: Pair) -> None:
        super().__init__()
        self.pair = pair


class InnerLayout(Layout):
    """Places a pane's children where `Pane.arrange_children` says."""

    name = "pane"

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        regions = parent.arrange_children(size) if isinstance(parent, Pane) else {}
        return [
            WidgetPlacement(
                region, child.styles.offset.resolve(size, size), child.styles.margin, child
            )
            for child in children
            if (region := regions.get(child)) is not None
        ]


class Pane(Lines, can_focus=True):
    """Base of all panes. Subclasses say `NUMBER`, `NAME`, `WATCHES` and implement `content`."""

    NUMBER: ClassVar[str] = ""
    NAME: ClassVar[str] = ""
    HINTS: ClassVar[tuple[str, ...]] = ()
    WATCHES: ClassVar[tuple[Slice[Any], ...]] = ()
    EMPTY: ClassVar[str] = ""

    DEFAULT_CSS = "Pane { width: auto; height: auto; }"

    class Failed(Message):
        """A pane could not be drawn; it says so itself and offers a retry."""

        def __init__(self, pane: Pane, error: Exception) -> None:
            super().__init__()
            self.pane = pane
            self.error = error

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._inner_layout = InnerLayout()
        self.cursor = 0
        self.top = 0
        self.failure: str | None = None
        self._content = PaneContent()
        self._within = False
        self._blank_strip: tuple[object, Strip] | None = None

    @property
    def layout(self) -> Layout:
        return self._inner_layout

    # What subclasses say

    def content(self, view: View) -> PaneContent:
        """The rows for what the store holds now."""
        raise NotImplementedError

    def arrange_children(self, size: Size) -> dict[Widget, Region]:
        """Where children go; most panes have none."""
        return {}

    async def furnish(self) -> None:
        """Mount what the first paint can do without."""

    def chosen(self, key: str) -> None:
        """A row was chosen with Enter or a click."""

    # Drawing

    @property
    def is_summary(self) -> bool:
        """Whether there is only room for one line without a frame."""
        return self.size.height < 3

    @property
    def inner(self) -> Size:
        """Cells inside frame and padding."""
        return Size(max(0, self.size.width - 4), max(0, self.size.height - 2))

    @property
    def has_focus_within(self) -> bool:
        """Whether this pane or something inside it has the focus."""
        return self._within

    def redraw(self) -> None:
        """Build the rows again and paint what changed."""
        if self.is_attached and self.size.width > 0:
            self._show(self._built())

    def _built(self) -> list[Row]:
        """The rows for what there is now; an error stays inside the pane."""
        try:
            self._content = self.content(self.kit.view(self.inner, focused=self._within))
            self.failure = None
        except Exception as error:
            if self.failure is None:
                log.exception("the %s pane failed", self.NAME)
                self.post_message(self.Failed(self, error))
            self.failure = f"{type(error).__name__}: {error}"
            self._content = self._failed_content()
        self._clamp()
        return self._framed()

    def _failed_content(self) -> PaneContent:
        return PaneContent(
            right=row(("error", "loss")),
            head=[
                row(("! ", "loss"), (f"This pane failed: {self.failure}", "fg")),
                row(("r tries again; the rest of the screen lives on.", "muted")),
            ],
        )

    def _show(self, rows: list[Row]) -> None:
        before, self._rows = self._rows, rows
        width = self.size.width
        if len(before) != len(rows):
            self.refresh()
            return
        for y, (old, new) in enumerate(zip(before, rows, strict=True)):
            if old != new:
                left, right = changed_cells(old, new, width)
                self.refresh(Region(left, y, right - left, 1))

    def _framed(self) -> list[Row]:
        width, height = self.size
        content = self._content
        if self.is_summary:
            return [pad(content.summary or self._title(), width)]
        edge = "accent" if self._within else "border"
        box = HEAVY if self._within and self.kit.no_color else ROUND
        rows = [self._top(box, edge, width)]
        rows += [
            ((f"{box[5]}", edge), *self._padded(line, marked, width - 2), (box[5], edge))
            for line, marked in self._inner_rows(height - 2)
        ]
        rows.append(self._bottom(box, edge, width))
        return rows

    def _padded(self, line: Row, marked: bool, width: int) -> Row:
        if marked:
            return restyled(((("▌"), "accent"), *pad(line, width - 2), (" ", "fg")), "on_select")
        return ((" ", "fg"), *pad(line, width - 2), (" ", "fg")) if width > 1 else pad(line, width)

    def _inner_rows(self, height: int) -> list[tuple[Row, bool]]:
        content = self._content
        fixed = [*content.head][:height]
        foot = list(content.foot)
        room = max(0, height - len(fixed))
        if len(content.body) + len(foot) > room:
            foot = foot[: max(0, room - len(content.body))]
        space = max(0, room - len(foot))
        shown = content.body[self.top : self.top + space]
        rows = [(line, False) for line in fixed]
        rows += [(line, self._is_marked(self.top + index)) for index, line in enumerate(shown)]
        rows += [(line, False) for line in foot]
        rows += [(BLANK, False)] * (height - len(rows))
        return rows

    def _is_marked(self, index: int) -> bool:
        keys = self._content.keys
        return (
            self._within and index == self.cursor and index < len(keys) and keys[index] is not None
        )

    def _title(self) -> Row:
        name = "fg bold" if self._within else "fg"
        parts: list[Span] = [(self.NUMBER, "muted bold"), (f" {self.NAME}", name)]
        if self._content.subject:
            parts += [("  ", "fg"), *self._content.subject]
        return tuple(parts)

    def _top(self, box: tuple[str, ...], edge: str, width: int) -> Row:
        right = self._content.right
        room = width - 4
        title = cut(self._title(), max(0, room - 2))
        left_width = width_of(title) + 2
        if right and left_width + width_of(right) + 3 > room:
            right = BLANK
        used = left_width + (width_of(right) + 2 if right else 0)
        line = box[4] * max(0, width - 4 - used)
        tail: Row = ((" ", "fg"), *right, (" ", "fg")) if right else BLANK
        return cut(
            ((box[0] + box[4], edge), (" ", "fg"), *title, (" ", "fg"), (line, edge), *tail,
             (box[4] + box[1], edge)),
            width,
        )  # fmt: skip

    def _bottom(self, box: tuple[str, ...], edge: str, width: int) -> Row:
        hidden = self._hidden_rows()
        left: Row = ((f" +{hidden} ↓ ", "muted"),) if hidden else BLANK
        hints = self._hints(width - 6 - width_of(left))
        right: Row = ((f" {hints} ", "muted"),) if hints else BLANK
        line = box[4] * max(0, width - 4 - width_of(left) - width_of(right))
        return cut(
            ((box[2] + box[4], edge), *left, (line, edge), *right, (box[4] + box[3], edge)), width
        )

    def _hints(self, room: int) -> str:
        """Whole hints that fit, only while focused."""
        if not self._within:
            return ""
        hints = list(self.hints())
        while hints and len(" · ".join(hints)) > room:
            hints.pop()
        return " · ".join(hints)

    def hints(self) -> Sequence[str]:
        """Key hints, most important first."""
        return self.HINTS

    def _hidden_rows(self) -> int:
        content = self._content
        room = max(0, self.inner.height - len(content.head))
        return max(0, len(content.body) - self.top - room)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Lines of the crop. The first paint comes before the pane has heard of its size."""
        if not self._rows and self.size.width > 0:
            self._rows = self._built()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        line = self._rows[y] if y < len(self._rows) else BLANK
        if 0 < y < len(self._rows) - 1 and not self._content_at(y):
            return self._blank(line)
        return self.strip(line, y)

    def _content_at(self, y: int) -> bool:
        """Whether there is anything but the frame in a row."""
        return any(not text.isspace() for text, _ in self._rows[y][1:-1])

    def _blank(self, line: Row) -> Strip:
        """Blank rows of one frame are all the same strip, which spares most of a first paint."""
        key = (line, self.size.width, id(self.palette))
        if self._blank_strip is None or self._blank_strip[0] != key:
            self._blank_strip = (key, self.plain_strip(line))
        return self._blank_strip[1]

    def plain_text(self) -> str:
        return "\n".join(text_of(line).rstrip() for line in self._rows)

    def copy_text(self) -> str:
        """What `y` copies: everything in the pane, also what is scrolled out of view."""
        content = self._content
        lines = [*content.head, *content.body, *content.foot]
        return "\n".join(text_of(line).rstrip() for line in lines).strip()

    # Moving about

    def _clamp(self) -> None:
        content = self._content
        last = max(0, len(content.body) - 1)
        self.cursor = min(max(0, self.cursor), last)
        room = max(1, self.inner.height - len(content.head))
        if content.keys and self._within:
            self.top = min(max(self.top, self.cursor - room + 1), self.cursor)
        self.top = min(max(0, self.top), max(0, len(content.body) - room))

    def move(self, step: int) -> None:
        """Move the cursor, or scroll where rows cannot be selected."""
        if self._content.keys:
            self.cursor += step
        else:
            self.top += step
        self.redraw()

    def selected_key(self) -> str | None:
        """The key of the row under the cursor."""
        keys = self._content.keys
        return keys[self.cursor] if self.cursor < len(keys) else None

    def key_down(self) -> None:
        self.move(1)

    def key_up(self) -> None:
        self.move(-1)

    def key_j(self) -> None:
        self.move(1)

    def key_k(self) -> None:
        self.move(-1)

    def key_pagedown(self) -> None:
        self.move(max(1, self.inner.height - 2))

    def key_pageup(self) -> None:
        self.move(-max(1, self.inner.height - 2))

    def key_home(self) -> None:
        self.move(-len(self._content.body))

    def key_end(self) -> None:
        self.move(len(self._content.body))

    def key_enter(self) -> None:
        key = self.selected_key()
        if key is not None:
            self.chosen(key)

    def key_r(self) -> None:
        if self.failure is not None:
            self.redraw()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move(-1)

    def on_click(self, event: events.Click) -> None:
        index = event.y - 1 - len(self._content.head) + self.top
        keys = self._content.keys
        if 0 <= index < len(keys) and keys[index] is not None:
            again = index == self.cursor and event.chain > 1
            self.cursor = index
            self.redraw()
            if again:
                self.chosen(keys[index] or "")

    # Events

    def on_resize(self) -> None:
        self.redraw()

    def on_descendant_focus(self) -> None:
        self._look_for_focus()

    def on_descendant_blur(self) -> None:
        self._look_for_focus()

    def on_focus(self) -> None:
        self._look_for_focus()

    def on_blur(self) -> None:
        self._look_for_focus()

    def _look_for_focus(self) -> None:
        """Events of one move of the focus may come in any order, so the screen is asked."""
        focused = self.screen.focused if self.is_attached else None
        self._within = focused is not None and self in focused.ancestors_with_self
        self.redraw()
