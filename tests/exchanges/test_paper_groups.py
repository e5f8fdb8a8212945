"""Paper has groups of a stop and a target, and post-only orders, as spot venues do."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from kit_tui.domain.errors import OrderRejectedError
from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import Mode, OrderStatus, OrderType, Side
from kit_tui.exchanges.base import NewOco, NewOrder, VenueOrder
from kit_tui.exchanges.paper import PaperExchange
from tests.exchanges.scripted import BTC, ScriptedMarketData
from tests.support.clock import FakeClock

S = OrderStatus


class Desk:
    """A paper account that holds one BTC at a price of 100."""

    def __init__(self, path: Path) -> None:
        self.path, self.clock = path, FakeClock()
        self.source = ScriptedMarketData(self.clock)
        self.venue = self.open()

    def open(self) -> PaperExchange:
        return PaperExchange(
            self.source, self.path, self.clock, account="paper", mode=Mode.PAPER,
            cash=Decimal(10_000),
        )  # fmt: skip

    async def group(self, stop: str = "90", target: str = "120") -> tuple[VenueOrder, VenueOrder]:
        return await self.venue.create_oco(
            NewOco(
                client_id="list", pair=BTC, side=Side.SELL, quantity=Quantity(1),
                target_client_id="target", target_price=Price(target),
                stop_client_id="stop", stop_price=Price(stop),
            )
        )  # fmt: skip

    async def goes(self, price: str) -> None:
        self.clock.advance(120)
        self.source.set(price)
        await self.venue.match()

    async def statuses(self) -> tuple[OrderStatus, OrderStatus]:
        found = [await self.venue.find_order(BTC, name) for name in ("target", "stop")]
        assert found[0] is not None
        assert found[1] is not None
        return found[0].status, found[1].status


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    made = Desk(tmp_path / "paper.sqlite")
    await made.venue.create_order(
        NewOrder(client_id="in", pair=BTC, side=Side.BUY, type=OrderType.MARKET,
                 quantity=Quantity(1))
    )  # fmt: skip
    yield made
    await made.venue.close()


async def test_a_group_locks_its_coins_once(desk: Desk) -> None:
    target, stop = await desk.group()
    assert (target.type, stop.type) == (OrderType.LIMIT, OrderType.STOP)
    assert target.group_id == stop.group_id == "list"
    assert (await desk.venue.get_balance("BTC")).locked == 1


@pytest.mark.parametrize(
    ("price", "ends"), [("121", (S.FILLED, S.CANCELED)), ("89", (S.CANCELED, S.FILLED))]
)
async def test_one_side_ends_the_other(
    desk: Desk, price: str, ends: tuple[OrderStatus, OrderStatus]
) -> None:
    await desk.group()
    await desk.goes(price)
    assert await desk.statuses() == ends
    assert (await desk.venue.get_balance("BTC")).total == 0


async def test_of_a_candle_that_reaches_both_the_stop_counts(desk: Desk) -> None:
    await desk.group()
    desk.clock.advance(240)
    desk.source.candle(-3, 100, 100, 100, 100)
    desk.source.candle(-2, 100, 125, 85, 100)
    desk.source.candle(0, 100, 100, 100, 100)
    await desk.venue.match()
    assert await desk.statuses() == (S.CANCELED, S.FILLED)


async def test_cancelling_one_side_ends_both_and_frees_the_coins(desk: Desk) -> None:
    await desk.group()
    await desk.venue.cancel_order(BTC, "stop")
    assert await desk.statuses() == (S.CANCELED, S.CANCELED)
    assert (await desk.venue.get_balance("BTC")).free == 1


async def test_a_group_outlives_its_process(desk: Desk) -> None:
    await desk.group()
    await desk.venue.close()
    desk.venue = desk.open()
    await desk.goes("121")
    assert await desk.statuses() == (S.FILLED, S.CANCELED)


@pytest.mark.parametrize(("stop", "target"), [("101", "120"), ("90", "99")])
async def test_a_group_on_the_wrong_side_is_refused_whole(
    desk: Desk, stop: str, target: str
) -> None:
    with pytest.raises(OrderRejectedError):
        await desk.group(stop, target)
    assert await desk.venue.fetch_open_orders() == ()


async def test_a_group_needs_free_coins(desk: Desk) -> None:
    await desk.group()
    with pytest.raises(OrderRejectedError):
        await desk.venue.create_oco(
            NewOco(
                client_id="other", pair=BTC, side=Side.SELL, quantity=Quantity(1),
                target_client_id="t2", target_price=Price(120), stop_client_id="s2",
                stop_price=Price(90),
            )
        )  # fmt: skip
    assert len(await desk.venue.fetch_open_orders()) == 2


@pytest.mark.parametrize(("price", "taken"), [("99", True), ("101", False)])
async def test_a_post_only_order_rests_or_is_refused(desk: Desk, price: str, taken: bool) -> None:
    order = NewOrder(
        client_id="maker", pair=BTC, side=Side.BUY, type=OrderType.LIMIT, quantity=Quantity(1),
        price=Price(price), post_only=True,
    )  # fmt: skip
    if taken:
        assert (await desk.venue.create_order(order)).post_only
        return
    with pytest.raises(OrderRejectedError) as refused:
        await desk.venue.create_order(order)
    assert refused.value.code == "POST_ONLY_WOULD_TAKE"


async def test_a_file_of_before_groups_still_opens(desk: Desk) -> None:
    await desk.venue.close()
    with sqlite3.connect(desk.path) as old:
        old.execute("ALTER TABLE orders DROP COLUMN oco")
        old.execute("ALTER TABLE orders DROP COLUMN post_only")
    old.close()
    desk.venue = desk.open()
    await desk.group()
    assert await desk.statuses() == (S.ACCEPTED, S.ACCEPTED)
