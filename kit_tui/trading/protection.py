"""Protective stops: which ones are due follows from the ledger alone, so a crash loses none.

A chain begins with an entry that asked for a stop-loss, or with a resting sell of its own, and
goes on through `parent_id`. Its newest order decides: none yet, or released for an exit, means a
stop is due; working means covered; ended otherwise means done.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from kit_tui.domain.errors import KitError
from kit_tui.domain.numbers import ZERO, Price, Quantity
from kit_tui.domain.orders import Order, OrderStatus, OrderType, Side
from kit_tui.domain.pair import Market, Pair
from kit_tui.domain.position import Position
from kit_tui.trading import reports
from kit_tui.trading.account import TradingAccount
from kit_tui.trading.sender import Sender
from kit_tui.trading.tickets import STOP_LEG, client_id

RELEASED = "released for an exit"
ORPHANED = "the position is closed"


@dataclass(frozen=True, slots=True)
class Due:
    """A resting sell that should be placed: what it continues, and how much it wants to cover."""

    parent: Order
    type: OrderType
    quantity: Decimal
    stop_price: Price | None
    price: Price | None


class Protection:
    """Places, releases and clears resting sells. Callers hold the account's lock."""

    def __init__(self, account: TradingAccount, sender: Sender) -> None:
        self._account = account
        self._sender = sender

    async def release(self, pair: Pair, needed: Decimal, free: Decimal) -> list[str]:
        """Cancel our own resting sells until `needed` coins are free; returns what went wrong.

        Targets go before stops, so that a position is without its stop as briefly as possible.
        """
        problems: list[str] = []
        resting = sorted(self._resting(pair), key=lambda order: order.stop_price is not None)
        for order in resting:
            if free >= needed:
                break
            problem = await self._sender.cancel(order, RELEASED)
            if problem:
                problems.append(problem)
            else:
                free += order.remaining
        return problems

    async def ensure(self, pair: Pair, market: Market) -> list[str]:
        """Place every resting sell that is due, and clear those of a closed position.

        Returns sentences for the person who acted.
        """
        account = self._account
        position = account.ledger.position(account.name, pair)
        if position is None:
            return await self._clear(pair)
        said: list[str] = []
        for due in tuple(self._due(pair, position)):
            left = position.quantity - sum((o.remaining for o in self._working(pair)), ZERO)
            quantity = market.quantity_down(min(due.quantity, left))
            if self._too_small(quantity, due, market):
                continue
            said.append(await self._place(due, quantity, market))
        return said

    def _due(self, pair: Pair, position: Position) -> Iterator[Due]:
        account = self._account
        mine = [o for o in account.ledger.orders.values() if self._is_of(o, pair, position)]
        children: dict[str, Order] = {}
        for order in mine:
            if order.parent_id is not None:
                children[order.parent_id] = order
        for root in mine:
            if root.parent_id is not None:
                continue
            newest = root
            while newest.id in children:
                newest = children[newest.id]
            due = self._due_after(newest)
            if due is not None:
                yield due

    def _due_after(self, newest: Order) -> Due | None:
        if newest.side is Side.BUY:
            stop = self._stop_loss_of(newest)
            if stop is None or newest.filled <= 0:
                return None
            return Due(newest, OrderType.STOP, newest.filled, stop, None)
        released = newest.status is OrderStatus.CANCELED and newest.reason == RELEASED
        if not released or newest.type is OrderType.MARKET:
            return None
        return Due(newest, newest.type, newest.remaining, newest.stop_price, newest.price)

    def _stop_loss_of(self, entry: Order) -> Price | None:
        ticket = self._account.ledger.tickets.get(entry.ticket_id or "")
        return ticket.order.stop_loss if ticket is not None else None

    async def _place(self, due: Due, quantity: Quantity, market: Market) -> str:
        order = await self._sender.send(self._order(due, quantity))
        pair = order.pair
        if order.is_open and order.status is not OrderStatus.UNKNOWN:
            return f"{_kind(order)} for {reports.amount(order)} is placed · order {order.id}"
        if order.status is OrderStatus.REJECTED and await self._is_crossed(order):
            gone = await self._sender.send(self._emergency(order))
            text = (
                f"{pair} is beyond its stop of {reports.price_text(due.stop_price or ZERO, market)}"
                f" already: order {gone.id} sells {reports.amount(gone)} at market instead "
                f"({gone.status.value})."
            )
        elif order.filled > 0:
            text = f"{_kind(order)} was triggered at once · order {order.id}"
        else:
            text = (
                f"No protection for {reports.amount(order)}: {order.status.value}"
                f"{' (' + order.reason + ')' if order.reason else ''} · order {order.id}"
            )
        self._sender.notice("protection", text)
        return text

    def _order(self, due: Due, quantity: Quantity) -> Order:
        account, parent = self._account, due.parent
        number, now = account.numbers.next_order(), account.clock.now()
        origin = parent.ticket_id or f"order-{parent.id}"
        return Order(
            id=number,
            client_id=client_id(account.journal.home_id, origin, f"{STOP_LEG}-{number}"),
            venue=parent.venue,
            account=parent.account,
            mode=parent.mode,
            pair=parent.pair,
            side=Side.SELL,
            type=due.type,
            quantity=quantity,
            created_at=now,
            updated_at=now,
            status=OrderStatus.SUBMITTED,
            price=due.price,
            stop_price=due.stop_price,
            reduce_only=True,
            parent_id=parent.id,
            ticket_id=parent.ticket_id,
        )

    def _emergency(self, stop: Order) -> Order:
        return self._order(Due(stop, OrderType.MARKET, stop.quantity, None, None), stop.quantity)

    async def _is_crossed(self, stop: Order) -> bool:
        """Whether the price is beyond a refused stop already, by a quote fetched now."""
        if stop.stop_price is None:
            return False
        try:
            ticker = await self._account.exchange.fetch_ticker(stop.pair)
        except KitError:
            return False
        return ticker.last <= stop.stop_price

    async def _clear(self, pair: Pair) -> list[str]:
        problems = [await self._sender.cancel(o, ORPHANED) for o in self._resting(pair)]
        return [problem for problem in problems if problem]

    def _resting(self, pair: Pair) -> list[Order]:
        return [o for o in self._working(pair) if o.type is not OrderType.MARKET]

    def _working(self, pair: Pair) -> list[Order]:
        return [o for o in self._account.open_orders() if o.pair == pair and o.side is Side.SELL]

    def _is_of(self, order: Order, pair: Pair, position: Position) -> bool:
        """Whether an order belongs to the present position of its pair."""
        return (
            order.account == self._account.name
            and order.pair == pair
            and (position.opened_at is None or order.updated_at >= position.opened_at)
        )

    def _too_small(self, quantity: Decimal, due: Due, market: Market) -> bool:
        price = due.price or due.stop_price or ZERO
        return (
            quantity <= 0
            or quantity < market.min_quantity
            or quantity * price < market.min_notional
        )


def _kind(order: Order) -> str:
    price = order.stop_price or order.price
    name = "A stop" if order.stop_price is not None else "A limit sell"
    return f"{name} at {reports.price_text(price)}" if price is not None else name
