"""An account with a long history: numbers stay unique, and a round stays cheap."""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path

import msgspec
from msgspec.structs import replace

from kit_tui.domain.numbers import Price
from kit_tui.domain.orders import Side
from kit_tui.domain.pair import Market, Pair
from kit_tui.settings.model import Settings
from tests.support.scripted_exchange import BTC
from tests.trading.order_venue import OrderVenue, order_bench


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


PAIRS = [Pair(f"C{number}/USDT") for number in range(50)]


class Wide(OrderVenue):
    """A venue of fifty more pairs."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.prices |= dict.fromkeys(PAIRS, Decimal(100))
        self.price_at |= dict.fromkeys(PAIRS, self.clock.now())
        self.total["USDT"] = Decimal(100000)

    def market_of(self, pair: Pair) -> Market:
        step = Decimal("0.01")
        return Market(
            pair=pair, venue=self.name, tick_size=step, quantity_step=step, min_quantity=step,
            min_notional=Decimal(5),
        )  # fmt: skip


async def test_a_round_with_thousands_of_ended_orders_is_cheap(tmp_path: Path) -> None:
    """50 positions with a stop each and 2,000 ended orders: under 20 ms of processor time."""
    settings = Settings()
    risk = replace(settings.risk_manager, open_position_limit=100)
    settings = replace(settings, risk_manager=risk)
    async with order_bench(tmp_path, Wide, settings=settings) as desk:
        for pair in PAIRS:
            await desk.place(pair=pair, quote_amount=Decimal(100), stop_loss=Price(90))
            desk.clock.advance(1)
        ledger, entry = desk.journal.ledger, desk.orders[0]
        for number in range(ledger.order_count + 1, ledger.order_count + 2001):
            old = msgspec.structs.replace(
                entry, id=str(number), client_id=f"c{number}", ticket_id=None,
                venue_order_id=f"x{number}", pair=PAIRS[number % len(PAIRS)],
            )  # fmt: skip
            ledger._take(old)
        assert len(desk.working) == len(PAIRS)
        rounds = []
        for _ in range(15):
            began = time.process_time()
            await desk.poll()
            rounds.append(time.process_time() - began)
        assert min(rounds) < 0.02
