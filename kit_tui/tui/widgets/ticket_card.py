"""The card of the ticket that waits: `a` approves, `r` rejects, after a second to read it."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message

from kit_tui.domain.ticket import OrderRequest, Ticket
from kit_tui.tui.cards.protection import can_be_protected, with_stop, with_target
from kit_tui.tui.cards.ticket import (
    CARD_HEIGHT,
    CARD_WIDTH,
    COMPACT_HEIGHT,
    WAYS_TO_APPROVE,
    CardState,
    Phase,
    compact_rows,
    ticket_rows,
)
from kit_tui.tui.keys import bindings
from kit_tui.tui.trust import entry_block
from kit_tui.tui.widgets.lines import Lines

ARMING_S = 1.0
"""Keys pressed before the card could be read are not answers."""


class TicketCardWidget(Lines, can_focus=True):
    """Shows one pending ticket at a time. Its size does not change with its state."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("ticket")]

    class Answered(Message):
        """A person answered the ticket shown, having seen exactly this hash."""

        def __init__(self, ticket: Ticket, approve: bool, typed: str = "") -> None:
            super().__init__()
            self.ticket = ticket
            self.approve = approve
            self.typed = typed

    class ChangeAsked(Message):
        """The order shown is to be proposed anew, with or without its stop or target."""

        def __init__(self, ticket: Ticket, request: OrderRequest) -> None:
            super().__init__()
            self.ticket = ticket
            self.request = request

    class Left(Message):
        """Escape: back to the prompt, the ticket keeps waiting."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.tickets: tuple[Ticket, ...] = ()
        self._at = 0
        self._armed_from: dict[str, float] = {}
        self._sent: dict[str, float] = {}
        self._changing = ""

    @property
    def ticket(self) -> Ticket | None:
        """The ticket shown."""
        return self.tickets[self._at] if self._at < len(self.tickets) else None

    @property
    def rows_wanted(self) -> int:
        """Rows the full card takes."""
        return CARD_HEIGHT if self.tickets else 0

    def set_tickets(self, tickets: tuple[Ticket, ...]) -> None:
        """Show these pending tickets, keeping the one shown if it still waits."""
        shown = self.ticket
        self.tickets = tickets
        ids = [ticket.id for ticket in tickets]
        self._at = ids.index(shown.id) if shown is not None and shown.id in ids else 0
        self._armed_from = {key: at for key, at in self._armed_from.items() if key in ids}
        self._sent = {key: at for key, at in self._sent.items() if key in ids}
        after = self.ticket
        if shown is not None and after is not None and after.id != shown.id:
            # It came under a finger that was on its way to the other one.
            self._armed_from.pop(after.id, None)
        self.redraw()

    def answer_failed(self, ticket_id: str) -> None:
        """The answer did not get through; the ticket can be answered again."""
        self._sent.pop(ticket_id, None)
        self.redraw()

    def change_ended(self) -> None:
        """The changed order was proposed, or that failed; the ticket shown can be answered."""
        self._changing = ""
        self.redraw()

    def phase(self) -> Phase:
        """What the card waits for now."""
        ticket = self.ticket
        if ticket is None:
            return Phase.READY
        now = self.kit.clock.monotonic()
        if ticket.id == self._changing:
            return Phase.CHANGING
        if ticket.id in self._sent:
            return Phase.UNKNOWN if now - self._sent[ticket.id] > 10 else Phase.SENT
        # A ticket is read from the moment it is on the screen with the focus on it.
        since = self._armed_from.get(ticket.id)
        if since is None:
            return Phase.ARMING if self.has_focus else Phase.READY
        return Phase.ARMING if now - since < ARMING_S else Phase.READY

    def redraw(self) -> None:
        """Paint the card; called once a second while a ticket waits."""
        ticket = self.ticket
        if ticket is None or not self.is_attached:
            self.show(())
            return
        if self.has_focus and ticket.id not in self._armed_from:
            self._armed_from[ticket.id] = self.kit.clock.monotonic()
            self.set_timer(ARMING_S + 0.02, self.redraw)
        sent, view = self._sent.get(ticket.id), self.kit.view(self.size)
        state = CardState(
            phase=self.phase(), focused=self.has_focus, number=self._at + 1,
            count=len(self.tickets), tick=view.tick(ticket.order.pair),
            block=entry_block(view, ticket.order), offers=self._offers(ticket),
            waited_s=self.kit.clock.monotonic() - sent if sent is not None else 0.0,
        )  # fmt: skip
        width, height = self.size
        full = width >= CARD_WIDTH - 6 and height >= CARD_HEIGHT
        draw = ticket_rows if full else compact_rows
        self.show(
            draw(ticket, self.kit.clock.now(), min(width, CARD_WIDTH) if full else width, state)
        )

    def _offers(self, ticket: Ticket) -> tuple[Decimal, Decimal] | None:
        """Distances of stop and target which can be added, where the desk's own account trades."""
        session = self.kit.view(self.size).session
        if session is None or session.account != ticket.order.account:
            return None
        if not can_be_protected(ticket.order):
            return None
        return session.default_stop, session.default_target

    def hints(self) -> tuple[str, ...]:
        """Key hints while the card has the focus, most important first."""
        ticket = self.ticket
        if ticket is not None and entry_block(self.kit.view(self.size), ticket.order):
            return ("r reject", "F2 connections", "esc back to the prompt")
        approve = "a type pair" if ticket is not None and ticket.needs_pair else "a approve"
        if ticket is None or self._offers(ticket) is None:
            return (approve, "r reject", "esc back to the prompt")
        return (approve, "r reject", "s stop", "t target", "esc back to the prompt")

    def action_toggle_stop(self) -> None:
        """Propose the order anew with a stop, or without."""
        ticket = self.ticket
        offers = self._offers(ticket) if ticket is not None else None
        if ticket is not None and offers is not None:
            self._change(ticket, with_stop(ticket.order, offers[0]))

    def action_toggle_target(self) -> None:
        """Propose the order anew with a target, or without."""
        ticket = self.ticket
        offers = self._offers(ticket) if ticket is not None else None
        if ticket is not None and offers is not None:
            self._change(ticket, with_target(ticket.order, offers[1]))

    def _change(self, ticket: Ticket, request: OrderRequest) -> None:
        if self.phase() is not Phase.READY or not self.has_focus:
            return
        self._changing = ticket.id
        self.post_message(self.ChangeAsked(ticket, request))
        self.redraw()

    def action_approve(self) -> None:
        self._answer(True)

    def action_reject(self) -> None:
        self._answer(False)

    def _answer(self, approve: bool) -> None:
        ticket = self.ticket
        if ticket is None or self.phase() is not Phase.READY or not self.has_focus:
            return
        if approve and not ticket.verdict.passed:
            return
        block = entry_block(self.kit.view(self.size), ticket.order)
        if approve and block:
            self.kit.say(f"Not sent: {block}.", severity="warning")
            return
        if approve and ticket.needs_pair:
            self._ask_for_pair(ticket)
            return
        self._send(ticket, approve)

    def _send(self, ticket: Ticket, approve: bool, typed: str = "") -> None:
        self._sent[ticket.id] = self.kit.clock.monotonic()
        self.post_message(self.Answered(ticket, approve, typed))
        self.redraw()

    def _ask_for_pair(self, ticket: Ticket) -> None:
        from kit_tui.tui.screens.typed_pair import TypedPairScreen

        def typed(pair: str) -> None:
            if ticket in self.tickets and ticket.id not in self._sent:
                self._send(ticket, True, pair)

        self.kit.push_screen(TypedPairScreen(ticket, typed))

    def action_next_ticket(self) -> None:
        if len(self.tickets) > 1:
            self._at = (self._at + 1) % len(self.tickets)
            self.redraw()
        else:
            self.screen.focus_next()

    def action_leave(self) -> None:
        self.post_message(self.Left())

    def on_focus(self) -> None:
        # The focus is marked after this handler, so painting waits for the next message.
        self.call_next(self.redraw)

    def on_blur(self) -> None:
        ticket = self.ticket
        if ticket is not None:
            # Coming back counts as seeing it anew.
            self._armed_from.pop(ticket.id, None)
        self.call_next(self.redraw)

    def on_resize(self) -> None:
        self.redraw()

    def on_click(self, event: events.Click) -> None:
        """The words on the key row are buttons."""
        rows = self.rows
        if not rows or not self.has_focus or event.y >= len(rows):
            return
        text = "".join(part for part, _ in rows[event.y])
        for word, approve in (*((way, True) for way in WAYS_TO_APPROVE), ("[r]eject", False)):
            start = text.find(word)
            if start >= 0 and start <= event.x < start + len(word):
                self._answer(approve)


__all__ = ["CARD_HEIGHT", "COMPACT_HEIGHT", "TicketCardWidget"]
