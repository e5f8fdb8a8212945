"""An exit never sells more than is still held: the rest of the coins are not K.I.T.'s."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest

from kit_tui.domain.numbers import Price
from kit_tui.domain.orders import OrderType, Side
from kit_tui.domain.pair import Pair
from kit_tui.exchanges.base import VenueOrder
from kit_tui.trading.levels import OrderNotPossibleError
from tests.support.scripted_exchange import BTC
from tests.trading.bench import OWNER
from tests.trading.order_venue import ContractVenue, OrderBench, OrderVenue, order_bench

SIZE = Decimal("0.01")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[OrderBench]:
    """An account that also holds 1 BTC of somebody's own."""
    async with order_bench(tmp_path) as made:
        made.venue.deposit("BTC", "1")
        await made.poll()
        await made.poll()
        yield made


async def test_a_ticket_to_close_sells_nothing_once_the_stop_has_sold(desk: OrderBench) -> None:
    """The stop fills between the ticket and its approval."""
    await desk.place(quote_amount=Decimal(500), stop_loss=Price(49000))
    proposal = await desk.engine.close_position(BTC, principal=OWNER, words="close")
    assert proposal.ticket is not None
    desk.venue.set_price(BTC, "48990")
    await desk.poll()
    desk.venue.set_price(BTC, "49990")
    await desk.poll()
    assert desk.held() == 0
    answer = await desk.approve(proposal.ticket)
    assert not answer.reply.ok
    assert desk.venue.total["BTC"] == 1


async def test_a_ticket_larger_than_what_is_left_sells_nothing(desk: OrderBench) -> None:
    await desk.place(quote_amount=Decimal(500), stop_loss=Price(49000))
    proposal = await desk.engine.close_position(BTC, principal=OWNER, words="close")
    assert proposal.ticket is not None
    stop = next(o for o in desk.working if o.is_stop)
    desk.venue.fill(stop.client_id, "0.5")
    await desk.poll()
    answer = await desk.approve(proposal.ticket)
    assert desk.held() + 1 == desk.venue.total["BTC"]
    assert answer.ticket is not None
    assert answer.ticket.order.quantity == SIZE / 2, "a new ticket for what is left"


class Racing(OrderVenue):
    """A resting order fills at the moment it is to be cancelled."""

    share = ""

    async def cancel_order(self, pair: Pair, client_id: str) -> VenueOrder:
        if self.share and client_id in self.open_ids():
            self.fill(client_id, self.share)
        return await super().cancel_order(pair, client_id)


@pytest.mark.parametrize("share", ["1", "0.7"])
@pytest.mark.parametrize("oco", [True, False])
async def test_what_fills_while_it_is_released_is_not_sold_again(
    tmp_path: Path, share: str, oco: bool
) -> None:
    async with order_bench(tmp_path, Racing, has_oco=oco) as desk:
        desk.venue.deposit("BTC", "1")
        await desk.poll()
        await desk.poll()
        await desk.place(
            quote_amount=Decimal(500), stop_loss=Price(49000), take_profit=Price(53000)
        )
        proposal = await desk.engine.close_position(
            BTC, Decimal("0.5"), principal=OWNER, words="sell half"
        )
        assert proposal.ticket is not None
        setattr(desk.venue, "share", share)  # noqa: B010 - of the subclass
        with suppress(OrderNotPossibleError):
            await desk.approve(proposal.ticket)
        setattr(desk.venue, "share", "")  # noqa: B010
        await desk.poll()
        assert desk.venue.total["BTC"] >= 1
        assert desk.venue.total["BTC"] == desk.held() + 1


async def test_an_entry_that_has_become_an_exit_is_offered_anew(tmp_path: Path) -> None:
    """Two tickets, one long and one short, made while flat; the second must not close the first
    as an entry with a stop of its own on the wrong side."""
    async with order_bench(tmp_path, ContractVenue) as desk:
        assert isinstance(desk.venue, ContractVenue)
        pair = desk.venue.perp
        long = await desk.ask_for(Side.BUY, pair, base_amount=SIZE)
        short = await desk.ask_for(Side.SELL, pair, base_amount=SIZE / 2, stop_loss=Price(51000))
        assert long.ticket is not None
        assert short.ticket is not None
        await desk.approve(long.ticket)
        await desk.approve(short.ticket)
        for _ in range(2):
            await desk.poll()
        assert desk.held(pair) == SIZE
        assert [o.type for o in desk.working if o.type is OrderType.STOP] == []


async def test_a_short_sold_into_a_long_position_needs_no_stop(tmp_path: Path) -> None:
    """Its stop would lie above the price: beyond it already, and so sold at market at once."""
    async with order_bench(tmp_path, ContractVenue) as desk:
        assert isinstance(desk.venue, ContractVenue)
        pair = desk.venue.perp
        await desk.place(
            Side.SELL, pair, base_amount=SIZE / 2, type=OrderType.LIMIT, price=Price(51000),
            stop_loss=Price(52000),
        )  # fmt: skip
        await desk.place(Side.BUY, pair, base_amount=SIZE)
        desk.venue.set_price(pair, "51000")
        for _ in range(3):
            await desk.poll()
        assert desk.held(pair) == SIZE / 2
