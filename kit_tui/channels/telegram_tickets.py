"""Tickets shown on Telegram: which button answers which ticket, and what became of it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kit_tui.channels.telegram_cards import answer_note
from kit_tui.channels.telegram_text import Part, bold_line
from kit_tui.domain.orders import Mode
from kit_tui.domain.ticket import Ticket

if TYPE_CHECKING:
    from telegram import InlineKeyboardMarkup

APPROVE, REJECT = "a", "r"
KEPT = 500
AT_THE_TERMINAL = "Real money: approve it at the terminal."


@dataclass(slots=True)
class Shown:
    """One message with tickets in it; `buttons` maps the nonce to what it answers."""

    part: Part
    buttons: dict[str, Ticket] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    message_id: int | None = None
    approve_live: bool = False

    def noted(self) -> Part:
        """The message with how its tickets ended."""
        lines = [bold_line(note) for note in self.notes]
        html = "\n".join([self.part.html, *(line.html for line in lines)])
        return Part(html, "\n".join([self.part.plain, *(line.plain for line in lines)]))

    def keyboard(self) -> InlineKeyboardMarkup | None:
        """The buttons of the tickets that are still open."""
        from telegram import InlineKeyboardButton, InlineKeyboardMarkup

        if not self.buttons:
            return None
        several = len(self.buttons) > 1
        rows = []
        for nonce, ticket in self.buttons.items():
            of = f" {ticket.id}" if several else ""
            answers = [InlineKeyboardButton(f"Reject{of}", callback_data=f"{REJECT}:{nonce}")]
            if may_approve_here(ticket, approve_live=self.approve_live):
                button = InlineKeyboardButton(f"Approve{of}", callback_data=f"{APPROVE}:{nonce}")
                answers.insert(0, button)
            rows.append(answers)
        return InlineKeyboardMarkup(rows)


class TicketButtons:
    """Remembers what each button stands for. A nonce works once, and dies with its ticket."""

    def __init__(self, make_nonce: Callable[[], str], *, approve_live: bool = False) -> None:
        self._make_nonce = make_nonce
        self._approve_live = approve_live
        self._shown: OrderedDict[str, Shown] = OrderedDict()
        self._ended: OrderedDict[str, Ticket] = OrderedDict()

    def show(self, part: Part, tickets: list[Ticket]) -> Shown:
        """A message with fresh buttons; tickets that ended meanwhile get a note instead."""
        shown = Shown(part, approve_live=self._approve_live)
        for ticket in tickets:
            ended = self._ended.get(ticket.id)
            if ended is not None:
                shown.notes.append(answer_note(ended))
                continue
            shown.buttons[self._make_nonce()] = ticket
            self._shown[ticket.id] = shown
            if not may_approve_here(ticket, approve_live=self._approve_live):
                shown.notes.append(AT_THE_TERMINAL)
        _bound(self._shown)
        return shown

    def take(self, data: str) -> tuple[Ticket, bool] | None:
        """The ticket a button answers and whether it approves; None when it is used or unknown."""
        action, _, nonce = data.partition(":")
        if action not in (APPROVE, REJECT):
            return None
        for shown in self._shown.values():
            ticket = shown.buttons.pop(nonce, None)
            if ticket is not None:
                return ticket, action == APPROVE
        return None

    def put_back(self, ticket: Ticket) -> Shown | None:
        """Give a ticket new buttons, because its answer did not reach the engine."""
        shown = self._shown.get(ticket.id)
        if shown is not None:
            shown.buttons[self._make_nonce()] = ticket
        return shown

    def end(self, ticket: Ticket) -> Shown | None:
        """A ticket was answered or expired; the message to change, if it was shown here."""
        self._ended[ticket.id] = ticket
        _bound(self._ended)
        shown = self._shown.pop(ticket.id, None)
        if shown is None:
            return None
        for nonce in [n for n, t in shown.buttons.items() if t.id == ticket.id]:
            del shown.buttons[nonce]
        shown.notes.append(answer_note(ticket))
        return shown


def may_approve_here(ticket: Ticket, *, approve_live: bool) -> bool:
    """Whether a ticket gets a button that approves it; a pair that has to be typed is not one."""
    return ticket.order.mode is not Mode.LIVE or (approve_live and not ticket.needs_pair)


def _bound(kept: OrderedDict[str, Shown] | OrderedDict[str, Ticket]) -> None:
    while len(kept) > KEPT:
        kept.popitem(last=False)
