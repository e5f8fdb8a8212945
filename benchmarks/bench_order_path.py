"""What one order costs from its words' intent to the venue's call, and how many durable commits.

Prints CPU milliseconds (p50, p99) of propose + approve up to `create_order` on the event loop's
thread, the wall time with its two commits (which another thread writes), and the number of durable
commits from propose to the stored outcome. Ends with 1 above the targets.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import statistics
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

from kit_tui.domain.message import Principal, Role
from kit_tui.domain.orders import Mode, Side
from kit_tui.domain.pair import Pair
from kit_tui.domain.ticket import OrderRequest
from kit_tui.exchanges.base import NewOrder, VenueOrder
from kit_tui.exchanges.feed import Feed
from kit_tui.exchanges.paper import PaperExchange
from kit_tui.exchanges.simulator import SimulatedMarket
from kit_tui.runtime.clock import SystemClock
from kit_tui.settings.model import Settings
from kit_tui.state.halt import TradingStateFile
from kit_tui.state.journal import Journal
from kit_tui.state.store import Store
from kit_tui.trading.engine import TradingEngine

CPU_P99_MS = 5.0
MOST_COMMITS = 3
BURST = 90  # more than a hundred entries in a second are refused
ME = Principal(channel="bench", user="1", name="bench", role=Role.OWNER, local=True)
BTC = Pair("BTC/USDT")


class Stopwatch(PaperExchange):
    """The paper exchange, noting when the venue was called."""

    called: tuple[float, float] = (0.0, 0.0)

    async def create_order(self, order: NewOrder) -> VenueOrder:
        self.called = (time.thread_time(), time.perf_counter())
        return await super().create_order(order)


class Counted:
    """Counts the durable commits of a journal."""

    def __init__(self, journal: Journal) -> None:
        self.commits = 0
        self._append = journal.append
        journal.append = self.append  # type: ignore[method-assign]  # a counter in between

    async def append(self, *events: object) -> None:
        self.commits += bool(events)
        await self._append(*events)  # type: ignore[arg-type]  # passed through


async def measure(home: Path, orders: int) -> tuple[list[float], list[float], list[int]]:
    """CPU ms and wall ms to the venue's call, and commits, of each order."""
    clock, store, settings = SystemClock(), Store(), Settings()
    journal = await Journal.open(home / "journal.sqlite", clock)
    counted = Counted(journal)
    source = SimulatedMarket(clock, 7)
    feed = Feed(source, store, clock, 5.0)
    exchange = Stopwatch(
        source, home / "paper.sqlite", clock, account="demo", mode=Mode.DEMO,
        cash=Decimal(10_000_000),
    )  # fmt: skip
    engine = TradingEngine(
        account="demo", mode=Mode.DEMO, exchange=exchange, feed=feed, journal=journal,
        store=store, settings=settings, clock=clock,
        trading_state=TradingStateFile(home / "trading_state.json"),
    )  # fmt: skip
    feed.set_watched([BTC])
    await feed.poll_once()
    await engine.start()
    cpu, wall, commits = [], [], []
    gc.collect()
    gc.freeze()
    for number in range(orders):
        if number % BURST == BURST - 1:
            await asyncio.sleep(1.1)
        before = counted.commits
        at = (time.thread_time(), time.perf_counter())
        request = OrderRequest(side=Side.BUY, pair=BTC, quote_amount=Decimal(100))
        proposal = await engine.propose(request, principal=ME, words="buy BTC for $100")
        if proposal.ticket is None:
            raise SystemExit(proposal.reply.text)
        await engine.approve(proposal.ticket.id, principal=ME, ticket_hash=proposal.ticket.hash)
        cpu.append((exchange.called[0] - at[0]) * 1000)
        wall.append((exchange.called[1] - at[1]) * 1000)
        commits.append(counted.commits - before)
    await engine.settle()
    await journal.close()
    await exchange.close()
    return cpu, wall, commits


def p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=300)
    orders = parser.parse_args().orders
    with tempfile.TemporaryDirectory() as home:
        cpu, wall, commits = asyncio.run(measure(Path(home), orders))
    print(f"orders                {orders}")
    print(f"CPU to the venue      p50 {statistics.median(cpu):.2f} ms   p99 {p99(cpu):.2f} ms")
    print(f"wall to the venue     p50 {statistics.median(wall):.2f} ms   p99 {p99(wall):.2f} ms")
    print(f"durable commits       {max(commits)} (at most {MOST_COMMITS})")
    good = p99(cpu) < CPU_P99_MS and max(commits) <= MOST_COMMITS
    print("within targets" if good else f"beyond targets: CPU p99 < {CPU_P99_MS} ms")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
