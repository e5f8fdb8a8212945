"""Venues that are down, starts that cannot ask, kills that cannot reach: F19, F20, F29 to F34."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from kit_tui.domain.orders import OrderStatus
from kit_tui.domain.risk import TradingState
from kit_tui.state.journal import verify_file
from kit_tui.state.slices import CONNECTIONS, PORTFOLIO, POSITIONS
from tests.end_to_end.live import MovableClock
from tests.faults.bench import BTC, ETH, KEYS, SETTINGS, FaultBench, fault_bench, scripted_binance
from tests.faults.proof import (
    changes,
    has_only_its_own,
    is_the_same_after_a_restart,
    trust,
    working,
)
from tests.servers.binance_signed import ApiKey
from tests.support.homes import kit, kit_environment, kit_json

S = OrderStatus
D = Decimal
PROTECTED = "buy 0.001 BTC with stop 60000"
TOO_LATE_S = 30


def line(bench: FaultBench, kind: str, name: str = "binance") -> tuple[str, str]:
    """State and detail of a line of the connections."""
    shown = bench.desk.store.get(CONNECTIONS) or ()
    return next((c.state, c.detail) for c in shown if (c.kind, c.name) == (kind, name))


def is_whole(bench: FaultBench) -> bool:
    """Whether the screen shows equity as wholly known."""
    portfolio = bench.desk.store.get(PORTFOLIO)
    return portfolio is not None and portfolio.complete


async def journalled(bench: FaultBench) -> int:
    """How many events the journal holds."""
    await bench.account.trading.account.journal.flush()
    return verify_file(bench.home / "data" / "journal.sqlite").events


# -- F19 -----------------------------------------------------------------------------------------


async def test_f19_ten_minutes_down_with_a_position(bench: FaultBench) -> None:
    await bench.do(PROTECTED)
    await bench.poll()
    waiting = await bench.ticket("buy 0.01 ETH at 3000")
    worth = (bench.desk.store.get(PORTFOLIO) or line).equity  # type: ignore[union-attr]  # polled
    await bench.server.go_down()
    await bench.poll(60, times=4)
    entry = await bench.approve(waiting)
    assert entry.order is None, "not even what was proposed before goes out"
    await bench.poll(60, times=6)
    assert line(bench, "venue")[0] == line(bench, "account")[0] == "down"
    (held,) = bench.desk.store.get(POSITIONS) or ()
    age = held.mark_age(bench.clock.now())
    assert age is not None
    assert age >= 600, "the mark is shown as old as it is"
    shown = bench.desk.store.get(PORTFOLIO)
    assert shown is not None
    assert (shown.complete, shown.equity) == (False, worth), "not known now is not lost"
    refused = await bench.say("buy BTC for $20")
    assert refused.ticket is None
    assert "cannot be reached" in refused.reply.text
    assert ".." not in refused.reply.text
    assert bench.account.trading.status.state is TradingState.ACTIVE
    assert [o.status for o in working(bench)] == ["new"], "its stop waits on the venue"
    await bench.server.come_back()
    await bench.poll()
    assert line(bench, "account") == ("up", "")
    assert is_whole(bench)
    assert bench.statuses() == [S.FILLED, S.ACCEPTED]
    assert (await bench.say("buy BTC for $20")).ticket is not None
    await is_the_same_after_a_restart(bench)


async def test_f19_no_order_before_the_books_agree_again(bench: FaultBench) -> None:
    """The venue is back, and nobody has polled it since: the order itself asks first."""
    await bench.do(PROTECTED)
    waiting = await bench.ticket("buy 0.01 ETH at 3000")
    await bench.server.go_down()
    await bench.poll(60, times=2)
    bench.server.trade_by_hand("BTCUSDT", "sell", "0.9")
    await bench.server.come_back()
    before = len(bench.server.requests)
    await bench.approve(waiting)
    asked = [(seen.method, seen.path.rpartition("/")[2]) for seen in bench.server.requests[before:]]
    sent = asked.index(("POST", "order")) if ("POST", "order") in asked else len(asked)
    assert {("GET", "openOrders"), ("GET", "myTrades"), ("GET", "account")} <= set(asked[:sent])
    await bench.poll()
    assert "0.9 BTC sold in BTC/USDT on binance outside K.I.T." in bench.heard()
    assert bench.held() == D("0.000999")
    await is_the_same_after_a_restart(bench)


async def test_f19_a_stop_that_fills_during_the_outage(bench: FaultBench) -> None:
    await bench.do("buy 0.001 BTC with stop 66000")
    await bench.poll()
    await bench.server.go_down()
    await bench.poll(60, times=3)
    bench.server.set_price("BTCUSDT", "65900")
    await bench.poll(60, times=2)
    assert bench.statuses() == [S.FILLED, S.ACCEPTED], "what is not known is not assumed"
    assert bench.held() == D("0.000999")
    await bench.server.come_back()
    await bench.poll(times=2)
    assert bench.statuses() == [S.FILLED, S.FILLED]
    assert len(bench.ledger.fills) == len(bench.server.book.fills) == 2
    assert has_only_its_own(bench)
    assert working(bench) == []
    assert bench.heard().count("Its stop at 66,000.00 was reached.") == 1
    await bench.poll(30, times=3)
    assert "has been without a stop" not in bench.heard(), "dust needs none"
    await is_the_same_after_a_restart(bench)


async def test_f19_an_exit_that_cannot_leave_keeps_its_stop(bench: FaultBench) -> None:
    """Prices arrive, orders do not: a close neither loses the stop nor sells twice."""
    await bench.do(PROTECTED)
    ticket = await bench.ticket("sell all my BTC")
    bench.server.fail("reset", times=99, path="/api/v3/order")
    answer = await bench.approve(ticket)
    assert "could not be cancelled yet" in answer.reply.text
    await bench.poll(times=3)
    assert [order.trigger for order in working(bench)] == [D(60000)]
    bench.server.faults.clear()
    await bench.poll(times=3)
    assert [order.trigger for order in working(bench)] == [D(60000)]
    assert bench.held() == D("0.000999")
    await bench.do("sell all my BTC")
    await bench.poll(times=2)
    assert working(bench) == []
    assert has_only_its_own(bench)
    assert bench.no_id_twice()


# -- F20 -----------------------------------------------------------------------------------------

TWO_KEYS = {**KEYS, "KIT_BINANCEUS_API_KEY": "us-key", "KIT_BINANCEUS_SECRET": "us-secret"}
SECOND = '[exchanges.binanceus]\nbase_url = "{url}"\nmode = "sandbox"\n'


async def test_f20_one_of_two_venues_down(tmp_path: Path) -> None:
    async with scripted_binance() as (server, clock), scripted_binance() as (other, _):
        other.add_key(ApiKey("us-key", "us-secret"))
        venue = SECOND.format(url=other.url)
        async with fault_bench(
            tmp_path, server, clock, venue=venue, environ=TWO_KEYS
        ) as bench:  # fmt: skip
            there = bench.engine.gateway.accounts["binanceus"]
            both = (await bench.desk.run("accounts", {})).text
            assert "Sandbox accounts: 154,024.80 USDT." in both
            await bench.do(PROTECTED)
            await other.go_down()
            await bench.poll(10)
            await there.market.poll_once()
            totals = (await bench.desk.run("accounts", {})).text
            assert "USDT, partial: binanceus (binanceus did not answer" in totals
            assert line(bench, "account", "binanceus")[0] == "down"
            assert line(bench, "account") == line(bench, "venue") == ("up", "")
            assert is_whole(bench)
            await bench.do("buy ETH for $20")
            assert bench.statuses() == [S.FILLED, S.ACCEPTED, S.FILLED]
            await bench.desk.run("account", {"name": "binanceus"})
            refused = await bench.say("buy ETH for $20")
            assert refused.ticket is None
            assert len(other.book.orders) == 0
            await bench.desk.run("account", {"name": "binance"})
            await other.come_back()
            await there.market.poll_once()
            assert "partial" not in (await bench.desk.run("accounts", {})).text
            assert has_only_its_own(bench)
            bench.options = {}  # without its keys the other one is left out
            await is_the_same_after_a_restart(bench)


# -- F29 -----------------------------------------------------------------------------------------


async def test_f29_a_restart_reconciles_and_twice_changes_nothing(tmp_path: Path) -> None:
    """Much happened while K.I.T. was off: the stop filled, an entry in part, coins came in."""
    async with scripted_binance() as (server, clock):
        async with fault_bench(tmp_path, server, clock) as bench:
            await bench.do("buy 0.001 BTC with stop 66000")
            await bench.do("buy 0.01 ETH at 3000 with stop 2800")
            await bench.poll()
        entry = next(o for o in server.book.orders if o.kind == "limit")
        server.fill_late(entry.client_id, "0.004")
        server.set_price("BTCUSDT", "65900")
        clock.ahead += 3600
        async with fault_bench(tmp_path, server, clock) as again:
            await again.poll(times=3)
            by_pair = {(o.pair, o.status) for o in again.orders}
            assert by_pair == {
                (BTC, S.FILLED), (ETH, S.PARTIALLY_FILLED), (ETH, S.ACCEPTED),
            }  # fmt: skip
            assert has_only_its_own(again)
            assert has_only_its_own(again, ETH, "0")
            assert [o.trigger for o in working(again)] == [D(2800)]
            assert "Its stop at 66,000.00 was reached." in again.heard()
            assert "Bought: 0.004 ETH" in again.heard()
            events, sent = await journalled(again), changes(server)
            await again.poll(times=3)
            assert await journalled(again) == events
            assert changes(server) == sent
            await is_the_same_after_a_restart(again)


async def test_f29_a_start_that_cannot_ask_refuses_entries(tmp_path: Path) -> None:
    async with scripted_binance() as (server, clock):
        async with fault_bench(tmp_path, server, clock) as bench:
            await bench.do(PROTECTED)
        for path in ("account", "openOrders", "myTrades"):
            server.faults.clear()
            server.fail("status", times=99, path=f"/api/v3/{path}", status=500)
            async with fault_bench(tmp_path, server, clock) as again:
                await again.poll()
                assert again.held() == D("0.000999"), "a failed query is never flat"
                assert trust(again).unreconciled
                assert line(again, "account")[0] == "degraded"
                assert (await again.say("buy ETH for $20")).ticket is None
                assert [o.status for o in working(again)] == ["new"]
                server.faults.clear()
                await again.poll()
                assert (await again.say("buy ETH for $20")).ticket is not None
                await is_the_same_after_a_restart(again)


async def test_f29_a_failed_position_query_is_never_flat(tmp_path: Path) -> None:
    perpetual = 'market = "perpetual"\nleverage = 2'
    async with scripted_binance() as (server, clock):
        async with fault_bench(tmp_path, server, clock, venue=perpetual) as bench:
            await bench.do("buy 0.01 BTC/USDT:USDT with stop 60000")
            await bench.poll()
            pair = bench.ledger.open_positions("binance")[0].pair
        server.fail("status", times=99, path="positionRisk", status=503)
        server.fail("status", times=99, path="v3/account", status=503)
        server.fail("status", times=99, path="v2/account", status=503)
        async with fault_bench(tmp_path, server, clock, venue=perpetual) as again:
            await again.poll(times=2)
            assert again.held(pair) == D("0.01")
            assert trust(again).unreconciled
            assert (await again.say("buy 0.01 ETH/USDT:USDT")).ticket is None
            assert [o.status for o in server.futures.orders] == ["filled", "new", "new"]
            server.faults.clear()
            await again.poll(times=2)
            assert again.held(pair) == server.futures.position("main", "BTCUSDT").amount
            await is_the_same_after_a_restart(again)


# -- F30 -----------------------------------------------------------------------------------------


async def test_f30_kill_during_an_outage_and_over_a_restart(tmp_path: Path) -> None:
    async with scripted_binance() as (server, clock):
        async with fault_bench(tmp_path, server, clock) as bench:
            await bench.do(PROTECTED)
            await bench.do("buy 0.01 ETH at 3000")
            await bench.poll()
            await server.go_down()
            answer = await bench.say("/kill KILL")
            halted = (tmp_path / "state" / "trading_state.json").read_text()
            assert '"halted"' in halted
            assert not answer.reply.ok
            assert "Not done, and tried again until you resume" in bench.heard()
        async with fault_bench(tmp_path, server, clock) as again:
            await again.poll(times=2)
            assert again.account.trading.status.state is TradingState.HALTED
            assert [o.status for o in server.book.orders] == ["filled", "new", "new"]
            await server.come_back()
            await again.poll(times=3)
            assert not [o for o in server.book.orders if o.is_working]
            assert has_only_its_own(again)
            assert again.held() < D("0.00001"), "closed but for dust"
            assert "To reduce exposure, closed 0.00099 BTC" in again.heard()
            await again.poll(30, times=3)
            assert "could not be closed: The smallest" not in again.heard(), "dust is no failure"
            assert "has been without a stop" not in again.heard(), "dust needs none"
            assert again.heard().count("less than can be sold") <= 2, "told once, in two places"
            assert again.account.trading.status.state is TradingState.HALTED
            assert (await again.say("buy ETH for $20")).ticket is None
            await is_the_same_after_a_restart(again)
            await again.say("/resume RESUME")
            assert (await again.say("buy ETH for $20")).ticket is not None


async def test_f30_cancels_are_tried_until_they_succeed(tmp_path: Path) -> None:
    """Reads work, cancels do not: the entry works on, fills in part, and is not forgotten."""
    async with scripted_binance() as (server, clock):
        async with fault_bench(tmp_path, server, clock) as bench:
            await bench.do("buy 0.01 ETH at 3000")
            server.fail("status", times=99, path="/api/v3/order", method="DELETE", status=503)
            await bench.say("/kill KILL")
            await bench.poll(times=4)
            assert bench.statuses() == [S.PENDING_CANCEL]
            assert len(server.asked("/api/v3/order", "DELETE")) >= 5
        async with fault_bench(tmp_path, server, clock) as again:
            await again.poll()
            server.fill_late(again.venue_orders[0].client_id, "0.005")
            await again.poll(times=2)
            server.faults.clear()
            await again.poll(times=3)
            assert [o.status for o in again.venue_orders] == ["canceled", "filled"]
            assert again.statuses() == [S.CANCELED, S.FILLED]
            assert again.held(ETH) < D("0.0001"), "what it still bought is sold"
            assert has_only_its_own(again, ETH, "0")
            assert again.account.trading.status.state is TradingState.HALTED
            assert "Bought: 0.005 ETH" in again.heard()
            assert "closed 0.0049 ETH" in again.heard()
            await is_the_same_after_a_restart(again)


# -- F33 -----------------------------------------------------------------------------------------


async def test_f33_equity_partly_known_liquidates_nothing(bench: FaultBench) -> None:
    """Balances fail while the price falls by more than the drawdown guard allows."""
    await bench.do("buy 0.1 BTC with stop 30000")
    sent = changes(bench.server)
    bench.server.fail("status", times=99, path="/api/v3/account", status=500)
    bench.server.set_price("BTCUSDT", "58000")
    await bench.poll(times=5)
    assert not is_whole(bench)
    assert bench.account.trading.status.state is TradingState.ACTIVE
    refused = await bench.say("buy ETH for $20")
    assert refused.ticket is None
    assert refused.verdict is not None
    assert "PORTFOLIO_INCOMPLETE" in {check.code for check in refused.verdict.failed}
    assert changes(bench.server) == sent
    bench.server.set_price("BTCUSDT", "67012.40")
    bench.server.faults.clear()
    await bench.poll()
    assert is_whole(bench)
    assert bench.account.trading.status.state is TradingState.ACTIVE
    assert changes(bench.server) == sent
    assert "has reached its limit" not in bench.heard()
    await is_the_same_after_a_restart(bench)


async def test_f33_one_old_price_blocks_entries_and_liquidates_nothing(bench: FaultBench) -> None:
    await bench.do("buy 0.01 BTC with stop 30000")
    await bench.do("buy 0.1 ETH with stop 1000")
    await bench.poll()
    sent = changes(bench.server)
    bench.server.set_price("BTCUSDT", "50000")
    bench.server.fail("status", times=400, path="/api/v3/ticker/24hr", status=500)
    await bench.poll(20, times=3)
    assert not is_whole(bench)
    assert (await bench.say("buy ETH for $20")).ticket is None
    assert bench.account.trading.status.state is TradingState.ACTIVE
    assert changes(bench.server) == sent
    bench.server.set_price("BTCUSDT", "67012.40")
    bench.server.faults.clear()
    await bench.poll()
    assert is_whole(bench)
    assert "has reached its limit" not in bench.heard()
    await is_the_same_after_a_restart(bench)


# -- F34 -----------------------------------------------------------------------------------------


@asynccontextmanager
async def owner_of(home: Path) -> AsyncIterator[subprocess.Popen[bytes]]:
    """`kit gateway` in a process of its own, ready for others."""
    process = await asyncio.to_thread(
        subprocess.Popen, [sys.executable, "-m", "kit_tui", "gateway"],
        env=kit_environment(home, **KEYS), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(TOO_LATE_S):
            while not (home / "state" / "kit.sock").exists():
                assert process.poll() is None, "the owner ended before it was ready"
                await asyncio.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.wait()


async def kit_says(home: Path, *arguments: str) -> Any:
    return await asyncio.to_thread(kit_json, home, *arguments, **KEYS)


async def test_f34_two_processes_and_an_owner_that_is_killed(tmp_path: Path) -> None:
    async with scripted_binance(MovableClock()) as (server, clock):
        (tmp_path / "config").mkdir()
        settings = SETTINGS.format(url=server.url, mode="sandbox", more="", venue="")
        (tmp_path / "config" / "config.toml").write_text(settings)
        async with owner_of(tmp_path) as owner:
            asked = await kit_says(tmp_path, "ask", PROTECTED)
            done = await kit_says(tmp_path, "approve", asked["ticket"]["id"])
            assert done["order"]["status"] == "filled"
            assert owner.poll() is None
            owner.send_signal(signal.SIGKILL)
            owner.wait()
            assert (tmp_path / "state" / "kit.lock").exists(), "a stale lock is left behind"
        held, again = await asyncio.gather(
            kit_says(tmp_path, "positions"), kit_says(tmp_path, "ask", "buy ETH for $20")
        )
        assert [(row["pair"], row["quantity"]) for row in held] == [(BTC, "0.000999")]
        approve = ("approve", again["ticket"]["id"])
        done, late = await asyncio.gather(
            kit_says(tmp_path, *approve), kit_says(tmp_path, *approve)
        )
        assert [bool(d.get("order")) for d in (done, late)].count(True) == 1, "approved once"
        verified = await asyncio.to_thread(kit, tmp_path, "journal", "verify")
        assert verified.returncode == 0
        assert [o.status for o in server.book.orders] == ["filled", "new", "filled"]
        assert verify_file(tmp_path / "data" / "journal.sqlite").ok
        async with fault_bench(tmp_path, server, clock) as bench:
            assert bench.no_id_twice()
            assert has_only_its_own(bench)
            assert len(bench.ledger.fills) == len(server.book.fills) == 2
            assert "Bought: 0.001 BTC" in bench.heard()
