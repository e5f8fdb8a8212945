"""Much real money: the order is approved only by somebody who types its pair."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult

from kit_tui.commands.registry import names_pair
from kit_tui.domain.ticket import Ticket, TicketState
from kit_tui.state.slices import APPROVALS
from kit_tui.tui import formats
from kit_tui.tui.cards.ticket import HASH_DIGITS, answered_where, side_word
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.screens.dialog import Dialog, Sheet
from kit_tui.tui.spans import BLANK, Row, pad, row, spread, wrapped
from kit_tui.tui.trust import entry_block

LONGEST = 32


class TypedPairScreen(Dialog):
    """Enter with the ticket's pair calls `typed` with it; Escape leaves the ticket waiting.

    It is bound to the one ticket it was opened on, and closes when that can no longer be answered.
    """

    AUTO_FOCUS: ClassVar[str | None] = ""  # the screen itself takes keys and pastes
    DEFAULT_CSS = """
    TypedPairScreen Sheet { width: 64; max-width: 100%; height: 11; max-height: 100%; }
    """

    def __init__(self, ticket: Ticket, typed: Callable[[str], None]) -> None:
        super().__init__()
        self.ticket = ticket
        self._approve = typed
        self.typed = ""
        self.problem = ""

    def compose(self) -> ComposeResult:
        sheet = Sheet(f"Ticket #{self.ticket.id[-6:]}", id="typed-pair")
        sheet.can_focus = False
        yield sheet

    def on_mount(self) -> None:
        self.query_one(Sheet).hint = "↵ approve · esc leave it waiting"
        self.set_interval(1.0, self.tick)
        self.call_after_refresh(self._paint)

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._paint)

    # The ticket

    def deliver(self, changed: frozenset[str]) -> None:
        """Called by the app when slices changed: an answer given elsewhere ends this one."""
        if APPROVALS.name in changed:
            self.tick()

    def tick(self) -> None:
        """Once a second: the time that is left, and whether the ticket still waits."""
        if not self.is_attached or not self.is_current:
            return
        ended = self._ended()
        if ended:
            self.kit.say(f"{ended} Nothing was approved here.", severity="warning")
            self.dismiss()
            return
        self._paint()

    def _ended(self) -> str:
        """Why the ticket can no longer be answered; empty while it waits as it was shown."""
        mine = self.ticket
        if self.kit.clock.now() >= mine.expires_at:
            return f"Ticket {mine.id} has expired."
        shown = self.kit.view(self.size).get(APPROVALS) or ()
        now = next((ticket for ticket in shown if ticket.id == mine.id), None)
        if now == mine:
            return ""
        if now is None or now.hash != mine.hash:
            return f"Ticket {mine.id} is no longer what was shown."
        if now.state is TicketState.PENDING:
            return ""
        return f"Ticket {mine.id} was {now.state}{answered_where(now)}."

    # Keys

    def on_key(self, event: events.Key) -> None:
        """The pair is typed here as into an input field."""
        if event.key == "enter":
            self._enter()
        elif event.key == "backspace":
            self._change(self.typed[:-1])
        elif event.key == "ctrl+u":
            self._change("")
        elif event.is_printable and event.character:
            self._change(self.typed + event.character)
        else:
            return
        event.stop()
        event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """What is pasted was not typed."""
        event.stop()
        event.prevent_default()
        self.problem = "Nothing was pasted: the pair is typed."
        self._paint()

    def _change(self, text: str) -> None:
        self.typed, self.problem = text[:LONGEST], ""
        self._paint()

    def _enter(self) -> None:
        self.tick()
        if not self.is_current:
            return
        pair = self.ticket.order.pair
        block = entry_block(self.kit.view(self.size), self.ticket.order)
        if block:
            self.problem = f"Not sent: {block}."
        elif names_pair(self.typed, pair):
            self.dismiss()
            self._approve(self.typed)
            return
        else:
            given = f"{safe_line(self.typed)} is not it. " if self.typed.strip() else ""
            self.problem = f"{given}Type {pair} to approve; nothing was sent."
        self._paint()

    # Drawing

    def _paint(self) -> None:
        if not self.is_attached:
            return
        sheet = self.query_one(Sheet)
        width = max(20, sheet.size.width - 4)
        field = row(
            ("▌", "accent"), ("pair  ", "muted"), (safe_line(self.typed), "strong"), ("▏", "accent")
        )
        sheet.set_page(
            [*self._question(width), BLANK, pad(field, width), BLANK, *self._told(width)]
        )

    def _question(self, width: int) -> list[Row]:
        draft = self.ticket.order
        side, role = side_word(draft.side)
        return wrapped(
            row(
                ("Type ", "fg"), (draft.pair, "strong bold"), (" to approve ", "fg"),
                (side, f"{role} bold"),
                (f" {formats.quantity(draft.quantity)} {draft.pair.base}, ", "strong"),
                (f"{formats.amount(draft.notional)} {draft.pair.quote}", "strong"),
                (" of ", "fg"), ("real money", "live_text bold on_live"), (".", "fg"),
            ),
            width,
        )  # fmt: skip

    def _told(self, width: int) -> list[Row]:
        """What is missing, else which ticket it is, by its hash, and the time left."""
        if self.problem:
            return wrapped(row(("! ", "warn"), (self.problem, "fg")), width, 2)
        ticket = self.ticket
        left = formats.countdown((ticket.expires_at - self.kit.clock.now()).total_seconds())
        place = row((f"{safe_line(ticket.order.account)} · {ticket.hash[:HASH_DIGITS]}", "muted"))
        return [spread(place, row((left, "fg")), width)]
