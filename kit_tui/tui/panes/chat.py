"""The conversation: what was said, the ticket that waits, and the prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.geometry import Region, Size
from textual.timer import Timer
from textual.widget import Widget

from kit_tui.domain.autonomy import TERMINAL
from kit_tui.domain.message import Message, Speaker
from kit_tui.domain.ticket import Ticket, TicketState
from kit_tui.state.slices import (
    APPROVALS,
    CONVERSATION,
    ORDERS,
    SESSION,
    TICKERS,
    TURNS,
    WATCHLIST,
)
from kit_tui.tui import formats
from kit_tui.tui.channels import delivery_marks, seconds_to_next_mark
from kit_tui.tui.completion import complete, matching
from kit_tui.tui.panes.base import Pane
from kit_tui.tui.panes.chat_choosing import Choosing
from kit_tui.tui.panes.chat_rows import welcome
from kit_tui.tui.panes.chat_work import Work
from kit_tui.tui.panes.content import PaneContent
from kit_tui.tui.spans import BLANK, Row, cut, row, wrapped
from kit_tui.tui.turns import LOCAL_CHANNELS, live_turns
from kit_tui.tui.view import View
from kit_tui.tui.widgets.ticket_card import CARD_HEIGHT, COMPACT_HEIGHT, TicketCardWidget
from kit_tui.tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from kit_tui.tui.panes.spoken import Spoken
    from kit_tui.tui.widgets.prompt import Prompt

PLACEHOLDER = "Buy BTC for $100 · Analyze ETH · /help"


class ChatPane(Pane):
    """Pane 1."""

    NUMBER, NAME = "1", "Chat"
    HINTS = ("↵ send", "⇧↵ line", "esc leave")
    WATCHES = (SESSION, CONVERSATION, APPROVALS, ORDERS, WATCHLIST, TURNS)
    HELP = "Talk to K.I.T. here, or type / for commands. Tickets are answered here."
    DEFAULT_CSS = """
    ChatPane Transcript, ChatPane TicketCardWidget { width: 1fr; height: 1fr; }
    """

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.transcript = Transcript(id="transcript")
        self.card = TicketCardWidget(id="ticket")
        self._prompt: Prompt | None = None
        self._typed_early: list[str] = []
        self._laid_out: Spoken | None = None
        self._tickets: dict[str, Ticket] = {}
        self._notes: list[Row] = []
        self._echo = ""
        self.work = Work(self)
        self.choosing = Choosing(self)
        self._menu_rows = 0
        self._prompt_rows = 1
        self._mark_due: Timer | None = None
        self._place_for_words = self._rows_of_words = 0

    @property
    def prompt(self) -> Prompt:
        """The prompt; loaded right after the first paint, which only draws it."""
        if self._prompt is None:
            from kit_tui.tui.widgets.prompt import Prompt

            self._prompt = Prompt(id="prompt", placeholder=PLACEHOLDER)
            self._prompt.complete_with = self._completions
        return self._prompt

    @property
    def is_typing(self) -> bool:
        """Whether keys go to the prompt."""
        return self._is_focused(self if self._prompt is None else self._prompt)

    def _is_focused(self, widget: Widget) -> bool:
        """Whether keys go to a widget; known earlier than its own `has_focus`."""
        return self.is_attached and self.screen.focused is widget

    async def furnish(self) -> None:
        """Mount transcript, card and prompt; what was typed before is not lost."""
        if self.prompt.is_attached:
            return
        await self.mount_all([self.transcript, self.card, self.prompt])
        self.prompt.put("".join(self._typed_early))
        if self.has_focus:
            self.prompt.focus()

    def on_key(self, event: events.Key) -> None:
        """Keys of the first moments wait for the prompt."""
        if self._prompt is None and event.character and event.is_printable:
            self._typed_early.append(event.character)
            event.stop()

    # Layout

    def arrange_children(self, size: Size) -> dict[Widget, Region]:
        width, height = size.width - 4, size.height - 2
        if width < 1 or height < 1:
            return {}
        prompt = min(self._prompt_rows, max(1, height // 2))
        bottom = 1 + height - prompt
        regions: dict[Widget, Region] = {}
        if self._prompt is not None:
            regions[self._prompt] = Region(4, bottom, max(1, size.width - 6), prompt)
        room = height - prompt - (2 if height - prompt > 4 else 0) - self._menu_rows
        card = self._card_height(width, room)
        spoken = room - card - (1 if card and room - card > 3 else 0)
        if card:
            # The card stands right under the last words while these do not fill the pane.
            self._place_for_words = spoken
            self._rows_of_words = spoken = min(spoken, len(self.transcript.all_rows))
            regions[self.card] = Region(2, 1 + min(spoken, room - card), width, card)
        if spoken > 0:
            regions[self.transcript] = Region(2, 1, width, spoken)
        return regions

    def _card_height(self, width: int, room: int) -> int:
        if not self.card.tickets:
            return 0
        if width >= 40 and room >= CARD_HEIGHT + 4:
            return CARD_HEIGHT
        return min(COMPACT_HEIGHT, max(0, room))

    # Content

    def content(self, view: View) -> PaneContent:
        if self.is_attached and self.size.height >= 3:
            self._show_words(self._spoken(view), growing=bool(live_turns(view)))
        height = max(0, self.size.height - 2)
        rows: list[Row] = [BLANK] * height
        if not self.transcript.is_attached and rows:
            rows[0] = welcome(view)[0]
        prompt = min(self._prompt_rows, max(1, height // 2))
        at = height - prompt
        if 0 <= at < height:
            mark = ("❯", "accent" if self.is_typing else "muted")
            rows[at] = row(mark) if self._prompt else row(mark, (f" {PLACEHOLDER}", "faint"))
        menu = self._menu(view)
        status = at - 2 - len(menu)
        if 0 <= status < at:
            rows[status] = self.work.row(view)
        for index, line in enumerate(menu):
            if 0 <= status + 1 + index < at:
                rows[status + 1 + index] = line
        below = self.transcript.below
        right = row((f"{below} more below", "warn")) if below else self._waiting()
        return PaneContent(
            body=rows, right=right, summary=row(("1", "muted bold"), (" Chat", "fg"))
        )

    def _waiting(self) -> Row:
        count = len(self.card.tickets)
        if not count or self._is_focused(self.card):
            return BLANK
        return row((f"{count} ticket{'s' if count > 1 else ''} · F4", "warn"))

    def _show_words(self, rows: list[Row], *, growing: bool) -> None:
        """Hand the rows on; the layout changes only where the card moves under more of them."""
        if self.card.tickets:
            self.transcript.tighten()
        self.transcript.set_rows(rows, growing=growing and not self.card.tickets)
        if self.card.tickets and min(len(rows), self._place_for_words) != self._rows_of_words:
            self.refresh(layout=True)

    def _spoken(self, view: View) -> list[Row]:
        """The conversation, what is being sent, and notes under it."""
        messages: tuple[Message, ...] = view.get(CONVERSATION) or ()
        rows: list[Row] = []
        if messages or live_turns(view):
            rows = self._words(view)
        if not rows:
            rows = welcome(view)
        if self._echo and not _was_said(self._echo, messages):
            rows += [row(("you", "muted"), ("  sending…", "faint"))]
            rows += wrapped(row((self._echo, "muted")), view.width)
        return [*rows, *self._notes]

    def _words(self, view: View) -> list[Row]:
        if self._laid_out is None:
            # The renderers of all cards are not needed for the first paint.
            from kit_tui.tui.panes.spoken import Spoken

            self._laid_out = Spoken()
        asked = self.choosing.asked(view)
        shown = frozenset(ticket.id for ticket in self.card.tickets)
        monotonic = self.kit.clock.monotonic()
        return self._laid_out.rows(view, monotonic, self._tickets, shown, asked)

    def _menu(self, view: View) -> list[Row]:
        """Commands that fit what is typed, first one taken by Tab."""
        typing = self._prompt is not None and self.is_typing
        found = matching(self.prompt.text, self.kit.commands, 6) if typing else []
        wide = max((len(command.name) for command in found), default=0) + 3
        return [
            cut(
                row((f"/{command.name}".ljust(wide), "strong" if index == 0 else "fg"),
                    (command.help, "muted")),
                view.width,
            )
            for index, command in enumerate(found)
        ]  # fmt: skip

    def _completions(self, text: str) -> list[str]:
        view = self.kit.view(self.inner)
        pairs = [*(view.get(WATCHLIST) or ()), *(view.get(TICKERS) or ())]
        return complete(text, self.kit.commands, dict.fromkeys(pairs))

    # Called by the screen

    def thinking(self, on: bool, echo: str = "") -> None:
        """Show that an answer is being worked on."""
        self._echo = echo
        if on:
            self.transcript.scroll_to_end()
            self._notes = []
        self.work.sending(on)
        self.redraw()

    @property
    def working_view(self) -> View:
        """What the store holds now, for whoever asks between two paintings."""
        return self.kit.view(self.inner)

    # Tool lines and questions

    def toggle_tools(self) -> None:
        """Open or close the tool lines in sight, or those of the newest answer that has some."""
        top, rows = self.transcript.top, self.transcript.size.height
        if self._laid_out is None or not self._laid_out.toggle_all(top, top + rows):
            self.kit.say("No answer here used a tool.")
        self.redraw()

    def on_transcript_picked(self, message: Transcript.Picked) -> None:
        spot = self._laid_out.spot_at(message.row) if self._laid_out is not None else None
        if spot is None or self._laid_out is None:
            return
        if spot.kind == "choice":
            self.choosing.answer(spot.index)
            return
        self._laid_out.toggle(spot)
        self.transcript.keep_top(self._spoken(self.working_view))

    def note(self, text: str, role: str = "loss") -> None:
        """A line under the conversation that is not part of it, such as a failed send."""
        self._notes = [
            *self._notes[-3:],
            *wrapped(row(("! ", role), (text, "fg")), self.inner.width or 40, 2),
        ]
        self.redraw()

    def set_approvals(self, tickets: tuple[Ticket, ...]) -> None:
        """Show tickets that wait; a new one takes the focus when nothing is being typed.

        One that was asked for elsewhere does not: whoever begins to type then would answer it.
        """
        before = {ticket.id for ticket in self.card.tickets}
        self._tickets = {**self._tickets, **{ticket.id: ticket for ticket in tickets}}
        now = self.kit.clock.now()
        self._tell_of_answers(before, tickets)
        pending = tuple(t for t in tickets if t.state is TicketState.PENDING and t.expires_at > now)
        had_focus = self.card.has_focus
        if {t.id for t in pending} == before and pending == self.card.tickets:
            return
        self.card.set_tickets(pending)
        self.card.display = bool(pending)
        self.refresh(layout=True)
        arrived = any(t.id not in before and t.asked_on == TERMINAL for t in pending)
        if not pending and had_focus:
            self.prompt.focus()
        elif arrived and not self.prompt.text and self.screen.is_active and self.display:
            self.call_after_refresh(self.card.focus)
        self.redraw()

    def _tell_of_answers(self, waiting: set[str], tickets: tuple[Ticket, ...]) -> None:
        """The card of a ticket answered elsewhere is gone at once, so it is said who did that."""
        for ticket in tickets:
            away = ticket.answered_on and ticket.answered_on not in LOCAL_CHANNELS
            if ticket.id in waiting and away and ticket.state is not TicketState.PENDING:
                from kit_tui.tui.cards.ticket import answered_where

                at = formats.clock(ticket.answered_at, seconds=True)
                self.kit.say(
                    f"Ticket #{ticket.id[-6:]} {ticket.state}{answered_where(ticket)}, {at}.",
                    seconds=8,
                )

    def told_changed(self) -> None:
        """How far channels were told, who is, or which run: only a mark that changed is drawn."""
        view = self.working_view
        if self._laid_out is not None and self._laid_out.marks != delivery_marks(view):
            self.redraw()
        if self._mark_due is not None:
            self._mark_due.stop()
        seconds = seconds_to_next_mark(view)
        self._mark_due = (
            self.set_timer(seconds + 0.05, self.told_changed) if seconds is not None else None
        )

    # Events

    def on_text_area_changed(self) -> None:
        self.choosing.typed(self.prompt.text)
        wanted = self.prompt.rows_wanted
        menu = len(matching(self.prompt.text, self.kit.commands, 6))
        if wanted != self._prompt_rows or menu != self._menu_rows:
            self._prompt_rows, self._menu_rows = wanted, menu
            self.refresh(layout=True)
        self.redraw()

    def on_transcript_scrolled(self) -> None:
        self.redraw()

    def on_prompt_scroll_asked(self, message: Prompt.ScrollAsked) -> None:
        page = max(1, self.transcript.size.height - 2)
        self.transcript.scroll_rows(message.pages * page + message.rows)

    def move(self, step: int) -> None:
        self.transcript.scroll_rows(step)

    def hints(self) -> tuple[str, ...]:
        if self._is_focused(self.card):
            hints = self.card.hints()
            return ("esc stop", *hints[:-1]) if self.work.can_stop else hints
        if not self.is_typing:
            return ("i prompt", "↑↓ scroll")
        if self.work.can_stop:
            return ("esc stop", *self.HINTS[:-1])
        return (*self.choosing.hints(), *self.HINTS)

    def copy_text(self) -> str:
        from kit_tui.tui.spans import text_of

        return "\n".join(text_of(line).rstrip() for line in self.transcript.all_rows).strip()

    def on_focus(self) -> None:
        super().on_focus()
        if self._prompt is not None and self._prompt.is_attached:
            self._prompt.focus()


def _was_said(text: str, messages: tuple[Message, ...]) -> bool:
    newest = [m for m in messages[-4:] if m.speaker is Speaker.PERSON]
    return any(message.text.strip() == text for message in newest)
