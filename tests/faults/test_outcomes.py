"""Orders whose answer was lost: what the venue has, what the journal says, what was told."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from kit_tui.domain.orders import OrderStatus
from kit_tui.exchanges.binance_dialect import BinanceDialect
from kit_tui.trading.tickets import ENTRY_LEG, client_id
from tests.faults.bench import BTC, FaultBench, fault_bench, scripted_binance

S = OrderStatus
PATIENCE = BinanceDialect.not_found


async def test_f01_no_answer_but_accepted_is_found_by_its_client_id(bench: FaultBench) -> None:
    bench.server.lose_order_reply("reset", accepted=True)
    answer = await bench.do("Buy BTC for $100")
    await bench.poll()
    assert [order.status for order in bench.venue_orders] == ["filled"]
    assert bench.statuses() == [S.FILLED]
    assert bench.orders[0].client_id == bench.venue_orders[0].client_id
    assert bench.held() == bench.venue_total("BTC") - 1
    assert "Bought: 0.00149 BTC" in bench.heard()
    assert answer.order is not None


async def test_f02_no_answer_and_never_arrived_is_lost_only_after_proof(bench: FaultBench) -> None:
    bench.server.lose_order_reply("reset", accepted=False)
    await bench.do("Buy BTC for $100")
    assert bench.statuses() == [S.UNKNOWN]
    await bench.poll(PATIENCE.seconds / PATIENCE.times / 2, times=PATIENCE.times)
    assert bench.statuses() == [S.UNKNOWN], "denied often, but not for long enough"
    refused = await bench.say("Buy BTC for $50")
    assert refused.ticket is None
    assert refused.verdict is not None
    assert {check.code for check in refused.verdict.failed} == {"SYMBOL_FROZEN"}
    await bench.poll(PATIENCE.seconds)
    assert bench.statuses() == [S.REJECTED]
    assert bench.venue_orders == []
    assert "never reached binance" in bench.heard()
    waiting = [t for t in bench.ledger.pending_tickets() if t.order.pair == BTC]
    assert len(waiting) == 1, "a new ticket is offered, nothing is resent"
    assert len(bench.server.asked("/api/v3/order", "POST")) == 1


async def test_f03_no_answer_and_no_query_stays_unknown(bench: FaultBench) -> None:
    bench.server.lose_order_reply("reset", accepted=True)
    bench.server.fail("status", times=500, path="/api/v3/order", method="GET", status=503)
    bench.server.fail("status", times=500, path="/api/v3/openOrders", method="GET", status=503)
    bench.server.fail("status", times=500, path="/api/v3/myTrades", method="GET", status=503)
    await bench.do("Buy BTC for $100")
    await bench.poll(60, times=20)
    assert bench.statuses() == [S.UNKNOWN]
    assert (await bench.say("Buy BTC for $50")).ticket is None
    assert "No answer" in bench.heard() or "unknown" in bench.heard().lower()
    bench.server.faults.clear()
    await bench.poll(120)
    await bench.poll()
    assert bench.statuses() == [S.FILLED]
    assert bench.no_id_twice()


async def test_f04_a_late_answer_after_the_query_began_is_one_order(
    impatient: None, bench: FaultBench
) -> None:
    """The reply is held back beyond our patience; the venue took the order meanwhile."""
    bench.server.fail("hold", path="/api/v3/order", method="POST", accepted=True)
    sending = asyncio.create_task(bench.do("Buy BTC for $100"))
    await bench.server.until_held()
    assert len(bench.venue_orders) == 1
    await sending
    await bench.poll()
    bench.server.release()
    await bench.poll()
    assert bench.statuses() == [S.FILLED]
    assert len(bench.venue_orders) == 1
    assert bench.held() == bench.venue_total("BTC") - 1


async def test_f04_a_duplicate_id_means_already_placed(bench: FaultBench) -> None:
    """An order of this id works on the venue already, as when an answer overtook the request."""
    ticket = await bench.ticket("Buy 0.001 BTC at 60000")
    name = client_id(bench.account.trading.account.journal.home_id, ticket.id, ENTRY_LEG)
    bench.server.open_order_by_hand("BTCUSDT", "buy", "0.001", "60000", client_id=name)
    await bench.approve(ticket)
    await bench.poll()
    assert bench.statuses() == [S.ACCEPTED]
    assert [order.client_id for order in bench.venue_orders] == [name]


@pytest.mark.parametrize("accepted", [False, True], ids=["f05_before_the_send", "f06_after_it"])
async def test_f05_f06_killed_around_the_send(
    impatient: None, tmp_path: Path, *, accepted: bool
) -> None:
    """Killed with the order journalled: absent on the venue it ends, present it is adopted."""
    async with scripted_binance() as (server, clock):
        async with fault_bench(tmp_path, server, clock) as bench:
            server.fail("hold", path="/api/v3/order", method="POST", accepted=accepted)
            sending = asyncio.create_task(bench.do("Buy BTC for $100"))
            await server.until_held()
            killed = as_killed(tmp_path)
            if not accepted:
                sending.cancel()
            server.faults.clear()
        async with fault_bench(killed, server, clock) as again:
            await again.poll(PATIENCE.seconds, times=PATIENCE.times)
            assert again.statuses() == [S.FILLED if accepted else S.CANCELED]
            assert again.held() == again.venue_total("BTC") - 1
            assert len(again.ledger.fills) == len(again.venue_orders) == int(accepted)
            assert again.no_id_twice()


def as_killed(home: Path) -> Path:
    """A copy of the home as it is on the disk now: what a killed process would leave."""
    to = home.with_name(f"{home.name}-killed")
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(home, to, ignore=shutil.ignore_patterns("*.sock", "*.lock"))
    return to
