"""The order path: durable first, then to the venue, then what came of it. Never sent twice."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta

from kit_tui.domain.errors import (
    JournalError,
    KitError,
    OrderRejectedError,
    UnknownPairError,
)
from kit_tui.domain.events import Event, NoticeRecorded, OrderMoved, OrderSubmitted
from kit_tui.domain.orders import Fill, Order, OrderStatus, Side
from kit_tui.domain.risk import TradingState
from kit_tui.exchanges.base import VenueOrder
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.outcome import outcome_events, own_fills
from kit_tui.trading.state_of_trading import StateOfTrading
from kit_tui.trading.tickets import to_send

# Venues' adapters have their own timeouts; this is the last line, so that no lock is held forever.
VENUE_TIMEOUT_S = 60.0
# Venues' clocks differ from ours; executions are asked for from a little earlier.
CLOCK_OVERLAP = timedelta(minutes=1)
WATCHED = "watched here, works only while K.I.T. runs"
log = logging.getLogger(__name__)


class Sender:
    """Sends and cancels orders of one account. Callers hold the account's lock."""

    def __init__(self, account: TradingAccount, state: StateOfTrading) -> None:
        self._account = account
        self._state = state

    async def send(self, order: Order, *before: Event) -> Order:
        """Submit an order: one commit before the venue hears of it and one for the outcome.

        `before` are events that belong to the first commit. Returns the order as it then stands.

        Raises:
            JournalError: when a commit failed. Nothing was sent if it was the first; otherwise
                the next start asks the venue. Trading is halted either way.
        """
        account = self._account
        if order.emulated:
            return await self._watch(order, *before)
        await self.record(*before, OrderSubmitted(order=order, at=account.clock.now()))
        if not order.reduce_only and self._state.refresh().state is not TradingState.ACTIVE:
            reason = f"trading was {self._state.state.value} before it was sent"
            await self.record(self._moved(order, OrderStatus.CANCELED, reason))
            return account.ledger.orders[order.id]
        events: Sequence[Event]
        try:
            async with asyncio.timeout(VENUE_TIMEOUT_S):
                seen = await account.exchange.create_order(to_send(order))
        except (OrderRejectedError, UnknownPairError) as error:
            events = [self._moved(order, OrderStatus.REJECTED, error.message)]
        except Exception as error:  # noqa: BLE001 - whatever it is, it proves nothing
            # The venue may have taken the order: only a query can tell.
            log.warning("order %s: outcome unknown: %r", order.id, error)
            events = [self._moved(order, OrderStatus.UNKNOWN, _why(error))]
        else:
            events = await self.outcome(order, seen)
        await self.record(*events)
        return account.ledger.orders[order.id]

    async def _watch(self, order: Order, *before: Event) -> Order:
        """Take an order that is watched here: journalled like any other, and never sent."""
        submitted = OrderSubmitted(order=order, at=self._account.clock.now())
        accepted = self._moved(order, OrderStatus.ACCEPTED, WATCHED)
        await self.record(*before, submitted, accepted)
        return self._account.ledger.orders[order.id]

    async def cancel(self, order: Order, reason: str) -> str:
        """Cancel a working order; returns what went wrong, empty when it is known to have ended.

        A cancel without an answer leaves PENDING_CANCEL and is tried again by reconciliation.
        """
        account = self._account
        if order.emulated:
            await self.record(self._moved(order, OrderStatus.CANCELED, reason))
            return ""
        try:
            async with asyncio.timeout(VENUE_TIMEOUT_S):
                seen = await account.exchange.cancel_order(order.pair, order.client_id)
        except Exception as error:  # noqa: BLE001 - whatever it is, the order may still work
            log.warning("order %s could not be cancelled: %r", order.id, error)
            if order.status is not OrderStatus.PENDING_CANCEL:
                await self.record(self._moved(order, OrderStatus.PENDING_CANCEL, reason))
            return f"Order {order.id} could not be cancelled yet and is tried again: {_why(error)}"
        events = await self.outcome(order, seen)
        if seen.status is OrderStatus.CANCELED:
            events = [e for e in events if not isinstance(e, OrderMoved)]
            events.append(self._moved(order, OrderStatus.CANCELED, reason))
        await self.record(*events)
        return ""

    async def outcome(self, order: Order, seen: VenueOrder) -> list[Event]:
        """The events that bring an order in line with the venue, executions included."""
        account, fills = self._account, list[Fill]()
        if seen.filled > order.filled:
            try:
                found = await account.exchange.fetch_fills(order.created_at - CLOCK_OVERLAP)
                fills = own_fills(order, found)
            except KitError as error:
                # The order is known to be there; reconciliation fetches its executions later.
                log.warning("order %s: executions not fetched: %s", order.id, error.message)
        return outcome_events(order, seen, fills, account.ledger, account.clock.now())

    async def record(self, *events: Event) -> None:
        """One commit. When it fails, trading halts: nothing may happen that cannot be kept.

        Raises:
            JournalError: after halting.
        """
        try:
            await self._account.journal.append(*events)
        except JournalError as error:
            self._state.restrict(
                TradingState.HALTED, f"the journal cannot be written: {error.message}", "K.I.T."
            )
            raise

    def notice(self, kind: str, text: str) -> None:
        """Tell everyone; never fails for want of a journal."""
        account = self._account
        event = NoticeRecorded(kind=kind, text=text, account=account.name, at=account.clock.now())
        try:
            account.journal.post(event)
        except JournalError:
            log.warning("notice not journalled: %s", text)

    def _moved(self, order: Order, status: OrderStatus, reason: str) -> OrderMoved:
        return OrderMoved(
            order_id=order.id, status=status, reason=reason, at=self._account.clock.now()
        )

    def is_entry(self, order: Order) -> bool:
        """Whether an order opens or adds: on a margined account either side may."""
        if order.reduce_only:
            return False
        return self._account.exchange.is_margined or order.side is Side.BUY


def _why(error: Exception) -> str:
    if isinstance(error, KitError):
        return error.message
    return "no answer in time" if isinstance(error, TimeoutError) else type(error).__name__
