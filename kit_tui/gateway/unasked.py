"""Sends the tickets of an answer that nobody has to be asked about, by the account's autonomy."""

from __future__ import annotations

import logging

from msgspec.structs import replace

from kit_tui.domain.cards import Reply, TicketCard
from kit_tui.domain.errors import KitError
from kit_tui.domain.ticket import Ticket
from kit_tui.gateway.account import Account
from kit_tui.gateway.desk import Outcome
from kit_tui.gateway.outcomes import answered, joined, pending_tickets, refusal
from kit_tui.gateway.tickets import TicketWatch

log = logging.getLogger(__name__)


async def sent_unasked(outcome: Outcome, account: Account, tickets: TicketWatch) -> Outcome:
    """The outcome once the account's policy has had its say; the same when all has to be asked."""
    waiting = pending_tickets(outcome.reply)
    sent = {
        ticket.id: reply
        for ticket in waiting
        if (reply := await _sent(ticket, account)) is not None
    }
    if not sent:
        return outcome
    left = [ticket for ticket in waiting if ticket.id not in sent]
    cards = tuple(TicketCard(ticket) for ticket in left)
    rest = [replace(outcome.reply, cards=cards)] if left else []
    first = tickets.get(next(iter(sent)))
    return answered(joined([*sent.values(), *rest]), first, outcome.intent)


async def _sent(ticket: Ticket, account: Account) -> Reply | None:
    """The report of a ticket that was sent; None while it waits for a person."""
    try:
        done = await account.trading.answer_by_autonomy(ticket)
    except KitError as error:
        log.warning("ticket %s was not sent unasked: %s", ticket.id, error.message)
        return refusal(error)
    return None if done is None else done.reply
