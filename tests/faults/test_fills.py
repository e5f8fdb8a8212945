"""F07 to F14: executions told twice, late, early, too many, too few, and less their fees."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from kit_tui.domain.orders import OrderStatus
from kit_tui.domain.risk import TradingState
from kit_tui.state.slices import POSITIONS
from kit_tui.trading.tickets import ENTRY_LEG, client_id
from tests.faults.bench import BTC, ETH, FaultBench, fault_bench, scripted_binance
from tests.faults.proof import (
    changes,
    has_only_its_own,
    is_the_same_after_a_restart,
    positions,
    restarted,
    trust,
    working,
)
from tests.servers.venue_types import BookOrder, Piece

S = OrderStatus
D = Decimal
STOPPED = "buy 0.001 BTC at 60000 with stop 58000"


def connection_of(bench: FaultBench) -> sqlite3.Connection:
    """The engine's own connection to its journal."""
    return bench.account.trading.account.journal._writer._store.connection


def fill_the_disk(bench: FaultBench) -> None:
    """From now on the journal's file cannot grow: `database or disk is full`."""
    connection = connection_of(bench)
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")


def lock(bench: FaultBench) -> sqlite3.Connection:
    """Another program holds the journal; ours gives up waiting soon."""
    connection_of(bench).execute("PRAGMA busy_timeout = 20")
    other = sqlite3.connect(bench.home / "data" / "journal.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


def first(bench: FaultBench) -> BookOrder:
    """The venue's first order."""
    return bench.venue_orders[0]


# -- F07 -----------------------------------------------------------------------------------------


async def test_f07_a_full_disk_stops_orders_before_they_are_sent(bench: FaultBench) -> None:
    ticket = await bench.ticket()
    fill_the_disk(bench)
    answer = await bench.approve(ticket)
    while not bench.account.trading.account.journal.failed:  # pages that are left are used up
        answer = await bench.say("Buy BTC for $20")
    sent = len(bench.venue_orders)
    assert not answer.reply.ok
    assert "disk is full" in answer.reply.text
    for words in ("Buy BTC for $20", "Buy ETH for $20", "sell all my BTC"):
        assert (await bench.say(words)).ticket is None
    await bench.poll(times=2)
    assert len(bench.venue_orders) == sent
    assert bench.account.trading.status.state is TradingState.HALTED
    assert "Trading is halted: the journal cannot be written" in bench.heard()
    assert "Make room on the disk" in bench.heard()
    async with restarted(bench) as again:
        assert again.account.trading.status.state is TradingState.HALTED
        assert has_only_its_own(again)
        assert len(again.orders) == len(again.venue_orders)


async def test_f07_a_locked_journal_halts_and_a_restart_recovers(bench: FaultBench) -> None:
    await bench.do("Buy 0.001 BTC with stop 58000")
    ticket = await bench.ticket("Buy ETH for $50")
    sent = changes(bench.server)
    with closing(lock(bench)):
        answer = await bench.approve(ticket)
        assert "locked by another program" in answer.reply.text
        assert (await bench.say("Buy ETH for $50")).ticket is None
        await bench.poll(times=2)
    assert (await bench.say("Buy ETH for $50")).ticket is None, "only a restart may trust it again"
    assert changes(bench.server) == sent
    assert len(working(bench)) == 1, "the stop on the venue protects all the same"
    assert bench.account.trading.status.state is TradingState.HALTED
    await is_the_same_after_a_restart(bench)
    async with restarted(bench) as again:
        assert "Trading is halted" in again.heard()
        assert (await again.say("Buy ETH for $50")).ticket is None
        await again.say("/resume RESUME")
        assert again.account.trading.status.state is TradingState.ACTIVE
        await again.do("Buy ETH for $50")
        assert again.statuses() == [S.FILLED, S.ACCEPTED, S.FILLED]
        assert has_only_its_own(again, ETH, "0")


async def test_f07_an_outcome_that_cannot_be_kept_is_adopted_at_the_restart(
    bench: FaultBench,
) -> None:
    """The venue takes the order, and its answer meets a journal that is locked."""
    ticket = await bench.ticket("Buy 0.001 BTC with stop 58000")
    bench.server.fail("hold", path="/api/v3/order", method="POST", accepted=True)
    sending = asyncio.create_task(bench.approve(ticket))
    await bench.server.until_held()
    with closing(lock(bench)):
        bench.server.release()
        assert not (await sending).reply.ok
        await bench.poll(times=2)
    assert len(bench.venue_orders) == 1
    assert "Trading is halted" in bench.heard()
    async with restarted(bench) as again:
        await again.poll()
        assert again.statuses() == [S.FILLED, S.ACCEPTED]
        assert [order.client_id for order in again.orders] == [
            order.client_id for order in again.venue_orders
        ]
        assert has_only_its_own(again)
        assert len(again.ledger.fills) == 1
        assert "Bought: 0.001 BTC" in again.heard()
        assert working(again)[0].quantity == D("0.00099"), "what was bought is protected"
        await is_the_same_after_a_restart(again)


# -- F08 -----------------------------------------------------------------------------------------


async def test_f08_an_execution_told_twice_is_counted_once(bench: FaultBench) -> None:
    bench.server.spot.duplicate_fills = True
    bench.server.book.next_fills("BTCUSDT", Piece(D("0.0004")), Piece(D("0.0006")))
    await bench.do("Buy 0.001 BTC with stop 58000")
    await bench.poll(times=3)
    assert len(bench.server.book.fills) == len(bench.ledger.fills) == 2
    assert bench.statuses() == [S.FILLED, S.ACCEPTED]
    assert has_only_its_own(bench)
    assert bench.heard().count("Bought:") == 1
    assert "0.001 BTC" in bench.heard()
    await is_the_same_after_a_restart(bench)


async def test_f08_twice_over_a_restart_and_while_the_order_works(bench: FaultBench) -> None:
    bench.server.spot.duplicate_fills = True
    await bench.do(STOPPED)
    bench.server.fill_late(first(bench).client_id, "0.0004")
    await bench.poll(times=2)
    async with restarted(bench) as again:
        await again.poll(times=2)
        assert len(again.ledger.fills) == 1
        bench.server.fill_late(first(again).client_id, "0.0006")
        await again.poll(times=2)
        assert len(again.ledger.fills) == 2
        assert again.orders[0].filled == D("0.001")
        assert again.orders[0].status is S.FILLED
        assert has_only_its_own(again)
        assert sum(order.quantity for order in working(again)) == D("0.00099")


# -- F09 -----------------------------------------------------------------------------------------


def rename(bench: FaultBench) -> None:
    """Another source of the venue tells the newest execution under an id of its own."""
    bench.server.book.fills[-1].id += 900_000


async def test_f09_one_execution_under_two_ids_is_matched_and_flagged(bench: FaultBench) -> None:
    await bench.do("Buy 0.001 BTC with stop 58000")
    rename(bench)
    await bench.poll(times=3)
    assert len(bench.server.book.fills) == len(bench.ledger.fills) == 1
    assert bench.statuses() == [S.FILLED, S.ACCEPTED]
    assert has_only_its_own(bench)
    assert bench.heard().count("counted already under another id") == 2, "a message and a notice"
    assert trust(bench).frozen == ()
    assert "went out" not in bench.heard(), "nothing is taken for a flow"
    await is_the_same_after_a_restart(bench)


async def test_f09_another_id_after_a_restart(bench: FaultBench) -> None:
    await bench.do("Buy 0.001 BTC with stop 58000")
    rename(bench)
    async with restarted(bench) as again:
        await again.poll(times=2)
        assert len(again.ledger.fills) == 1
        assert has_only_its_own(again)
        assert "counted already under another id" in again.heard()


async def test_f09_another_id_while_the_order_works_and_once_it_was_cancelled(
    bench: FaultBench,
) -> None:
    await bench.do(STOPPED)
    bench.server.fill_late(first(bench).client_id, "0.0004")
    await bench.poll(times=2)
    rename(bench)
    await bench.poll(times=3)
    assert [fill.quantity for fill in bench.ledger.fills] == [D("0.0004")]
    assert "counted already under another id" in bench.heard()
    await bench.say("cancel all")
    await bench.poll(times=2)
    assert len(bench.ledger.fills) == 1
    assert bench.orders[0].filled == first(bench).filled
    assert has_only_its_own(bench)
    await is_the_same_after_a_restart(bench)


async def test_f09_two_executions_alike_are_two(bench: FaultBench) -> None:
    """The enemy of matching: the same size, price and second, and yet both happened."""
    alike = Piece(D("0.0004"), D("67012.41"))
    bench.server.book.next_fills("BTCUSDT", alike, alike, Piece(D("0.0002")))
    await bench.do("Buy 0.001 BTC with stop 58000")
    await bench.do("Buy 0.001 BTC at 60000")
    for _ in range(2):  # one after the other, and each in a poll of its own
        bench.server.fill_late(bench.venue_orders[-1].client_id, "0.0003")
        await bench.poll(1)
    assert len(bench.ledger.fills) == len(bench.server.book.fills) == 5
    assert has_only_its_own(bench)
    assert "under another id" not in bench.heard()
    await is_the_same_after_a_restart(bench)


# -- F10 -----------------------------------------------------------------------------------------


def deny(bench: FaultBench, name: str, times: int) -> None:
    """The venue does not find an order by our id yet, though it has it."""
    bench.server.refuse(
        -2013, "Order does not exist.", times=times, path="/api/v3/order", method="GET",
        having=("origClientOrderId", name),
    )  # fmt: skip


async def test_f10_an_execution_before_any_answer_fills_the_order(bench: FaultBench) -> None:
    """No answer, the order is not found, and its execution is there already."""
    ticket = await bench.ticket("Buy 0.001 BTC with stop 58000")
    name = client_id(bench.account.trading.account.journal.home_id, ticket.id, ENTRY_LEG)
    deny(bench, name, times=20)
    bench.server.lose_order_reply("reset", accepted=True)
    await bench.approve(ticket)
    assert bench.statuses() == [S.UNKNOWN]
    await bench.poll()
    assert bench.server.faults, "it is still not found by its id"
    assert bench.statuses() == [S.FILLED, S.ACCEPTED]
    assert has_only_its_own(bench)
    assert len(bench.ledger.fills) == 1
    assert working(bench)[0].quantity == D("0.00099")
    assert "Bought: 0.001 BTC @ 67,012.41" in bench.heard()
    bench.server.faults.clear()
    await bench.poll(times=2)
    assert len(bench.venue_orders) == 2
    await is_the_same_after_a_restart(bench)


async def test_f10_an_order_that_is_hidden_while_its_execution_is_told(bench: FaultBench) -> None:
    """Not by any id: then the execution waits for its order, and is nobody else's meanwhile."""
    bench.server.book.hide_orders_ms = 20_000
    bench.server.lose_order_reply("reset", accepted=True)
    await bench.do("Buy 0.001 BTC with stop 58000")
    await bench.poll(5, times=2)
    assert bench.statuses() == [S.UNKNOWN]
    assert (await bench.say("Buy BTC for $50")).ticket is None
    assert "outside K.I.T." not in bench.heard()
    await bench.poll(15)
    assert bench.statuses() == [S.FILLED, S.ACCEPTED]
    assert has_only_its_own(bench)
    bench.server.book.hide_orders_ms = 0
    await bench.poll(30)
    await is_the_same_after_a_restart(bench)


async def test_f10_an_answer_that_is_older_than_the_execution_changes_nothing(
    bench: FaultBench,
) -> None:
    """The venue says "new", the order fills, and only then its answer arrives."""
    ticket = await bench.ticket("buy 0.001 BTC at 65000 with stop 60000")
    bench.server.fail("hold", path="/api/v3/order", method="POST", accepted=True)
    sending = asyncio.create_task(bench.approve(ticket))
    await bench.server.until_held()
    bench.server.set_price("BTCUSDT", "64990")
    bench.server.release()
    await sending
    await bench.poll()
    assert bench.statuses() == [S.FILLED, S.ACCEPTED]
    assert len(bench.ledger.fills) == 1
    assert has_only_its_own(bench)
    assert bench.heard().count("Bought: 0.001 BTC @ 65,000.00") == 1
    await is_the_same_after_a_restart(bench)


async def test_f10_an_answer_after_our_patience_is_ignored(
    impatient: None, bench: FaultBench
) -> None:
    ticket = await bench.ticket("Buy 0.001 BTC with stop 58000")
    bench.server.fail("hold", path="/api/v3/order", method="POST", accepted=True)
    sending = asyncio.create_task(bench.approve(ticket))
    await bench.server.until_held()
    await sending
    assert bench.statuses() == [S.FILLED, S.ACCEPTED]
    bench.server.release()
    await bench.poll(times=2)
    assert bench.statuses() == [S.FILLED, S.ACCEPTED]
    assert len(bench.ledger.fills) == len(bench.server.book.fills) == 1
    assert has_only_its_own(bench)


# -- F11 -----------------------------------------------------------------------------------------


async def test_f11_an_execution_after_a_confirmed_cancel_is_adopted_and_protected(
    bench: FaultBench,
) -> None:
    await bench.do(STOPPED)
    await bench.say("cancel all")
    assert bench.statuses() == [S.CANCELED]
    assert first(bench).status == "canceled"
    bench.server.fill_late(first(bench).client_id, "0.0004")
    await bench.poll()
    assert has_only_its_own(bench)
    assert [stop.quantity for stop in working(bench)] == [D("0.00039")]
    assert [stop.trigger for stop in working(bench)] == [D(58000)]
    assert "Order 1 was canceled, yet 0.0004 BTC of it traded. It is counted." in bench.heard()
    await is_the_same_after_a_restart(bench)
    bench.server.fill_late(first(bench).client_id, "0.0006")
    await bench.poll(times=2)
    assert has_only_its_own(bench)
    assert sum(stop.quantity for stop in working(bench)) == D("0.00099")
    await is_the_same_after_a_restart(bench)


async def test_f11_found_only_after_a_restart(bench: FaultBench) -> None:
    """The late execution came while K.I.T. was off: adopted, protected, told at the start."""
    await bench.do(STOPPED)
    await bench.say("cancel all")
    bench.server.fill_late(first(bench).client_id, "0.0004")
    async with restarted(bench) as again:
        await again.poll()
        assert has_only_its_own(again)
        assert [stop.quantity for stop in working(again)] == [D("0.00039")]
        assert "yet 0.0004 BTC of it traded" in again.heard()


async def test_f11_after_cancel_and_all_sold_again(bench: FaultBench) -> None:
    """The enemy's order of things: it fills late, and the sale of it is cancelled by a stop."""
    await bench.do(STOPPED)
    await bench.say("cancel all")
    bench.server.fill_late(first(bench).client_id, "0.001")
    await bench.poll()
    bench.server.set_price("BTCUSDT", "57990")
    await bench.poll(times=2)
    assert working(bench) == []
    assert bench.held() < D("0.00001")
    assert has_only_its_own(bench)
    assert bench.no_id_twice()
    await is_the_same_after_a_restart(bench)


# -- F12 -----------------------------------------------------------------------------------------


async def test_f12_an_overfill_is_followed_and_pauses_entries_until_cleared(
    bench: FaultBench,
) -> None:
    await bench.do("Buy 0.001 BTC with stop 58000")
    bench.server.fill_late(first(bench).client_id, "0.0005", "67012")
    await bench.poll()
    assert has_only_its_own(bench)
    assert bench.orders[0].filled == first(bench).filled == D("0.0015")
    assert sum(stop.quantity for stop in working(bench)) == D("0.00149")
    assert [(f.pair, f.code) for f in trust(bench).frozen] == [(BTC, "OVERFILLED")]
    assert "more than the 0.001 it asked for" in bench.heard()
    refused = await bench.say("Buy BTC for $50")
    assert refused.verdict is not None
    assert {check.code for check in refused.verdict.failed} == {"OVERFILLED"}
    assert (await bench.ticket("Buy ETH for $50")).order.pair == ETH
    assert (await bench.ticket("sell half my BTC")).order.reduce_only
    await is_the_same_after_a_restart(bench)
    await bench.say("/clear BTC/USDT")
    assert trust(bench).frozen == ()
    assert (await bench.do("Buy BTC for $50")).order is not None
    await bench.poll()
    assert trust(bench).frozen == ()
    assert has_only_its_own(bench)
    await is_the_same_after_a_restart(bench)


async def test_f12_an_overfill_exactly_like_the_fill_is_no_second_name_of_it(
    bench: FaultBench,
) -> None:
    await bench.do("Buy 0.001 BTC with stop 58000")
    bench.server.fill_late(first(bench).client_id, "0.001", "67012.41")
    await bench.poll(1, times=2)
    assert bench.orders[0].filled == first(bench).filled == D("0.002")
    assert has_only_its_own(bench)
    assert [f.code for f in trust(bench).frozen] == ["OVERFILLED"]
    await is_the_same_after_a_restart(bench)


async def test_f12_a_sale_beyond_its_size_takes_nothing_below_zero(bench: FaultBench) -> None:
    """More is sold than was asked: the position is flat, what is beyond came from a holding."""
    await bench.do("Buy 0.001 BTC with stop 58000")
    await bench.do("sell all my BTC")
    bench.server.fill_late(bench.venue_orders[-1].client_id, "0.0005", "67012")
    await bench.poll(times=3)
    assert bench.position() is None
    assert bench.venue_total("BTC") == D("0.999509")
    assert working(bench) == []
    assert "more than the 0.00099 it asked for" in bench.heard()
    assert "went out" not in bench.heard()
    assert (await bench.ticket("Buy BTC for $50")).order.pair == BTC
    await is_the_same_after_a_restart(bench)


# -- F13 -----------------------------------------------------------------------------------------


async def partly(bench: FaultBench, quantity: str, words: str) -> None:
    """A resting purchase trades a little, and the rest of it is cancelled by a person."""
    answer = await bench.do(words)
    assert answer.order is not None
    bench.server.fill_late(answer.order.client_id, quantity)
    await bench.poll()
    await bench.say(f"cancel order {answer.order.id}")


async def test_f13_dust_is_kept_marked_and_in_nobodys_way(bench: FaultBench) -> None:
    await bench.do("Buy ETH for $50 with stop 3000")
    await partly(bench, "0.00005", "buy 0.001 BTC at 65000 with stop 58000")
    await bench.poll(times=4)
    assert bench.orders[2].status is S.CANCELED
    assert has_only_its_own(bench)
    assert bench.held() == D("0.00004995")
    marked = {p.position.pair: p.dust for p in bench.account.store.get(POSITIONS) or ()}
    assert marked == {BTC: True, ETH: False}
    told = "0.00004 BTC is less than can be sold: it stays without a stop."
    assert bench.heard().count(told) == 2, "a message and a notice, and never again"
    assert "has been without a stop" not in bench.heard()
    assert [stop.symbol for stop in working(bench)] == ["ETHUSDT"]
    assert "smallest order" in (await bench.say("sell all my BTC")).reply.text
    await is_the_same_after_a_restart(bench)
    out = await bench.do("close all positions")
    assert out.order is not None
    assert out.order.pair == ETH
    assert bench.orders[-1].status is S.FILLED
    assert bench.no_id_twice()


async def test_f13_what_may_not_rest_on_the_venue_is_watched_here(bench: FaultBench) -> None:
    """Worth enough to be sold now, and too little at its stop: the stop is ours to keep."""
    await partly(bench, "0.0001", "buy 0.001 BTC at 65000 with stop 54000")
    await bench.poll(times=2)
    assert bench.statuses() == [S.CANCELED, S.ACCEPTED]
    assert bench.orders[1].emulated
    assert working(bench) == []
    assert "watched here" in bench.heard()
    await is_the_same_after_a_restart(bench)
    bench.server.set_price("BTCUSDT", "53990")
    sent = changes(bench.server)
    await bench.poll(times=4)
    assert changes(bench.server) == sent, "the venue takes no order of that size"
    assert bench.statuses() == [S.CANCELED, S.CANCELED]
    assert "0.00009 BTC is left, less than can be sold" in bench.heard()
    assert has_only_its_own(bench)
    await is_the_same_after_a_restart(bench)


async def test_f13_a_venue_stricter_than_its_own_rules(bench: FaultBench) -> None:
    """Its list says 5 USDT, it takes nothing below 6: refused twice, then watched here."""
    bench.server.book.markets["BTCUSDT"].min_notional = D(6)
    await partly(bench, "0.0001", "buy 0.001 BTC at 67000 with stop 64000")
    await bench.poll(times=2)
    assert bench.statuses() == [S.CANCELED, S.REJECTED, S.REJECTED, S.ACCEPTED]
    assert bench.orders[3].emulated
    assert "No protection for 0.00009 BTC on binance" in bench.heard()
    async with restarted(bench) as again:  # which tries the venue once more
        await again.poll()
        assert positions(again) == positions(bench)
        assert [o.emulated for o in again.orders if o.is_open] == [True]
    bench.server.book.markets["BTCUSDT"].min_notional = D(5)
    bench.server.set_price("BTCUSDT", "63990")
    await bench.poll(times=3)
    assert bench.held() < D("0.00001")
    assert has_only_its_own(bench)
    assert "was reached. Sold: 0.00009 BTC" in bench.heard()


async def test_f13_the_kill_switch_sells_the_rest_and_names_the_dust(bench: FaultBench) -> None:
    await partly(bench, "0.00005", "buy 0.001 BTC at 65000 with stop 58000")
    await bench.do("Buy ETH for $50 with stop 3000")
    await bench.say("/kill KILL")
    sent = changes(bench.server)
    await bench.poll(times=4)
    assert bench.held(ETH) < D("0.0001")
    assert has_only_its_own(bench, ETH, "0")
    assert has_only_its_own(bench)
    assert working(bench) == []
    assert changes(bench.server) == sent, "what cannot be sold is not tried without end"
    assert "BTC/USDT could not be closed: The smallest order" in bench.heard()
    assert bench.account.trading.status.state is TradingState.HALTED
    await is_the_same_after_a_restart(bench)


async def test_f13_dust_goes_with_the_next_sale(bench: FaultBench) -> None:
    await partly(bench, "0.00005", "buy 0.001 BTC at 65000 with stop 58000")
    await bench.do("Buy 0.001 BTC with stop 58000")
    await bench.do("sell all my BTC")
    await bench.poll(times=3)
    assert bench.held() < D("0.00001")
    assert has_only_its_own(bench)
    assert working(bench) == []
    await is_the_same_after_a_restart(bench)


# -- F14 -----------------------------------------------------------------------------------------


@pytest.fixture
async def bare(tmp_path: Path) -> AsyncIterator[FaultBench]:
    """A bench on an account that holds nothing but money."""
    async with scripted_binance() as (server, clock):
        server.book.deposit("main", "BTC", D(-1))
        async with fault_bench(tmp_path, server, clock) as running:
            yield running


async def test_f14_a_fee_in_the_coin_leaves_less_and_all_of_it_is_sold(bare: FaultBench) -> None:
    await bare.do("Buy BTC for $100 with stop 58000")
    assert bare.held() == bare.venue_total("BTC") == D("0.00148851")
    assert [stop.quantity for stop in working(bare)] == [D("0.00148")]
    assert "fee 0.00000149 BTC" in bare.heard()
    await is_the_same_after_a_restart(bare)
    await bare.do("sell all my BTC")
    assert bare.venue_orders[-1].quantity == D("0.00148")
    assert bare.held() == bare.venue_total("BTC") == D("0.00000851")
    sent = changes(bare.server)
    for words in ("sell all my BTC", "close all positions", "sell half my BTC"):
        again = await bare.say(words)
        assert again.ticket is None
        assert "less than binance trades" in again.reply.text
    await bare.poll(times=5)
    assert changes(bare.server) == sent, "no loop over what cannot be sold"
    assert "has been without a stop" not in bare.heard()
    assert [p.dust for p in bare.account.store.get(POSITIONS) or ()] == [True]
    await is_the_same_after_a_restart(bare)


async def test_f14_the_dust_of_many_trades_adds_up_and_is_sold(bare: FaultBench) -> None:
    for _ in range(3):
        await bare.do("Buy BTC for $100 with stop 58000")
        await bare.do("sell all my BTC")
        await bare.poll()
    assert bare.held() == bare.venue_total("BTC") < D("0.00001")
    assert len(working(bare)) == 0
    assert bare.no_id_twice()
    await is_the_same_after_a_restart(bare)


async def test_f14_halves_stops_and_a_fee_on_each(bare: FaultBench) -> None:
    """Sold by halves under a stop, then by the stop: never more than there is, to the last step."""
    await bare.do("Buy BTC for $100 with stop 58000")
    for _ in range(3):
        await bare.do("sell half my BTC")
        await bare.poll()
        (stop,) = working(bare)
        assert stop.quantity <= bare.held() == bare.venue_total("BTC")
        assert bare.held() - stop.quantity < D("0.00001")
    bare.server.set_price("BTCUSDT", "57990")
    await bare.poll(times=2)
    assert bare.held() == bare.venue_total("BTC") < D("0.00001")
    assert working(bare) == []
    await is_the_same_after_a_restart(bare)


async def test_f14_a_fee_in_a_third_coin_leaves_the_position_whole(bare: FaultBench) -> None:
    bare.server.book.fees.paid_in = "BNB"
    bare.server.deposit("BNB", "1")
    await bare.poll(times=3)
    await bare.do("Buy 0.001 BTC with stop 58000")
    assert bare.held() == bare.venue_total("BTC") == D("0.001")
    await bare.do("sell all my BTC")
    await bare.poll()
    assert bare.position() is None
    assert bare.venue_total("BTC") == 0
    await is_the_same_after_a_restart(bare)
