"""Protection that comes back whatever ended it, and that no age of an account makes forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from kit_tui.domain.numbers import Price
from kit_tui.domain.orders import OrderStatus, OrderType, Side
from kit_tui.domain.pair import Pair
from kit_tui.domain.steps import LedgerError
from kit_tui.exchanges.base import VenueOrder
from tests.support.scripted_exchange import BTC, ETH, OPEN, Fault, ProcessKilled
from tests.trading.bench import OWNER
from tests.trading.order_venue import ALL_TYPES, OrderBench, OrderVenue, order_bench

S = OrderStatus
SIZE = Decimal("0.01")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[OrderBench]:
    """A spot venue without groups."""
    async with order_bench(tmp_path) as made:
        yield made


@pytest.fixture
async def groups(tmp_path: Path) -> AsyncIterator[OrderBench]:
    """A spot venue which has OCO."""
    async with order_bench(tmp_path, has_oco=True) as made:
        yield made


async def bracket(desk: OrderBench) -> None:
    await desk.place(quote_amount=Decimal(500), stop_loss=Price(49000), take_profit=Price(53000))


def end_on_venue(desk: OrderBench, status: OrderStatus) -> None:
    """The venue, or somebody on its page, ends every working order."""
    for name, seen in desk.venue.orders.items():
        if seen.status in OPEN:
            desk.venue.orders[name] = msgspec.structs.replace(seen, status=status)


def stopped(desk: OrderBench) -> Decimal:
    """How much of BTC a stop covers, on the venue or here."""
    stops = (o for o in desk.working if o.is_stop and o.pair == BTC)
    return sum((o.remaining for o in stops), Decimal(0))


@pytest.mark.parametrize("status", [S.EXPIRED, S.REJECTED])
async def test_a_stop_the_venue_ended_by_itself_comes_back(
    desk: OrderBench, status: OrderStatus
) -> None:
    await desk.place(quote_amount=Decimal(500), stop_loss=Price(49000))
    end_on_venue(desk, status)
    await desk.poll()
    assert stopped(desk) == SIZE
    for _ in range(15):
        await desk.poll()
    assert desk.levels() == [("stop", SIZE, Decimal(49000), False)], "on the venue again"


async def test_a_target_filled_in_part_leaves_the_rest_with_a_stop(groups: OrderBench) -> None:
    """Venues end the stop of a group as soon as its target has filled a little."""
    await bracket(groups)
    target = next(o for o in groups.working if not o.is_stop)
    groups.venue.fill(target.client_id, "0.4")
    await groups.poll()
    await groups.poll()
    assert groups.held() == SIZE * Decimal("0.6")
    assert stopped(groups) == SIZE * Decimal("0.6")
    assert [o.emulated for o in groups.working] == [False, False], "both on the venue, as one"
    groups.venue.set_price(BTC, "48900")
    await groups.poll()
    assert groups.held() == 0
    assert groups.agrees()


@pytest.mark.parametrize("is_stop", [True, False])
async def test_cancelling_one_side_of_a_group_keeps_the_other(
    groups: OrderBench, is_stop: bool
) -> None:
    """The venue ends both when one is cancelled; who cancels a target keeps the stop."""
    await bracket(groups)
    one = next(o for o in groups.working if o.is_stop is is_stop)
    await groups.engine.cancel(one.id, principal=OWNER)
    assert [o.is_stop for o in groups.working] == [not is_stop]
    for _ in range(3):
        await groups.poll()
    assert [(o.is_stop, o.remaining) for o in groups.working] == [(not is_stop, SIZE)]


async def test_cancelling_a_group_away_leaves_nothing(groups: OrderBench) -> None:
    await bracket(groups)
    await groups.engine.cancel_all(principal=OWNER)
    for _ in range(3):
        await groups.poll()
    assert groups.working == []


async def test_a_position_older_than_thousands_of_orders_keeps_its_stop(desk: OrderBench) -> None:
    """What has ended is forgotten after a while; what a position's protection hangs on is not."""
    await desk.place(quote_amount=Decimal(500), stop_loss=Price(49000))
    ledger = desk.journal.ledger
    entry, ticket = desk.orders[0], next(iter(ledger.tickets.values()))
    for number in range(3, 3000):
        other = msgspec.structs.replace(
            entry, id=str(number), pair=ETH, client_id=f"c{number}", ticket_id=None
        )
        ledger._take(other)
        more = msgspec.structs.replace(ticket, id=f"t{number}", order=msgspec.structs.replace(
            ticket.order, pair=ETH))  # fmt: skip
        ledger._keep_ticket(more)
    assert len(ledger.orders) <= 2500
    assert len(ledger.tickets) <= 1250
    end_on_venue(desk, S.REJECTED)
    await desk.poll()
    assert stopped(desk) == SIZE


async def test_a_resting_entry_older_than_a_thousand_tickets_is_protected(
    desk: OrderBench,
) -> None:
    answer = await desk.place(
        quote_amount=Decimal(500), type=OrderType.LIMIT, price=Price(48000), stop_loss=Price(47000)
    )
    ledger = desk.journal.ledger
    assert answer.ticket is not None
    for number in range(3000):
        ledger._keep_ticket(msgspec.structs.replace(answer.ticket, id=f"t{number}"))
    desk.venue.set_price(BTC, "48000")
    await desk.poll()
    assert stopped(desk) > 0


async def test_a_native_trailing_stop_put_up_again_is_not_looser(tmp_path: Path) -> None:
    """Selling half takes the trailing stop off the venue; the new one must not begin anew."""
    async with order_bench(tmp_path, native_types=ALL_TYPES) as desk:
        await desk.place(quote_amount=Decimal(500))
        await desk.place(Side.SELL, type=OrderType.TRAILING_STOP, trail=Decimal("0.05"))
        for price in ("55000", "53500"):
            desk.venue.prices[BTC] = Decimal(price)
            await desk.poll()
        await desk.sell(BTC, fraction="0.5")
        desk.venue.prices[BTC] = Decimal(52000)
        await desk.poll()
        assert desk.held() == 0, "it had reached 52,250 before"


async def test_a_watched_trailing_stop_is_not_put_on_the_venue_where_it_would_be_looser(
    tmp_path: Path,
) -> None:
    """The venue refused it at first; when it is tried again the price is below its best."""
    async with order_bench(tmp_path, native_types=ALL_TYPES) as desk:
        ticket = await desk.ask_for(quote_amount=Decimal(500), trail=Decimal("0.05"))
        assert ticket.ticket is not None
        desk.venue.on_create = lambda order: (
            desk.venue.faults.extend([Fault.REJECT] * 2) if order.type is OrderType.MARKET else None
        )
        await desk.approve(ticket.ticket)
        for price in ["55000"] + ["53500"] * 20:
            desk.venue.prices[BTC] = Decimal(price)
            await desk.poll()
        assert desk.levels() == [("trailing_stop", SIZE, Decimal(52250), True)]


async def test_an_exit_that_is_refused_is_tried_less_and_less_often(tmp_path: Path) -> None:
    """At once, in the next round, and then with rests: it would fill the journal otherwise."""
    kinds = frozenset({OrderType.MARKET, OrderType.LIMIT})
    async with order_bench(tmp_path, native_types=kinds) as desk:
        await desk.place(quote_amount=Decimal(500), stop_loss=Price(49000))
        desk.venue.faults.extend([Fault.REJECT] * 50)
        desk.venue.set_price(BTC, "48000")
        await desk.poll()
        await desk.poll()
        assert sum(o.status is S.REJECTED for o in desk.orders) == 2
        for _ in range(58):
            await desk.poll()
        assert sum(o.status is S.REJECTED for o in desk.orders) <= 9, "in five minutes"
        desk.venue.faults.clear()
        for _ in range(13):
            await desk.poll()
        assert desk.held() == 0


async def test_trouble_with_one_pair_leaves_no_other_unprotected(desk: OrderBench) -> None:
    await desk.place(quote_amount=Decimal(500), stop_loss=Price(49000))
    await desk.place(pair=ETH, quote_amount=Decimal(500), stop_loss=Price(1900))
    end_on_venue(desk, S.REJECTED)

    placing = desk.engine._rounds.protection._placing
    original = placing.one

    async def one(leg, quantity, group, place):  # type: ignore[no-untyped-def]  # as the original
        if place.market.pair == BTC:
            raise LedgerError("a contradiction")
        return await original(leg, quantity, group, place)

    placing.one = one  # type: ignore[method-assign]  # a defect in one pair
    await desk.poll()
    assert any(o.pair == ETH and o.is_stop and o.is_open for o in desk.orders)


async def test_a_group_that_fills_a_little_again_and_again_keeps_its_stop(
    groups: OrderBench,
) -> None:
    """Each time both are put up anew, in the same group: what earlier ones sold counts once."""
    await bracket(groups)
    left = SIZE
    for share in ("0.2", "0.25", "0.5"):
        target = next(o for o in groups.working if not o.is_stop)
        groups.venue.fill(target.client_id, share)
        left *= 1 - Decimal(share)
        await groups.poll()
        assert groups.held() == left == stopped(groups)
        assert [o.emulated for o in groups.working] == [False, False]


async def test_killed_while_one_side_is_cancelled_the_other_comes_back(tmp_path: Path) -> None:
    class Dying(OrderVenue):
        dies = False

        async def cancel_order(self, pair: Pair, client_id: str) -> VenueOrder:
            seen = await super().cancel_order(pair, client_id)
            if self.dies:
                raise ProcessKilled
            return seen

    async with order_bench(tmp_path, Dying, has_oco=True) as desk:
        await bracket(desk)
        target = next(o for o in desk.working if not o.is_stop)
        assert isinstance(desk.venue, Dying)
        desk.venue.dies = True
        with pytest.raises(ProcessKilled):
            await desk.engine.cancel(target.id, principal=OWNER)
        desk.venue.dies = False
        await desk.restart()
        await desk.poll()
        assert stopped(desk) == SIZE
