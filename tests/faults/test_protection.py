"""Stops that are refused, moved, in the way, and the time without them: F26, F27 and F31."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from kit_tui.domain.cards import Reply
from kit_tui.domain.orders import OrderStatus
from kit_tui.exchanges.binance_dialect import BinanceDialect
from kit_tui.state.slices import POSITIONS
from tests.faults.bench import BTC, FaultBench
from tests.faults.proof import (
    has_only_its_own,
    is_the_same_after_a_restart,
    restarted,
    trust,
    working,
)
from tests.servers.venue_types import Piece

S = OrderStatus
D = Decimal
PATIENCE = BinanceDialect.not_found
STOP: dict[str, Any] = {"path": "/api/v3/order", "method": "POST", "having": ("type", "STOP_LOSS")}
SELLS: dict[str, Any] = {"path": "/api/v3/order", "method": "POST", "having": ("side", "SELL")}
OCO: dict[str, Any] = {"path": "/orderList/oco", "method": "POST"}


def stop_shown(bench: FaultBench) -> Decimal | None:
    """The stop that the position shows."""
    (held,) = bench.desk.store.get(POSITIONS) or ()
    return held.position.stop_price


async def bought_and_crossed(bench: FaultBench, stop: str = "66000", price: str = "65000") -> Reply:
    """Buy, and let the price fall beyond the stop while the stop is on its way."""
    ticket = await bench.ticket(f"buy 0.001 BTC with stop {stop}")
    bench.server.fail("hold", **STOP)
    sending = asyncio.create_task(bench.approve(ticket))
    await bench.server.until_held()
    bench.server.set_price("BTCUSDT", price)
    bench.server.release()
    return (await sending).reply


# -- F26 -----------------------------------------------------------------------------------------


async def test_f26_a_crossed_stop_is_an_exit_at_once(bench: FaultBench) -> None:
    """`Stop price would trigger immediately.`"""
    reply = await bought_and_crossed(bench)
    assert "beyond its stop of 66,000.00 already: order 3 sells 0.00099 BTC" in reply.text
    assert bench.statuses() == [S.FILLED, S.REJECTED, S.FILLED]
    assert [(o.side, o.kind, o.status) for o in bench.venue_orders] == [
        ("buy", "market", "filled"), ("sell", "market", "filled"),
    ]  # fmt: skip
    assert bench.orders[2].reduce_only
    await bench.poll(times=3)
    assert len(bench.venue_orders) == 2
    assert has_only_its_own(bench)
    assert "has been without a stop" not in bench.heard()
    await is_the_same_after_a_restart(bench)


async def test_f26_the_exit_fails_too_and_is_tried_within_a_cycle(bench: FaultBench) -> None:
    bench.server.refuse(-2010, "Order type not allowed.", times=1, path="/api/v3/order",
                        method="POST", having=("type", "nothing"))  # fmt: skip
    ticket = await bench.ticket("buy 0.001 BTC with stop 66000")
    bench.server.fail("hold", **STOP)
    sending = asyncio.create_task(bench.approve(ticket))
    await bench.server.until_held()
    bench.server.set_price("BTCUSDT", "65000")
    refusal = {"code": -1013, "message": "Filter failure: MARKET_LOT_SIZE"}
    bench.server.refuse(refusal["code"], refusal["message"], times=2, **SELLS)  # type: ignore[arg-type]  # mixed values
    bench.server.release()
    reply = (await sending).reply
    assert "is still held; it is tried again" in reply.text
    bench.server.faults.clear()
    await bench.poll(times=2)
    assert has_only_its_own(bench)
    assert bench.held() < D("0.00001")
    assert bench.venue_orders[-1].kind == "market"
    assert bench.no_id_twice()
    await is_the_same_after_a_restart(bench)


@pytest.mark.parametrize("accepted", [True, False], ids=["taken", "never arrived"])
async def test_f26_an_exit_of_unknown_outcome_is_never_doubled(
    bench: FaultBench, *, accepted: bool
) -> None:
    ticket = await bench.ticket("buy 0.001 BTC with stop 66000")
    bench.server.fail("hold", **STOP)
    sending = asyncio.create_task(bench.approve(ticket))
    await bench.server.until_held()
    bench.server.set_price("BTCUSDT", "65000")
    market_sell = SELLS | {"having": ("type", "MARKET")}
    bench.server.fail("reset", accepted=accepted, **market_sell)
    bench.server.release()
    await sending
    await bench.poll()
    if not accepted:
        assert [f.code for f in trust(bench).frozen] == ["SYMBOL_FROZEN"]
        await bench.poll(PATIENCE.seconds / 2, times=PATIENCE.times)
    await bench.poll(times=2)
    sold = [o for o in bench.venue_orders if o.side == "sell" and o.status == "filled"]
    assert len(sold) == 1
    assert has_only_its_own(bench)
    assert bench.held() < D("0.00001")
    assert trust(bench).frozen == ()
    await is_the_same_after_a_restart(bench)


async def test_f26_a_stop_refused_for_another_reason_is_watched_here(bench: FaultBench) -> None:
    bench.server.refuse(-2010, "Order type not allowed.", times=9, **STOP)
    await bench.do("buy 0.001 BTC with stop 66000")
    assert "A stop at 66,000.00 is watched here, works only while K.I.T. runs" in bench.heard()
    assert stop_shown(bench) == 66000
    bench.server.set_price("BTCUSDT", "65900")
    await bench.poll(times=2)
    assert [o.status for o in bench.venue_orders] == ["filled", "filled"]
    assert "A stop at 66,000.00 was reached. Sold: 0.00099 BTC" in bench.heard()
    assert has_only_its_own(bench)
    await is_the_same_after_a_restart(bench)


async def test_f26_crossed_while_everything_was_off(bench: FaultBench) -> None:
    """The stop never reached the venue; at the next start the price is beyond it."""
    bench.server.refuse(-2010, "Order type not allowed.", times=9, **STOP)
    await bench.do("buy 0.001 BTC with stop 66000")
    bench.server.faults.clear()
    bench.server.set_price("BTCUSDT", "64000")
    async with restarted(bench) as again:
        await again.poll(times=2)
        assert again.held() < D("0.00001")
        assert has_only_its_own(again)
        assert [o.status for o in again.venue_orders] == ["filled", "filled"]
        assert "Sold: 0.00099 BTC" in again.heard() or "sells 0.00099 BTC" in again.heard()


# -- F27 -----------------------------------------------------------------------------------------


async def test_f27_moved_and_the_new_one_is_refused(bench: FaultBench) -> None:
    """The cancel worked, the new one did not: watched here at once, on the venue when it can."""
    await bench.do("buy 0.001 BTC with stop 65000")
    bench.server.refuse(-1013, "Filter failure: PERCENT_PRICE_BY_SIDE", times=2, **STOP)
    reply = (await bench.say("/stop BTC/USDT 66500")).reply
    assert "stop 66,500.00 watched here, works only while K.I.T. runs" in reply.text
    assert working(bench) == []
    assert stop_shown(bench) == 66500
    await bench.poll(30, times=3)
    assert [o.trigger for o in working(bench)] == [D(66500)]
    assert [o.stop_price for o in bench.orders if o.is_open] == [D(66500)]
    assert "has been without a stop" not in bench.heard(), "it was never without one"
    await is_the_same_after_a_restart(bench)


async def test_f27_moved_and_the_new_one_gets_no_answer(bench: FaultBench) -> None:
    await bench.do("buy 0.001 BTC with stop 65000")
    bench.server.fail("status", status=503, accepted=False, **STOP)
    reply = (await bench.say("/stop BTC/USDT 66500")).reply
    assert "stop 66,500.00 watched here" in reply.text
    assert "sent, not confirmed yet" in reply.text
    assert "66,500.00 on the venue" not in reply.text
    await bench.poll(PATIENCE.seconds / 2, times=PATIENCE.times)
    await bench.poll()
    assert [o.trigger for o in working(bench)] == [D(66500)]
    assert len([o for o in bench.orders if o.is_open]) == 1
    assert bench.no_id_twice()
    await is_the_same_after_a_restart(bench)


async def test_f27_the_price_falls_before_the_outcome_is_known(bench: FaultBench) -> None:
    """Whether the new stop works is unknown while it is reached: told, and bounded by the proof."""
    await bench.do("buy 0.001 BTC with stop 65000")
    bench.server.fail("status", status=503, accepted=False, **STOP)
    await bench.say("/stop BTC/USDT 66500")
    bench.server.set_price("BTCUSDT", "66400")
    await bench.poll(times=2)
    assert "A stop at 66,500.00 is reached, and it is not known" in bench.heard()
    assert len([o for o in bench.venue_orders if o.side == "sell" and o.filled]) == 0
    await bench.poll(PATIENCE.seconds / 2, times=PATIENCE.times)
    await bench.poll(times=2)
    assert bench.held() < D("0.00001")
    assert has_only_its_own(bench)
    assert len([o for o in bench.venue_orders if o.side == "sell" and o.filled]) == 1
    await is_the_same_after_a_restart(bench)


async def test_f27_the_cancel_fails_and_the_old_one_stays(bench: FaultBench) -> None:
    await bench.do("buy 0.001 BTC with stop 65000")
    bench.server.fail("status", times=9, status=503, path="/api/v3/order", method="DELETE")
    reply = (await bench.say("/stop BTC/USDT 66500")).reply
    assert "could not be cancelled yet and is tried again" in reply.text
    assert [o.trigger for o in working(bench)] == [D(65000)], "the old one protects on"
    await bench.poll(times=2)
    bench.server.faults.clear()
    await bench.poll(times=2)
    assert [o.trigger for o in working(bench)] == [D(66500)]
    assert stop_shown(bench) == 66500
    await is_the_same_after_a_restart(bench)


async def test_f27_both_sides_of_an_oco_survive_the_move(bench: FaultBench) -> None:
    await bench.do("buy 0.001 BTC with stop 65000 and target 70000")
    bench.server.refuse(-1013, "Filter failure: PERCENT_PRICE_BY_SIDE", times=1, **OCO)
    bench.server.refuse(-1013, "Filter failure: PERCENT_PRICE_BY_SIDE", times=9, **STOP)
    await bench.say("/stop BTC/USDT 66000")
    levels = {o.stop_price or o.price for o in bench.orders if o.is_open}
    assert levels == {D(66000), D(70000)}
    bench.server.faults.clear()
    await bench.poll(30, times=4)
    assert {o.trigger or o.price for o in working(bench)} == {D(66000), D(70000)}
    assert sum(o.quantity for o in working(bench) if o.list_id < 0) <= D("0.00099")
    assert has_only_its_own(bench)
    await is_the_same_after_a_restart(bench)


# -- F31 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["with stop 65000", "with stop 65000 and target 70000"])
async def test_f31_sell_half_under_its_own_protection(bench: FaultBench, words: str) -> None:
    """All coins are locked by our own stop, or by stop and target together."""
    await bench.do(f"buy 0.002 BTC {words}")
    bench.server.withdraw("BTC", "1")
    await bench.poll(times=3)
    done = await bench.do("sell half my BTC")
    assert done.order is not None
    assert (done.order.status, done.order.quantity) == (S.FILLED, D("0.00099"))
    held = bench.held()
    assert held == D("0.001008")
    assert {o.quantity for o in working(bench)} == {D("0.001")}
    assert {o.trigger for o in working(bench) if o.trigger} == {D(65000)}
    assert has_only_its_own(bench, outside="0")
    assert "has been without a stop" not in bench.heard()
    await bench.poll(times=2)
    await is_the_same_after_a_restart(bench)
    bench.server.set_price("BTCUSDT", "64900")
    await bench.poll(times=2)
    assert working(bench) == []
    assert bench.held() < D("0.00001"), "what stayed was protected"
    assert has_only_its_own(bench, outside="0")


async def test_f31_the_exit_is_refused_and_protection_stands_again(bench: FaultBench) -> None:
    await bench.do("buy 0.002 BTC with stop 65000 and target 70000")
    market_sell = SELLS | {"having": ("type", "MARKET")}
    bench.server.refuse(-1013, "Filter failure: MARKET_LOT_SIZE", times=1, **market_sell)
    done = await bench.do("sell half my BTC")
    assert done.order is not None
    assert done.order.status is S.REJECTED
    assert {o.quantity for o in working(bench)} == {D("0.00199")}
    assert {o.trigger or o.price for o in working(bench)} == {D(65000), D(70000)}
    await bench.poll(times=2)
    assert has_only_its_own(bench)
    await is_the_same_after_a_restart(bench)


async def test_f31_time_without_protection_is_measured_and_ends(bench: FaultBench) -> None:
    """Sold, and the stop for the rest gets no answer: told while it lasts, put up when proven."""
    await bench.do("buy 0.002 BTC with stop 65000")
    await bench.poll()
    ticket = await bench.ticket("sell half my BTC")
    bench.server.fail("status", times=1, status=503, accepted=False, **STOP)
    await bench.approve(ticket)
    await bench.poll(times=3)
    assert "BTC/USDT has been without a stop for 1" in bench.heard()
    assert "it is not known whether its stop works" in bench.heard()
    await bench.poll(PATIENCE.seconds / 2, times=PATIENCE.times)
    await bench.poll()
    assert [(o.trigger, o.quantity) for o in working(bench)] == [(D(65000), D("0.001"))]
    assert "BTC/USDT was without a stop for " in bench.heard(), "the whole time, when it ends"
    assert has_only_its_own(bench)
    await is_the_same_after_a_restart(bench)


async def test_f31_the_exit_fills_in_part(bench: FaultBench) -> None:
    await bench.do("buy 0.002 BTC with stop 65000")
    ticket = await bench.ticket("sell half my BTC")
    bench.server.book.next_fills("BTCUSDT", Piece(D("0.0004")))
    await bench.approve(ticket)
    await bench.poll()
    assert bench.held() == D("0.001598")
    assert sum(o.remaining for o in working(bench)) == D("0.00159")
    assert has_only_its_own(bench)
    await is_the_same_after_a_restart(bench)


async def test_f31_the_stop_fires_while_it_is_released(bench: FaultBench) -> None:
    """The cancel comes too late: the stop has sold all; nothing is sold a second time."""
    bench.server.withdraw("BTC", "1")
    await bench.poll(times=3)
    await bench.do("buy 0.002 BTC with stop 65000")
    ticket = await bench.ticket("sell half my BTC")
    bench.server.fail("hold", path="/api/v3/order", method="DELETE")
    sending = asyncio.create_task(bench.approve(ticket))
    await bench.server.until_held()
    bench.server.set_price("BTCUSDT", "64900")
    bench.server.release()
    await sending
    await bench.poll(times=3)
    assert sum(o.filled for o in bench.venue_orders if o.side == "sell") == D("0.00199")
    assert bench.held() == bench.venue_total("BTC") == D("0.000008")
    assert working(bench) == []
    assert bench.position(BTC) is not None
    await is_the_same_after_a_restart(bench)
