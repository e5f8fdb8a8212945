"""Every kind of order, on venues that have it and on venues that do not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from kit_tui.domain.errors import KitError
from kit_tui.domain.numbers import Price
from kit_tui.domain.orders import OrderStatus, OrderType, Side, TimeInForce
from kit_tui.domain.pair import Pair
from tests.support.scripted_exchange import BTC, ETH, Fault, ProcessKilled
from tests.trading.bench import OWNER
from tests.trading.order_venue import OrderBench, order_bench

S = OrderStatus
SIZE = Decimal("0.01")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[OrderBench]:
    """A spot venue without groups and without trailing stops."""
    async with order_bench(tmp_path) as made:
        yield made


@pytest.fixture
async def groups(tmp_path: Path) -> AsyncIterator[OrderBench]:
    """A spot venue which has OCO."""
    async with order_bench(tmp_path, has_oco=True) as made:
        yield made


async def bracket(desk: OrderBench) -> None:
    await desk.place(quote_amount=Decimal(500), stop_loss=Price(49000), take_profit=Price(53000))


async def trail(desk: OrderBench, share: str = "0.03") -> None:
    await desk.place(quote_amount=Decimal(500))
    await desk.place(Side.SELL, type=OrderType.TRAILING_STOP, trail=Decimal(share))


async def go(desk: OrderBench, price: str, pair: Pair = BTC) -> None:
    desk.venue.set_price(pair, price)
    await desk.poll()


# -- stop and target ---------------------------------------------------------------------------


async def test_without_groups_the_stop_is_on_the_venue_and_the_target_watched(
    desk: OrderBench,
) -> None:
    answer = await desk.place(
        quote_amount=Decimal(500), stop_loss=Price(49000), take_profit=Price(53000)
    )
    assert desk.levels() == [
        ("stop", SIZE, Decimal(49000), False), ("limit", SIZE, Decimal(53000), True),
    ]  # fmt: skip
    assert "watched here, works only while K.I.T. runs" in answer.reply.text
    assert len({o.group_id for o in desk.working}) == 1


async def test_a_watched_target_sells_and_takes_its_stop_away(desk: OrderBench) -> None:
    await bracket(desk)
    await go(desk, "53100")
    assert desk.held() == 0
    await desk.poll()
    assert desk.working == []
    assert desk.venue.open_ids() == []
    assert "A target at 53,000.00 was reached" in desk.notices()
    assert desk.agrees()


async def test_a_stop_that_fills_disarms_the_target(desk: OrderBench) -> None:
    await bracket(desk)
    await go(desk, "48900")
    await go(desk, "54000")
    assert desk.held() == 0
    assert desk.working == []
    assert desk.agrees()


async def test_a_stop_filled_in_part_shrinks_the_target(desk: OrderBench) -> None:
    await bracket(desk)
    desk.venue.fill(desk.working[0].client_id, "0.5", Decimal(49000))
    await desk.poll()
    assert [(o.remaining, o.emulated) for o in desk.working] == [
        (Decimal("0.005"), False), (Decimal("0.005"), True),
    ]  # fmt: skip


async def test_selling_half_resizes_both(desk: OrderBench) -> None:
    """F31 with a bracket."""
    await bracket(desk)
    await desk.sell(BTC, fraction="0.5")
    assert sorted(desk.levels()) == [
        ("limit", Decimal("0.005"), Decimal(53000), True),
        ("stop", Decimal("0.005"), Decimal(49000), False),
    ]
    assert desk.agrees()


async def test_with_groups_both_are_on_the_venue_as_one(groups: OrderBench) -> None:
    answer = await groups.place(
        quote_amount=Decimal(500), stop_loss=Price(49000), take_profit=Price(53000)
    )
    assert "stop 49,000.00 · target 53,000.00 · OCO on the venue" in answer.reply.text
    assert sorted(groups.levels()) == [
        ("limit", SIZE, Decimal(53000), False), ("stop", SIZE, Decimal(49000), False),
    ]  # fmt: skip
    assert len(groups.venue.lists) == 1


@pytest.mark.parametrize("price", ["48900", "53100"])
async def test_one_side_of_a_group_ends_the_other(groups: OrderBench, price: str) -> None:
    await bracket(groups)
    await go(groups, price)
    await groups.poll()
    assert groups.held() == 0
    assert groups.working == []
    assert groups.agrees()


async def test_selling_half_of_a_group_puts_the_rest_up_as_one_again(groups: OrderBench) -> None:
    await bracket(groups)
    await groups.sell(BTC, fraction="0.5")
    assert sorted(groups.levels()) == [
        ("limit", Decimal("0.005"), Decimal(53000), False),
        ("stop", Decimal("0.005"), Decimal(49000), False),
    ]
    assert len(groups.venue.lists) == 2
    assert groups.agrees()


async def test_a_refused_group_falls_back_to_a_stop_and_a_watched_target(
    groups: OrderBench,
) -> None:
    groups.venue.oco_faults = [Fault.REJECT]
    await bracket(groups)
    assert groups.levels() == [
        ("stop", SIZE, Decimal(49000), False), ("limit", SIZE, Decimal(53000), True),
    ]  # fmt: skip


@pytest.mark.parametrize("fault", [Fault.TIMEOUT_AFTER, Fault.TIMEOUT_BEFORE])
async def test_a_group_without_an_answer_is_asked_for_and_never_doubled(
    groups: OrderBench, fault: Fault
) -> None:
    groups.venue.oco_faults = [fault]
    await bracket(groups)
    for _ in range(3):
        await groups.poll()
    stops = [o for o in groups.working if o.is_stop]
    assert sum(o.quantity for o in stops) == SIZE
    assert len(groups.venue.open_ids()) <= 2
    await go(groups, "48900")
    await groups.poll()
    assert groups.held() == 0
    assert groups.agrees()


async def test_an_exit_with_a_stop_and_a_target_is_one_group(groups: OrderBench) -> None:
    await groups.place(quote_amount=Decimal(500))
    await groups.place(
        Side.SELL, type=OrderType.STOP, stop_price=Price(48000), take_profit=Price(54000)
    )
    assert len(groups.venue.lists) == 1
    await go(groups, "54000")
    await groups.poll()
    assert groups.held() == 0
    assert groups.working == []


async def test_an_exit_with_both_where_there_are_no_groups(desk: OrderBench) -> None:
    await desk.place(quote_amount=Decimal(500))
    answer = await desk.place(
        Side.SELL, type=OrderType.STOP, stop_price=Price(48000), take_profit=Price(54000)
    )
    assert "watched here" in answer.reply.text
    await go(desk, "54000")
    assert desk.held() == 0
    assert desk.working == []


# -- watched orders ----------------------------------------------------------------------------


async def test_a_trailing_stop_follows_upward_only_and_sells(desk: OrderBench) -> None:
    await trail(desk)
    assert desk.levels() == [("trailing_stop", SIZE, Decimal(48500), True)]
    await go(desk, "52000")
    assert desk.levels() == [("trailing_stop", SIZE, Decimal(50440), True)]
    await go(desk, "51000")
    assert desk.levels() == [("trailing_stop", SIZE, Decimal(50440), True)]
    await go(desk, "50400")
    assert desk.held() == 0
    assert desk.working == []
    assert desk.agrees()


async def test_a_restart_does_not_loosen_a_trailing_stop(desk: OrderBench) -> None:
    await trail(desk)
    await go(desk, "52000")
    desk.venue.set_price(BTC, "50500")
    await desk.restart()
    assert desk.levels() == [("trailing_stop", SIZE, Decimal(50440), True)]


async def test_an_entry_may_ask_for_a_trailing_stop(desk: OrderBench) -> None:
    await desk.place(quote_amount=Decimal(500), trail=Decimal("0.02"))
    assert desk.levels() == [("trailing_stop", SIZE, Decimal(49000), True)]
    await go(desk, "51000")
    assert desk.levels() == [("trailing_stop", SIZE, Decimal(49980), True)]


async def test_a_venue_with_trailing_stops_takes_them_itself(tmp_path: Path) -> None:
    types = frozenset(OrderType)
    async with order_bench(tmp_path, native_types=types) as desk:
        await trail(desk)
        assert desk.venue.sent[-1].type is OrderType.TRAILING_STOP
        assert desk.venue.sent[-1].trail == Decimal("0.03")
        assert not desk.working[0].emulated


async def test_one_bad_print_never_sells(desk: OrderBench) -> None:
    """F24: 99 % away, and back again."""
    await trail(desk)
    for bad in ("500", "0.01", "30000"):
        await go(desk, bad)
        assert desk.held() == SIZE
        await go(desk, "50000")
    assert desk.held() == SIZE
    assert desk.levels() == [("trailing_stop", SIZE, Decimal(48500), True)]


async def test_a_print_99_per_cent_away_never_sells_however_often(desk: OrderBench) -> None:
    await trail(desk)
    for _ in range(8):
        await go(desk, "500")
    assert desk.held() == SIZE
    assert "is not believed" in desk.notices()


async def test_a_crash_that_lasts_is_believed(desk: OrderBench) -> None:
    await trail(desk)
    await go(desk, "35000")
    await go(desk, "35000")
    assert desk.held() == SIZE
    await go(desk, "34900")
    assert desk.held() == 0


async def test_a_last_price_that_the_quote_denies_needs_a_second_poll(desk: OrderBench) -> None:
    await trail(desk)
    desk.venue.bids[BTC] = Decimal(50000)
    await go(desk, "48400")
    assert desk.held() == SIZE
    await go(desk, "48400")
    assert desk.held() == 0


async def test_a_bad_print_upward_does_not_pull_a_trailing_stop_along(desk: OrderBench) -> None:
    await trail(desk)
    desk.venue.bids[BTC] = Decimal(50000)
    await go(desk, "57000")
    assert desk.levels()[0][2] == Decimal(48500)
    await go(desk, "50000")
    assert desk.held() == SIZE


async def test_the_same_quote_seen_twice_is_one_poll(desk: OrderBench) -> None:
    desk.venue.quotes = False
    await trail(desk)
    desk.venue.set_price(BTC, "48400")
    await desk.poll()
    desk.venue.frozen_prices = True
    await desk.engine.tick()
    await desk.poll()
    assert desk.held() == SIZE
    desk.venue.frozen_prices = False
    await desk.poll()
    assert desk.held() == 0


async def test_killed_between_trigger_and_send_sells_once(desk: OrderBench) -> None:
    await trail(desk)
    desk.venue.faults.append(Fault.CRASH)
    with pytest.raises(ProcessKilled):
        await go(desk, "48400")
    await desk.restart()
    for _ in range(3):
        await desk.poll()
    assert desk.held() == 0
    assert len([o for o in desk.venue.sent if o.side is Side.SELL]) == 1
    assert desk.agrees()


async def test_killed_after_the_venue_sold_sells_once(desk: OrderBench) -> None:
    await trail(desk)
    desk.venue.faults.append(Fault.CRASH_AFTER)
    with pytest.raises(ProcessKilled):
        await go(desk, "48400")
    await desk.restart()
    for _ in range(3):
        await desk.poll()
    assert desk.held() == 0
    assert len([o for o in desk.venue.sent if o.side is Side.SELL]) == 1


async def test_a_refused_exit_of_a_watched_stop_is_watched_again(desk: OrderBench) -> None:
    await trail(desk)
    desk.venue.faults.append(Fault.REJECT)
    await go(desk, "48400")
    assert desk.held() == SIZE
    assert [o.emulated for o in desk.working] == [True]
    await go(desk, "48300")
    assert desk.held() == 0


async def test_a_watched_entry_is_checked_again_before_it_is_sent(tmp_path: Path) -> None:
    types = frozenset({OrderType.MARKET, OrderType.LIMIT})
    async with order_bench(tmp_path, native_types=types) as desk:
        await desk.place(type=OrderType.STOP, stop_price=Price(51000), quote_amount=Decimal(500))
        assert [o.emulated for o in desk.working] == [True]
        assert desk.venue.sent == []
        await desk.engine.halt("enough", by="Ada")
        await go(desk, "51010")
        assert desk.venue.sent == []
        assert desk.working == []
        assert "not sent" in desk.notices()


async def test_a_watched_entry_buys_and_is_protected(tmp_path: Path) -> None:
    types = frozenset({OrderType.MARKET, OrderType.LIMIT})
    async with order_bench(tmp_path, native_types=types) as desk:
        await desk.place(
            type=OrderType.STOP, stop_price=Price(51000), quote_amount=Decimal(510),
            stop_loss=Price(49000),
        )  # fmt: skip
        await go(desk, "51010")
        assert desk.held() == SIZE
        assert desk.levels() == [("stop", SIZE, Decimal(49000), True)]


async def test_a_watched_entry_is_not_sent_beyond_what_was_approved(tmp_path: Path) -> None:
    types = frozenset({OrderType.MARKET, OrderType.LIMIT})
    async with order_bench(tmp_path, native_types=types) as desk:
        await desk.place(type=OrderType.STOP, stop_price=Price(51000), quote_amount=Decimal(500))
        await go(desk, "52000")
        assert desk.venue.sent == []
        assert "beyond the 51,255.00 that was approved" in desk.notices()


async def test_without_a_price_watched_orders_wait_and_say_so(desk: OrderBench) -> None:
    await trail(desk)
    desk.venue.frozen_prices = True
    desk.clock.advance(300)
    await desk.engine.tick()
    assert desk.held() == SIZE
    assert "no fresh price of BTC/USDT" in desk.notices()


# -- limits of their own -----------------------------------------------------------------------


async def test_post_only_and_time_in_force_reach_the_venue(desk: OrderBench) -> None:
    await desk.place(
        type=OrderType.LIMIT, price=Price(49000), quote_amount=Decimal(100), post_only=True
    )
    assert desk.venue.sent[-1].post_only
    answer = await desk.place(
        type=OrderType.LIMIT, price=Price(49000), quote_amount=Decimal(100),
        time_in_force=TimeInForce.IOC,
    )  # fmt: skip
    assert answer.order is not None
    assert answer.order.status is S.EXPIRED


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"type": OrderType.LIMIT, "price": Price(51000), "post_only": True},
         "POST_ONLY_WOULD_TAKE"),
        ({"post_only": True}, "ORDER_NOT_POSSIBLE"),
        ({"time_in_force": TimeInForce.FOK}, "UNSUPPORTED_TIME_IN_FORCE"),
        ({"type": OrderType.TRAILING_STOP, "trail": Decimal("0.1")}, "UNSUPPORTED_ORDER_TYPE"),
        ({"trail": Decimal(2)}, "ORDER_NOT_POSSIBLE"),
        ({"leverage": Decimal(3)}, "UNSUPPORTED_ORDER_TYPE"),
        ({"take_profit": Price(49000)}, "ORDER_NOT_POSSIBLE"),
    ],
)  # fmt: skip
async def test_what_cannot_be_ordered_has_a_stable_code(
    desk: OrderBench, request_: dict[str, object], code: str
) -> None:
    with pytest.raises(KitError) as failed:
        await desk.ask_for(quote_amount=Decimal(100), **request_)  # type: ignore[arg-type]  # fields of a request
    assert getattr(failed.value, "code", "") == code


async def test_a_venue_without_post_only_says_so(tmp_path: Path) -> None:
    async with order_bench(tmp_path, has_post_only=False) as desk:
        with pytest.raises(KitError, match="no post-only orders"):
            await desk.ask_for(
                type=OrderType.LIMIT, price=Price(49000), quote_amount=Decimal(100), post_only=True
            )


# -- orders of others --------------------------------------------------------------------------


async def test_orders_placed_by_others_outlive_cancel_all_and_kill(desk: OrderBench) -> None:
    """F35: only a person who names an outside order touches it."""
    desk.venue.deposit("ETH", "3")
    name = desk.venue.place_outside(ETH, Side.SELL, "1", limit="2500")
    await desk.poll()
    (outside,) = [o for o in desk.orders if o.outside]
    await desk.engine.cancel_all(principal=OWNER)
    await desk.engine.kill(by="Ada")
    assert desk.venue.open_ids() == [name]
    await desk.engine.cancel(outside.id, principal=OWNER)
    assert desk.venue.open_ids() == []


async def test_kill_disarms_what_is_watched_here(tmp_path: Path) -> None:
    types = frozenset({OrderType.MARKET, OrderType.LIMIT})
    async with order_bench(tmp_path, native_types=types) as desk:
        await desk.place(type=OrderType.STOP, stop_price=Price(51000), quote_amount=Decimal(100))
        await desk.place(quote_amount=Decimal(500), stop_loss=Price(49000))
        await desk.engine.kill(by="Ada")
        assert desk.working == []
        assert desk.held() == 0
        await go(desk, "51500")
        assert desk.held() == 0
