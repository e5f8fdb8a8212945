"""An account with a long history: numbers stay unique, and a round stays cheap."""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path

import msgspec

from kit_tui.domain.numbers import Price
from kit_tui.domain.orders import OrderStatus, OrderType, Side
from tests.support.scripted_exchange import BTC
from tests.trading.order_venue import order_bench

S = OrderStatus


async def test_a_number_that_was_left_out_is_not_given_twice_after_a_restart(
    tmp_path: Path,
) -> None:
    """An order that was refused before its other side was sent leaves a gap."""
    async with order_bench(tmp_path) as desk:
        await desk.place(quote_amount=Decimal(200))
        desk.engine.account.numbers.next_order()
        await desk.place(quote_amount=Decimal(200))
        await desk.restart()
        theirs = desk.venue.place_outside(BTC, Side.BUY, "0.001", "40000")
        await desk.poll()
        ours = [o.client_id for o in desk.orders if not o.outside]
        assert len(ours) == 2
        assert theirs in {o.client_id for o in desk.orders if o.outside}
        assert len({o.id for o in desk.orders}) == 3


async def test_a_round_with_thousands_of_ended_orders_is_cheap(tmp_path: Path) -> None:
    """2,000 ended orders and 50 working ones: under 20 ms of processor time for a round."""
    async with order_bench(tmp_path) as desk:
        ledger = desk.journal.ledger
        await desk.place(quote_amount=Decimal(500), stop_loss=Price(49000))
        entry = desk.orders[0]
        desk.clock.advance(5)
        for number in range(3, 2003):
            ledger._take(
                msgspec.structs.replace(
                    entry,
                    id=str(number),
                    client_id=f"c{number}",
                    ticket_id=None,
                    venue_order_id=f"x{number}",
                )
            )
        for number in range(25):
            desk.venue.place_outside(BTC, Side.BUY, "0.0001", str(40000 + number))
        for number in range(25):
            await desk.place(
                type=OrderType.LIMIT, price=Price(41000 + number), quote_amount=Decimal(10)
            )
            desk.clock.advance(1)
        await desk.poll()
        assert len(desk.working) >= 50
        best = 9.0
        for _ in range(5):
            began = time.process_time()
            await desk.poll()
            best = min(best, time.process_time() - began)
        assert best < 0.02
