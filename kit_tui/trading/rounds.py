"""The rounds of one account: look at the venue, follow it, value, guard. In this order, always."""

from __future__ import annotations

import asyncio
import logging

import msgspec

from kit_tui.domain.errors import JournalError, KitError
from kit_tui.domain.ledger import Ledger
from kit_tui.domain.message import Principal, Role
from kit_tui.domain.orders import Order
from kit_tui.domain.pair import Pair
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.approvals import Approvals
from kit_tui.trading.emulation import Watcher
from kit_tui.trading.flows import Flows
from kit_tui.trading.found import Reconciled
from kit_tui.trading.guarding import Guarding
from kit_tui.trading.proposing import Proposer
from kit_tui.trading.protection import Protection
from kit_tui.trading.reconcile import Reconciler
from kit_tui.trading.sender import WATCHED, Sender
from kit_tui.trading.valuation import Valuation

# Books that agreed so lately need no look before an order.
AGREED_FOR_S = 30.0
CLOCK_TIMEOUT_S = 20.0
log = logging.getLogger(__name__)


class Rounds(msgspec.Struct, frozen=True, kw_only=True):
    """Runs the parts of one account's engine in the order in which they may believe each other."""

    account: TradingAccount
    valuation: Valuation
    sender: Sender
    protection: Protection
    proposer: Proposer
    approvals: Approvals
    reconciler: Reconciler
    flows: Flows
    guarding: Guarding
    watcher: Watcher

    @property
    def ledger(self) -> Ledger:
        return self.account.ledger

    async def run(self) -> None:
        """One whole round. What fails has flagged or halted what it must; the next tries again."""
        try:
            async with self.account.lock:
                await self.approvals.expire()
                found = await self.look()
                if await self.flows.record(found):
                    await self.valuation.refresh()
                if await self.guarding.mark():
                    await self.valuation.refresh()
                await self.guarding.act()
                if not found.problem and await self.watcher.run():
                    await self.valuation.refresh()
            await self.offer_lost(found.lost)
        except KitError as error:
            log.warning("a round of %s ended early: %s", self.account.name, error.message)

    async def look(self) -> Reconciled:
        """Bring orders, executions, positions and balances in line; the lock is held."""
        found, trust = await self.reconciler.run(), self.account.trust
        if not found.problem:
            held = {p.pair for p in self.ledger.open_positions(self.account.name)}
            await self.protect(found.pairs | held)
            await self._read_clock()
        await self.valuation.refresh()
        if not found.problem and self.valuation.problem:
            trust.disagreed(self.valuation.problem)
        if not trust.unreconciled:
            gone = await self.reconciler.outside.follow(found)
            if gone:
                await self.protect(gone)
                await self.valuation.refresh()
        return found

    async def _read_clock(self) -> None:
        """How far the venue's clock is from ours, before the first entry and now and then."""
        account = self.account
        if not account.trust.is_clock_due:
            return
        try:
            async with asyncio.timeout(CLOCK_TIMEOUT_S):
                offset = await account.exchange.clock_offset_s()
        except (KitError, TimeoutError) as error:
            log.warning("%s does not tell its time: %r", account.venue, error)
            return
        if account.trust.read_clock(offset):
            text = account.trust.clock_off
            self.sender.notice("clock", f"{text[0].upper()}{text[1:]}: no entries with real money.")

    async def agree(self) -> None:
        """Look before an order when the last look failed or is old, as after an outage.

        What the venue does not answer now is refused by the checks; exits are tried anyway.
        """
        account = self.account
        limit = max(AGREED_FOR_S, 3 * account.settings.state.poll_seconds)
        if account.trust.is_agreed_within(limit):
            return
        try:
            async with account.lock:
                if account.trust.is_agreed_within(limit):
                    return
                found = await self.look()
            await self.offer_lost(found.lost)
        except KitError as error:
            log.warning("%s was not reconciled before an order: %s", account.name, error.message)

    async def resolve(self, order: Order) -> Order:
        """Ask the venue at once what became of an order that got no answer."""
        async with self.account.lock:
            found = await self.reconciler.resolve(self.ledger.orders[order.id])
            await self.protect(found.pairs)
        await self.offer_lost(found.lost)
        return self.ledger.orders[order.id]

    async def protect(self, pairs: set[Pair]) -> None:
        """Place the stops that are due and clear those of closed positions."""
        markets = await self.account.market.markets()
        for pair in sorted(pairs):
            shut = self.account.trust.is_closed(pair)
            held = self.ledger.position(self.account.name, pair)
            if pair not in markets or (shut and held is not None):
                continue
            try:
                self._tell_watched(await self.protection.ensure(pair, markets[pair]))
            except JournalError:
                raise
            except KitError as error:  # the other pairs need their stops all the same
                log.warning("protecting %s failed: %s", pair, error.message)
                text = f"{pair} could not be looked after in this round: {error.message}"
                if all(notice.text != text for notice in self.ledger.notices):
                    self.sender.notice("protection", text)

    def _tell_watched(self, said: list[str]) -> None:
        """Nobody waits for an answer here: what protects only while this program runs is told."""
        told = {notice.text for notice in self.ledger.notices}
        for text in said:
            if WATCHED in text and text not in told:
                self.sender.notice("protection", text)

    async def offer_lost(self, lost: list[Order]) -> None:
        """An entry that never arrived is not sent again: a new ticket is offered instead."""
        for order in lost:
            ticket = self.ledger.tickets.get(order.ticket_id or "")
            text = f"Order {order.id} never reached {order.venue}; nothing was bought or sold."
            if ticket is None or order.parent_id is not None:
                self.sender.notice("lost", text)
                continue
            asker = Principal(
                channel=ticket.asked_on, user=ticket.asked_by, name=ticket.asked_by,
                role=Role.TRADER,
            )  # fmt: skip
            again = await self.proposer.offer_again(ticket, principal=asker, why=text)
            offer = f" Ticket {again.ticket.id} offers it again." if again.ticket else ""
            self.sender.notice("lost", text + offer)
