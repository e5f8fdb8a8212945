"""The books of a scripted venue without any dialect: accounts, orders, matching, fills, fees.

A cash (spot) venue. Prices are scripted: `set_price` moves a market and matches what waits there.
`venue_perpetuals` makes a margined venue of it.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from decimal import Decimal
from itertools import count
from typing import Any

from tests.servers.venue_types import (
    ZERO,
    BookFill,
    BookMarket,
    BookOrder,
    Fees,
    Lock,
    Piece,
    Purse,
    Refusal,
    Status,
)


class VenueBook:
    """Everything the venue knows. Read `orders`, `fills`, `balances` in tests freely."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self.now_ms = now_ms
        self.markets: dict[str, BookMarket] = {}
        self.orders: list[BookOrder] = []
        self.fills: list[BookFill] = []
        self.balances: dict[str, dict[str, Purse]] = defaultdict(lambda: defaultdict(Purse))
        self.fees = Fees()
        self.hide_orders_ms = 0
        self.hide_fills_ms = 0
        self._ids, self._trades, self._lists = count(1001), count(1), count(1)
        self._pieces: dict[str, deque[Piece]] = defaultdict(deque)

    # -- the script -----------------------------------------------------------------------------

    def set_price(self, symbol: str, last: Decimal, bid: Decimal, ask: Decimal) -> None:
        """Move a market and match every order it reaches, oldest first."""
        market = self.markets[symbol]
        market.last, market.bid, market.ask, market.mark = last, bid, ask, last
        self.match(symbol)

    def next_fills(self, symbol: str, *pieces: Piece) -> None:
        """Let the next trading order of the symbol take just these pieces, one execution each.

        A market order's rest expires, a limit order's rest stays working.
        """
        self._pieces[symbol].extend(pieces)

    def fill(
        self, order: BookOrder, quantity: Decimal | None = None, price: Decimal | None = None
    ) -> BookFill:
        """Execute by hand, whatever the status and even beyond the order's quantity."""
        at = price or order.price or self.markets[order.symbol].last
        return self._execute(order, order.remaining if quantity is None else quantity, at, True)

    def end(self, order: BookOrder, status: Status) -> None:
        """Finish a working order from the venue's side."""
        order.status, order.updated_at = status, self.now_ms()
        self._unlock(order)

    def deposit(self, account: str, currency: str, amount: Decimal) -> None:
        """Add funds (negative: take away)."""
        self.balances[account][currency].free += amount

    # -- looking --------------------------------------------------------------------------------

    def visible(self, order: BookOrder) -> bool:
        return order.hidden_until <= self.now_ms()

    def find(
        self, account: str, symbol: str, number: int | None, client_id: str | None = None
    ) -> BookOrder:
        """The newest order with this number, or with this client id when there is no number.

        Raises:
            Refusal: `unknown_order`.
        """
        for order in reversed(self.orders):
            named = order.id == number if number is not None else order.client_id == client_id
            if named and order.account == account and order.symbol == symbol:
                if self.visible(order):
                    return order
                break
        raise Refusal("unknown_order")

    def open_orders(self, account: str, symbol: str | None = None) -> list[BookOrder]:
        return [
            order
            for order in self.orders
            if order.account == account and order.is_working and symbol in {None, order.symbol}
        ]

    def by_client_id(self, client_id: str) -> list[BookOrder]:
        """All orders which ever had this id, for tests to count."""
        return [order for order in self.orders if order.client_id == client_id]

    def fills_of(self, order: BookOrder) -> list[BookFill]:
        return [fill for fill in self.fills if fill.order_id == order.id]

    def market(self, symbol: str) -> BookMarket:
        """The market.

        Raises:
            Refusal: `unknown_symbol`.
        """
        if symbol not in self.markets:
            raise Refusal("unknown_symbol")
        return self.markets[symbol]

    # -- placing --------------------------------------------------------------------------------

    def new_order(self, account: str, **fields: Any) -> BookOrder:
        """An order with id and times, not yet placed."""
        now = self.now_ms()
        return BookOrder(
            id=next(self._ids), account=account, placed_at=now, updated_at=now, **fields
        )

    def place(self, order: BookOrder, *, test: bool = False) -> BookOrder:
        """Take an order, or refuse it and change nothing.

        Raises:
            Refusal: with the reason.
        """
        self.check(order)
        if test:
            return order
        order.lock = self._locked(order)
        self._enter(order)
        self._try(order, arriving=True)
        return order

    def place_list(self, legs: list[BookOrder]) -> int:
        """One-cancels-the-other: the legs share one lock.

        Raises:
            Refusal: with the reason.
        """
        for leg in legs:
            self.check(leg, arriving_list=True)
        list_id = next(self._lists)
        dearest = max(legs, key=self._needed)
        lock = self._locked(dearest)
        for leg in legs:
            leg.list_id, leg.lock = list_id, lock
            self._enter(leg)
        return list_id

    def siblings(self, order: BookOrder) -> list[BookOrder]:
        """The other orders of its list."""
        if order.list_id < 0:
            return []
        return [o for o in self.orders if o.list_id == order.list_id and o is not order]

    def cancel(self, order: BookOrder) -> list[BookOrder]:
        """Cancel, and its list with it.

        Raises:
            Refusal: `unknown_order` when it is not working.
        """
        if not order.is_working:
            raise Refusal("unknown_order")
        gone = [order, *(other for other in self.siblings(order) if other.is_working)]
        for one in gone:
            self.end(one, "canceled")
        return gone

    def check(self, order: BookOrder, *, arriving_list: bool = False) -> None:
        """Every rule an order must meet, in the order Binance looks at them."""
        market = self.market(order.symbol)
        if not market.is_open:
            raise Refusal("closed")
        working = self.open_orders(order.account)
        if any(other.client_id == order.client_id for other in working):
            raise Refusal("duplicate")
        if sum(other.symbol == order.symbol for other in working) >= market.max_orders:
            raise Refusal("too_many")
        self._check_numbers(order, market)
        if order.trigger is not None and not order.trail and self._crossed(order, market.last):
            raise Refusal("would_trigger")
        would_match = order.kind == "limit" and not order.is_conditional and self._matches(order)
        if would_match and (order.post_only or arriving_list):
            raise Refusal("would_match")
        self._check_funds(order)

    def _check_numbers(self, order: BookOrder, market: BookMarket) -> None:
        if order.quote_quantity is not None:
            self._set_quantity(order, market)
        if not market.min_quantity <= order.quantity <= market.max_quantity:
            raise Refusal("quantity")
        if order.quantity % market.step:
            raise Refusal("quantity")
        for price in (order.price, order.trigger):
            if price is not None and (price <= 0 or price % market.tick):
                raise Refusal("price")
        if order.price is not None and not order.is_conditional:
            low, high = market.band
            if not market.last * low <= order.price <= market.last * high:
                raise Refusal("price_band")
        if order.quantity * self._worth(order) < market.min_notional and not order.reduce_only:
            raise Refusal("notional")

    def _set_quantity(self, order: BookOrder, market: BookMarket) -> None:
        assert order.quote_quantity is not None
        if order.quote_quantity < market.min_notional:
            raise Refusal("notional")
        at = market.ask if order.side == "buy" else market.bid
        order.quantity = order.quote_quantity / at // market.step * market.step

    def _worth(self, order: BookOrder) -> Decimal:
        """The price an order is valued at before it trades."""
        market = self.markets[order.symbol]
        touch = market.ask if order.side == "buy" else market.bid
        return order.price or order.trigger or touch

    # -- money ----------------------------------------------------------------------------------

    def _currency(self, order: BookOrder) -> str:
        market = self.markets[order.symbol]
        return market.quote if order.side == "buy" else market.base

    def _needed(self, order: BookOrder) -> Decimal:
        return order.quantity * (self._worth(order) if order.side == "buy" else 1)

    def _check_funds(self, order: BookOrder) -> None:
        if self._needed(order) > self.balances[order.account][self._currency(order)].free:
            raise Refusal("insufficient")

    def _locked(self, order: BookOrder) -> Lock | None:
        """Set aside what a resting order may need."""
        lock = Lock(self._currency(order), self._needed(order))
        purse = self.balances[order.account][lock.currency]
        purse.free -= lock.amount
        purse.locked += lock.amount
        return lock

    def _unlock(self, order: BookOrder, share: Decimal = Decimal(1)) -> None:
        """Give back a share of the lock, unless another leg of its list still needs it."""
        if order.lock is None or (share == 1 and any(o.is_working for o in self.siblings(order))):
            return
        part = order.lock.amount * share
        purse = self.balances[order.account][order.lock.currency]
        order.lock.amount -= part
        purse.locked -= part
        purse.free += part

    def _settle(self, order: BookOrder, fill: BookFill) -> None:
        """Move coins and take the fee."""
        market, purses = self.markets[order.symbol], self.balances[order.account]
        sign = 1 if order.side == "buy" else -1
        cost = fill.quantity * fill.price
        purses[market.base].free += sign * fill.quantity
        purses[market.quote].free -= sign * cost
        fill.fee_currency, fill.fee = self.fees.charge(market, fill, purses)
        purses[fill.fee_currency].free -= fill.fee

    # -- matching -------------------------------------------------------------------------------

    def match(self, symbol: str) -> None:
        """Fill what the present price reaches."""
        for order in [o for o in self.orders if o.symbol == symbol and o.is_working]:
            if order.is_working:  # an earlier fill may have ended it
                self._try(order, arriving=False)

    def _enter(self, order: BookOrder) -> None:
        order.waiting = order.is_conditional
        if self.hide_orders_ms:
            order.hidden_until = self.now_ms() + self.hide_orders_ms
        self.orders.append(order)

    def _try(self, order: BookOrder, *, arriving: bool) -> None:
        if order.waiting:
            if not self._fires(order):
                return
            self._fire(order)
            if not order.is_working or order.waiting:
                return
            arriving = True
        if order.kind == "market" or self._matches(order):
            self._trade(order, arriving)
        self._finish_arrival(order, arriving)

    def _fire(self, order: BookOrder) -> None:
        """The trigger was reached: the order turns into what it waits to be."""
        order.waiting, order.triggered_at = False, self.now_ms()
        order.updated_at = order.triggered_at
        self._end_siblings(order)

    def _end_siblings(self, order: BookOrder) -> None:
        for other in self.siblings(order):
            if other.is_working:
                other.status, other.updated_at = "expired", self.now_ms()

    def _trade(self, order: BookOrder, arriving: bool) -> None:
        market = self.markets[order.symbol]
        touch = market.ask if order.side == "buy" else market.bid
        price = touch if arriving or order.price is None else order.price
        pieces = list(self._pieces.pop(order.symbol, ())) or [Piece(order.remaining)]
        if order.time_in_force == "fok" and sum(p.quantity for p in pieces) < order.remaining:
            return
        for piece in pieces:
            self._execute(order, min(piece.quantity, order.remaining), piece.price or price,
                          not arriving)  # fmt: skip

    def _finish_arrival(self, order: BookOrder, arriving: bool) -> None:
        """What may not rest ends with its arrival."""
        may_rest = order.kind == "limit" and order.time_in_force == "gtc"
        if arriving and order.is_working and not may_rest:
            self.end(order, "expired")

    def _execute(
        self, order: BookOrder, quantity: Decimal, price: Decimal, maker: bool
    ) -> BookFill:
        fill = BookFill(
            id=next(self._trades), order_id=order.id, account=order.account, symbol=order.symbol,
            side=order.side, quantity=quantity, price=price, fee=ZERO, fee_currency="",
            at=self.now_ms(), is_maker=maker,
            hidden_until=self.now_ms() + self.hide_fills_ms if self.hide_fills_ms else 0,
        )  # fmt: skip
        self._end_siblings(order)
        if order.is_working:
            self._unlock(order, min(Decimal(1), quantity / order.remaining))
        order.filled += quantity
        order.spent += quantity * price
        order.updated_at = fill.at
        self._settle(order, fill)
        self.fills.append(fill)
        if order.is_working:
            order.status = "partially_filled"
        if order.filled >= order.quantity:
            order.status = "filled"
            self._unlock(order)
        return fill

    def _matches(self, order: BookOrder) -> bool:
        market = self.markets[order.symbol]
        if order.price is None:
            return True
        if order.side == "buy":
            return market.ask <= order.price
        return market.bid >= order.price

    def _crossed(self, order: BookOrder, last: Decimal) -> bool:
        assert order.trigger is not None
        return last >= order.trigger if order.when == "above" else last <= order.trigger

    def _fires(self, order: BookOrder) -> bool:
        last = self.markets[order.symbol].last
        if order.trail is None:
            return self._crossed(order, last)
        if order.best is None and order.activation is not None:
            reached = (
                last >= order.activation if order.when == "below" else last <= order.activation
            )
            if not reached:
                return False
        best = max if order.when == "below" else min
        order.best = best(order.best or last, last)
        if order.when == "below":
            return last <= order.best * (1 - order.trail)
        return last >= order.best * (1 + order.trail)
