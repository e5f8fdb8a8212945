"""Orders of which nobody knows the outcome: what they hold back, and how that ends."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import msgspec

from kit_tui.domain.numbers import Price
from kit_tui.domain.orders import Mode, OrderStatus, OrderType
from kit_tui.exchanges.base import NewOrder
from tests.support.scripted_exchange import BTC, ETH, Fault
from tests.trading.bench import OWNER, Bench
from tests.trading.order_venue import order_bench

S = OrderStatus


async def unsure(desk: Bench) -> None:
    """An entry without an answer, which a person then wants cancelled; the venue is silent."""
    desk.venue.faults.append(Fault.TIMEOUT_BEFORE)
    await desk.buy(BTC, "100")
    desk.venue.cancel_faults.append(Fault.TIMEOUT_BEFORE)
    await desk.engine.cancel_all(principal=OWNER)


async def test_wanting_an_unknown_order_cancelled_does_not_thaw_its_pair(live: Bench) -> None:
    """F03: whatever a person asked for since, nobody knows what became of it."""
    await unsure(live)
    refused = await live.ask(BTC)
    assert refused.verdict is not None
    assert "SYMBOL_FROZEN" in {check.code for check in refused.verdict.failed}
    assert (await live.ask(ETH)).ticket is not None


async def test_a_person_can_clear_an_unknown_order_that_is_to_be_cancelled(live: Bench) -> None:
    await unsure(live)
    live.venue.deposit("BTC", "0.002")
    live.venue.deposit("USDT", "-100.1")
    for _ in range(12):
        await live.poll(30)
    assert live.orders[0].is_open
    await live.engine.clear(BTC, by=OWNER)
    for _ in range(2):
        await live.poll(30)
    assert not live.orders[0].is_open


async def test_a_venue_whose_clock_is_behind_leaves_traces_all_the_same(live: Bench) -> None:
    """An execution of an order may bear a time before the order was made."""
    live.venue.faults.append(Fault.TIMEOUT_AFTER)
    live.venue.on_create = lambda order: live.venue.hidden.add(order.client_id)
    await live.buy(BTC, "100")
    order = live.orders[0]
    (done,) = live.venue.executions
    live.venue.executions[:] = [
        msgspec.structs.replace(
            done, order_id="somebody", at=order.created_at - timedelta(seconds=3)
        )
    ]
    live.venue.deposit("USDT", "1000")
    for _ in range(12):
        await live.poll(30)
    assert live.orders[0].status is S.UNKNOWN


async def test_a_lost_entry_that_appears_after_all_is_cancelled(tmp_path: Path) -> None:
    """The venue hid it for longer than the proof takes; nobody waits for it any more."""
    async with order_bench(tmp_path, mode=Mode.SANDBOX) as desk:
        ticket = await desk.ask_for(
            type=OrderType.LIMIT, price=Price(48000), quote_amount=Decimal(500)
        )
        assert ticket.ticket is not None
        desk.venue.faults.append(Fault.TIMEOUT_AFTER)
        desk.venue.on_create = lambda order: desk.venue.hidden.add(order.client_id)
        await desk.approve(ticket.ticket)
        for _ in range(20):
            await desk.poll()
        assert desk.statuses() == [S.REJECTED]
        desk.venue.hidden.clear()
        await desk.poll()
        assert desk.venue.open_ids() == []
        assert "Order 1" in desk.notices()
        count = len(desk.notices())
        await desk.poll()
        assert len(desk.notices()) == count


async def test_a_lost_stop_that_appears_after_all_makes_no_second_one(tmp_path: Path) -> None:
    async with order_bench(tmp_path, mode=Mode.SANDBOX) as desk:
        ticket = await desk.ticket(BTC, "500", stop_loss="48000")

        def hide(order: NewOrder) -> None:
            if order.type is OrderType.MARKET:
                desk.venue.faults.append(Fault.TIMEOUT_AFTER)
            elif len(desk.venue.sent) == 1:
                desk.venue.hidden.add(order.client_id)

        desk.venue.on_create = hide
        await desk.approve(ticket)
        for _ in range(30):
            await desk.poll()
        desk.venue.hidden.clear()
        for _ in range(30):
            await desk.poll()
        assert len(desk.venue.open_ids()) == 1
        assert [o.remaining for o in desk.working] == [Decimal("0.01")]


async def test_a_withdrawal_beside_an_unknown_order_is_no_loss(tmp_path: Path) -> None:
    """F32: while an order is in flight differences are not explained, and no guard acts."""
    desk = Bench(tmp_path, mode=Mode.LIVE)
    desk.with_risk(max_position_size=Decimal("0.95"))
    await desk.start()
    await desk.approve(await desk.ticket(BTC, "5000"), typed=BTC)
    desk.venue.faults.append(Fault.TIMEOUT_BEFORE)
    await desk.buy(ETH, "100")
    desk.venue.deposit("USDT", "-2500")
    for _ in range(5):
        await desk.poll()
    assert desk.state() == "active"
    assert desk.held() == Decimal("0.1")
    for _ in range(20):
        await desk.poll()
    assert desk.state() == "active"
    assert desk.journal.ledger.book("test").flow_total == Decimal(7500)
    await desk.stop()
