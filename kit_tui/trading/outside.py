"""What somebody else does on the same account: orders placed by hand, coins sold or withdrawn.

Orders and executions of others are shown and counted in the balances; on spot they are holdings,
never positions. The position follows the venue only where it has to: when fewer coins are left
than K.I.T. holds.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

import msgspec

from kit_tui.domain.events import Event, FillRecorded, OrderAdopted, PositionAdjusted
from kit_tui.domain.numbers import ZERO, Price, Quantity, plain
from kit_tui.domain.orders import Fill, Order, OrderStatus, OrderType, Side
from kit_tui.domain.pair import Pair
from kit_tui.domain.position import Position
from kit_tui.exchanges.base import VenueOrder
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.found import IN_FLIGHT, Reconciled
from kit_tui.trading.outcome import belongs
from kit_tui.trading.sender import Sender
from kit_tui.trading.valuation import Valuation

NEGLIGIBLE = Decimal("0.01")
TRADED = "traded on the venue by somebody else"
FOUND = "found on the venue"


class Outside:
    """Takes over what others did on one account. Callers hold the lock."""

    def __init__(self, account: TradingAccount, valuation: Valuation, sender: Sender) -> None:
        self._account = account
        self._valuation = valuation
        self._sender = sender
        self._short_before: dict[str, Decimal] = {}

    # -- orders ----------------------------------------------------------------------------------

    def strangers(
        self, working: Iterable[VenueOrder], fills: Sequence[Fill], found: Reconciled
    ) -> list[Event]:
        """Orders the venue has and we do not know: shown, and left alone.

        What they filled before their executions count for us (before the account was opened) is
        in the adopted order; the rest follows by executions, so that nothing is counted twice.
        """
        orders = self._known()
        clients = {order.client_id for order in orders}
        venues = {(o.pair, o.venue_order_id) for o in orders if o.venue_order_id}
        events: list[Event] = []
        for seen in working:
            if seen.client_id in clients or (seen.pair, seen.venue_order_id) in venues:
                continue
            order = self._adopted(seen, fills)
            events.append(OrderAdopted(order=order, at=self._account.clock.now()))
            events += self._record_all(order, fills)
            found.pairs.add(seen.pair)
            self._sender.notice(
                "outside",
                f"Order {order.id} in {order.pair} was found on {order.venue}: somebody else "
                f"placed it. It is shown and left alone.",
            )
        return events

    def executions(
        self, fills: Sequence[Fill], before: Iterable[Event], found: Reconciled
    ) -> list[Event]:
        """Executions of orders we never knew: an outside order each, and what it traded.

        While the outcome of an order of ours is not known in a pair, its executions wait: one of
        them may be ours.
        """
        taken = {event.fill.key for event in before if isinstance(event, FillRecorded)}
        waiting = {o.pair for o in self._account.open_orders() if o.status in IN_FLIGHT}
        known = self._known()
        fresh: dict[tuple[Pair, str, Side], list[Fill]] = {}
        for fill in self._countable(fills):
            named = self._named(fill, "")
            if named.key in taken or fill.pair in waiting:
                continue
            if any(belongs(fill, order) for order in known if order.pair == fill.pair):
                continue
            fresh.setdefault((fill.pair, fill.order_id, fill.side), []).append(fill)
        events: list[Event] = []
        for group in fresh.values():
            events += self._outside_order(group)
            found.pairs.add(group[0].pair)
            found.sold_outside += [f for f in group if f.side is Side.SELL]
        return events

    def _outside_order(self, fills: list[Fill]) -> Iterator[Event]:
        account, first = self._account, fills[0]
        now = account.clock.now()
        quantity = Quantity(sum((fill.quantity for fill in fills), ZERO))
        order = Order(
            id=account.numbers.next_order(), client_id=first.order_id, venue=account.venue,
            account=account.name, mode=account.mode, pair=first.pair, side=first.side,
            type=OrderType.MARKET, quantity=quantity, created_at=first.at, updated_at=first.at,
            status=OrderStatus.ACCEPTED, venue_order_id=first.venue_order_id, reason=TRADED,
            outside=True,
        )  # fmt: skip
        yield OrderAdopted(order=order, at=now)
        for fill in fills:
            yield FillRecorded(fill=self._named(fill, order.id), at=now)
        way = "bought" if first.side is Side.BUY else "sold"
        self._sender.notice(
            "outside",
            f"{plain(quantity)} {first.pair.base} {way} in {first.pair} on {account.venue} "
            f"outside K.I.T.",
        )

    def _adopted(self, seen: VenueOrder, fills: Sequence[Fill]) -> Order:
        account, now = self._account, self._account.clock.now()
        told = [f for f in self._countable(fills) if _is_of(f, seen)]
        earlier = max(ZERO, seen.filled - sum((f.quantity for f in told), ZERO))
        return Order(
            id=account.numbers.next_order(), client_id=seen.client_id, venue=account.venue,
            account=account.name, mode=account.mode, pair=seen.pair, side=seen.side,
            type=seen.type, quantity=seen.quantity, created_at=now, updated_at=now,
            status=OrderStatus.PARTIALLY_FILLED if earlier else OrderStatus.ACCEPTED,
            venue_order_id=seen.venue_order_id, filled=Quantity(earlier), price=seen.price,
            stop_price=seen.stop_price, average_price=seen.average_price if earlier else None,
            reduce_only=seen.reduce_only, post_only=seen.post_only, trail=seen.trail,
            reason=FOUND, outside=True,
        )  # fmt: skip

    def _record_all(self, order: Order, fills: Sequence[Fill]) -> Iterator[Event]:
        now = self._account.clock.now()
        for fill in self._countable(fills):
            if belongs(fill, order):
                yield FillRecorded(fill=self._named(fill, order.id), at=now)

    def _countable(self, fills: Iterable[Fill]) -> Iterator[Fill]:
        """Executions that are news: after the account was opened, and not counted yet.

        What was traded before is in the balances the account was opened with.
        """
        opened, ledger = self._account.book.opened_at, self._account.ledger
        if opened is None:
            return
        for fill in fills:
            if fill.at > opened and not ledger.has_fill(self._named(fill, "")):
                yield fill

    def _named(self, fill: Fill, order_id: str) -> Fill:
        return msgspec.structs.replace(fill, order_id=order_id, account=self._account.name)

    def _known(self) -> list[Order]:
        account = self._account
        return [o for o in account.ledger.orders.values() if o.account == account.name]

    # -- coins that are gone ---------------------------------------------------------------------

    async def follow(self, found: Reconciled) -> set[Pair]:
        """Take off spot positions what the venue no longer holds; returns the pairs concerned.

        At once when executions of others explain it; else when two looks in a row agree, because
        an execution of ours may reach the balances before it reaches us.
        """
        valuation = self._valuation
        if self._account.exchange.is_margined or valuation.problem or not valuation.has_answered:
            return set()
        events: list[PositionAdjusted] = []
        missing = self._missing(found)
        for base, short in missing.items():
            sold = sum((f.quantity for f in found.sold_outside if f.pair.base == base), ZERO)
            if sold >= short or self._short_before.get(base) == short:
                events += self._taken_off(base, short)
        followed = {event.pair.base for event in events}
        self._short_before = {b: s for b, s in missing.items() if b not in followed}
        valuation.unfollowed = bool(self._short_before)
        if events:
            await self._sender.record(*events)
            self._tell(events)
        return {event.pair for event in events}

    def _missing(self, found: Reconciled) -> dict[str, Decimal]:
        """How many coins of each base the positions hold beyond what the venue has."""
        account = self._account
        flying = {o.pair for o in account.open_orders() if o.status in IN_FLIGHT} | found.unsettled
        moving = {pair.base for pair in flying}
        held: dict[str, Decimal] = {}
        for position in self._positions():
            base = position.pair.base
            held[base] = held.get(base, ZERO) + position.signed_quantity
        gone = {base: amount - self._valuation.total(base) for base, amount in held.items()}
        return {base: short for base, short in gone.items() if short > 0 and base not in moving}

    def _taken_off(self, base: str, short: Decimal) -> Iterator[PositionAdjusted]:
        sales = self._sales(base)
        positions = [p for p in self._positions() if p.pair.base == base]
        for position in sorted(positions, key=lambda p: p.pair not in sales):
            change = min(position.signed_quantity, short)
            if change <= 0:
                return
            short -= change
            price = _average(sales.get(position.pair, []), position, change)
            reason = "sold outside K.I.T." if price is not None else "no longer on the venue"
            yield PositionAdjusted(
                account=position.account, pair=position.pair, change=-change,
                price=price or self._price_of(position), key=self._key(position), reason=reason,
                at=self._account.clock.now(),
            )  # fmt: skip

    def _sales(self, base: str) -> dict[Pair, list[Fill]]:
        """Sales of a coin by others, the newest first."""
        ledger, sales = self._account.ledger, dict[Pair, list[Fill]]()
        for fill in reversed(ledger.fills):
            order = ledger.orders.get(fill.order_id)
            mine = fill.account == self._account.name and fill.pair.base == base
            if mine and fill.side is Side.SELL and order is not None and order.outside:
                sales.setdefault(fill.pair, []).append(fill)
        return sales

    def _price_of(self, position: Position) -> Price | None:
        """What coins that left are counted at: the market's price, else what they cost."""
        mark = self._valuation.mark(position.pair)
        return mark if mark is not None else position.entry_price

    def _key(self, position: Position) -> str:
        """The same for the same finding, however often it is made; another after it was counted."""
        account, total = self._account, self._valuation.total(position.pair.base)
        made = len(account.ledger.adjusted)
        text = f"gone:{account.name}:{position.pair}:{position.signed_quantity}:{total}:{made}"
        return uuid.uuid5(account.journal.home_id, text).hex

    def _positions(self) -> list[Position]:
        account = self._account
        return [p for p in account.ledger.open_positions(account.name) if not p.pair.settle]

    def _tell(self, events: Sequence[PositionAdjusted]) -> None:
        for event in events:
            amount = abs(event.change)
            if event.price is not None and amount * event.price < NEGLIGIBLE:
                continue  # the venue rounds its fees
            self._sender.notice(
                "outside",
                f"{plain(amount)} {event.pair.base} of the {event.pair} position: "
                f"{event.reason.rstrip('.')}. The position follows the venue.",
            )


def _is_of(fill: Fill, seen: VenueOrder) -> bool:
    same = fill.order_id == seen.client_id or fill.venue_order_id == seen.venue_order_id
    return same and fill.pair == seen.pair


def _average(sales: Sequence[Fill], position: Position, needed: Decimal) -> Price | None:
    """The average price of the newest sales that cover a quantity; None if they do not."""
    left, value = needed, ZERO
    for fill in sales:
        if position.opened_at is not None and fill.at < position.opened_at:
            break
        part = min(left, fill.quantity)
        value += part * fill.price
        left -= part
        if left <= 0:
            return Price(value / needed)
    return None
