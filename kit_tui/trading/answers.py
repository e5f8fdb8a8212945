"""What the trading engine answers: the reply everyone sees, and what it led to."""

from __future__ import annotations

import msgspec

from kit_tui.domain.cards import Reply
from kit_tui.domain.orders import Order
from kit_tui.domain.risk import Verdict
from kit_tui.domain.ticket import Ticket


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a request: a ticket, or a verdict that refuses it, or neither."""

    reply: Reply
    verdict: Verdict | None = None
    ticket: Ticket | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of answering a ticket or of an exit."""

    reply: Reply
    ticket: Ticket | None = None
    order: Order | None = None
