"""Margined accounts: the venue's positions are the truth, and funding is profit or loss."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from kit_tui.domain.errors import VenueUnavailableError
from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import Fill, Mode, OrderStatus, Side
from kit_tui.domain.pair import Market, Pair
from kit_tui.exchanges.base import NewOrder, VenueOrder, VenuePosition
from kit_tui.state.slices import PORTFOLIO, POSITIONS, TRUST
from tests.support.scripted_exchange import ScriptedExchange
from tests.trading.bench import Bench

PERP = Pair("BTC/USDT:USDT")


class PerpVenue(ScriptedExchange):
    """One perpetual with a wallet; positions are what fills leave, unless a test says otherwise."""

    is_margined = True

    def market_of(self, pair: Pair) -> Market:
        return msgspec.structs.replace(super().market_of(pair), pair=pair)

    def trade(self, side: Side, quantity: str, price: str, *, order_id: str = "web_1") -> Fill:
        """An execution by somebody, with the wallet and the position that follow from it."""
        self.clock.advance(1)
        amount, at = Decimal(quantity), Decimal(price)
        fill = Fill(
            venue=self.name, account=self.account, pair=PERP,
            trade_id=f"p{len(self.executions) + 1}", order_id=order_id, side=side,
            quantity=Quantity(amount), price=Price(at), fee=amount * at * self.fee,
            fee_currency="USDT", at=self.clock.now(), venue_order_id=f"v-{order_id}",
        )  # fmt: skip
        self.executions.append(fill)
        signed = amount if side is Side.BUY else -amount
        before = self.positions.get(PERP)
        held = before.quantity if before is not None else Decimal(0)
        entry = before.entry_price if before is not None and before.entry_price else Price(at)
        if held * signed < 0:
            closed = min(abs(held), amount)
            gain = closed * (at - entry) * (1 if held > 0 else -1)
            self._add("USDT", gain)
        self._add("USDT", -fill.fee)
        self.hold(str(held + signed), str(entry if held else at))
        return fill

    def hold(self, quantity: str, entry: str) -> None:
        """The position as the venue now reports it; zero is none."""
        self.positions.pop(PERP, None)
        if Decimal(quantity) != 0:
            self.positions[PERP] = VenuePosition(
                pair=PERP, quantity=Decimal(quantity), entry_price=Price(entry),
                mark_price=Price(self.prices[PERP]), liquidation_price=Price("30000"),
                leverage=Decimal(5), margin="isolated",
            )  # fmt: skip

    async def set_leverage(
        self, pair: Pair, leverage: Decimal, margin: Literal["isolated", "cross"]
    ) -> None:
        """Any is taken."""

    async def create_order(self, order: NewOrder) -> VenueOrder:
        """A market order fills at once."""
        self.sent.append(order)
        price = self.prices[PERP]
        self.trade(order.side, str(order.quantity), str(price), order_id=order.client_id)
        self.orders[order.client_id] = VenueOrder(
            client_id=order.client_id, venue_order_id=f"v-{order.client_id}", pair=PERP,
            side=order.side, type=order.type, status=OrderStatus.FILLED, quantity=order.quantity,
            filled=order.quantity, average_price=Price(price), updated_at=self.clock.now(),
        )  # fmt: skip
        return self.orders[order.client_id]


@pytest.fixture
async def perp(tmp_path: Path) -> AsyncIterator[Bench]:
    """An armed account of perpetuals."""
    desk = Bench(tmp_path, mode=Mode.LIVE)
    desk.venue = PerpVenue(desk.clock, mode=Mode.LIVE)
    desk.venue.prices = {PERP: Decimal(50000)}
    desk.venue.price_at = {PERP: desk.clock.now()}
    await desk.start()
    yield desk
    await desk.stop()


def venue(desk: Bench) -> PerpVenue:
    assert isinstance(desk.venue, PerpVenue)
    return desk.venue


def equity(desk: Bench) -> Decimal:
    portfolio = desk.store.get(PORTFOLIO)
    assert portfolio is not None
    assert portfolio.complete
    return portfolio.equity


async def rounds(desk: Bench, count: int = 3) -> None:
    for _ in range(count):
        await desk.poll()


async def test_equity_is_the_wallet_and_what_is_not_realised(perp: Bench) -> None:
    await perp.buy(PERP, "900")
    assert perp.held(PERP) == Decimal("0.018")
    perp.venue.prices[PERP] = Decimal(52000)
    await perp.poll()
    assert equity(perp) == 10000 - Decimal("0.9") + Decimal("0.018") * 2000
    (shown,) = perp.store.get(POSITIONS) or ()
    assert [shown.position.leverage, shown.position.liquidation_price] == [5, 30000]


async def test_a_short_opened_elsewhere_is_taken_over_with_its_entry(perp: Bench) -> None:
    """Opened where no execution tells of it: the venue's report is enough, after two looks."""
    venue(perp).hold("-0.2", "51000")
    await perp.poll()
    assert perp.held(PERP) == 0
    await perp.poll()
    held = perp.journal.ledger.position("test", PERP)
    assert held is not None
    assert [held.signed_quantity, held.entry_price, held.adopted] == [Decimal("-0.2"), 51000, True]
    await perp.poll()
    assert equity(perp) == 10000 + Decimal("0.2") * 1000


async def test_an_outside_execution_moves_the_one_position_there_is(perp: Bench) -> None:
    await perp.buy(PERP, "900")
    venue(perp).trade(Side.SELL, "0.008", "50000")
    await rounds(perp)
    assert perp.held(PERP) == Decimal("0.010")
    assert sum(order.outside for order in perp.orders) == 1
    portfolio = perp.store.get(PORTFOLIO)
    assert portfolio is not None
    assert portfolio.flow == 0


async def test_a_liquidation_is_followed_and_is_a_loss(perp: Bench) -> None:
    """F28 on a margined account, where the venue tells no execution of ours."""
    await perp.buy(PERP, "900")
    perp.venue.prices[PERP] = Decimal(45000)
    venue(perp).hold("0", "1")
    perp.venue.deposit("USDT", "-90")
    await rounds(perp, 4)
    assert perp.held(PERP) == 0
    assert equity(perp) == 10000 - Decimal("0.9") - 90
    portfolio = perp.store.get(PORTFOLIO)
    assert portfolio is not None
    assert portfolio.flow == 0
    assert portfolio.day_pnl == Decimal("-90.9")
    assert "closed, liquidated" in perp.notices()


async def test_adding_elsewhere_takes_over_the_venues_entry_price(perp: Bench) -> None:
    await perp.buy(PERP, "500")
    venue(perp).hold("0.03", "51000")
    await rounds(perp)
    held = perp.journal.ledger.position("test", PERP)
    assert held is not None
    assert [held.quantity, held.entry_price] == [Decimal("0.03"), 51000]


async def test_funding_is_a_cost_and_a_deposit_is_none(perp: Bench) -> None:
    await perp.buy(PERP, "900")
    await perp.poll()
    perp.venue.deposit("USDT", "-0.27")
    await rounds(perp)
    portfolio = perp.store.get(PORTFOLIO)
    assert portfolio is not None
    assert [portfolio.flow, portfolio.day_pnl] == [0, Decimal("-1.17")]
    perp.venue.deposit("USDT", "500")
    await rounds(perp)
    portfolio = perp.store.get(PORTFOLIO)
    assert portfolio is not None
    assert [portfolio.flow, portfolio.day_pnl] == [500, Decimal("-1.17")]


async def test_a_failed_position_query_is_never_flat(
    perp: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F29."""

    async def silent() -> list[VenuePosition]:
        raise VenueUnavailableError("no answer")

    await perp.buy(PERP, "900")
    with monkeypatch.context() as patch:
        patch.setattr(perp.venue, "fetch_positions", silent)
        await perp.restart()
        await rounds(perp)
        trust = perp.store.get(TRUST)
        assert trust is not None
        assert trust.unreconciled == "no answer"
        assert perp.held(PERP) == Decimal("0.018")
    await perp.poll()
    assert perp.held(PERP) == Decimal("0.018")


async def test_reconciling_contracts_twice_changes_nothing(perp: Bench) -> None:
    await perp.buy(PERP, "900")
    venue(perp).hold("-0.1", "50500")
    await rounds(perp, 4)
    await perp.journal.flush()
    before = perp.journal.seq
    await rounds(perp)
    await perp.restart()
    await rounds(perp)
    await perp.journal.flush()
    assert perp.journal.seq == before
    assert perp.held(PERP) == Decimal("-0.1")
