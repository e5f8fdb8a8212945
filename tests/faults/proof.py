"""What a second process would make of a home: the journal verified, opened again, and quiet."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

from kit_tui.domain.errors import JournalError
from kit_tui.domain.pair import Pair
from kit_tui.domain.trust import AccountTrust
from kit_tui.state.journal import verify_file
from kit_tui.state.slices import TRUST
from tests.faults.bench import BTC, FaultBench, fault_bench
from tests.servers.binance_trading import BinanceTradingServer
from tests.servers.venue_types import BookOrder


@asynccontextmanager
async def restarted(bench: FaultBench) -> AsyncIterator[FaultBench]:
    """A second engine on what is on the disk now, against the same venue."""
    journal = bench.account.trading.account.journal
    if not journal.failed:
        await journal.flush()
    home = bench.home.with_name(f"{bench.home.name}-again")
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(bench.home, home, ignore=shutil.ignore_patterns("*.sock", "*.lock"))
    report = verify_file(home / "data" / "journal.sqlite")
    if not report.ok:
        raise JournalError(report.problem)
    async with fault_bench(home, bench.server, bench.clock, **bench.options) as again:
        yield again


async def is_the_same_after_a_restart(bench: FaultBench) -> None:
    """Opened again: the same orders, executions and positions, and nothing more is sent."""
    async with restarted(bench) as again:
        sent = changes(again.server)
        await again.poll(times=2)
        assert {o.id: o for o in again.orders} == {o.id: o for o in bench.orders}
        assert [fill.key for fill in again.ledger.fills] == [f.key for f in bench.ledger.fills]
        assert positions(again) == positions(bench)
        assert changes(again.server) == sent
        assert again.account.trading.status.state is bench.account.trading.status.state
        assert trust(again).frozen == trust(bench).frozen


def positions(bench: FaultBench) -> dict[Pair, tuple[Decimal, Decimal, Decimal]]:
    """Quantity, cost and profit of what is held, by pair."""
    return {
        held.pair: (held.signed_quantity, held.cost, held.realised_pnl)
        for held in bench.ledger.open_positions("binance")
    }


def changes(server: BinanceTradingServer) -> int:
    """How many requests so far were to change something."""
    return sum(seen.method != "GET" for seen in server.requests)


def trust(bench: FaultBench) -> AccountTrust:
    """How the screen shows what the account may do."""
    found = bench.account.store.get(TRUST)
    assert found is not None
    return found


def has_only_its_own(bench: FaultBench, pair: Pair = BTC, outside: str = "1") -> bool:
    """Whether the venue holds what we believe, beside what was there before."""
    return bench.held(pair) == bench.venue_total(pair.base) - Decimal(outside)


def working(bench: FaultBench, side: str = "sell") -> list[BookOrder]:
    """The venue's working orders of a side."""
    return [o for o in bench.venue_orders if o.is_working and o.side == side]
