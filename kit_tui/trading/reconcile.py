"""Brings our orders in line with the venue's. Running it twice changes nothing.

The venue is right about what happened to an order; we are right about what we meant. A query that
fails leaves everything as it is: what is not known is never taken for nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from kit_tui.domain.errors import KeysRefusedError, KitError, UnknownPairError
from kit_tui.domain.events import Event, FillRecorded, OrderMoved
from kit_tui.domain.numbers import plain
from kit_tui.domain.orders import Fill, Order, OrderStatus
from kit_tui.domain.pair import Pair
from kit_tui.exchanges.base import VenueOrder, VenuePosition
from kit_tui.trading.absence import Absence
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.contracts import Contracts
from kit_tui.trading.found import Reconciled
from kit_tui.trading.outcome import belongs, in_time, look_counted, outcome_events, own_fills
from kit_tui.trading.outside import Outside
from kit_tui.trading.sender import CLOCK_OVERLAP, VENUE_TIMEOUT_S, Sender
from kit_tui.trading.valuation import Valuation, is_dust

# After a restart executions are asked for from a while before the newest one known.
LOOK_BACK = timedelta(hours=1)
_NEVER_CONFIRMED = frozenset({OrderStatus.SUBMITTED, OrderStatus.UNKNOWN})
GONE = "no longer on the venue"
SHUT = "shut market"
_ENDED = frozenset({OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED})
log = logging.getLogger(__name__)


class Reconciler:
    """Compares one account's orders, executions and positions with its venue's.

    Callers hold the account's lock.
    """

    def __init__(self, account: TradingAccount, valuation: Valuation, sender: Sender) -> None:
        self._account = account
        self._valuation = valuation
        self._sender = sender
        self.outside = Outside(account, valuation, sender)
        self.absence = Absence(account, valuation)
        self._contracts = Contracts(account, valuation, sender)
        self._fills_since: datetime | None = None
        self._asked_since = account.clock.now()
        # Only what was submitted before this process began can have been cut off before sending.
        self._cut_off = {o.id for o in account.open_orders() if o.status is OrderStatus.SUBMITTED}
        self._taken: dict[Pair, Order] = {}
        told = (n for n in account.ledger.notices if n.account == account.name)
        self._told_shut = {n.text for n in told if n.kind == SHUT}

    async def run(self) -> Reconciled:
        """One pass. On failure `problem` says why and equity counts as not reconciled."""
        account, found = self._account, Reconciled()
        began = account.clock.now()
        try:
            working, fills, positions = await self._asked()
        except Exception as error:  # noqa: BLE001 - whatever failed, nothing is known
            found.problem = self._failed(error)
            return found
        risen = self._risen(working)
        await self._retry_cancels()
        await self._end_again(risen)
        events = await self._known_orders(working, fills, found)
        events += await self._late_fills(fills, events, found)
        events = in_time(events)
        events += self.outside.strangers(working, fills, found)
        events += self.outside.executions(fills, events, found)
        if events:
            await self._sender.record(*events)
        if account.exchange.is_margined:
            await self._contracts.follow(positions, found)
        self._tell_taken(events)
        self._tell_shut()
        self._fills_since = began - CLOCK_OVERLAP
        self._valuation.reconciled = True
        account.trust.took_keys(reading=True)
        account.trust.agreed()
        return found

    async def _asked(
        self,
    ) -> tuple[Sequence[VenueOrder], Sequence[Fill], Sequence[VenuePosition]]:
        account = self._account
        exchange = account.exchange
        if account.trust.is_resting:
            raise KitError(account.trust.keys_refused)
        exchange.watch_pairs(self._pairs())
        async with asyncio.timeout(VENUE_TIMEOUT_S):
            working = await exchange.fetch_open_orders()
            self._asked_since = self._since()
            fills = await exchange.fetch_fills(self._asked_since)
            positions = await exchange.fetch_positions() if exchange.is_margined else ()
        return working, fills, positions

    def _failed(self, error: Exception) -> str:
        """Say that the books are not known to agree, and why."""
        if isinstance(error, KeysRefusedError):
            self._sender.keys_refused(error, reading=True)
        log.warning("reconciling %s failed: %r", self._account.name, error)
        problem = "the venue did not answer as it should"
        if isinstance(error, KitError):
            problem = error.message
        self._valuation.reconciled = False
        self._account.trust.disagreed(problem)
        return problem

    def _pairs(self) -> set[Pair]:
        """Pairs whose executions matter: held, worked, traded lately, and coins that are held."""
        account = self._account
        pairs = {p.pair for p in account.ledger.open_positions(account.name)}
        pairs |= {o.pair for o in account.all_open_orders()}
        pairs |= {f.pair for f in account.ledger.fills if f.account == account.name}
        return pairs | self._valuation.traded_coins()

    async def resolve(self, order: Order) -> Reconciled:
        """Ask once for an order whose outcome is unknown."""
        found = Reconciled()
        self._asked_since = order.created_at - CLOCK_OVERLAP
        try:
            fills = await self._account.exchange.fetch_fills(self._asked_since)
        except KitError as error:
            found.problem = error.message
            return found
        events = await self._one(order, None, fills, found)
        if events:
            await self._sender.record(*events)
        return found

    def _since(self) -> datetime:
        """From when on executions are asked for: since our oldest working order at least."""
        account = self._account
        moments = [order.created_at - CLOCK_OVERLAP for order in account.all_open_orders()]
        if self._fills_since is not None:
            return min([self._fills_since, *moments])
        newest = max(
            (f.at for f in account.ledger.fills if f.account == account.name), default=None
        )
        start = newest or account.book.opened_at or account.clock.now()
        return min([start - LOOK_BACK, *moments])

    async def _retry_cancels(self) -> None:
        for order in self._account.open_orders():
            if order.status is OrderStatus.PENDING_CANCEL:
                await self._sender.cancel(order, order.reason)

    def _risen(self, working: Sequence[VenueOrder]) -> list[Order]:
        """Orders of ours which ended for us and work on the venue, such as one counted as lost."""
        account, clients = self._account, {seen.client_id for seen in working}
        return [
            order
            for order in account.ledger.orders.values()
            if order.client_id in clients
            and order.account == account.name
            and not (order.is_open or order.outside or order.emulated)
        ]

    async def _end_again(self, risen: Sequence[Order]) -> None:
        """Cancel them: nobody waits for them any more, and what is needed is placed anew."""
        for order in risen:
            try:
                async with asyncio.timeout(VENUE_TIMEOUT_S):
                    seen = await self._account.exchange.cancel_order(order.pair, order.client_id)
            except (KitError, TimeoutError) as error:
                log.warning("order %s works again and could not be cancelled: %r", order.id, error)
                continue
            # An end which the venue had confirmed before was only missing in its list.
            if seen.status is OrderStatus.CANCELED and order.venue_order_id is None:
                self._sender.notice(
                    "lost",
                    f"Order {order.id}, {order.status.value} before ({order.reason}), worked on "
                    f"{order.venue} after all. It is cancelled there.",
                )

    async def _known_orders(
        self,
        working: Sequence[VenueOrder],
        fills: Sequence[Fill],
        found: Reconciled,
    ) -> list[Event]:
        by_client = {seen.client_id: seen for seen in working}
        events: list[Event] = []
        for order in self._account.all_open_orders():
            if order.emulated:  # the venue knows nothing of it
                continue
            seen = by_client.get(order.client_id)
            events += await self._one(order, seen, fills, found)
        return events

    async def _one(
        self, order: Order, seen: VenueOrder | None, fills: Sequence[Fill], found: Reconciled
    ) -> list[Event]:
        account, now = self._account, self._account.clock.now()
        if seen is None:
            account.trust.asks_for(order)
            try:
                async with asyncio.timeout(VENUE_TIMEOUT_S):
                    seen = await account.exchange.find_order(order.pair, order.client_id)
            except (KitError, TimeoutError) as error:
                gone = isinstance(error, UnknownPairError) and self._is_shut(order.pair)
                if not gone:
                    log.warning("order %s could not be asked for: %r", order.id, error)
                    found.unsettled.add(order.pair)
                    return self._unclear(order)
        if seen is None:
            return self._absent(order, fills, found)
        self.absence.seen(order)
        own = self._fills_of(order, fills, seen)
        events = outcome_events(order, seen, own, account.ledger, now)
        counted = sum(
            (e.fill.quantity for e in events if isinstance(e, FillRecorded)), order.filled
        )
        if seen.filled > counted:
            found.unsettled.add(order.pair)
        if counted > order.filled or seen.status in _ENDED:
            found.pairs.add(order.pair)
        return events

    def _unclear(self, order: Order) -> list[Event]:
        """Submitted and not to be asked for: unknown, so that its pair takes no entries."""
        if order.status is not OrderStatus.SUBMITTED:
            return []
        return [self._moved(order, OrderStatus.UNKNOWN, "the venue could not be asked")]

    def _absent(self, order: Order, fills: Sequence[Fill], found: Reconciled) -> list[Event]:
        if not self.absence.is_proven(order, fills):
            return self._unclear(order)
        found.pairs.add(order.pair)
        if order.status is OrderStatus.PENDING_CANCEL and order.venue_order_id is None:
            # It never arrived, so what was wanted of it has come about.
            return [self._moved(order, OrderStatus.CANCELED, order.reason or GONE)]
        if order.status not in _NEVER_CONFIRMED and self._is_shut(order.pair):
            # Expired, so that protection is put up again should the market come back.
            return [self._moved(order, OrderStatus.EXPIRED, f"{GONE}: its market is shut")]
        if order.status not in _NEVER_CONFIRMED:
            return [self._moved(order, OrderStatus.CANCELED, GONE)]
        if order.id in self._cut_off:
            reason = "never sent: K.I.T. stopped before"
            return [self._moved(order, OrderStatus.CANCELED, reason)]
        found.lost.append(order)
        return [self._moved(order, OrderStatus.REJECTED, f"lost: {order.venue} never had it")]

    async def _late_fills(
        self, fills: Sequence[Fill], before: Iterable[Event], found: Reconciled
    ) -> list[Event]:
        """Executions of orders that had ended for us already: adopted, and told."""
        account, now = self._account, self._account.clock.now()
        counted = {event.fill.key for event in before if isinstance(event, FillRecorded)}
        by_client = {o.client_id: o for o in account.ledger.orders.values() if self._takes_fills(o)}
        by_venue = {(o.pair, o.venue_order_id): o for o in by_client.values()}
        groups: dict[str, list[Fill]] = {}
        for fill in fills:
            order = by_client.get(fill.order_id) or by_venue.get((fill.pair, fill.venue_order_id))
            if order is not None and belongs(fill, order):
                groups.setdefault(order.id, []).append(fill)
        events: list[Event] = []
        for order_id, group in groups.items():
            order = account.ledger.orders[order_id]
            fresh = [f for f in self._fills_of(order, group) if f.key not in counted]
            if look_counted(fresh, account.ledger):
                fresh = await self._proven(order, group, found)
            events += [FillRecorded(fill=fill, at=now) for fill in fresh]
            if fresh:
                found.pairs.add(order.pair)
                self._tell_late(order, fresh)
        return events

    async def _proven(self, order: Order, fills: Iterable[Fill], found: Reconciled) -> list[Fill]:
        """The executions of an order that are new by the venue's own sum; none while it is mute."""
        try:
            async with asyncio.timeout(VENUE_TIMEOUT_S):
                seen = await self._account.exchange.find_order(order.pair, order.client_id)
        except (KitError, TimeoutError) as error:
            log.warning("order %s could not be asked for: %r", order.id, error)
            found.unsettled.add(order.pair)
            return []
        return self._fills_of(order, fills, seen)

    def _fills_of(
        self, order: Order, fills: Iterable[Fill], seen: VenueOrder | None = None
    ) -> list[Fill]:
        """The executions of an order that are not counted yet.

        What an outside order traded before the account was opened is in its opening balances.
        """
        own = own_fills(order, fills, seen)
        opened = self._account.book.opened_at
        if order.outside:
            own = [fill for fill in own if opened is not None and fill.at > opened]
        room = seen.filled - order.filled if seen is not None else None
        return self._sender.fresh_fills(own, self._asked_since, room)

    def _takes_fills(self, order: Order) -> bool:
        return order.account == self._account.name and order.status is not OrderStatus.DENIED

    def _tell_late(self, order: Order, fills: Sequence[Fill]) -> None:
        if order.is_open or order.outside:
            return
        for fill in fills:
            self._sender.notice(
                "late fill",
                f"Order {order.id} was {order.status.value}, yet {plain(fill.quantity)} "
                f"{fill.pair.base} of it traded. It is counted.",
            )

    def _is_shut(self, pair: Pair) -> bool:
        """Whether the venue's list of markets has it no longer, or not active."""
        markets = self._valuation.markets
        return bool(markets) and (pair not in markets or not markets[pair].active)

    def _tell_taken(self, events: Sequence[Event]) -> None:
        """A stop that somebody else cancelled is not put up again, and never silently gone.

        It is told in the next pass, when it is known whether what it protected went as well.
        """
        account, before = self._account, self._taken
        orders = account.ledger.orders
        moved = [orders[e.order_id] for e in events if isinstance(e, OrderMoved)]
        self._taken = {order.pair: order for order in moved if _is_taken(order)}
        working = {o.pair for o in account.open_orders() if o.is_stop}
        for pair, order in before.items():
            held = account.ledger.position(account.name, pair)
            if held is None or pair in working:
                continue
            if is_dust(held, self._valuation.markets.get(pair), self._valuation.mark(pair)):
                continue
            self._sender.notice(
                "protection",
                f"Order {order.id}, the stop of {pair}, was cancelled on {order.venue} by somebody "
                f"else: {plain(held.quantity)} {pair.base} has no stop now. To place one: "
                f"/stop {pair} PRICE",
            )

    def _tell_shut(self) -> None:
        """A position in a shut market cannot be left: said once, with the way out."""
        account = self._account
        if not self._valuation.markets:  # as in the first pass after a start
            return
        shut = {
            f"{held.pair} is not traded on {account.venue} now. The {plain(held.quantity)} "
            f"{held.pair.base} held is frozen at the last price known; no stop works until it is "
            f"traded again. If it never is: /settle {held.pair} SETTLE."
            for held in account.ledger.open_positions(account.name)
            if self._is_shut(held.pair)
        }
        for text in sorted(shut - self._told_shut):
            self._sender.notice(SHUT, text)
        self._told_shut = shut

    def _moved(self, order: Order, status: OrderStatus, reason: str) -> OrderMoved:
        return OrderMoved(
            order_id=order.id, status=status, reason=reason, at=self._account.clock.now()
        )


def _is_taken(order: Order) -> bool:
    """Whether a stop of ours was cancelled, and not by us."""
    ours = order.reduce_only and order.is_stop and not order.outside
    return ours and order.status is OrderStatus.CANCELED and order.reason in ("", GONE)
