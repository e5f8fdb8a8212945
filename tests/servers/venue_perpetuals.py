"""The books of a scripted venue for perpetual futures: margin, positions, funding, liquidation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from tests.servers.venue_book import VenueBook
from tests.servers.venue_types import ZERO, BookFill, BookOrder, Fees, Lock, Position, Refusal

MAINTENANCE = Decimal("0.004")


@dataclass(frozen=True, slots=True)
class Income:
    """One movement of a wallet: funding, commission, realised profit, transfer, liquidation."""

    id: int
    account: str
    kind: str
    amount: Decimal
    at: int
    symbol: str = ""
    trade_id: str = ""


class PerpetualBook(VenueBook):
    """One-way positions margined in one currency, whose wallet is `balances[account][currency]`.

    A conditional order that triggers places an order of its own (`child_id`), as Binance's algo
    service does; `child_keeps_id` says whether that one carries the same client id.
    """

    def __init__(self, now_ms: Callable[[], int], currency: str = "USDT") -> None:
        super().__init__(now_ms)
        self.currency = currency
        self.fees = Fees(Decimal("0.0005"), Decimal("0.0002"), "quote")
        self.positions: dict[tuple[str, str], Position] = {}
        self.income: list[Income] = []
        self.child_keeps_id = True

    # -- the script -----------------------------------------------------------------------------

    def set_mark(self, symbol: str, mark: Decimal) -> None:
        """Move the mark price alone."""
        self.markets[symbol].mark = mark

    def deposit(self, account: str, currency: str, amount: Decimal) -> None:
        super().deposit(account, currency, amount)
        if currency == self.currency:
            self._earn(account, "TRANSFER", amount)

    def pay_funding(self, symbol: str, rate: Decimal) -> None:
        """Longs pay shorts this share of their notional at mark (negative: the other way)."""
        for position in self.positions.values():
            if position.symbol == symbol and position.amount:
                amount = -position.amount * self.markets[symbol].mark * rate
                self.balances[position.account][self.currency].free += amount
                self._earn(position.account, "FUNDING_FEE", amount, symbol)

    def liquidate(self, account: str, symbol: str, price: Decimal | None = None) -> BookOrder:
        """Close a position by force at the mark price, all its working orders cancelled first."""
        position = self.position(account, symbol)
        for order in self.open_orders(account, symbol):
            self.end(order, "canceled")
        order = self.new_order(
            account, client_id=f"autoclose-{self.now_ms()}", symbol=symbol, kind="limit",
            side="sell" if position.amount > 0 else "buy", quantity=abs(position.amount),
            price=price or self.markets[symbol].mark, time_in_force="ioc",
            words={"type": "LIMIT"},
        )  # fmt: skip
        self.orders.append(order)
        self.fill(order)
        return order

    # -- looking --------------------------------------------------------------------------------

    def position(self, account: str, symbol: str) -> Position:
        return self.positions.setdefault((account, symbol), Position(account, symbol))

    def held(self, account: str) -> list[Position]:
        """Positions which are not flat."""
        return [p for p in self.positions.values() if p.account == account and p.amount]

    def profit(self, position: Position) -> Decimal:
        """Unrealised, at mark."""
        return (self.markets[position.symbol].mark - position.entry) * position.amount

    def initial_margin(self, position: Position) -> Decimal:
        return abs(position.amount) * self.markets[position.symbol].mark / position.leverage

    def order_margin(self, account: str) -> Decimal:
        """What working entries set aside; waiting conditional orders need nothing yet."""
        return sum(
            (
                order.remaining * (order.price or ZERO)
                / self.position(account, order.symbol).leverage
                for order in self.open_orders(account)
                if not order.waiting and not order.reduce_only
            ),
            ZERO,
        )  # fmt: skip

    def available(self, account: str) -> Decimal:
        """Wallet, open profit of cross positions, less all margins."""
        free = self.balances[account][self.currency].free - self.order_margin(account)
        for position in self.held(account):
            free -= position.isolated_margin if position.isolated else self.initial_margin(position)
            free += ZERO if position.isolated else self.profit(position)
        return max(ZERO, free)

    def liquidation_price(self, position: Position) -> Decimal:
        """Where margin no longer covers maintenance; zero where no price does."""
        if not position.amount:
            return ZERO
        size, sign = abs(position.amount), 1 if position.amount > 0 else -1
        wallet = self.balances[position.account][self.currency].free
        margin = position.isolated_margin if position.isolated else wallet
        price = (position.entry * size - sign * margin) / (size * (1 - sign * MAINTENANCE))
        tick = self.markets[position.symbol].tick
        return max(ZERO, price // tick * tick)

    # -- rules ----------------------------------------------------------------------------------

    def _check_funds(self, order: BookOrder) -> None:
        position = self.position(order.account, order.symbol)
        if order.reduce_only and not order.is_conditional and not self._reducible(order):
            raise Refusal("reduce_only")
        if order.reduce_only or order.is_conditional:
            return
        opening = max(ZERO, order.quantity - self._reducible(order))
        if opening * self._worth(order) / position.leverage > self.available(order.account):
            raise Refusal("insufficient")

    def _locked(self, order: BookOrder) -> Lock | None:
        return None

    def _reducible(self, order: BookOrder) -> Decimal:
        """How much of the position an order of this side can close."""
        amount = self.position(order.account, order.symbol).amount
        against = amount < 0 if order.side == "buy" else amount > 0
        return abs(amount) if against else ZERO

    # -- trading --------------------------------------------------------------------------------

    def _fire(self, order: BookOrder) -> None:
        super()._fire(order)
        order.status = "triggered"
        child = self.new_order(
            order.account, symbol=order.symbol, side=order.side, kind=order.kind,
            client_id=order.client_id if self.child_keeps_id else f"algo-child-{order.id}",
            quantity=self._reducible(order) if order.close_position else order.quantity,
            price=order.price, time_in_force=order.time_in_force, parent_id=order.id,
            reduce_only=order.reduce_only or order.close_position,
            words={"type": "LIMIT" if order.kind == "limit" else "MARKET"},
        )  # fmt: skip
        try:
            self.place(child)
        except Refusal:
            order.status = "rejected"
            return
        order.child_id = child.id

    def _trade(self, order: BookOrder, arriving: bool) -> None:
        if order.reduce_only:
            can = self._reducible(order)
            if not can:
                self.end(order, "expired")
                return
            if can < order.remaining:
                order.quantity = order.filled + can
        super()._trade(order, arriving)

    def _settle(self, order: BookOrder, fill: BookFill) -> None:
        position = self.position(order.account, order.symbol)
        market, purses = self.markets[order.symbol], self.balances[order.account]
        fill.fee_currency, fill.fee = self.fees.charge(market, fill, purses)
        fill.profit = self._move(position, fill)
        purses[fill.fee_currency].free -= fill.fee
        purses[self.currency].free += fill.profit
        self._earn(order.account, "COMMISSION", -fill.fee, fill.symbol, str(fill.id))
        if fill.profit:
            self._earn(order.account, "REALIZED_PNL", fill.profit, fill.symbol, str(fill.id))
        position.updated_at = fill.at
        if not position.amount:
            self._end_reducers(position, order)

    def _move(self, position: Position, fill: BookFill) -> Decimal:
        """Change the position by a fill; returns the profit it realises."""
        change = fill.quantity if fill.side == "buy" else -fill.quantity
        before, profit = position.amount, ZERO
        after = before + change
        if before * change < 0:
            closed = min(abs(before), abs(change))
            profit = (fill.price - position.entry) * closed * (1 if before > 0 else -1)
        if before * after <= 0:  # flat, opened or flipped
            position.entry = fill.price if after else ZERO
        elif abs(after) > abs(before):
            position.entry = (position.entry * before + fill.price * change) / after
        position.amount = after
        position.isolated_margin = (
            abs(after) * position.entry / position.leverage if position.isolated else ZERO
        )
        return profit

    def _end_reducers(self, position: Position, done: BookOrder) -> None:
        """Without a position there is nothing to reduce: such orders end, as on Binance."""
        for order in self.open_orders(position.account, position.symbol):
            reducer = order.close_position or (order.reduce_only and not order.is_conditional)
            if reducer and order is not done:
                self.end(order, "expired")

    def _earn(
        self, account: str, kind: str, amount: Decimal, symbol: str = "", trade_id: str = ""
    ) -> None:
        number = len(self.income) + 1
        self.income.append(Income(number, account, kind, amount, self.now_ms(), symbol, trade_id))
