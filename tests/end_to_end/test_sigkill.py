"""SIGKILL at random points of an order loses nothing and doubles nothing."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from kit_tui.domain.ledger import Ledger
from kit_tui.exchanges.base import Exchange
from kit_tui.runtime.clock import SystemClock
from kit_tui.runtime.engine import Engine
from kit_tui.settings.load import load_settings
from kit_tui.settings.locations import find_locations
from tests.support.homes import kit_environment

LONGEST_LIFE_S = 0.35


def live_and_die(home: Path, seconds: float) -> list[str]:
    """Run the order loop, kill it `seconds` after it is ready; the orders it had acknowledged."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.end_to_end.order_loop", str(home)],
        env=kit_environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    first = process.stdout.readline()
    if first != "ready\n":
        process.kill()
        raise AssertionError(process.stderr.read())
    timer = threading.Timer(seconds, process.send_signal, [signal.SIGKILL])
    timer.start()
    lines = process.stdout.read().splitlines()
    process.wait()
    errors = process.stderr.read()
    process.stdout.close()
    process.stderr.close()
    assert process.returncode == -signal.SIGKILL, errors
    return [line.split()[1] for line in lines if line.startswith("ack ") and len(line.split()) == 3]


async def check_truth(home: Path, acknowledged: list[str]) -> int:
    """Open the home once more and compare journal and venue; returns the number of orders."""
    locations = find_locations({"KIT_HOME": str(home)})
    engine = Engine(locations, load_settings(locations, {}), SystemClock(), {})
    await engine.start(demo=True)
    try:
        trading = (await engine.account("demo")).trading
        await compare(trading.ledger, trading.account.exchange, acknowledged)
        return len(trading.ledger.orders)
    finally:
        await engine.stop()


async def compare(ledger: Ledger, venue: Exchange, acknowledged: list[str]) -> None:
    balances = {b.currency: b.total for b in await venue.fetch_balances()}
    for position in ledger.open_positions("demo"):
        assert balances.get(position.pair.base, Decimal(0)) == position.signed_quantity
    held = {p.pair.base for p in ledger.open_positions("demo")}
    assert {c for c, total in balances.items() if total and c != "USDT"} == held

    fills = await venue.fetch_fills(None)
    filled: Counter[str] = Counter()
    for fill in fills:
        assert ledger.has_fill(fill)
        filled[fill.order_id] += fill.quantity  # type: ignore[assignment]
    ours = {o.client_id: o for o in ledger.orders.values()}
    assert set(filled) <= set(ours)
    for client_id, order in ours.items():
        assert order.filled == filled.get(client_id, Decimal(0)), order
        assert order.status.value not in ("submitted", "unknown")
    open_there = {o.client_id for o in await venue.fetch_open_orders()}
    assert open_there == {o.client_id for o in ledger.open_orders("demo")}
    tickets = [o.ticket_id for o in ledger.orders.values() if o.ticket_id]
    assert len(tickets) == len(set(tickets)), "a ticket became two orders"
    for order_id in acknowledged:
        assert order_id in ledger.orders, "an acknowledged order is gone"


def kill_many_times(home: Path, runs: int, seed: int) -> None:
    chance = random.Random(seed)
    acknowledged: list[str] = []
    for _ in range(runs):
        acknowledged += live_and_die(home, chance.uniform(0, LONGEST_LIFE_S))
    orders = asyncio.run(check_truth(home, acknowledged))
    assert orders >= len(set(acknowledged)) > 0


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(5))
def test_ten_kills_in_a_row_leave_the_journal_and_the_venue_agreeing(
    tmp_path: Path, seed: int
) -> None:
    kill_many_times(tmp_path, 10, seed)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(100, 110))
def test_fifty_kills_in_a_row(tmp_path: Path, seed: int) -> None:
    kill_many_times(tmp_path, 50, seed)
