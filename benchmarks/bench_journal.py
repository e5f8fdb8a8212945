"""Measures the journal: opening 100,000 events with and without a snapshot, append latency.

Prints figures and ends with 1 if a journal of 100,000 events does not open in less than a second.
Usage: python benchmarks/bench_journal.py [EVENTS]
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from kit_tui.domain.events import (
    Event,
    FillRecorded,
    MessageSaid,
    OrderMoved,
    OrderSubmitted,
    TicketAnswered,
    TicketProposed,
)
from kit_tui.domain.message import Message, Speaker
from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import Fill, Mode, Order, OrderStatus, OrderType, Side
from kit_tui.domain.pair import Pair
from kit_tui.domain.risk import Check, Verdict
from kit_tui.domain.ticket import OrderDraft, Ticket, TicketState, sealed
from kit_tui.runtime.clock import SystemClock
from kit_tui.state.journal import Journal, verify_file
from kit_tui.state.verify import snapshot_path

START = datetime(2026, 1, 1, tzinfo=UTC)
PAIRS = [Pair(f"{base}/USDT") for base in ("BTC", "ETH", "SOL", "XRP", "ADA")]
LIMIT_S = 1.0
PER_TRADE = 8


def trade(number: int) -> Iterator[Event]:
    """The eight events of one trade as the engine writes them."""
    at = START + timedelta(minutes=number)
    pair, side = PAIRS[number % len(PAIRS)], Side.BUY if number % 2 else Side.SELL
    price, quantity = Price(Decimal(60_000 + number % 997)), Quantity("0.00149")
    draft = OrderDraft(
        venue="binance", account="paper", mode=Mode.PAPER, pair=pair, side=side,
        type=OrderType.MARKET, quantity=quantity, reference_price=price, worst_price=price,
        notional=price * quantity, estimated_fee=Decimal("0.1"), fee_currency="USDT",
    )  # fmt: skip
    check = Check(
        name="maxPositionSize", code="MAX_POSITION_SIZE", unit="fraction", limit=Decimal("0.10"),
        value=Decimal("0.01"), after=Decimal("0.02"), passed=True,
    )  # fmt: skip
    ticket = Ticket(
        id=f"t{number}", hash="", state=TicketState.PENDING,
        created_at=at, expires_at=at, order=draft,
        verdict=Verdict(passed=True, checks=(check,) * 6), asked_by="terminal:me",
        asked_on="terminal", words="Buy BTC for $100",
    )  # fmt: skip
    order = Order(
        id=f"o{number}", client_id=f"kit-{number:032d}", venue="binance", account="paper",
        mode=Mode.PAPER, pair=pair, side=side, type=OrderType.MARKET, quantity=quantity,
        created_at=at, updated_at=at, status=OrderStatus.SUBMITTED, ticket_id=f"t{number}",
    )  # fmt: skip
    fill = Fill(
        venue="binance", account="paper", pair=pair, trade_id=str(number), order_id=order.id,
        side=side, quantity=quantity, price=price, fee=Decimal("0.1"), fee_currency="USDT", at=at,
    )  # fmt: skip
    yield said(3 * number, at)
    yield TicketProposed(ticket=sealed(ticket), at=at)
    yield said(3 * number + 1, at)
    yield TicketAnswered(
        ticket_id=ticket.id, state=TicketState.APPROVED, by="me", channel="terminal", at=at
    )
    yield OrderSubmitted(order=order, at=at)
    yield OrderMoved(order_id=order.id, status=OrderStatus.ACCEPTED, venue_order_id="v1", at=at)
    yield FillRecorded(fill=fill, at=at)
    yield said(3 * number + 2, at)


def said(number: int, at: datetime) -> MessageSaid:
    """One line of the conversation."""
    message = Message(
        id=f"m{number}", at=at, speaker=Speaker.KIT, channel="terminal", principal="terminal:me",
        name="kit", text="Bought: 0.00149 BTC @ 67,012.40",
    )  # fmt: skip
    return MessageSaid(message=message, at=at)


async def fill_journal(path: Path, events: int) -> None:
    """Write a journal of about `events` events."""
    journal = await Journal.open(path, SystemClock())
    for first in range(0, events // PER_TRADE, 200):
        last = min(first + 200, events // PER_TRADE)
        await journal.append(*(event for number in range(first, last) for event in trade(number)))
    await journal.close()


async def open_seconds(path: Path) -> float:
    """How long opening takes, in seconds."""
    started = time.perf_counter()
    journal = await Journal.open(path, SystemClock())
    seconds = time.perf_counter() - started
    await journal.close()
    return seconds


async def append_latency(path: Path, count: int) -> list[float]:
    """Milliseconds per durable append of one event, one after the other."""
    journal = await Journal.open(path, SystemClock())
    figures = []
    for number in range(count):
        event = said(number, START)
        started = time.perf_counter()
        await journal.append(event)
        figures.append((time.perf_counter() - started) * 1000)
    await journal.close()
    return figures


async def grouped_rate(path: Path, count: int) -> float:
    """Appends per second when many wait at once and share commits."""
    journal = await Journal.open(path, SystemClock())
    started = time.perf_counter()
    await asyncio.gather(*(journal.append(said(number, START)) for number in range(count)))
    seconds = time.perf_counter() - started
    await journal.close()
    return count / seconds


async def main(events: int) -> int:
    """Run everything; 1 when the limit is missed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal.sqlite"
        started = time.perf_counter()
        await fill_journal(path, events)
        print(f"write {events:,} events      {time.perf_counter() - started:6.2f} s")
        with_snapshot = min([await open_seconds(path) for _ in range(3)])
        snapshot_path(path).unlink()
        without = await open_seconds(path)
        started = time.perf_counter()
        report = verify_file(path)
        verified = time.perf_counter() - started
        print(f"journal size              {path.stat().st_size / 1e6:6.1f} MB")
        print(f"snapshot size             {snapshot_path(path).stat().st_size / 1e6:6.1f} MB")
        print(f"open with snapshot        {with_snapshot:6.2f} s (limit {LIMIT_S} s)")
        print(f"open without snapshot     {without:6.2f} s")
        print(f"verify {report.events:,} events     {verified:6.2f} s, ok={report.ok}")
        figures = await append_latency(Path(folder) / "latency.sqlite", 500)
        cuts = statistics.quantiles(figures, n=100)
        print(f"append, one by one        p50 {cuts[49]:.2f} ms  p99 {cuts[98]:.2f} ms")
        rate = await grouped_rate(Path(folder) / "rate.sqlite", 5_000)
        print(f"append, 5,000 at once     {rate:,.0f} events/s")
    return 0 if with_snapshot < LIMIT_S and report.ok else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)))
