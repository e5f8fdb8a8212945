"""Brings our orders in line with the venue's. Running it twice changes nothing.

The venue is right about what happened to an order; we are right about what we meant. A query that
fails leaves everything as it is: what is not known is never taken for nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from kit_tui.domain.errors import KitError
from kit_tui.domain.events import Event, FillRecorded, OrderAdopted, OrderMoved
from kit_tui.domain.orders import Fill, Mode, Order, OrderStatus
from kit_tui.domain.pair import Pair
from kit_tui.exchanges.base import VenueOrder
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.outcome import outcome_events, own_fills
from kit_tui.trading.sender import CLOCK_OVERLAP, Sender
from kit_tui.trading.valuation import Valuation

# How often and how long a real venue must deny an order before that counts as proof. Paper books
# are in this process and answer for themselves.
MISSES_NEEDED = 4
MISSING_FOR = timedelta(seconds=60)
_NEVER_CONFIRMED = frozenset({OrderStatus.SUBMITTED, OrderStatus.UNKNOWN})
log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Missing:
    times: int
    since: datetime


@dataclass(slots=True)
class Reconciled:
    """What a pass found: pairs whose holdings may have changed, and entries that were lost."""

    pairs: set[Pair] = field(default_factory=set)
    lost: list[Order] = field(default_factory=list)
    problem: str = ""


class Reconciler:
    """Compares one account's orders and executions with its venue. Callers hold the lock."""

    def __init__(self, account: TradingAccount, valuation: Valuation, sender: Sender) -> None:
        self._account = account
        self._valuation = valuation
        self._sender = sender
        self._missing: dict[str, _Missing] = {}
        self._fills_since: datetime | None = None

    async def run(self, *, starting: bool = False) -> Reconciled:
        """One pass. On failure `problem` says why and equity counts as not reconciled."""
        account, found = self._account, Reconciled()
        began = account.clock.now()
        try:
            working = await account.exchange.fetch_open_orders()
            fills = await account.exchange.fetch_fills(self._since())
        except KitError as error:
            self._valuation.reconciled = False
            account.trust.disagreed(error.message)
            found.problem = error.message
            return found
        await self._retry_cancels()
        events = await self._known_orders(working, fills, found, starting=starting)
        events += self._late_fills(fills, events, found)
        events += self._strangers(working, found)
        if events:
            await self._sender.record(*events)
        self._fills_since = began - CLOCK_OVERLAP
        self._valuation.reconciled = True
        account.trust.agreed()
        return found

    async def resolve(self, order: Order) -> Reconciled:
        """Ask once for an order whose outcome is unknown."""
        found = Reconciled()
        try:
            fills = await self._account.exchange.fetch_fills(order.created_at - CLOCK_OVERLAP)
        except KitError as error:
            found.problem = error.message
            return found
        events = await self._one(order, None, fills, found, starting=False)
        if events:
            await self._sender.record(*events)
        return found

    def _since(self) -> datetime | None:
        """From when on executions are asked for: since our oldest working order at least."""
        account = self._account
        moments = [order.created_at - CLOCK_OVERLAP for order in account.open_orders()]
        if self._fills_since is not None:
            return min([self._fills_since, *moments])
        moments += [f.at - CLOCK_OVERLAP for f in account.ledger.fills if f.account == account.name]
        return min(moments, default=None)

    async def _retry_cancels(self) -> None:
        for order in self._account.open_orders():
            if order.status is OrderStatus.PENDING_CANCEL:
                await self._sender.cancel(order, order.reason)

    async def _known_orders(
        self,
        working: Sequence[VenueOrder],
        fills: Sequence[Fill],
        found: Reconciled,
        *,
        starting: bool,
    ) -> list[Event]:
        by_client = {seen.client_id: seen for seen in working}
        events: list[Event] = []
        for order in self._account.all_open_orders():
            if order.emulated:  # the venue knows nothing of it
                continue
            seen = by_client.get(order.client_id)
            events += await self._one(order, seen, fills, found, starting=starting)
        return events

    async def _one(
        self,
        order: Order,
        seen: VenueOrder | None,
        fills: Iterable[Fill],
        found: Reconciled,
        *,
        starting: bool,
    ) -> list[Event]:
        account, now = self._account, self._account.clock.now()
        if seen is None:
            try:
                seen = await account.exchange.find_order(order.pair, order.client_id)
            except KitError as error:
                log.warning("order %s could not be asked for: %s", order.id, error.message)
                return self._unclear(order)
        if seen is None:
            return self._absent(order, found, starting=starting)
        self._missing.pop(order.id, None)
        events = outcome_events(order, seen, own_fills(order, fills), account.ledger, now)
        if any(isinstance(event, FillRecorded) for event in events):
            found.pairs.add(order.pair)
        if seen.status in {OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED}:
            found.pairs.add(order.pair)
        return events

    def _unclear(self, order: Order) -> list[Event]:
        """Submitted and not to be asked for: unknown, so that its pair takes no entries."""
        if order.status is not OrderStatus.SUBMITTED:
            return []
        return [self._moved(order, OrderStatus.UNKNOWN, "the venue could not be asked")]

    def _absent(self, order: Order, found: Reconciled, *, starting: bool) -> list[Event]:
        if not self._is_proven_absent(order):
            return self._unclear(order)
        self._missing.pop(order.id, None)
        found.pairs.add(order.pair)
        if order.status not in _NEVER_CONFIRMED:
            return [self._moved(order, OrderStatus.CANCELED, "no longer on the venue")]
        if starting and order.status is OrderStatus.SUBMITTED:
            reason = "never sent: K.I.T. stopped before"
            return [self._moved(order, OrderStatus.CANCELED, reason)]
        found.lost.append(order)
        return [self._moved(order, OrderStatus.REJECTED, f"lost: {order.venue} never had it")]

    def _is_proven_absent(self, order: Order) -> bool:
        if order.mode in {Mode.PAPER, Mode.DEMO}:
            return True
        now = self._account.clock.now()
        missing = self._missing.setdefault(order.id, _Missing(0, now))
        missing.times += 1
        return missing.times >= MISSES_NEEDED and now - missing.since >= MISSING_FOR

    def _late_fills(
        self, fills: Iterable[Fill], before: Iterable[Event], found: Reconciled
    ) -> list[Event]:
        """Executions of orders that had ended for us already: adopted, and told."""
        account, now = self._account, self._account.clock.now()
        counted = {event.fill.key for event in before if isinstance(event, FillRecorded)}
        ended = {
            order.client_id: order
            for order in account.ledger.orders.values()
            if order.account == account.name and order.status is not OrderStatus.DENIED
        }
        events: list[Event] = []
        for fill in fills:
            order = ended.get(fill.order_id)
            if order is None or fill.key in counted:
                continue
            own = msgspec.structs.replace(fill, order_id=order.id, account=account.name)
            if account.ledger.has_fill(own) or own.key in counted:
                continue
            events.append(FillRecorded(fill=own, at=now))
            counted.add(own.key)
            found.pairs.add(order.pair)
            if not order.is_open:
                self._sender.notice(
                    "late fill",
                    f"Order {order.id} was {order.status.value}, yet {fill.quantity} "
                    f"{fill.pair.base} of it traded. It is counted.",
                )
        return events

    def _strangers(self, working: Iterable[VenueOrder], found: Reconciled) -> list[Event]:
        """Orders the venue has and we do not know: taken over as they stand."""
        account, now = self._account, self._account.clock.now()
        known = {order.client_id for order in account.ledger.orders.values()}
        events: list[Event] = []
        for seen in working:
            if seen.client_id in known:
                continue
            order = Order(
                id=account.numbers.next_order(), client_id=seen.client_id, venue=account.venue,
                account=account.name, mode=account.mode, pair=seen.pair, side=seen.side,
                type=seen.type, quantity=seen.quantity, created_at=now, updated_at=now,
                status=seen.status, venue_order_id=seen.venue_order_id, filled=seen.filled,
                price=seen.price, stop_price=seen.stop_price, average_price=seen.average_price,
                reduce_only=seen.reduce_only, reason="found on the venue",
            )  # fmt: skip
            events.append(OrderAdopted(order=order, at=now))
            found.pairs.add(seen.pair)
            self._sender.notice(
                "adopted", f"Order {order.id} was found on {account.venue} and taken over."
            )
        return events

    def _moved(self, order: Order, status: OrderStatus, reason: str) -> OrderMoved:
        return OrderMoved(
            order_id=order.id, status=status, reason=reason, at=self._account.clock.now()
        )
