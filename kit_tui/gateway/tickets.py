"""Tickets as desks and channels see them: which wait, and how the others were answered."""

from __future__ import annotations

from typing import Any

from kit_tui.domain.errors import KitError
from kit_tui.domain.ticket import Ticket, TicketState
from kit_tui.gateway.account import Account
from kit_tui.gateway.conversation import Conversation
from kit_tui.state.journal import Journal
from kit_tui.state.slices import APPROVALS, Slice

ANSWERED_SHOWN = 40


class TicketWatch:
    """Tells channels of tickets answered elsewhere, and finds tickets for those who ask."""

    def __init__(self, journal: Journal, conversation: Conversation) -> None:
        self._journal = journal
        self._conversation = conversation
        self._pending: dict[str, set[str]] = {}

    def follow(self, account: Account) -> None:
        """Tell of this account's tickets from here on."""
        self._pending[account.name] = self._waiting(account.name)

        def changed(slot: Slice[Any], _: Any) -> None:
            if slot.name == APPROVALS.name:
                self._tell(account.name)

        account.store.subscribe(changed)

    def get(self, ticket_id: str) -> Ticket:
        """A ticket as it stands now.

        Raises:
            KitError: when there is none with this number.
        """
        ticket = self.find(ticket_id)
        if ticket is None:
            raise KitError(
                f"There is no ticket {ticket_id[:20]}.",
                hint="A ticket's number is shown with its order.",
            )
        return ticket

    def find(self, ticket_id: str) -> Ticket | None:
        """A ticket as it stands now, None when there is none with this number."""
        return self._journal.ledger.tickets.get(ticket_id)

    def answered(self, account: str) -> tuple[Ticket, ...]:
        """The newest tickets of an account that wait no longer, oldest first."""
        mine = (t for t in self._journal.ledger.tickets.values() if t.order.account == account)
        return tuple(t for t in mine if t.state is not TicketState.PENDING)[-ANSWERED_SHOWN:]

    def _waiting(self, account: str) -> set[str]:
        pending = self._journal.ledger.pending_tickets()
        return {t.id for t in pending if t.order.account == account}

    def _tell(self, account: str) -> None:
        before, now = self._pending[account], self._waiting(account)
        self._pending[account] = now
        tickets = self._journal.ledger.tickets
        self._conversation.ticket_changed(tickets[i] for i in sorted(before - now) if i in tickets)
