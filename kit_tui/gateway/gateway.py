"""The gateway: every message of every channel comes in here and is answered from here."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence

from kit_tui.commands.command import Command, Effect
from kit_tui.commands.registry import typed
from kit_tui.domain.cards import Reply
from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import KitError
from kit_tui.domain.message import Principal, Role
from kit_tui.domain.ticket import OrderRequest, Ticket
from kit_tui.gateway.access import NotAllowedError, require_may_approve, require_role
from kit_tui.gateway.account import Account
from kit_tui.gateway.answering import COMMAND, Answering
from kit_tui.gateway.channel import Channel, LateWords
from kit_tui.gateway.context import TradingProposals, TurnContext
from kit_tui.gateway.conversation import NOWHERE, Conversation, Source
from kit_tui.gateway.desk import Outcome, Preview
from kit_tui.gateway.everywhere import halt_all
from kit_tui.gateway.happenings import Happenings
from kit_tui.gateway.incoming import clean, reason_of, words_of
from kit_tui.gateway.keys import KeyKeeper
from kit_tui.gateway.late import tell_late
from kit_tui.gateway.model_turns import ModelTurns
from kit_tui.gateway.outcomes import answered, guarded, outcome_of, refusal
from kit_tui.gateway.people import People
from kit_tui.gateway.sessions import Sessions
from kit_tui.gateway.tickets import TicketWatch
from kit_tui.gateway.unasked import sent_unasked
from kit_tui.gateway.viewing import store_for
from kit_tui.gateway.watchlist import SharedWatchlist
from kit_tui.gateway.work import Work
from kit_tui.state.journal import Journal
from kit_tui.state.slices import CONNECTIONS, DELIVERIES, Connection, Delivery
from kit_tui.trading.tickets import worth

log = logging.getLogger(__name__)

FORM = "form"

__all__ = ["Gateway", "NotAllowedError"]


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
        self.on_primary_changed: list[Callable[[str], None]] = []
        self.opener: Callable[[str], Awaitable[Account]] | None = None
        self.keys: KeyKeeper | None = None
        self.people = People(journal, clock)
        self.people.on_changed.append(self._people_changed)
        self._connections: dict[str, Connection] = {}
        self._deliveries: dict[str, Delivery] = {}
        self._work = Work()
        self._happenings = Happenings(
            journal, self.conversation, is_busy=lambda: self._work.busy,
            primary=lambda: self.primary,
        )  # fmt: skip
        self._work.on_idle = self._happenings.tell
        self.tickets = TicketWatch(journal, self.conversation)
        self._answering = Answering(self, sessions)
        self.turns = ModelTurns(self, self._answering)

    # -- accounts and channels ---------------------------------------------------------------

    def add_account(self, account: Account) -> None:
        """Take an account in, or put it in place of one of that name; desks turn to it."""
        replaced = account.name in self.accounts
        self.accounts[account.name] = account
        self.primary = self.primary or account.name
        self.conversation.show_in(account.store)
        self.watchlist.show_in(account.store)
        self.people.show_in(account.store)
        self.tickets.follow(account)
        self._happenings.follow(account)
        self._publish_connections()
        self._publish_deliveries()
        if replaced:
            self.make_primary(self.primary)

    async def open_account(self, name: str) -> Account:
        """The account with this name, opened now if it is not yet; a KitError says why not."""
        if name in self.accounts:
            return self.accounts[name]
        if self.opener is None:
            raise KitError(f"There is no account {name[:30]!r}.")
        return await self.opener(name)

    def make_primary(self, name: str) -> None:
        """Let desks and channels which follow the engine move to another account."""
        self.primary = name
        for listener in tuple(self.on_primary_changed):
            try:
                listener(name)
            except Exception:
                log.exception("a desk did not move to the %s account", name)

    async def add_channel(self, channel: Channel) -> None:
        """Start a channel and mirror the conversation to it."""
        await channel.start(self)
        self.conversation.mirror_to(channel)

    async def stop_channel(self, name: str) -> None:
        """Stop one channel, if it runs; what it still had to tell, its next run tells."""
        for mirror in [m for m in self.conversation.mirrors if m.channel.name == name]:
            self.conversation.mirrors.remove(mirror)
            await mirror.channel.stop()
            await mirror.stop()

    async def stop_channels(self) -> None:
        """Stop every channel; one that fails to stop does not keep the others running."""
        for mirror in self.conversation.mirrors:
            try:
                await mirror.channel.stop()
            except Exception:
                log.exception("channel %s did not stop", mirror.channel.name)
            await mirror.stop()
        self.conversation.mirrors.clear()

    def interrupt(self, principal: Principal) -> bool:
        """Break off the model's turn for this person; whether there was one."""
        return self.turns.interrupt(principal)

    async def settle(self) -> None:
        """Wait until every request under way is answered and told; for stopping."""
        await self._work.settle()

    def connection(self, connection: Connection) -> None:
        """A channel's state changed."""
        self._connections[f"{connection.kind} {connection.name}"] = connection
        self._publish_connections()

    @property
    def begun_at(self) -> int:
        """The number of the last message before this run."""
        return self.conversation.begun_at

    @property
    def told(self) -> int:
        """The number of the newest message."""
        return self.conversation.told

    def menu(self) -> tuple[Command, ...]:
        """The commands that work from elsewhere than this machine, by name."""
        registry = self.accounts[self.primary].registry
        return tuple(c for c in registry.all() if c.effect is not Effect.ADMIN)

    def ticket(self, ticket_id: str) -> Ticket | None:
        """A ticket as it stands now, None when there is none."""
        return self.tickets.find(ticket_id)

    def delivered(self, delivery: Delivery) -> None:
        """A channel was told further, or has trouble telling."""
        self._deliveries[delivery.channel] = delivery
        self._publish_deliveries()

    # -- messages ----------------------------------------------------------------------------

    async def handle(self, principal: Principal, text: str, mark: str = "") -> None:
        """One message of a channel on the primary account; the answer is mirrored back.

        One whose `mark` is in the journal already was acted on, perhaps before a crash.
        """
        account = self.primary
        if mark and self.conversation.holds(principal, mark):
            return
        try:
            await self.message(principal, text, account=account, mark=mark)
        except KitError as error:
            self.conversation.kit_said(principal, refusal(error), account=account, mark=mark)

    async def came_late(self, principal: Principal, words: Sequence[LateWords]) -> None:
        """Words that came long after they were said: they are told of, and kept, not acted on."""
        await tell_late(self, principal, words)

    async def kept(self) -> None:
        """Wait until everything said so far is durable."""
        await self.conversation.kept()

    async def message(
        self, principal: Principal, text: str, *, account: str, approve: bool = False,
        mark: str = "",
    ) -> Outcome:  # fmt: skip
        """One message through the whole pipeline; `mark` is a service's own number of it.

        Raises:
            UsageError: when it is empty or too long; nothing was recorded then.
            SecretInChatError: when it looks like a secret; nothing was recorded then.
        """
        words, desk = words_of(text), self.accounts[account]
        request = self._message(principal, words, desk, approve=approve, mark=mark)
        return await self._work.finish(request)

    async def run(
        self, principal: Principal, name: str, arguments: dict[str, str], *, account: str
    ) -> Reply:
        """One command by name; only those that read stay out of the conversation.

        Raises:
            UsageError: for unknown commands, and arguments too long to be any.
            SecretInChatError: when the arguments look like a secret.
        """
        desk = self.accounts[account]
        command = desk.registry.find(name)
        words = clean(typed(command, arguments))
        return await self._work.finish(self._run_told(principal, command, arguments, words, desk))

    async def answer(
        self, principal: Principal, ticket_id: str, ticket_hash: str | None, approve: bool
    ) -> Reply:
        """Approve or reject a ticket from any channel; the answer joins the conversation."""
        return (await self.answer_ticket(principal, ticket_id, ticket_hash, approve)).reply

    async def answer_ticket(
        self, principal: Principal, ticket_id: str, ticket_hash: str | None, approve: bool,
        *, typed: str = "",
    ) -> Outcome:  # fmt: skip
        """As `answer`, with the ticket and the order for those who may see them; `typed` is the
        pair, where it has to be.

        Raises:
            KitError: when there is no such ticket.
        """

        async def act() -> Outcome:
            reply = await self.settle_ticket(
                principal, ticket_id, ticket_hash, approve, typed=typed
            )
            self._say(principal, reply, ticket.order.account)
            if principal.role < Role.TRADER:  # what a ticket is for is the account's own business
                return outcome_of(reply)
            return answered(reply, self.tickets.get(ticket_id))

        ticket = self.tickets.get(ticket_id)
        return await self._work.finish(act())

    async def settle_ticket(
        self, principal: Principal, ticket_id: str, ticket_hash: str | None, approve: bool,
        *, typed: str = "",
    ) -> Reply:  # fmt: skip
        """Approve or reject a ticket; the caller tells the conversation.

        Raises:
            KitError: when there is no such ticket.
        """
        ticket = self.tickets.get(ticket_id)
        account = self._account_of(ticket)

        async def act() -> Reply:
            require_role(principal, Role.TRADER)
            if not approve:
                return (await account.trading.reject(ticket_id, principal=principal)).reply
            rate = account.trading.valuation.known_rate(ticket.order.pair.quote)
            require_may_approve(principal, ticket, worth(ticket.order, ticket.market_price, rate))
            done = await account.trading.approve(
                ticket_id, principal=principal, ticket_hash=ticket_hash, typed=typed
            )
            return done.reply

        return await guarded(act)

    async def propose(
        self, principal: Principal, request: OrderRequest, *, account: str, instead_of: str = ""
    ) -> Outcome:
        """A ticket from the order form; the answer joins the conversation.

        One in place of a ticket that waits stays read by what read that one, and is always asked
        about: whoever changes an order has not approved it.

        Raises:
            KitError: when there is no ticket `instead_of`.
        """
        desk = self.accounts[account]
        words = f"{request.side.value} {request.pair} (order form)"
        read_by = self.tickets.get(instead_of).read_by if instead_of else FORM
        context = self.context(principal, words, desk, read_by=read_by)

        async def act() -> Reply:
            require_role(principal, Role.TRADER)
            return await context.proposals.propose(request, context)

        async def told() -> Outcome:
            said = self.conversation.person_said(principal, words, account)
            outcome = outcome_of(await guarded(act))
            if not instead_of:
                outcome = await sent_unasked(outcome, desk, self.tickets)
            self._say(principal, outcome.reply, account, reply_to=said.id)
            return outcome

        return await self._work.finish(told())

    async def preview(self, request: OrderRequest, *, account: str) -> Preview:
        """How a request would fare now; nothing is put up."""
        draft, verdict, problem = await self.accounts[account].trading.preview(request)
        return Preview(draft=draft, verdict=verdict, problem=problem)

    async def halt(self, principal: Principal, reason: str) -> Reply:
        """Halt every account at once; durable before anything else happens.

        Raises:
            NotAllowedError: for viewers.
        """
        require_role(principal, Role.TRADER)
        reply = await halt_all(self.accounts.values(), reason_of(reason), principal)
        self._say(principal, reply, self.primary)
        return reply

    def context(
        self, principal: Principal, words: str, account: Account, *, read_by: str = ""
    ) -> TurnContext:
        """What a command gets, as far as its person may see; `read_by` names the engine that read
        or proposed what it does."""
        return TurnContext(
            principal=principal,
            words=words,
            account=account.name,
            store=store_for(principal, account.store),
            clock=self.clock,
            market=account.market,
            proposals=TradingProposals(account.trading),
            watchlist=self.watchlist,
            read_by=read_by,
        )

    # -- inside ------------------------------------------------------------------------------

    async def _message(
        self, principal: Principal, words: str, desk: Account, *, approve: bool, mark: str
    ) -> Outcome:
        said = self.conversation.person_said(principal, words, desk.name, mark=mark)

        def tell(reply: Reply, source: Source) -> None:
            self._say(principal, reply, desk.name, reply_to=said.id, source=source)

        given = await self._answering.answer(said, principal, desk, approve=approve, tell=tell)
        if not given.told:
            tell(given.outcome.reply, given.source)
        return given.outcome

    async def _run_told(
        self, principal: Principal, command: Command, arguments: dict[str, str], words: str,
        desk: Account,
    ) -> Reply:  # fmt: skip
        context = self.context(principal, words, desk, read_by=COMMAND)
        ran = outcome_of(await guarded(lambda: self._answering.run(command, arguments, context)))
        if command.effect is Effect.PROPOSES:
            ran = await sent_unasked(ran, desk, self.tickets)
        reply = ran.reply
        if command.effect is not Effect.READS:
            said = self.conversation.person_said(principal, words, desk.name)
            source = Source(engine=COMMAND)
            self._say(principal, reply, desk.name, reply_to=said.id, source=source)
        return reply

    def _say(
        self, principal: Principal, reply: Reply, account: str, *, reply_to: str | None = None,
        source: Source = NOWHERE,
    ) -> None:  # fmt: skip
        self._happenings.heard(reply)
        self.conversation.kit_said(
            principal, reply, account=account, reply_to=reply_to, source=source
        )

    def _account_of(self, ticket: Ticket) -> Account:
        name = ticket.order.account
        if name not in self.accounts:
            raise KitError(
                f"Ticket {ticket.id} belongs to the {name} account, which is not open.",
                hint="The engine that runs here serves another account.",
            )
        return self.accounts[name]

    def _publish_connections(self) -> None:
        for account in self.accounts.values():
            known = account.store.get(CONNECTIONS) or ()
            own = tuple(line for line in known if line.kind == "venue")
            account.store.publish(CONNECTIONS, (*own, *self._connections.values()))

    def _people_changed(self, name: str) -> None:
        for mirror in self.conversation.mirrors:
            if mirror.channel.name == name:
                mirror.channel.people_changed()

    def _publish_deliveries(self) -> None:
        for account in self.accounts.values():
            account.store.publish(DELIVERIES, tuple(self._deliveries.values()))
