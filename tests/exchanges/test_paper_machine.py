"""Random orders at random prices: the paper account never goes negative and never invents money."""

from __future__ import annotations

import asyncio
import tempfile
from decimal import Decimal
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kit_tui.domain.errors import OrderRejectedError
from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import Mode, OrderType, Side, TimeInForce
from kit_tui.exchanges.base import NewOrder
from kit_tui.exchanges.paper import PaperExchange
from tests.exchanges.scripted import BTC, ScriptedMarketData
from tests.support.clock import FakeClock

CASH = Decimal(10_000)
QUANTITIES = st.integers(1, 500_000).map(lambda n: Quantity(Decimal(n) / 10_000))
OFFSETS = st.integers(-1_500, 1_500).map(lambda n: Decimal(n) / 100)
SIGN = {Side.BUY: 1, Side.SELL: -1}


class PaperAccount(RuleBasedStateMachine):
    """A trader who does anything at all while the market does anything but halve."""

    @initialize(fee_in=st.sampled_from(["quote", "received"]), volume=st.none() | st.just("9000"))
    def open_account(self, fee_in: str, volume: str | None) -> None:
        self.clock = FakeClock()
        self.source = ScriptedMarketData(self.clock)
        self.source.volume = volume
        self.folder = tempfile.TemporaryDirectory()
        self.fee_in = fee_in
        self.count = 0
        self.price = Decimal(100)
        self.seen = [Decimal(99), Decimal(101)]
        self.loop = asyncio.new_event_loop()
        self.venue = self._open()

    def _open(self) -> PaperExchange:
        return PaperExchange(
            self.source,
            Path(self.folder.name) / "paper.sqlite",
            self.clock,
            account="paper",
            mode=Mode.PAPER,
            cash=CASH,
            fee_in="quote" if self.fee_in == "quote" else "received",
        )

    @rule(
        side=st.sampled_from(Side),
        kind=st.sampled_from(
            [OrderType.MARKET, OrderType.LIMIT, OrderType.STOP, OrderType.STOP_LIMIT]
        ),
        quantity=QUANTITIES,
        offset=OFFSETS,
        beyond=OFFSETS,
        force=st.sampled_from(TimeInForce),
    )
    def send(
        self,
        *,
        side: Side,
        kind: OrderType,
        quantity: Quantity,
        offset: Decimal,
        beyond: Decimal,
        force: TimeInForce,
    ) -> None:
        self.count += 1
        near = Price(max(self.price + offset, Decimal(1)))
        new = NewOrder(
            client_id=str(self.count),
            pair=BTC,
            side=side,
            type=kind,
            quantity=quantity,
            price=near if kind in {OrderType.LIMIT, OrderType.STOP_LIMIT} else None,
            stop_price=Price(max(self.price + beyond, Decimal(1)))
            if kind in {OrderType.STOP, OrderType.STOP_LIMIT}
            else None,
            time_in_force=force,
        )
        before = self.loop.run_until_complete(self.venue.fetch_balances())
        try:
            taken = self.loop.run_until_complete(self.venue.create_order(new))
        except OrderRejectedError:
            assert self.loop.run_until_complete(self.venue.fetch_balances()) == before
            return
        assert taken.filled <= taken.quantity

    @rule(number=st.integers(1, 30))
    def cancel(self, number: int) -> None:
        number = min(number, self.count)
        if number and self.loop.run_until_complete(self.venue.find_order(BTC, str(number))):
            done = self.loop.run_until_complete(self.venue.cancel_order(BTC, str(number)))
            assert not done.status.value.startswith("acc")

    @rule(move=OFFSETS, wick_up=st.integers(0, 900), wick_down=st.integers(0, 900))
    def market_moves(self, move: Decimal, wick_up: int, wick_down: int) -> None:
        after = max(self.price + move, Decimal(20))
        high = max(self.price, after) + Decimal(wick_up) / 100
        low = max(min(self.price, after) - Decimal(wick_down) / 100, Decimal(1))
        self.clock.advance(60)
        prices = (float(self.price), float(high), float(low), float(after))
        self.source.candle(0, *prices, volume=float(self.count))
        self.price = after
        self.source.set(str(after))
        half = self.source.spread / 2
        # Ten levels deep, each half a per mille worse: what a large order may reach.
        reach = Decimal("0.0051")
        self.seen = [
            min(self.seen[0], (low - half) * (1 - reach)),
            max(self.seen[1], (high + half) * (1 + reach)),
        ]

    @rule()
    def restart(self) -> None:
        self.loop.run_until_complete(self.venue.close())
        self.venue = self._open()

    @invariant()
    def the_books_hold(self) -> None:
        run = self.loop.run_until_complete
        fills = run(self.venue.fetch_fills(None))
        balances = {balance.currency: balance for balance in run(self.venue.fetch_balances())}
        for balance in balances.values():
            assert 0 <= balance.free <= balance.total
        assert len({fill.key for fill in fills}) == len(fills)
        cash, coins = CASH, Decimal(0)
        for fill in fills:
            assert self.seen[0] <= fill.price <= self.seen[1]
            cash -= SIGN[fill.side] * fill.notional
            coins += SIGN[fill.side] * fill.quantity
            if fill.fee_currency == "USDT":
                cash -= fill.fee
            else:
                coins -= fill.fee
        assert balances["USDT"].total == cash
        assert (balances["BTC"].total if "BTC" in balances else 0) == coins
        if not run(self.venue.fetch_open_orders()):
            assert all(balance.locked == 0 for balance in balances.values())

    def teardown(self) -> None:
        if hasattr(self, "venue"):
            self.loop.run_until_complete(self.venue.close())
            self.loop.close()
            self.folder.cleanup()


TestPaperAccount = PaperAccount.TestCase
TestPaperAccount.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
