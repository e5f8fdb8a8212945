"""The books of the scripted venue keep their accounts straight, whatever is asked of them."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.servers.binance_rest import ScriptedMarket
from tests.servers.binance_trading import book_market
from tests.servers.venue_book import VenueBook
from tests.servers.venue_perpetuals import PerpetualBook
from tests.servers.venue_types import Piece, Refusal

SIDES = st.sampled_from(["buy", "sell"])
PRICES = st.integers(800, 1200).map(Decimal)
AMOUNTS = st.integers(1, 400).map(lambda n: Decimal(n) / 100)
MARKET = ScriptedMarket(
    "BTC", last="1000", bid="1000", ask="1000", tick="1", step="0.01", min_quantity="0.01"
)


class Trading(RuleBasedStateMachine):
    """Random orders, cancels, prices and partial fills on one account."""

    book: VenueBook

    @initialize()
    def open(self) -> None:
        self.book = VenueBook(lambda: 0)
        self.book.markets["BTCUSDT"] = book_market(MARKET)
        self.book.deposit("main", "USDT", Decimal(5000))
        self.book.deposit("main", "BTC", Decimal(5))

    @rule(side=SIDES, amount=AMOUNTS, price=st.none() | PRICES, stop=st.none() | PRICES)
    def place(
        self, side: str, amount: Decimal, price: Decimal | None, stop: Decimal | None
    ) -> None:
        order = self.book.new_order(
            "main", client_id=f"c{len(self.book.orders)}", symbol="BTCUSDT", side=side,
            kind="market" if price is None else "limit", quantity=amount, price=price,
            trigger=stop, when="below" if side == "sell" else "above",
        )  # fmt: skip
        before = len(self.book.orders)
        try:
            self.book.place(order)
        except Refusal:
            assert len(self.book.orders) == before

    @rule(amount=AMOUNTS, above=PRICES, below=PRICES)
    def place_pair(self, amount: Decimal, above: Decimal, below: Decimal) -> None:
        last = self.book.markets["BTCUSDT"].last
        below, above = last - (below - 790) / 4, last + (above - 790) / 4
        below, above = below // 1, above // 1
        common = {"symbol": "BTCUSDT", "side": "sell", "quantity": amount}
        number = len(self.book.orders)
        legs = [
            self.book.new_order("main", client_id=f"t{number}", kind="limit", price=above,
                                post_only=True, **common),
            self.book.new_order("main", client_id=f"s{number}", kind="market", trigger=below,
                                when="below", **common),
        ]  # fmt: skip
        try:
            self.book.place_list(legs)
        except Refusal:
            assert len(self.book.orders) == number

    @rule(price=PRICES)
    def move(self, price: Decimal) -> None:
        self.book.set_price("BTCUSDT", price, price, price)

    @rule(price=PRICES, amount=AMOUNTS)
    def move_thinly(self, price: Decimal, amount: Decimal) -> None:
        self.book.next_fills("BTCUSDT", Piece(amount))
        self.book.set_price("BTCUSDT", price, price, price)

    @rule(which=st.integers(0, 50))
    def cancel(self, which: int) -> None:
        working = self.book.open_orders("main")
        if working:
            self.book.cancel(working[which % len(working)])

    @invariant()
    def locks_are_those_of_working_orders(self) -> None:
        if not hasattr(self, "book"):
            return
        locked: dict[str, Decimal] = {"USDT": Decimal(0), "BTC": Decimal(0)}
        seen: set[int] = set()
        for order in self.book.open_orders("main"):
            if order.lock is not None and id(order.lock) not in seen:
                seen.add(id(order.lock))
                locked[order.lock.currency] += order.lock.amount
        for currency, amount in locked.items():
            assert abs(self.book.balances["main"][currency].locked - amount) < Decimal("1e-15")

    @invariant()
    def money_is_what_came_in_and_what_was_traded(self) -> None:
        if not hasattr(self, "book"):
            return
        held = {"USDT": Decimal(5000), "BTC": Decimal(5)}
        for fill in self.book.fills:
            sign = 1 if fill.side == "buy" else -1
            held["BTC"] += sign * fill.quantity
            held["USDT"] -= sign * fill.quantity * fill.price
            held[fill.fee_currency] -= fill.fee
        for currency, amount in held.items():
            assert abs(self.book.balances["main"][currency].total - amount) < Decimal("1e-15")

    @invariant()
    def coins_are_never_sold_twice(self) -> None:
        if hasattr(self, "book"):
            assert self.book.balances["main"]["BTC"].free >= 0

    @invariant()
    def orders_hold_what_their_fills_say(self) -> None:
        if not hasattr(self, "book"):
            return
        for order in self.book.orders:
            assert order.filled == sum((f.quantity for f in self.book.fills_of(order)), Decimal(0))
            assert order.filled <= order.quantity
            assert (order.status == "filled") == (order.filled == order.quantity)


class Margined(Trading):
    """The same on perpetuals, where a position stands for the coins."""

    book: PerpetualBook

    @initialize()
    def open(self) -> None:
        self.book = PerpetualBook(lambda: 0)
        self.book.markets["BTCUSDT"] = book_market(MARKET)
        self.book.deposit("main", "USDT", Decimal(5000))

    @rule()
    def place_pair(self) -> None:
        """Perpetuals have no order lists."""

    @invariant()
    def money_is_what_came_in_and_what_was_traded(self) -> None:
        if not hasattr(self, "book"):
            return
        position = self.book.position("main", "BTCUSDT")
        signed = [f.quantity if f.side == "buy" else -f.quantity for f in self.book.fills]
        assert position.amount == sum(signed, Decimal(0))
        flow = sum((-q * f.price for q, f in zip(signed, self.book.fills, strict=True)), Decimal(0))
        fees = sum((f.fee for f in self.book.fills), Decimal(0))
        wallet = self.book.balances["main"]["USDT"].total
        worth = flow + position.amount * position.entry
        assert abs(wallet - (5000 + worth - fees)) < Decimal("1e-12")
        assert wallet == sum((row.amount for row in self.book.income), Decimal(0))

    @invariant()
    def orders_hold_what_their_fills_say(self) -> None:
        if not hasattr(self, "book"):
            return
        for order in self.book.orders:
            assert order.filled == sum((f.quantity for f in self.book.fills_of(order)), Decimal(0))
            assert order.filled <= order.quantity


TestSpotBooks = Trading.TestCase
TestPerpetualBooks = Margined.TestCase
TestSpotBooks.settings = TestPerpetualBooks.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None
)
