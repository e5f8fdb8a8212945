"""When a ticket's time is over, whatever happens to the clock."""

from __future__ import annotations

from collections.abc import Iterable

from kit_tui.domain.clock import Clock
from kit_tui.domain.ticket import Ticket


class Lifetimes:
    """By the clock, or by the time that passed since a ticket was first seen, whichever is sooner.

    A clock that is set back would make a price of an hour ago good again; only one that goes on
    knows of a computer that slept.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: dict[str, float] = {}

    def is_over(self, ticket: Ticket) -> bool:
        """Whether it cannot be approved any more."""
        now = self._clock.monotonic()
        lives = (ticket.expires_at - ticket.created_at).total_seconds()
        lived = now - self._seen.setdefault(ticket.id, now)
        return ticket.expires_at <= self._clock.now() or lived >= lives

    def over(self, waiting: Iterable[Ticket]) -> list[Ticket]:
        """Those of all tickets that wait whose time is over; what waits no more is forgotten."""
        tickets = list(waiting)
        known = {ticket.id for ticket in tickets}
        self._seen = {number: at for number, at in self._seen.items() if number in known}
        return [ticket for ticket in tickets if self.is_over(ticket)]
