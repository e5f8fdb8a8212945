"""What is held is sold once and keeps its own stop: found by killing K.I.T. while it traded."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

from kit_tui.domain.orders import OrderStatus
from kit_tui.state.journal import export_lines
from tests.faults.bench import BTC, FaultBench, fault_bench, scripted_binance
from tests.faults.proof import (
    changes,
    has_only_its_own,
    is_the_same_after_a_restart,
    restarted,
    working,
)

S = OrderStatus
D = Decimal
PERPETUAL = 'market = "perpetual"\nleverage = 2'


async def test_a_close_that_meets_its_own_filled_target_sells_nothing_more(
    bench: FaultBench,
) -> None:
    """The target fills on the venue between the ticket and its approval; nobody told us yet."""
    await bench.do("buy 0.001 BTC with stop 65000 and target 70000")
    ticket = await bench.ticket("sell all my BTC")
    bench.server.set_price("BTCUSDT", "70000")
    answer = await bench.approve(ticket)
    assert not answer.reply.ok
    assert "Nothing was sold: a stop or target of BTC/USDT was filled just now." in (
        answer.reply.text
    )
    assert [o.status for o in bench.venue_orders] == ["filled", "filled", "expired"]
    await bench.poll(times=2)
    assert has_only_its_own(bench)
    assert "adjusted" not in bench.heard()
    await is_the_same_after_a_restart(bench)


async def test_the_kill_switch_sells_what_a_target_has_left(bench: FaultBench) -> None:
    """Half of it was sold by a target a moment ago: the other half goes at once all the same."""
    await bench.do("buy 0.001 BTC with stop 65000 and target 70000")
    await bench.do("buy 0.001 BTC with stop 64000")
    bench.server.set_price("BTCUSDT", "70000")
    assert (await bench.say("/kill KILL")).reply.ok
    assert working(bench) == []
    assert bench.held() < D("0.00002"), "closed but for dust"
    await bench.poll(times=2)
    assert has_only_its_own(bench)


async def test_a_crash_between_releasing_and_selling_loses_no_stop(bench: FaultBench) -> None:
    """The venue has cancelled stop and target, and K.I.T. ends before it hears of that."""
    await bench.do("buy 0.002 BTC with stop 65000 and target 70000")
    ticket = await bench.ticket("sell half my BTC")
    bench.server.fail("hold", path="/api/v3/order", method="DELETE", accepted=True)
    sending = asyncio.create_task(bench.approve(ticket))
    await bench.server.until_held()
    assert working(bench) == []
    async with restarted(bench) as again:
        await again.poll()
        assert {o.trigger or o.price: o.quantity for o in working(again)} == {
            D(65000): D("0.00199"), D(70000): D("0.00199"),
        }  # fmt: skip
        assert has_only_its_own(again)
        await is_the_same_after_a_restart(again)
    sending.cancel()
    bench.server.release()


async def test_a_partial_close_cut_short_keeps_a_contracts_stop(tmp_path: Path) -> None:
    """Trimming a stop to what is left is a cancel and a new order; a crash may lie between."""
    async with (
        scripted_binance() as (server, clock),
        fault_bench(tmp_path, server, clock, venue=PERPETUAL) as bench,
    ):
        await bench.do("buy 0.01 BTC/USDT:USDT with stop 60000")
        ticket = await bench.ticket("sell half my BTC/USDT:USDT")
        server.fail("hold", path="/fapi/v1/algoOrder", method="DELETE", accepted=True)
        sending = asyncio.create_task(bench.approve(ticket))
        await server.until_held()
        async with restarted(bench) as again:
            await again.poll()
            stops = [o for o in server.futures.orders if o.is_working and o.trigger]
            assert [(o.trigger, o.quantity) for o in stops] == [(D(60000), D("0.005"))]
        sending.cancel()
        server.release()


async def test_dust_of_a_closed_position_lends_its_stop_to_no_new_one(bench: FaultBench) -> None:
    await bench.do("buy 0.001 BTC with stop 60000 and target 75000")
    await bench.do("sell all my BTC")
    assert D(0) < bench.held() < D("0.00001"), "the fee left dust"
    await bench.do("buy 0.001 BTC with stop 65000")
    assert [(o.kind, o.trigger) for o in working(bench)] == [("market", D(65000))]
    await bench.poll(times=2)
    assert [o.trigger for o in working(bench)] == [D(65000)]
    await is_the_same_after_a_restart(bench)


async def test_an_order_the_venue_shrinks_to_the_position_ends_with_it(tmp_path: Path) -> None:
    """Half of the contracts are closed on the venue's own page; the target can sell the rest."""
    async with (
        scripted_binance() as (server, clock),
        fault_bench(tmp_path, server, clock, venue=PERPETUAL) as bench,
    ):
        await bench.do("buy 0.01 BTC/USDT:USDT with stop 60000 and target 70000")
        server.trade_by_hand("BTCUSDT", "sell", "0.004", wallet="futures")
        server.set_price("BTCUSDT", "70100")
        await bench.poll(times=3)
        assert bench.ledger.open_positions("binance") == []
        assert [o for o in bench.orders if o.is_open] == []
        sent = changes(server)
        await bench.poll(times=2)
        assert changes(server) == sent
        shrunk = [o for o in bench.orders if "reduced it to 0.006" in o.reason]
        assert [(o.status, o.filled, o.quantity) for o in shrunk] == [
            (S.CANCELED, D("0.006"), D("0.01")),
        ]  # fmt: skip


async def test_what_cannot_be_sold_has_no_stop_to_move(bench: FaultBench) -> None:
    await bench.do("buy 0.001 BTC with stop 60000")
    await bench.do("sell all my BTC")
    answer = await bench.say("/stop BTC/USDT 65000")
    assert "BTC is less than can be sold." in answer.reply.text
    assert [o for o in bench.orders if o.pair == BTC and o.is_open] == []


async def test_moving_a_target_loses_no_stop_to_a_crash(bench: FaultBench) -> None:
    """On the venue a stop ends with its target; K.I.T. is gone before it can put it up again."""
    await bench.do("buy 0.001 BTC with stop 65000 and target 70000")
    await bench.do("buy 0.001 BTC with stop 64000 and target 71000")
    bench.server.fail("hold", path="/api/v3/order", method="DELETE", accepted=True)
    moving = asyncio.create_task(bench.say("/target BTC/USDT 72000"))
    await bench.server.until_held()
    async with restarted(bench) as again:
        await again.poll(times=2)
        stops = [o for o in again.orders if o.is_open and o.stop_price is not None]
        assert {o.stop_price for o in stops} == {D(64000), D(65000)}
        assert sum(o.quantity for o in stops) == D("0.00199")
        assert has_only_its_own(again)
    moving.cancel()
    bench.server.release()


async def test_contracts_filled_unheard_are_no_deposit(tmp_path: Path) -> None:
    """An older fill is heard of last: profit is realised in another order, and nothing came in."""
    async with (
        scripted_binance() as (server, clock),
        fault_bench(tmp_path, server, clock, venue=PERPETUAL) as bench,
    ):
        await bench.do("buy 0.005 BTC/USDT:USDT at 66000 with stop 50000")
        server.set_price("BTCUSDT", "65000")
        await bench.do("buy 0.003 BTC/USDT:USDT with stop 50000")
        server.set_price("BTCUSDT", "67000")
        await bench.do("sell half my BTC/USDT:USDT")
        await bench.poll(times=4)
        assert len(bench.ledger.fills) == 3
        assert "came in" not in bench.heard()
        assert "went out" not in bench.heard()
        await bench.do("sell all my BTC/USDT:USDT")
        await bench.poll(times=4)
        assert "came in" not in bench.heard()
        assert "went out" not in bench.heard()
        ours = bench.ledger.book("binance").balances["USDT"]
        assert abs(ours - server.futures.balances["main"]["USDT"].total) < D("0.000001")
        report = export_lines(tmp_path / "data" / "journal.sqlite")
        assert sum(b'"funding"' in line for line in report) == 0


async def test_an_entry_heard_of_after_a_later_one_keeps_its_stop(bench: FaultBench) -> None:
    """It filled first and is told last: it is of the position all the same."""
    await bench.do("buy 0.001 BTC at 66000 with stop 60000")
    bench.server.set_price("BTCUSDT", "65900")
    await bench.do("buy 0.001 BTC with stop 61000")
    assert len(bench.ledger.fills) == 1
    await bench.poll(times=2)
    assert len(bench.ledger.fills) == 2
    assert {o.trigger for o in working(bench) if o.trigger} == {D(60000), D(61000)}
    await is_the_same_after_a_restart(bench)


async def test_a_target_of_some_coins_leaves_the_moved_stop_of_the_others(tmp_path: Path) -> None:
    """The stop was moved for both entries at once; only the first has a target, which fills."""
    async with (
        scripted_binance() as (server, clock),
        fault_bench(tmp_path, server, clock, venue=PERPETUAL) as bench,
    ):
        await bench.do("buy 0.006 BTC/USDT:USDT with stop 60000 and target 68000")
        await bench.do("buy 0.004 BTC/USDT:USDT with stop 61000 and target 75000")
        await bench.say("/stop BTC/USDT:USDT 62000")
        server.set_price("BTCUSDT", "68010")
        await bench.poll(times=3)
        stops = [o for o in server.futures.orders if o.is_working and o.trigger]
        assert [(o.trigger, o.quantity) for o in stops] == [(D(62000), D("0.004"))]


async def test_coins_sold_beyond_their_stop_are_free_no_more(tmp_path: Path) -> None:
    """At the restart one stop is passed already; its target gets no coins of the other entry."""
    async with scripted_binance() as (server, clock):
        async with fault_bench(tmp_path, server, clock) as bench:
            await bench.do("buy 0.001 BTC with stop 60000")
            await bench.do("buy 0.001 BTC at 66500 with stop 65000 and target 69000")
        server.set_price("BTCUSDT", "66500")
        server.set_price("BTCUSDT", "64000")
        async with fault_bench(tmp_path, server, clock) as again:
            await again.poll(times=2)
            locked = sum(o.quantity for o in working(again))
            assert locked <= again.held(), "an exit would sell coins of others"
            assert {o.trigger for o in working(again)} == {D(60000)}
            assert has_only_its_own(again)
            await is_the_same_after_a_restart(again)
