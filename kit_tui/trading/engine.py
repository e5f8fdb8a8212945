"""The trading engine of one account: the one road from a wish to an order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from decimal import Decimal
from typing import Any, TypeVar

from kit_tui.commands.command import MarketSource
from kit_tui.domain.cards import Reply
from kit_tui.domain.clock import Clock
from kit_tui.domain.ledger import Ledger
from kit_tui.domain.message import Principal, Role
from kit_tui.domain.numbers import Price
from kit_tui.domain.orders import Mode, Order
from kit_tui.domain.pair import Pair
from kit_tui.domain.risk import TradingState, TradingStatus, Verdict
from kit_tui.domain.size import Size
from kit_tui.domain.ticket import OrderDraft, OrderRequest, Ticket
from kit_tui.exchanges.base import Exchange
from kit_tui.risk.manager import RiskManager
from kit_tui.settings.model import Settings
from kit_tui.state.halt import TradingStateFile
from kit_tui.state.journal import Journal
from kit_tui.state.store import Store
from kit_tui.trading import reports
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.answers import Answer, Proposal
from kit_tui.trading.approvals import Approvals
from kit_tui.trading.arming import Arming
from kit_tui.trading.autonomy import AutonomyPolicy
from kit_tui.trading.care import Care
from kit_tui.trading.emulation import Watcher
from kit_tui.trading.exits import Exits
from kit_tui.trading.flows import Flows
from kit_tui.trading.guarding import Guarding
from kit_tui.trading.moving import Moves
from kit_tui.trading.owners_word import OwnersWord
from kit_tui.trading.proposing import NotAllowedError, Proposer
from kit_tui.trading.protection import Protection
from kit_tui.trading.publish import Publisher
from kit_tui.trading.reconcile import Reconciler
from kit_tui.trading.rounds import Rounds
from kit_tui.trading.sender import Sender
from kit_tui.trading.sizing import Sizer
from kit_tui.trading.state_of_trading import StateOfTrading
from kit_tui.trading.valuation import Valuation

T = TypeVar("T")
log = logging.getLogger(__name__)


class TradingEngine(OwnersWord):
    """Tickets, orders, exits and guards of one account, whoever asks.

    Whatever moves an order runs under the account's lock and to its end, even if the caller goes
    away. A halt waits for nothing.
    """

    def __init__(
        self,
        *,
        account: str,
        mode: Mode,
        exchange: Exchange,
        feed: MarketSource,
        journal: Journal,
        store: Store,
        settings: Settings,
        clock: Clock,
        trading_state: TradingStateFile,
        fingerprint: str = "",
        base_url: str = "",
    ) -> None:
        self.account = TradingAccount(
            name=account, mode=mode, exchange=exchange, market=feed, journal=journal,
            store=store, settings=settings, clock=clock, fingerprint=fingerprint,
            base_url=base_url,
        )  # fmt: skip
        self.state = StateOfTrading(trading_state, journal, clock)
        self.valuation = Valuation(self.account)
        parts = (self.account, self.valuation)
        sender = Sender(self.account, self.state)
        sender.rate_between = self.valuation.rate_between
        protection = Protection(self.account, sender)
        self._wire(parts, sender, protection, RiskManager(settings.risk_manager))

    def _wire(
        self,
        parts: tuple[TradingAccount, Valuation],
        sender: Sender,
        protection: Protection,
        risk: RiskManager,
    ) -> None:
        """Give every part what it works with."""
        self._proposer = Proposer(*parts, self.state, risk, sender, protection=protection)
        self._exits = Exits(*parts, self._proposer, sender, protection)
        self._sizer = Sizer(*parts, self._proposer, risk)
        self._moves = Moves(*parts, self._proposer, protection)
        self._approvals = Approvals(*parts, self._proposer, sender, self._exits)
        self._guarding = Guarding(*parts, self.state, sender, self._exits)
        reconciler = Reconciler(*parts, sender)
        self._rounds = Rounds(
            account=self.account, valuation=self.valuation, sender=sender, protection=protection,
            proposer=self._proposer, approvals=self._approvals, reconciler=reconciler,
            flows=Flows(*parts, sender), guarding=self._guarding,
            watcher=Watcher(*parts, self._proposer, sender, protection),
        )  # fmt: skip
        self._care = Care(*parts, sender, reconciler.absence)
        self._arming = Arming(*parts, sender)
        self.autonomy = AutonomyPolicy(*parts, self.state, sender)
        self._publisher = Publisher(*parts)
        self._running: set[asyncio.Task[Any]] = set()

    @property
    def venue(self) -> str:
        """The venue's name as orders carry it."""
        return self.account.venue

    @property
    def ledger(self) -> Ledger:
        return self.account.ledger

    @property
    def status(self) -> TradingStatus:
        """The trading state with who set it, why and when."""
        return self.state.refresh()

    def pairs_in_use(self) -> tuple[Pair, ...]:
        """Pairs that are held, worked or waiting for an answer, whose prices must stay fresh."""
        held = [p.pair for p in self.ledger.open_positions(self.account.name)]
        working = [o.pair for o in self.account.all_open_orders()]
        waiting = [
            t.order.pair
            for t in self.ledger.pending_tickets()
            if t.order.account == self.account.name
        ]
        return tuple(dict.fromkeys([*held, *working, *waiting]))

    # -- life ----------------------------------------------------------------------------------

    async def start(self) -> None:
        """Reconcile with the venue before anything else, then value and publish."""
        await self._pass()

    async def tick(self) -> None:
        """One round after each poll: expire, reconcile, value, guard, publish."""
        await self._pass()

    async def settle(self) -> None:
        """Wait until orders under way and state changes are finished; for stopping."""
        if self._running:
            await asyncio.gather(*self._running, return_exceptions=True)
        await self.state.settle()

    # -- orders --------------------------------------------------------------------------------

    async def propose(
        self, request: OrderRequest, *, principal: Principal, words: str, read_by: str = ""
    ) -> Proposal:
        """A ticket for a request, or every check of its refusal.

        `read_by` names what read the words (`domain.autonomy`), or the model that proposed it.

        Raises:
            KitError: when the request cannot be made into an order at all.
        """
        work = self._proposer.propose(request, principal=principal, words=words, read_by=read_by)
        return await self._published(self._agreed(work))

    async def preview(self, request: OrderRequest) -> tuple[OrderDraft | None, Verdict | None, str]:
        """The draft and verdict of a request now, or why it cannot be built; nothing is kept."""
        return await self._proposer.preview(request)

    async def size(
        self, pair: Pair, stop: Price, *, risk: Decimal, entry: Price | None = None
    ) -> Size:
        """How much may be bought with a stop; nothing is proposed. See `Sizer.size`."""
        return await self._sizer.size(pair, stop, risk=risk, entry=entry)

    async def approve(
        self,
        ticket_id: str,
        *,
        principal: Principal,
        ticket_hash: str | None = None,
        typed: str = "",
    ) -> Answer:
        """Send a pending ticket's order. `typed` is its pair, where that has to be typed.

        Raises:
            KitError: when the ticket is unknown, answered already, the hash does not fit, or the
                pair has to be typed and was not.
        """
        work = self._approvals.approve(
            ticket_id, principal=principal, ticket_hash=ticket_hash, typed=typed
        )
        return await self._known(await self._finish(self._agreed(work)))

    async def answer_by_autonomy(self, ticket: Ticket) -> Answer | None:
        """Send a pending ticket's order if nobody has to be asked; None when somebody has to.

        `autonomy.may_send_unasked` says why. Of what is sent the reply tells level and caps.
        """
        if not self.autonomy.may_send_unasked(ticket)[0]:
            return None
        work = self._approvals.approve_unasked(ticket, self.autonomy)
        answer = await self._finish(self._agreed(work))
        return None if answer is None else self.autonomy.reported(await self._known(answer))

    async def reject(self, ticket_id: str, *, principal: Principal) -> Answer:
        """Reject a pending ticket.

        Raises:
            KitError: when it is unknown or answered already.
        """
        return await self._finish(self._approvals.reject(ticket_id, principal=principal))

    # -- exits ---------------------------------------------------------------------------------

    async def close_position(
        self, pair: Pair, fraction: Decimal = Decimal(1), *, principal: Principal, words: str,
        read_by: str = "",
    ) -> Proposal:  # fmt: skip
        """A ticket that closes a position or a share of it."""
        work = self._exits.close(pair, fraction, principal=principal, words=words, read_by=read_by)
        return await self._published(self._agreed(work))

    async def close_all(self, *, principal: Principal, words: str, read_by: str = "") -> Proposal:
        """A ticket for every open position."""
        work = self._exits.close_all(principal=principal, words=words, read_by=read_by)
        return await self._published(self._agreed(work))

    async def move_stop(
        self, pair: Pair, *, price: Decimal | None = None, trail: Decimal | None = None,
        principal: Principal,
    ) -> Answer:  # fmt: skip
        """Move the stop of a position at once, to a price or to trail by a fraction.

        Raises:
            KitError: when there is no position, or the price has passed that level already.
        """
        return await self._finish(
            self._moves.stop(pair, price=price, trail=trail, principal=principal)
        )

    async def move_target(self, pair: Pair, price: Decimal, *, principal: Principal) -> Answer:
        """Move the target of a position at once.

        Raises:
            KitError: when there is no position, or the price is beyond the target already.
        """
        return await self._finish(self._moves.target(pair, price, principal=principal))

    async def cancel(self, order_id: str, *, principal: Principal) -> Answer:
        """Cancel one working order at once.

        Raises:
            KitError: when there is no such working order.
        """
        return await self._finish(self._exits.cancel(order_id, principal=principal))

    async def cancel_all(self, *, principal: Principal, pair: Pair | None = None) -> Answer:
        """Cancel every working order at once, or those of one pair."""
        return await self._finish(self._exits.cancel_all(principal=principal, pair=pair))

    # -- the state of trading ------------------------------------------------------------------

    async def halt(self, reason: str, by: str) -> Reply:
        """Halt at once; durable in its own file before this returns, whatever the journal does."""
        raised = self.state.raised
        changed = self.state.restrict(TradingState.HALTED, reason, by)
        self._publish()
        if not changed:
            return Reply(text=f"Trading is halted already: {self.state.status.reason}.")
        lowered = f" Every order is asked about again ({', '.join(raised)})." if raised else ""
        return Reply(
            text="Trading is halted. Nothing new is opened; exits, stops and cancels still work. "
            f"A person resumes it at the terminal: /resume RESUME.{lowered}"
        )

    async def reduce(self, reason: str, by: str) -> Reply:
        """Let nothing new be opened from here on; as durable as a halt, and lifted as one is."""
        changed = self.state.restrict(TradingState.REDUCING, reason, by)
        self._publish()
        return reports.reducing_reply(self.state.status, self.account.open_orders(), changed)

    async def resume(self, by: Principal) -> Reply:
        """Back to active, by a person at this machine; limits still broken are counted anew.

        Raises:
            KitError: for anyone else, or when it cannot be made durable.
        """
        if not by.local or by.role < Role.OWNER:
            raise NotAllowedError("Only the owner at this machine's terminal resumes trading.")
        if self.state.refresh().state is TradingState.ACTIVE:
            return Reply(text="Trading is active.")
        return await self._finish(self._resume(by))

    async def rebase(self, by: Principal) -> str:
        """Count limits that are broken from present equity on, before another account resumes.

        Returns what was rebased. Raises as `resume` does.
        """
        if not by.local or by.role < Role.OWNER:
            raise NotAllowedError("Only the owner at this machine's terminal resumes trading.")
        if self.state.refresh().state is TradingState.ACTIVE:
            return ""
        return await self._finish(self._rebase())

    async def kill(self, by: str) -> Reply:
        """Halt, cancel everything, close everything that K.I.T. opened, and say what is left."""
        self.state.restrict(TradingState.HALTED, "kill switch", by)
        return await self._finish(self._exits.kill(by))

    # -- inside --------------------------------------------------------------------------------

    async def _resume(self, by: Principal) -> Reply:
        rebased = await self._rebase()
        async with self.account.lock:
            await self.state.resume(f"resumed by {by.name}", by.name)
            await self._value()
        return Reply(text=f"Trading is active again. {rebased}".strip())

    async def _rebase(self) -> str:
        async with self.account.lock:
            await self._value()
            rebased = await self._guarding.rebase()
            await self._guarding.forget_plan()
        return rebased

    async def _pass(self) -> None:
        self.state.refresh()
        try:
            await self._rounds.run()
        finally:
            self._publish()

    async def _agreed(self, work: Coroutine[Any, Any, T]) -> T:
        """Do what proposes or moves an order, after an outage only when the venue was asked."""
        try:
            await self._rounds.agree()
        except BaseException:
            work.close()
            raise
        return await work

    async def _value(self) -> None:
        await self.valuation.refresh()

    async def _known(self, answer: Answer) -> Answer:
        """The answer, after the venue was asked about an order of which it said nothing."""
        order = answer.order
        if order is None or not order.is_open or order.emulated:
            return answer
        if order.venue_order_id is not None:
            return answer
        return await self._finish(self._look_into_unknown(answer, order))

    async def _look_into_unknown(self, answer: Answer, order: Order) -> Answer:
        """The report of an order that got no answer, after the venue was asked for it."""
        return self._approvals.report(answer, await self._rounds.resolve(order))

    async def _finish(self, work: Coroutine[Any, Any, T]) -> T:
        """Run to the end whatever happens to the caller, then publish."""
        task = asyncio.ensure_future(self._published(work, moved=True))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def _published(self, work: Coroutine[Any, Any, T], *, moved: bool = False) -> T:
        """Run and publish; `moved` says that balances may have changed."""
        try:
            return await work
        finally:
            if moved:
                await self.valuation.refresh()
            self._publish()

    def _publish(self) -> None:
        self._publisher.publish(self.state.status)
