"""Replies as outcomes: which ticket, verdict and order their cards carry. Pure."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import msgspec

from kit_tui.domain.cards import RefusalCard, Reply, ReportCard, TicketCard
from kit_tui.domain.errors import KitError
from kit_tui.domain.intent import Intent
from kit_tui.domain.ticket import Ticket, TicketState
from kit_tui.gateway.desk import Outcome
from kit_tui.settings.redaction import redact

INTERNAL = (
    "Something failed inside K.I.T.; nothing more was sent. "
    "The log has the details (kit locate logs)."
)
log = logging.getLogger(__name__)


async def guarded(action: Callable[[], Awaitable[Reply]]) -> Reply:
    """Run an action; every failure becomes a reply, none reaches a channel as an exception."""
    try:
        return await action()
    except KitError as error:
        return refusal(error)
    except Exception:
        log.exception("a message could not be answered")
        return Reply(text=INTERNAL, ok=False)


def refusal(error: KitError) -> Reply:
    """An error as an answer."""
    return Reply(text=redact(str(error)), ok=False)


def outcome_of(reply: Reply, intent: Intent | None = None) -> Outcome:
    """The outcome a reply stands for: its first ticket, its verdict and its order."""
    ticket = verdict = order = None
    for card in reply.cards:
        if isinstance(card, TicketCard) and ticket is None:
            ticket = card.ticket
        elif isinstance(card, RefusalCard):
            verdict = card.verdict
        elif isinstance(card, ReportCard):
            order = card.order
    if verdict is None and ticket is not None:
        verdict = ticket.verdict
    return Outcome(reply=reply, intent=intent, verdict=verdict, ticket=ticket, order=order)


def answered(reply: Reply, ticket: Ticket, intent: Intent | None = None) -> Outcome:
    """What came of answering `ticket`, which is given as it stands now."""
    found = outcome_of(reply, intent)
    return msgspec.structs.replace(found, ticket=ticket, verdict=found.verdict or ticket.verdict)


def left_waiting(outcome: Outcome, why: str) -> Outcome:
    """`--approve` where a person has to answer: the ticket waits, and the wish is refused."""
    text = f"{outcome.reply.text}\n--approve is for paper and demo, and {why}: not approved."
    reply = msgspec.structs.replace(outcome.reply, text=text, ok=False)
    return msgspec.structs.replace(outcome, reply=reply)


def pending_tickets(reply: Reply) -> list[Ticket]:
    """The tickets a reply puts up."""
    tickets = [card.ticket for card in reply.cards if isinstance(card, TicketCard)]
    return [ticket for ticket in tickets if ticket.state is TicketState.PENDING]


def joined(replies: list[Reply]) -> Reply:
    """Several replies as one; a sentence said twice is said once."""
    texts = dict.fromkeys(reply.text for reply in replies if reply.text)
    return Reply(
        text="\n".join(texts),
        cards=tuple(card for reply in replies for card in reply.cards),
        ok=all(reply.ok for reply in replies),
    )
