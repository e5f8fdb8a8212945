"""The gateway: every message of every channel comes in here and is answered from here."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from kit_tui.commands.command import Command, Effect
from kit_tui.commands.registry import bind, split_words
from kit_tui.domain.cards import Card, RefusalCard, Reply, ReportCard, TicketCard
from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import KitError
from kit_tui.domain.intent import Action, Intent
from kit_tui.domain.message import Principal, Role
from kit_tui.domain.orders import Mode
from kit_tui.domain.ticket import OrderRequest, Ticket, TicketState
from kit_tui.gateway.account import Account
from kit_tui.gateway.channel import Channel
from kit_tui.gateway.context import TradingProposals, TurnContext
from kit_tui.gateway.conversation import Conversation, Mirror
from kit_tui.gateway.desk import Outcome, Preview
from kit_tui.gateway.incoming import clean
from kit_tui.gateway.routing import carry_out
from kit_tui.gateway.sessions import Sessions
from kit_tui.gateway.watchlist import SharedWatchlist
from kit_tui.state.journal import Journal
from kit_tui.state.slices import APPROVALS, CONNECTIONS, Connection

log = logging.getLogger(__name__)

INTERNAL = (
    "Something failed inside K.I.T.; nothing was sent. The log has the details (kit locate logs)."
)


class Gateway:
    """Routes messages to the AI engine and to commands, and keeps everyone on one conversation."""

    def __init__(
        self, *, journal: Journal, clock: Clock, sessions: Sessions, watchlist: SharedWatchlist
    ) -> None:
        self.accounts: dict[str, Account] = {}
        self.primary = ""
        self.clock = clock
        self.conversation = Conversation(journal, clock)
        self.watchlist = watchlist
        self._journal = journal
        self._sessions = sessions
        self._connections: dict[str, Connection] = {}
        self._pending: dict[str, tuple[str, ...]] = {}
        self.on_primary_changed: list[Callable[[str], None]] = []

    # -- accounts and channels ---------------------------------------------------------------

    def add_account(self, account: Account) -> None:
        """Take an account in; its store gets the conversation and the channels' states."""
        self.accounts[account.name] = account
        self.primary = self.primary or account.name
        self.conversation.show_in(account.store)
        self.watchlist.show_in(account.store)
        account.store.subscribe(
            lambda slot, _: self._notice_answers(account) if slot is APPROVALS else None
        )
        self._publish_connections()

    def make_primary(self, name: str) -> None:
        """Let desks and channels which follow the engine move to another account."""
        self.primary = name
        for listener in tuple(self.on_primary_changed):
            listener(name)

    async def add_channel(self, channel: Channel) -> None:
        """Start a channel and mirror the conversation to it."""
        self.conversation.mirrors.append(Mirror(channel))
        await channel.start(self)

    async def stop_channels(self) -> None:
        for mirror in self.conversation.mirrors:
            await mirror.channel.stop()
            await mirror.stop()
        self.conversation.mirrors.clear()

    def connection(self, connection: Connection) -> None:
        """A channel's state changed."""
        self._connections[connection.name] = connection
        self._publish_connections()

    # -- messages ----------------------------------------------------------------------------

    async def handle(self, principal: Principal, text: str) -> None:
        """One message of a channel on the primary account; the answer is mirrored back."""
        try:
            await self.message(principal, text, account=self.primary)
        except KitError as error:
            self.conversation.kit_said(principal, refusal(error), account=self.primary)

    async def message(
        self, principal: Principal, text: str, *, account: str, approve: bool = False
    ) -> Outcome:
        """One message through the whole pipeline.

        Raises:
            UsageError: when it is empty or too long; nothing was recorded then.
            SecretInChatError: when it looks like a secret; nothing was recorded then.
        """
        words = clean(text)
        desk = self.accounts[account]
        said = self.conversation.person_said(principal, words, account)
        outcome, engine = await self._answer(principal, words, desk)
        if approve and outcome.ticket is not None:
            outcome = await self._approve_own(outcome, outcome.ticket, principal, desk, engine)
        self.conversation.kit_said(
            principal, outcome.reply, account=account, reply_to=said.id, engine=engine
        )
        return outcome

    async def run(
        self, principal: Principal, name: str, arguments: dict[str, str], *, account: str
    ) -> Reply:
        """One command by name, outside the conversation.

        Raises:
            UsageError: for unknown commands and arguments.
        """
        desk = self.accounts[account]
        command = desk.registry.find(name)
        context = self.context(principal, f"/{name} {' '.join(arguments.values())}".strip(), desk)
        return await self._guarded(lambda: self._run(command, arguments, context))

    async def answer(
        self, principal: Principal, ticket_id: str, ticket_hash: str | None, approve: bool
    ) -> Reply:
        """Approve or reject a ticket from any channel; the answer joins the conversation."""
        return (await self.answer_ticket(principal, ticket_id, ticket_hash, approve)).reply

    async def answer_ticket(
        self, principal: Principal, ticket_id: str, ticket_hash: str | None, approve: bool
    ) -> Outcome:
        """As `answer`, with the ticket and the order."""
        account = self._account_of(ticket_id)

        async def act() -> Reply:
            require_role(principal, Role.TRADER)
            if not approve:
                return (await account.trading.reject(ticket_id, principal=principal)).reply
            done = await account.trading.approve(
                ticket_id, principal=principal, ticket_hash=ticket_hash
            )
            return done.reply

        reply = await self._guarded(act)
        self.conversation.kit_said(principal, reply, account=account.name)
        return self._outcome(reply, None, ticket_id)

    async def propose(
        self, principal: Principal, request: OrderRequest, *, account: str
    ) -> Outcome:
        """A ticket from the order form; the answer joins the conversation."""
        desk = self.accounts[account]
        words = f"{request.side.value} {request.pair} (order form)"
        context = self.context(principal, words, desk)

        async def act() -> Reply:
            require_role(principal, Role.TRADER)
            return await context.proposals.propose(request, context)

        said = self.conversation.person_said(principal, words, account)
        reply = await self._guarded(act)
        self.conversation.kit_said(principal, reply, account=account, reply_to=said.id)
        return self._outcome(reply, None)

    async def preview(self, request: OrderRequest, *, account: str) -> Preview:
        """How a request would fare now; nothing is put up."""
        draft, verdict, problem = await self.accounts[account].trading.preview(request)
        return Preview(draft=draft, verdict=verdict, problem=problem)

    async def halt(self, principal: Principal, reason: str) -> Reply:
        """Halt every account at once; durable before anything else happens."""
        replies = [
            await account.trading.halt(reason or "by hand", by=principal.name)
            for account in self.accounts.values()
        ]
        reply = replies[0]
        self.conversation.kit_said(principal, reply, account=self.primary)
        return reply

    def context(self, principal: Principal, words: str, account: Account) -> TurnContext:
        return TurnContext(
            principal=principal,
            words=words,
            account=account.name,
            store=account.store,
            clock=self.clock,
            market=account.market,
            proposals=TradingProposals(account.trading),
            watchlist=self.watchlist,
        )

    # -- inside ------------------------------------------------------------------------------

    async def _answer(
        self, principal: Principal, words: str, account: Account
    ) -> tuple[Outcome, str]:
        if words.startswith("/"):
            reply = await self._guarded(lambda: self._slash(principal, words, account))
            return self._outcome(reply, None), "command"
        session = self._sessions.of(principal)
        understood = await account.understanding.understand(words, session.pending)
        intent = understood.intent
        session.pending = intent if intent.intent is Action.CLARIFY else None
        reply = await self._guarded(lambda: self._intent(principal, words, intent, account))
        return self._outcome(reply, intent), understood.engine

    async def _intent(
        self, principal: Principal, words: str, intent: Intent, account: Account
    ) -> Reply:
        context = self.context(principal, words, account)
        if intent.intent in (Action.HALT, Action.KILL):
            return await self._halt_words(principal, intent, account, context)
        if intent.intent is Action.CLARIFY:
            return Reply(text=intent.question or intent.note or "What should be done?", ok=False)
        if intent.intent in (Action.BUY, Action.SELL):
            require_role(principal, Role.TRADER)
        return await carry_out(intent, account, context)

    async def _halt_words(
        self, principal: Principal, intent: Intent, account: Account, context: TurnContext
    ) -> Reply:
        """Halt first; stronger words also offer the ticket which closes everything."""
        require_role(principal, Role.TRADER)
        for other in self.accounts.values():
            reply = await other.trading.halt(context.words, by=principal.name)
        if intent.intent is not Action.KILL and intent.note != "offer_close_all":
            return reply
        offer = await account.registry.find("closeall").handler(context)
        return Reply(text=f"{reply.text}\n\n{offer.text}", cards=offer.cards, ok=True)

    async def _slash(self, principal: Principal, words: str, account: Account) -> Reply:
        name, _, rest = words[1:].partition(" ")
        command = account.registry.find(name)
        context = self.context(principal, words, account)
        return await self._run(command, split_words(command, rest), context)

    async def _run(
        self, command: Command, arguments: dict[str, str], context: TurnContext
    ) -> Reply:
        require_role(context.principal, command.effect.role)
        if command.effect is Effect.ADMIN and not context.principal.local:
            raise NotAllowedError(
                f"/{command.name} works only at the terminal of this machine.",
            )
        return await command.handler(context, **bind(command, arguments))

    async def _approve_own(
        self,
        outcome: Outcome,
        ticket: Ticket,
        principal: Principal,
        account: Account,
        engine: str,
    ) -> Outcome:
        """`--approve`: paper and demo only, and never what a model read."""
        if account.mode not in (Mode.PAPER, Mode.DEMO) or engine != "offline grammar":
            return outcome
        reply = await self._guarded(
            lambda: self._approve(account, ticket, principal),
        )
        return self._outcome(reply, outcome.intent, ticket.id, outcome.verdict)

    async def _approve(self, account: Account, ticket: Ticket, principal: Principal) -> Reply:
        done = await account.trading.approve(
            ticket.id, principal=principal, ticket_hash=ticket.hash
        )
        return done.reply

    async def _guarded(self, action: Callable[[], Awaitable[Reply]]) -> Reply:
        """Run an action; every failure becomes a reply, none reaches a channel as an exception."""
        try:
            return await action()
        except KitError as error:
            return refusal(error)
        except Exception:
            log.exception("a message could not be answered")
            return Reply(text=INTERNAL, ok=False)

    def _outcome(
        self,
        reply: Reply,
        intent: Intent | None,
        ticket_id: str | None = None,
        verdict: object = None,
    ) -> Outcome:
        found = _parts(reply.cards)
        ticket = self._journal.ledger.tickets.get(ticket_id) if ticket_id else found.ticket
        checked = found.verdict or (ticket.verdict if ticket else None)
        return Outcome(
            reply=reply, intent=intent, verdict=checked, ticket=ticket, order=found.order
        )

    def _account_of(self, ticket_id: str) -> Account:
        ticket = self._journal.ledger.tickets.get(ticket_id)
        if ticket is None or ticket.order.account not in self.accounts:
            raise KitError(
                f"There is no ticket {ticket_id[:20]}.", hint="kit orders lists what is pending."
            )
        return self.accounts[ticket.order.account]

    def _notice_answers(self, account: Account) -> None:
        """Tell the channels which tickets are no longer open."""
        now = {
            t.id for t in self._journal.ledger.pending_tickets() if t.order.account == account.name
        }
        before = set(self._pending.get(account.name, ()))
        self._pending[account.name] = tuple(now)
        gone = [self._journal.ledger.tickets[i] for i in sorted(before - now)]
        self.conversation.ticket_changed(t for t in gone if t.state is not TicketState.PENDING)

    def _publish_connections(self) -> None:
        for account in self.accounts.values():
            venues = tuple(c for c in account.store.get(CONNECTIONS) or () if c.kind == "venue")
            account.store.publish(CONNECTIONS, (*venues, *self._connections.values()))


class NotAllowedError(KitError):
    """This person may not do that, here."""

    title = "Not allowed"


def require_role(principal: Principal, role: Role) -> None:
    """Check a principal's role.

    Raises:
        NotAllowedError: when it is too low.
    """
    if principal.role < role:
        raise NotAllowedError(
            f"{principal.name} may look but not do that.",
            hint=f"It needs the role {role.name.lower()}.",
        )


def refusal(error: KitError) -> Reply:
    """An error as an answer."""
    return Reply(text=str(error), ok=False)


def _parts(cards: tuple[Card, ...]) -> Outcome:
    """Ticket, verdict and order as the cards carry them."""
    ticket = verdict = order = None
    for card in cards:
        if isinstance(card, TicketCard):
            ticket, verdict = card.ticket, card.ticket.verdict
        elif isinstance(card, RefusalCard):
            verdict = card.verdict
        elif isinstance(card, ReportCard):
            order = card.order
    return Outcome(reply=Reply(text=""), ticket=ticket, verdict=verdict, order=order)
