"""`stop`, `target` and `trail`: one for the whole position, at once, and never a time without."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from kit_tui.domain.errors import KitError
from kit_tui.domain.numbers import Price
from kit_tui.domain.orders import Mode, OrderStatus, OrderType, Side
from tests.support.scripted_exchange import BTC, ETH, Fault, ProcessKilled
from tests.trading.bench import OWNER, VIEWER
from tests.trading.order_venue import OrderBench, order_bench

S = OrderStatus
SIZE = Decimal("0.01")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[OrderBench]:
    """A spot venue without groups."""
    async with order_bench(tmp_path) as made:
        yield made


async def move(desk: OrderBench, price: str) -> str:
    return (await desk.engine.move_stop(BTC, price=Decimal(price), principal=OWNER)).reply.text


async def test_a_position_without_a_stop_gets_one_on_the_venue(desk: OrderBench) -> None:
    await desk.place(quote_amount=Decimal(500))
    text = await move(desk, "49000")
    assert desk.levels() == [("stop", SIZE, Decimal(49000), False)]
    assert "stop 49,000.00 on the venue" in text


async def test_moving_replaces_the_stop_and_covers_all_of_the_position(desk: OrderBench) -> None:
    await desk.place(quote_amount=Decimal(250), stop_loss=Price(48000))
    await desk.place(quote_amount=Decimal(250), stop_loss=Price(47000))
    await move(desk, "49000")
    assert desk.levels() == [("stop", SIZE, Decimal(49000), False)]
    await desk.poll()
    assert desk.levels() == [("stop", SIZE, Decimal(49000), False)]
    assert len(desk.venue.open_ids()) == 1


async def test_the_cancel_worked_and_the_new_stop_did_not(desk: OrderBench) -> None:
    """F27: it is tried again at once, and watched here all the time."""
    await desk.place(quote_amount=Decimal(500), stop_loss=Price(48000))
    desk.venue.faults += [Fault.REJECT]
    await move(desk, "49000")
    assert desk.levels() == [("stop", SIZE, Decimal(49000), False)]
    desk.venue.faults += [Fault.REJECT, Fault.REJECT]
    await move(desk, "49100")
    assert desk.levels() == [("stop", SIZE, Decimal(49100), True)]
    desk.venue.set_price(BTC, "49050")
    await desk.poll()
    assert desk.held() == 0


async def test_killed_between_cancel_and_the_new_stop(desk: OrderBench) -> None:
    await desk.place(quote_amount=Decimal(500), stop_loss=Price(48000))
    desk.venue.faults.append(Fault.CRASH)
    with pytest.raises(ProcessKilled):
        await move(desk, "49000")
    await desk.restart()
    await desk.poll()
    assert desk.levels() == [("stop", SIZE, Decimal(49000), False)]


async def test_a_stop_that_could_not_be_cancelled_is_not_doubled(desk: OrderBench) -> None:
    await desk.place(quote_amount=Decimal(500), stop_loss=Price(48000))
    desk.venue.cancel_faults.append(Fault.TIMEOUT_BEFORE)
    await move(desk, "49000")
    await desk.poll()
    await desk.poll(61)
    assert desk.levels() == [("stop", SIZE, Decimal(49000), False)]
    assert len(desk.venue.open_ids()) == 1


async def test_a_stop_beyond_the_price_is_refused_and_the_old_one_stays(desk: OrderBench) -> None:
    await desk.place(quote_amount=Decimal(500), stop_loss=Price(48000))
    with pytest.raises(KitError, match="must be below the price"):
        await move(desk, "50500")
    assert desk.levels() == [("stop", SIZE, Decimal(48000), False)]


async def test_moving_one_side_of_a_group_keeps_the_other(tmp_path: Path) -> None:
    async with order_bench(tmp_path, has_oco=True) as desk:
        await desk.place(
            quote_amount=Decimal(500), stop_loss=Price(48000), take_profit=Price(53000)
        )
        text = await move(desk, "49000")
        assert sorted(desk.levels()) == [
            ("limit", SIZE, Decimal(53000), False), ("stop", SIZE, Decimal(49000), False),
        ]  # fmt: skip
        assert "stop 49,000.00 · target 53,000.00 · OCO on the venue" in text
        await desk.engine.move_target(BTC, Decimal(54000), principal=OWNER)
        assert sorted(desk.levels()) == [
            ("limit", SIZE, Decimal(54000), False), ("stop", SIZE, Decimal(49000), False),
        ]  # fmt: skip
        assert len(desk.venue.open_ids()) == 2


async def test_a_target_beside_a_stop_is_watched_here(desk: OrderBench) -> None:
    await desk.place(quote_amount=Decimal(500), stop_loss=Price(48000))
    reply = (await desk.engine.move_target(BTC, Decimal(53000), principal=OWNER)).reply
    assert "target 53,000.00 watched here" in reply.text
    desk.venue.set_price(BTC, "53000")
    await desk.poll()
    assert desk.held() == 0
    assert desk.working == []
    assert desk.agrees()


async def test_trailing_replaces_a_stop(desk: OrderBench) -> None:
    await desk.place(quote_amount=Decimal(500), stop_loss=Price(48000))
    await desk.engine.move_stop(BTC, trail=Decimal("0.02"), principal=OWNER)
    assert desk.levels() == [("trailing_stop", SIZE, Decimal(49000), True)]
    assert desk.venue.open_ids() == []


async def test_what_cannot_be_moved_says_why(desk: OrderBench) -> None:
    with pytest.raises(KitError, match="no ETH/USDT position"):
        await desk.engine.move_stop(ETH, price=Decimal(1), principal=OWNER)
    await desk.place(quote_amount=Decimal(500))
    with pytest.raises(KitError, match="look but not trade"):
        await desk.engine.move_stop(BTC, price=Decimal(49000), principal=VIEWER)
    with pytest.raises(KitError, match="above the price"):
        await desk.engine.move_target(BTC, Decimal(40000), principal=OWNER)


async def test_time_without_a_stop_is_measured(desk: OrderBench) -> None:
    """F31: the sale takes three seconds to be answered."""
    await desk.place(quote_amount=Decimal(500), stop_loss=Price(48000))
    desk.venue.on_create = lambda order: (
        desk.clock.advance(3)
        if order.type is OrderType.MARKET and order.side is Side.SELL
        else None
    )
    await desk.sell(BTC, fraction="0.5")
    assert "BTC/USDT was without a stop for 3.0 s." in desk.notices()


async def test_a_stop_of_unknown_outcome_is_an_alert_each_round_until_it_is_known(
    tmp_path: Path,
) -> None:
    async with order_bench(tmp_path, mode=Mode.SANDBOX) as desk:
        ticket = await desk.ticket(BTC, "500", stop_loss="48000")
        desk.venue.on_create = lambda order: (
            desk.venue.faults.append(Fault.TIMEOUT_BEFORE)
            if order.type is OrderType.MARKET
            else None
        )
        await desk.approve(ticket)
        assert [o.status for o in desk.orders] == [S.FILLED, S.UNKNOWN]
        for _ in range(3):
            await desk.poll()
        assert "BTC/USDT has been without a stop for 10 s" in desk.notices()
        assert "not known whether its stop works" in desk.notices()
        assert len(desk.venue.sent) == 1, "what may be there is not placed a second time"
        for _ in range(12):
            await desk.poll()
        assert desk.levels() == [("stop", SIZE, Decimal(48000), False)]
        assert "was without a stop for" in desk.notices()
