"""From one message to its answer: slash commands, safety words, the grammar, then a model."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from kit_tui.ai.engine import OFFLINE, Understanding
from kit_tui.ai.ladder import Rung, rung_of
from kit_tui.commands.command import Command, Effect
from kit_tui.commands.registry import bind, split_words
from kit_tui.domain.cards import QuestionCard, Reply
from kit_tui.domain.intent import Action, Intent
from kit_tui.domain.message import Message, Principal, Role
from kit_tui.domain.orders import Mode
from kit_tui.domain.ticket import Ticket
from kit_tui.gateway.access import require_may_run, require_role
from kit_tui.gateway.account import Account
from kit_tui.gateway.context import TurnContext
from kit_tui.gateway.conversation import NOWHERE, Source
from kit_tui.gateway.desk import Outcome
from kit_tui.gateway.everywhere import EVERYWHERE, halt_all, run_everywhere
from kit_tui.gateway.incoming import reason_of
from kit_tui.gateway.outcomes import (
    INTERNAL,
    answered,
    guarded,
    joined,
    left_waiting,
    outcome_of,
    pending_tickets,
)
from kit_tui.gateway.routing import carry_out
from kit_tui.gateway.sessions import Session, Sessions
from kit_tui.gateway.unasked import sent_unasked

if TYPE_CHECKING:
    from kit_tui.gateway.gateway import Gateway

log = logging.getLogger(__name__)
COMMAND = "command"
Tell = Callable[[Reply, Source], None]
"""Says a part of an answer at once, before the rest is there."""


class Given(msgspec.Struct, frozen=True):
    """An answer and where it came from. `told` answers are in the conversation already.

    `asked_for` tells that its tickets are orders which the message itself asked for; a ticket that
    `/approve` offers anew is not.
    """

    outcome: Outcome
    source: Source = NOWHERE
    told: bool = False
    asked_for: bool = True


class Asked(msgspec.Struct, frozen=True):
    """One message with its reading, on the way to an answer.

    `wanted` are the words handed to a model before it: an answer to a model's question completes
    what they asked for.
    """

    said: Message
    principal: Principal
    account: Account
    session: Session
    understood: Understanding
    rung: Rung
    tell: Tell
    wanted: str = ""

    @property
    def intent(self) -> Intent:
        return self.understood.intent

    def read_as(self, understood: Understanding) -> Asked:
        """The same message, read by somebody else."""
        return replace(self, understood=understood)


class Answering:
    """Answers messages for a gateway; whoever calls records what was not told yet."""

    def __init__(self, gateway: Gateway, sessions: Sessions) -> None:
        self._gateway = gateway
        self._sessions = sessions

    async def answer(
        self, said: Message, principal: Principal, account: Account, *, approve: bool, tell: Tell
    ) -> Given:
        """The answer to a message; parts of it may be told before. Never raises a KitError."""
        if said.text.startswith("/"):
            given = await self._slash(said.text, principal, account)
        else:
            given = await self._understood(said, principal, account, tell)
        if approve:
            return await self._approve_own(given, principal, account)
        return await self._send_unasked(given, account)

    async def offline(self, asked: Asked) -> Given:
        """What code makes of a reading by itself, whoever has read it."""
        intent = asked.intent
        asked.session.pending = intent if intent.intent is Action.CLARIFY else None
        reply = await guarded(lambda: self._carry_out(asked))
        return Given(outcome_of(reply, intent), Source(engine=asked.understood.engine))

    async def run(self, command: Command, arguments: dict[str, str], context: TurnContext) -> Reply:
        """One command with its arguments as text; a KitError is its refusal."""
        require_may_run(context.principal, command)
        return await self.run_bound(command, bind(command, arguments), context)

    async def run_bound(
        self, command: Command, values: Mapping[str, Any], context: TurnContext
    ) -> Reply:
        """One command with typed arguments: on this account or, as halting, on all of them."""
        gateway = self._gateway
        if command.name not in EVERYWHERE:
            return await command.handler(context, **values)
        own = gateway.accounts[context.account]
        contexts = {
            each: gateway.context(context.principal, context.words, each)
            for each in gateway.accounts.values()
        }
        return await run_everywhere(command.name, values, contexts, own)

    # -- the rungs -----------------------------------------------------------------------------

    async def _slash(self, words: str, principal: Principal, account: Account) -> Given:
        proposes = False

        async def run() -> Reply:
            nonlocal proposes
            name, *rest = words[1:].split(maxsplit=1)
            # Telegram writes /halt@name_of_the_bot where several bots listen.
            command = account.registry.find(name.partition("@")[0])
            proposes = command.effect is Effect.PROPOSES
            context = self._gateway.context(principal, words, account, read_by=COMMAND)
            return await self.run(command, split_words(command, rest[0] if rest else ""), context)

        reply = await guarded(run)
        return Given(outcome_of(reply), Source(engine=COMMAND), asked_for=proposes)

    async def _understood(
        self, said: Message, principal: Principal, account: Account, tell: Tell
    ) -> Given:
        session = self._sessions.of(principal, account.name)
        try:
            understood = await account.understanding.understand(said.text, session.pending)
        except Exception:
            log.exception("a message could not be understood")
            return Given(outcome_of(Reply(text=INTERNAL, ok=False)))
        rung = rung_of(understood.intent)
        asked = Asked(said, principal, account, session, understood, rung, tell, session.heard)
        session.pending = None
        session.heard = "" if rung is Rung.OFFLINE else said.text
        if rung is Rung.OFFLINE:
            return await self.offline(asked)
        return await self._gateway.turns.climb(asked)

    async def _carry_out(self, asked: Asked) -> Reply:
        intent, account = asked.intent, asked.account
        context = self._gateway.context(
            asked.principal, asked.said.text, account, read_by=asked.understood.engine
        )
        if intent.intent in (Action.HALT, Action.KILL):
            return await self._halt_words(asked.principal, intent, account, context)
        if intent.intent is Action.CLARIFY:
            return question_reply(intent)
        return await carry_out(intent, account, context)

    async def _halt_words(
        self, principal: Principal, intent: Intent, account: Account, context: TurnContext
    ) -> Reply:
        """Halt first; stronger words also offer the ticket which closes everything."""
        require_role(principal, Role.TRADER)
        reason = reason_of(context.words)
        reply = await halt_all(self._gateway.accounts.values(), reason, principal)
        if intent.intent is not Action.KILL and intent.note != "offer_close_all":
            return reply
        closeall = account.registry.find("closeall")
        offer = await guarded(lambda: closeall.handler(context))
        return Reply(text=f"{reply.text}\n\n{offer.text}", cards=offer.cards, ok=reply.ok)

    # -- answering tickets at once -------------------------------------------------------------

    async def _send_unasked(self, given: Given, account: Account) -> Given:
        """What the account's autonomy lets go of the orders that were asked for; nothing of an
        answer that was told already, for that is a model's."""
        if given.told or not given.asked_for:
            return given
        outcome = await sent_unasked(given.outcome, account, self._gateway.tickets)
        return replace(given, outcome=outcome)

    async def _approve_own(self, given: Given, principal: Principal, account: Account) -> Given:
        """`--approve`: paper and demo only, never what a model read, never out of a halt."""
        outcome = given.outcome
        tickets = pending_tickets(outcome.reply)
        intent = outcome.intent
        halting = intent is not None and intent.intent in (Action.HALT, Action.KILL)
        if not tickets or halting:
            return given
        if account.mode not in (Mode.PAPER, Mode.DEMO):
            why = f"{account.name} is {account.mode.value}"
            return replace(given, outcome=left_waiting(outcome, why), told=False)
        # What the ticket is bound to counts, not who worded the answer it came with.
        if any(ticket.read_by != OFFLINE for ticket in tickets):
            waiting = left_waiting(outcome, "a model read the message")
            return replace(given, outcome=waiting, told=False)
        approvals = [partial(_approve, account, ticket, principal) for ticket in tickets]
        replies = [await guarded(approval) for approval in approvals]
        done = answered(joined(replies), self._gateway.tickets.get(tickets[0].id), intent)
        return replace(given, outcome=done)


async def _approve(account: Account, ticket: Ticket, principal: Principal) -> Reply:
    done = await account.trading.approve(ticket.id, principal=principal, ticket_hash=ticket.hash)
    return done.reply


def question_reply(intent: Intent) -> Reply:
    """A question back, with the answers that would settle it."""
    question = intent.question or intent.note or "What should be done?"
    cards = (QuestionCard(question=question, choices=intent.choices),) if intent.choices else ()
    return Reply(text=question, cards=cards, ok=False)
