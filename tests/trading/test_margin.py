"""Margined accounts: both sides open, exits never flip, leverage is set and checked first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from kit_tui.domain.errors import KitError
from kit_tui.domain.numbers import Price
from kit_tui.domain.orders import OrderStatus, OrderType, Side
from tests.trading.bench import OWNER
from tests.trading.order_venue import ContractVenue, OrderBench, order_bench

SIZE = Decimal("0.01")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[OrderBench]:
    """An account of perpetual contracts with 10,000 USDT."""
    async with order_bench(tmp_path, ContractVenue) as made:
        yield made


def venue(desk: OrderBench) -> ContractVenue:
    assert isinstance(desk.venue, ContractVenue)
    return desk.venue


async def short(desk: OrderBench, **more: object) -> None:
    await desk.place(Side.SELL, venue(desk).perp, base_amount=SIZE, **more)


async def test_a_sell_opens_a_short_and_a_buy_closes_it(desk: OrderBench) -> None:
    pair = venue(desk).perp
    await short(desk)
    assert desk.held(pair) == -SIZE
    assert not desk.orders[0].reduce_only
    proposal = await desk.engine.close_position(pair, principal=OWNER, words="close")
    assert proposal.ticket is not None
    await desk.approve(proposal.ticket)
    assert desk.held(pair) == 0
    assert (desk.orders[1].side, desk.orders[1].reduce_only) == (Side.BUY, True)


async def test_an_exit_never_flips(desk: OrderBench) -> None:
    pair = venue(desk).perp
    await short(desk)
    with pytest.raises(KitError, match="cannot be bought back"):
        await desk.ask_for(Side.BUY, pair, base_amount=SIZE * 2)
    await desk.place(Side.BUY, pair, fraction=Decimal("0.5"))
    assert desk.held(pair) == -SIZE / 2


async def test_a_short_is_protected_above_and_its_target_is_below(desk: OrderBench) -> None:
    pair = venue(desk).perp
    await short(desk, stop_loss=Price(51000), take_profit=Price(47000))
    assert sorted(desk.levels()) == [
        ("limit", SIZE, Decimal(47000), False), ("stop", SIZE, Decimal(51000), False),
    ]  # fmt: skip
    assert all(o.side is Side.BUY and o.reduce_only for o in desk.working)
    desk.venue.set_price(pair, "51100")
    await desk.poll()
    assert desk.held(pair) == 0
    await desk.poll()
    assert desk.working == []
    assert desk.venue.open_ids() == []


async def test_a_trailing_stop_of_a_short_follows_downward(desk: OrderBench) -> None:
    pair = venue(desk).perp
    await short(desk, trail=Decimal("0.02"))
    assert desk.levels() == [("trailing_stop", SIZE, Decimal(51000), True)]
    desk.venue.set_price(pair, "48000")
    await desk.poll()
    assert desk.levels() == [("trailing_stop", SIZE, Decimal(48960), True)]
    desk.venue.set_price(pair, "49000")
    await desk.poll()
    assert desk.held(pair) == 0


async def test_leverage_is_set_before_the_entry_and_needs_stop_and_target(
    desk: OrderBench,
) -> None:
    pair = venue(desk).perp
    answer = await desk.place(pair=pair, quote_amount=Decimal(500), leverage=Decimal(2))
    assert desk.venue.levers == [(pair, Decimal(2), "isolated")]
    assert answer.ticket is not None
    assert answer.ticket.order.stop_loss == Decimal(49000), "two per cent, as the settings offer"
    assert answer.ticket.order.take_profit == Decimal(53000)
    assert len(desk.working) == 2


async def test_leverage_beyond_the_limit_is_refused(desk: OrderBench) -> None:
    proposal = await desk.ask_for(
        pair=venue(desk).perp, quote_amount=Decimal(500), leverage=Decimal(5)
    )
    assert proposal.verdict is not None
    assert "LEVERAGE_LIMIT" in {check.code for check in proposal.verdict.failed}


async def test_a_stop_too_near_to_liquidation_is_refused(tmp_path: Path) -> None:
    async with order_bench(tmp_path, ContractVenue) as desk:
        proposal = await desk.ask_for(
            pair=venue(desk).perp, quote_amount=Decimal(500), leverage=Decimal(3),
            stop_loss=Price(33000),
        )  # fmt: skip
        assert proposal.verdict is not None
        assert {check.code for check in proposal.verdict.failed} == {"LIQUIDATION_TOO_CLOSE"}


async def test_leverage_that_cannot_be_set_sends_nothing(desk: OrderBench) -> None:
    async def refuse(*_: object) -> None:
        raise KitError("the venue refuses this leverage")

    desk.venue.set_leverage = refuse  # type: ignore[method-assign, assignment]  # a fault to survive
    with pytest.raises(KitError, match="refuses this leverage"):
        await desk.place(pair=venue(desk).perp, quote_amount=Decimal(500))
    assert desk.venue.sent == []


async def test_kill_buys_shorts_back(desk: OrderBench) -> None:
    pair = venue(desk).perp
    await short(desk, stop_loss=Price(51000))
    reply = await desk.engine.kill(by="Ada")
    assert reply.ok, reply.text
    assert venue(desk).held == 0
    assert desk.held(pair) == 0
    assert desk.working == []


async def test_moving_the_stop_of_a_short(desk: OrderBench) -> None:
    pair = venue(desk).perp
    await short(desk, stop_loss=Price(51000))
    await desk.engine.move_stop(pair, price=Decimal(50500), principal=OWNER)
    assert desk.levels() == [("stop", SIZE, Decimal(50500), False)]
    with pytest.raises(KitError, match="must be above the price"):
        await desk.engine.move_stop(pair, price=Decimal(49000), principal=OWNER)


async def test_an_entry_in_a_shorts_direction_adds(desk: OrderBench) -> None:
    pair = venue(desk).perp
    for _ in range(2):
        await desk.place(Side.SELL, pair, base_amount=SIZE / 4)
    assert desk.held(pair) == -SIZE / 2
    assert [o.status for o in desk.orders] == [OrderStatus.FILLED] * 2
    assert [o.type for o in desk.orders] == [OrderType.MARKET] * 2


async def test_adding_to_a_position_keeps_its_leverage(desk: OrderBench) -> None:
    """Another one would move the liquidation of what is held, past its stop perhaps."""
    pair = venue(desk).perp
    two = {"leverage": Decimal(2), "stop_loss": Price(45000), "take_profit": Price(60000)}
    await desk.place(Side.BUY, pair, base_amount=SIZE / 4, **two)
    venue(desk).leverage_now = Decimal(2)
    await desk.poll()
    with pytest.raises(KitError, match="position has 2x"):
        await desk.ask_for(
            Side.BUY, pair, base_amount=SIZE / 4, leverage=Decimal(3), stop_loss=Price(49000)
        )
    await desk.place(Side.BUY, pair, base_amount=SIZE / 4, stop_loss=Price(49000))
    assert [lever for _, lever, _ in venue(desk).levers] == [2, 2]


async def test_a_watched_entry_sets_the_leverage_of_its_ticket_when_it_is_reached(
    tmp_path: Path,
) -> None:
    kinds = frozenset({OrderType.MARKET, OrderType.LIMIT})
    async with order_bench(tmp_path, ContractVenue, native_types=kinds) as desk:
        pair = venue(desk).perp
        await desk.place(
            Side.BUY, pair, base_amount=SIZE / 4, type=OrderType.STOP, stop_price=Price(51000),
            leverage=Decimal(2), stop_loss=Price(48000),
        )  # fmt: skip
        venue(desk).levers.clear()
        desk.venue.set_price(pair, "51000")
        await desk.poll()
        assert desk.held(pair) == SIZE / 4
        assert [lever for _, lever, _ in venue(desk).levers] == [2]
