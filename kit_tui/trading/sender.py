"""The order path: durable first, then to the venue, then what came of it. Never sent twice."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from kit_tui.domain.errors import (
    JournalError,
    KeysRefusedError,
    KitError,
    MarketClosedError,
    OrderRejectedError,
    UnknownPairError,
)
from kit_tui.domain.events import (
    Event,
    FillRecorded,
    NoticeRecorded,
    OrderMoved,
    OrderSubmitted,
)
from kit_tui.domain.numbers import plain
from kit_tui.domain.orders import Fill, Order, OrderStatus
from kit_tui.domain.risk import TradingState
from kit_tui.exchanges.base import VenueOrder
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.lineage import RELEASED
from kit_tui.trading.outcome import outcome_events, own_fills, without_twins
from kit_tui.trading.state_of_trading import StateOfTrading
from kit_tui.trading.tickets import to_send

# Venues' adapters have their own timeouts; this is the last line, so that no lock is held forever.
VENUE_TIMEOUT_S = 60.0
# Venues' clocks differ from ours; executions are asked for from a little earlier.
CLOCK_OVERLAP = timedelta(minutes=1)
# Venues' refusals with such a code say that they have the order already.
DUPLICATE = "DUPLICATE"
WATCHED = "watched here, works only while K.I.T. runs"
log = logging.getLogger(__name__)


class Sender:
    """Sends and cancels orders of one account. Callers hold the account's lock."""

    def __init__(self, account: TradingAccount, state: StateOfTrading) -> None:
        self._account = account
        self._state = state
        self._doubted: set[tuple[str, str, str, str]] = set()
        self.rate_between: Callable[[str, str], Decimal | None] = lambda *_: None
        """What one unit of a currency is worth in another now; set by the engine."""

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
        refusal = "" if order.reduce_only else self._why_no_entry(order)
        if refusal:
            await self.record(self._moved(order, OrderStatus.CANCELED, refusal))
            return account.ledger.orders[order.id]
        events: Sequence[Event]
        try:
            async with asyncio.timeout(VENUE_TIMEOUT_S):
                seen = await account.exchange.create_order(to_send(order))
        except Exception as error:  # noqa: BLE001 - what is no proof leaves the outcome unknown
            events = [self._refused(order, error)]
        else:
            account.trust.took_keys(reading=False)
            account.trust.open_market(order.pair)
            events = await self.outcome(order, seen)
        await self.record(*events)
        return account.ledger.orders[order.id]

    def _why_no_entry(self, order: Order) -> str:
        """The last look before an entry leaves: its approval may be older than what stops it."""
        if self._state.refresh().state is not TradingState.ACTIVE:
            return f"trading was {self._state.state.value} before it was sent"
        barred = self._account.trust.against(order.pair)
        return f"not sent: {barred}" if barred else ""

    def _refused(self, order: Order, error: Exception) -> OrderMoved:
        """What a failed submission proves: REJECTED only where the venue proved it."""
        trust = self._account.trust
        if isinstance(error, KeysRefusedError):
            self.keys_refused(error, reading=False)
            return self._moved(order, OrderStatus.REJECTED, error.message)
        if isinstance(error, MarketClosedError | UnknownPairError):
            if not trust.is_closed(order.pair):
                self.notice("frozen", f"{order.pair} takes no entries: {error.message}")
            trust.close_market(order.pair, error.message)
            return self._moved(order, OrderStatus.REJECTED, error.message)
        if isinstance(error, OrderRejectedError) and not error.code.startswith(DUPLICATE):
            return self._moved(order, OrderStatus.REJECTED, error.message)
        # The venue may have taken the order, also when it says that it has the id already: only a
        # query can tell.
        log.warning("order %s: outcome unknown: %r", order.id, error)
        return self._moved(order, OrderStatus.UNKNOWN, _why(error))

    def keys_refused(self, error: KeysRefusedError, *, reading: bool) -> None:
        """Remember that the venue refuses the account's keys, and say so once."""
        account = self._account
        if account.trust.refuse_keys(error.message, reading=reading):
            self.notice(
                "keys",
                f"{account.venue} refuses the keys of {account.name}. No entries are sent; exits "
                f"and cancels are tried. {error.hint or 'Give new keys with kit connect.'}",
            )

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
        if reason == RELEASED:
            await self.leaves(self._together(order))
            order = account.ledger.orders.get(order.id, order)
        try:
            async with asyncio.timeout(VENUE_TIMEOUT_S):
                seen = await account.exchange.cancel_order(order.pair, order.client_id)
        except Exception as error:  # noqa: BLE001 - whatever it is, the order may still work
            if isinstance(error, KeysRefusedError):
                self.keys_refused(error, reading=False)
            log.warning("order %s could not be cancelled: %r", order.id, error)
            if order.status is not OrderStatus.PENDING_CANCEL:
                await self.record(self._moved(order, OrderStatus.PENDING_CANCEL, reason))
            return f"Order {order.id} could not be cancelled yet and is tried again: {_why(error)}"
        account.trust.took_keys(reading=False)
        events = await self.outcome(order, seen)
        if seen.status is OrderStatus.CANCELED:
            events = [e for e in events if not isinstance(e, OrderMoved)]
            events.append(self._moved(order, OrderStatus.CANCELED, reason))
        await self.record(*events)
        return ""

    async def leaves(self, orders: Iterable[Order]) -> None:
        """Make it durable that working orders leave the venue and are to be put up again.

        Else a crash behind a cancel leaves orders that ended for a reason nobody knows.
        """
        known = [self._account.ledger.orders[order.id] for order in orders]
        leaving = [
            order
            for order in known
            if order.is_open and not order.emulated
            and order.status is not OrderStatus.PENDING_CANCEL
        ]  # fmt: skip
        await self.record(*(self._moved(o, OrderStatus.PENDING_CANCEL, RELEASED) for o in leaving))

    def _together(self, order: Order) -> list[Order]:
        """An order and what the venue ends with it."""
        grouped = self._account.exchange.has_oco and order.group_id is not None
        others = self._account.open_orders() if grouped else []
        return [order, *(o for o in others if o.group_id == order.group_id and o.id != order.id)]

    async def outcome(self, order: Order, seen: VenueOrder) -> list[Event]:
        """The events that bring an order in line with the venue, executions included."""
        account, fills = self._account, list[Fill]()
        if seen.filled > order.filled:
            try:
                since = order.created_at - CLOCK_OVERLAP
                found = own_fills(order, await account.exchange.fetch_fills(since), seen)
                fills = self.fresh_fills(found, since, seen.filled - order.filled)
            except KitError as error:
                # The order is known to be there; reconciliation fetches its executions later.
                log.warning("order %s: executions not fetched: %s", order.id, error.message)
        return outcome_events(order, seen, fills, account.ledger, account.clock.now())

    def fresh_fills(
        self, fills: Sequence[Fill], since: datetime, room: Decimal | None = None
    ) -> list[Fill]:
        """Executions of one order that are not counted yet; a second name for one is told.

        For `since` and `room` see `without_twins`.
        """
        fresh, twins = without_twins(fills, self._account.ledger, since, room)
        told = {fill.key for fill in fills}
        for fill in twins:
            if fill.key not in self._doubted and told & self._account.ledger.fill_keys:
                # Perhaps it is newer than what the venue said of the order; the next look tells.
                self._doubted.add(fill.key)
                continue
            text = (
                f"Execution {fill.trade_id} of order {fill.order_id} is one that is counted "
                f"already under another id; it is not counted again."
            )
            if all(notice.text != text for notice in self._account.ledger.notices):
                self.notice("duplicate fill", text)
        return fresh

    async def record(self, *events: Event) -> None:
        """One commit. When it fails, trading halts: nothing may happen that cannot be kept.

        Raises:
            JournalError: after halting.
        """
        ledger = self._account.ledger
        overfilled = set(ledger.overfilled_ids)
        try:
            await self._account.journal.append(*(self._with_fee_value(e) for e in events))
        except JournalError as error:
            self._state.restrict(
                TradingState.HALTED, f"the journal cannot be written: {error.message}", "K.I.T."
            )
            raise
        for order in map(ledger.orders.get, ledger.overfilled_ids.keys() - overfilled):
            if order is not None and not order.outside:
                self.notice(
                    "overfilled",
                    f"Order {order.id} filled {plain(order.filled)} {order.pair.base}, more than "
                    f"the {plain(order.quantity)} it asked for. It is counted; no entries in "
                    f"{order.pair} until the position is closed or you type /clear {order.pair}.",
                )

    def _with_fee_value(self, event: Event) -> Event:
        """The same event, with the worth of a fee that was taken in a third coin."""
        if not isinstance(event, FillRecorded) or event.fee_value is not None:
            return event
        fill = event.fill
        if fill.fee == 0 or fill.fee_currency in (fill.pair.base, fill.pair.quote):
            return event
        rate = self.rate_between(fill.fee_currency, fill.pair.quote)
        if rate is None:
            self.notice(
                "fee",
                f"The fee of {plain(fill.fee)} {fill.fee_currency} in {fill.pair} has no known "
                f"price: it lowers the balance and not the profit shown.",
            )
            return event
        return msgspec.structs.replace(event, fee_value=fill.fee * rate)

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


def _why(error: Exception) -> str:
    if isinstance(error, KitError):
        return error.message
    return "no answer in time" if isinstance(error, TimeoutError) else type(error).__name__
