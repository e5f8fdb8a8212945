"""The prompt: several lines, history, completion; what it cannot take it says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea

from kit_tui.tui.keys import bindings
from kit_tui.tui.safe_text import safe_text

MAX_CHARACTERS = 20_000
MAX_ROWS = 6
MAX_HISTORY = 500

Completer = Callable[[str], Sequence[str]]


class Prompt(TextArea):
    """Where messages are typed. Enter sends; the text is only cleared by whoever takes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("prompt"),
        Binding("pageup", "transcript(-1)", show=False),
        Binding("pagedown", "transcript(1)", show=False),
        Binding("shift+up", "transcript_row(-1)", show=False),
        Binding("shift+down", "transcript_row(1)", show=False),
    ]
    DEFAULT_CSS = """
    Prompt {
        height: 1fr; width: 1fr; border: none; padding: 0; background: $background;
        color: $strong; scrollbar-size: 0 0;
        &:focus { border: none; background: $background; }
        & .text-area--cursor-line { background: $background; }
        & .text-area--placeholder { color: $faint; }
        & .text-area--suggestion { color: $faint; text-style: none; }
        & .text-area--selection { background: $select; }
    }
    """

    class Submitted(Message):
        """Enter was pressed on a text."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """Escape was pressed."""

    class ScrollAsked(Message):
        """The transcript is to scroll by pages or rows."""

        def __init__(self, pages: int = 0, rows: int = 0) -> None:
            super().__init__()
            self.pages = pages
            self.rows = rows

    class TooLong(Message):
        """A paste was cut at `MAX_CHARACTERS`."""

        def __init__(self, length: int) -> None:
            super().__init__()
            self.length = length

    def __init__(self, *, id: str | None = None, placeholder: str = "") -> None:  # noqa: A002 - Textual's name
        super().__init__(
            id=id, soft_wrap=True, tab_behavior="focus", highlight_cursor_line=False,
            show_line_numbers=False, placeholder=placeholder,
        )  # fmt: skip
        self.cursor_blink = False
        self.complete_with: Completer = lambda _text: ()
        self.sent: list[str] = []
        self._at = 0
        self._draft = ""

    @property
    def rows_wanted(self) -> int:
        """Rows the text takes when wrapped, within limits."""
        return max(1, min(MAX_ROWS, self.wrapped_document.height))

    def put(self, text: str) -> None:
        """Show a text with the cursor at its end."""
        self.text = text
        self.move_cursor(self.document.end)

    def remember(self, text: str) -> None:
        """Add a sent text to the history."""
        if not self.sent or self.sent[-1] != text:
            self.sent = [*self.sent, text][-MAX_HISTORY:]
        self._at = len(self.sent)
        self._draft = ""

    # Keys

    def action_submit(self) -> None:
        text = self.text.strip()
        if text:
            self.post_message(self.Submitted(text))

    def action_newline(self) -> None:
        self.insert("\n")

    def action_leave(self) -> None:
        self.post_message(self.Left())

    def action_complete(self) -> None:
        if self.suggestion:
            self.insert(self.suggestion)
        elif not self.text:
            self.screen.focus_next()

    def action_transcript(self, pages: int) -> None:
        self.post_message(self.ScrollAsked(pages=pages))

    def action_transcript_row(self, rows: int) -> None:
        self.post_message(self.ScrollAsked(rows=rows))

    def action_search_history(self) -> None:
        """The newest earlier text that contains what is typed; again goes further back."""
        wanted = (self._draft or self.text).lower()
        for index in range(min(self._at, len(self.sent)) - 1, -1, -1):
            if wanted in self.sent[index].lower():
                self._draft = self._draft or self.text
                self._at = index
                self.put(self.sent[index])
                return

    def action_cursor_up(self, select: bool = False) -> None:
        if not select and self.cursor_at_first_line and self.sent:
            self._recall(-1)
        else:
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        if not select and self.cursor_at_last_line and self._at < len(self.sent):
            self._recall(1)
        else:
            super().action_cursor_down(select)

    def _recall(self, step: int) -> None:
        if self._at >= len(self.sent):
            self._draft = self.text
        self._at = min(max(0, self._at + step), len(self.sent))
        self.put(self._draft if self._at == len(self.sent) else self.sent[self._at])

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        room = MAX_CHARACTERS - len(self.text)
        if len(event.text) > room:
            self.post_message(self.TooLong(len(event.text)))
        pasted = safe_text(event.text[: max(0, room)])
        if pasted:
            self._replace_via_keyboard(pasted, *self.selection)

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            # TextArea would insert a line break; what Enter does is for the key map to say.
            event.prevent_default()
            return
        if event.character and event.is_printable and len(self.text) >= MAX_CHARACTERS:
            event.stop()
            event.prevent_default()
            return
        await super()._on_key(event)

    def update_suggestion(self) -> None:
        """The rest of the first completion, when the cursor is at the end of one line."""
        text = self.text
        at_end = self.cursor_at_end_of_text and "\n" not in text
        found = self.complete_with(text) if text and at_end else ()
        self.suggestion = found[0][len(text) :] if found and found[0].startswith(text) else ""
