"""The paper account on live prices: unmodified ccxt against a loopback Binance, up and down."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kit_tui.domain.errors import SettingsError
from kit_tui.domain.orders import Mode, OrderStatus
from kit_tui.domain.pair import Pair
from kit_tui.gateway.remote import RemoteDesk
from kit_tui.runtime import network, venues
from kit_tui.settings.locations import find_locations
from kit_tui.state.slices import (
    CANDLES,
    CONNECTIONS,
    CONVERSATION,
    ORDERS,
    PORTFOLIO,
    POSITIONS,
    SESSION,
    TICKERS,
)
from tests.end_to_end.live import (
    MovableClock,
    black_hole,
    closed_port,
    point_at,
    running,
    session_of,
    silent_host,
    until,
)
from tests.servers.binance_rest import BinanceServer, ScriptedMarket
from tests.support.homes import kit, kit_json

BTC, ETH = Pair("BTC/USDT"), Pair("ETH/USDT")
WATCHED = 'watchlist = ["BTC/USDT", "ETH/USDT"]'


@pytest.fixture
async def server() -> AsyncIterator[BinanceServer]:
    async with BinanceServer() as running_server:
        yield running_server


async def run_json(home: Path, *words: str) -> Any:
    """A `kit` process beside the server of this loop."""
    return await asyncio.to_thread(kit_json, home, *words)


async def test_paper_fills_at_the_servers_price_and_every_command_agrees(
    server: BinanceServer, tmp_path: Path
) -> None:
    home = point_at(tmp_path, server.url)
    answer = await run_json(home, "ask", "Buy BTC for $100", "--approve")
    order = answer["order"]
    assert (order["mode"], order["venue"], order["account"]) == ("paper", "binance", "paper")
    assert order["status"] == "filled"
    paid, quantity = Decimal(order["average_price"]), Decimal(order["filled"])
    ask = Decimal("67012.41")
    assert ask < paid <= ask * Decimal("1.0005") + Decimal("0.01"), "the ask and some slippage"
    assert paid % Decimal("0.01") == 0
    assert quantity % Decimal("0.00001") == 0
    assert Decimal(order["fee"]) == pytest.approx(paid * quantity * Decimal("0.001"))
    assert Decimal(98) < paid * quantity <= Decimal("100.6")

    (position,) = await run_json(home, "positions")
    assert Decimal(position["quantity"]) == quantity
    assert Decimal(position["mark_price"]) == Decimal("67012.40")
    server.set_price("BTCUSDT", "68012.40")
    (moved,) = await run_json(home, "positions")
    gain = (Decimal("68012.40") - paid) * quantity
    assert Decimal(moved["unrealised_pnl"]) == pytest.approx(gain, abs=Decimal("0.001"))

    portfolio = await run_json(home, "portfolio")
    cash = Decimal(10_000) - paid * quantity - Decimal(order["fee"])
    worth = cash + Decimal("68012.40") * quantity
    assert Decimal(portfolio["equity"]) == pytest.approx(worth, abs=Decimal("0.01"))
    assert Decimal((await run_json(home, "price", "BTC"))["price"]) == Decimal("68012.40")
    analysis = await run_json(home, "analyze", "BTC")
    assert (analysis["venue"], Decimal(analysis["price"])) == ("binance", Decimal("68012.40"))
    assert not [path for _, path, *_ in server.requests if "account" in path or "order" in path]


async def test_odd_markets_and_a_watchlist_the_venue_lacks(
    server: BinanceServer, tmp_path: Path
) -> None:
    """Rules come from the venue; a pair that it does not list breaks nothing else."""
    server.add(
        ScriptedMarket("ODD", last="7.35", bid="7.30", ask="7.35", tick="0.05", step="3",
                       min_quantity="3", min_notional="10")
    )  # fmt: skip
    watched = 'watchlist = ["BTC/USDT", "NOPE/USDT", "GONE/USDT"]'
    async with running(point_at(tmp_path, server.url, watched)) as (_, desk):
        (venue,) = [c for c in desk.store.get(CONNECTIONS) or () if c.kind == "venue"]
        assert (venue.state, venue.detail) == ("up", "")
        outcome = await desk.send("buy ODD/USDT for $50", approve=True)
        assert outcome.order is not None, outcome.reply.text
        assert outcome.order.filled == 6
        assert outcome.order.average_price == Decimal("7.40"), "up to the next tick of 0.05"
        assert not (await desk.send("buy ODD/USDT for $9", approve=True)).reply.ok
        assert not (await desk.send("buy NOPE/USDT for $50", approve=True)).reply.ok
        orders = desk.store.get(ORDERS)
        assert orders is not None
        assert len(orders) == 1


def told(desk: Any) -> list[str]:
    return [message.text for message in desk.store.get(CONVERSATION) or ()]


# -- no network at the start ------------------------------------------------------------------


def test_unplugged_it_starts_on_the_simulator_and_says_so(tmp_path: Path) -> None:
    home = point_at(tmp_path, f"http://127.0.0.1:{closed_port()}")
    began = time.monotonic()
    done = kit(home, "ask", "Buy BTC for $100", "--approve")
    took = time.monotonic() - began
    assert done.returncode == 0, done.stderr
    assert "Bought:" in done.stdout
    assert "binance cannot be reached: simulated prices, demo account." in done.stdout
    began = time.monotonic()
    answer = kit_json(home, "ask", "price of BTC", "--demo")
    assert took < time.monotonic() - began + 2, "it waits for nothing"
    assert "simulated" not in answer["reply"], "asked for, so not worth a word"
    said = kit_json(home, "ask", "Buy BTC for $50", "--approve")
    assert said["order"]["mode"] == "demo"
    assert "binance cannot be reached" in said["reply"]
    doctor = kit(home, "doctor")
    assert "binance cannot be reached: simulated prices, demo account" in doctor.stdout
    assert doctor.returncode == 0


def test_default_settings_in_a_sandbox_without_network_start_too(tmp_path: Path) -> None:
    """With network this is a paper account, without it a demo account that says why."""
    answer = kit_json(tmp_path, "ask", "price of BTC")
    assert answer["intent"]["pair"] == "BTC/USDT"
    done = kit(tmp_path, "venues")
    assert done.returncode == 0
    assert ("paper account" in done.stdout) or ("cannot be reached" in done.stdout)


@pytest.mark.parametrize("host", [silent_host, black_hole])
async def test_a_host_that_hangs_ends_on_the_simulator_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: Any
) -> None:
    monkeypatch.setattr(venues, "PING_S", 0.3)
    monkeypatch.setattr(network, "TIMEOUT_S", 0.3)
    with host() as url:
        began = time.monotonic()
        async with running(point_at(tmp_path, url)) as (_, desk):
            assert time.monotonic() - began < 4
            session = session_of(desk)
            assert (session.account, session.mode, session.source) == (
                "demo", Mode.DEMO, "simulator",
            )  # fmt: skip
            assert session.notice.startswith("binance ")
            assert session.notice.endswith(": simulated prices, demo account")
            assert told(desk) == [f"{session.notice}."]
            assert (await desk.send("buy BTC for $100", approve=True)).order is not None


def test_the_bounds_of_a_start_are_what_is_promised() -> None:
    assert network.TIMEOUT_S <= 1.5
    assert venues.PING_S <= 2.5
    assert venues.MARKETS_S <= 10


BROKEN: dict[str, dict[str, Any]] = {
    "garbage": {"kind": "body", "body": "<html>hello</html>"},
    "nothing listed": {"kind": "body", "body": '{"symbols": []}'},
    "server error": {"kind": "status", "status": 500},
    "not here": {"kind": "status", "status": 451},
    "rate limited": {"kind": "status", "status": 429, "headers": (("Retry-After", "0"),)},
    "cut off": {"kind": "reset"},
    "hanging": {"kind": "hang"},
}


@pytest.mark.parametrize("fault", BROKEN)
async def test_markets_that_cannot_be_had_are_no_dead_start(
    server: BinanceServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(venues, "MARKETS_S", 1.0)
    for _ in range(2):
        server.fail(path="/exchangeInfo", **BROKEN[fault])
    async with running(point_at(tmp_path, server.url, WATCHED)) as (_, desk):
        assert session_of(desk).account == "demo"
        assert "simulated prices" in session_of(desk).notice
        server.faults.clear()
        await until(lambda: session_of(desk).account == "paper")
        assert session_of(desk).notice == ""
        assert any("answers again" in text for text in told(desk))
        assert (await desk.send("buy BTC for $100", approve=True)).order is not None


async def test_a_server_without_a_clock_is_still_a_venue(
    server: BinanceServer, tmp_path: Path
) -> None:
    """What answers with an error does answer: only its list of markets decides."""
    server.fail("status", path="/time", status=404, times=3)
    async with running(point_at(tmp_path, server.url, WATCHED)) as (_, desk):
        assert session_of(desk).account == "paper"


async def test_a_venue_that_does_not_exist_is_a_mistake_in_the_settings(tmp_path: Path) -> None:
    home = point_at(tmp_path, "http://127.0.0.1:9", 'default_exchange = "binanse"')
    with pytest.raises(SettingsError, match="binanse"):
        async with running(home):
            pass
    doctor = await asyncio.to_thread(kit, home, "doctor")
    assert "binanse" in doctor.stdout


# -- the network comes and goes ---------------------------------------------------------------


async def test_live_prices_return_without_a_restart(tmp_path: Path) -> None:
    port = closed_port()
    home = point_at(tmp_path, f"http://127.0.0.1:{port}", WATCHED)
    async with running(home) as (engine, desk):
        await desk.watch_chart(BTC, "1h")
        await desk.send("buy BTC for $100", approve=True)
        remote = await RemoteDesk.connect(
            find_locations({"KIT_HOME": str(home)}).socket, account=None, channel="terminal"
        )
        on_demo = await engine.open_desk("demo", "terminal")
        async with BinanceServer(port=port) as server:
            server.set_price("BTCUSDT", "50000")
            await until(lambda: session_of(desk).account == "paper")
            session = session_of(desk)
            assert (session.mode, session.venue, session.notice) == (Mode.PAPER, "binance", "")
            assert told(desk)[-1] == (
                "binance answers again. Live prices and the paper account are back; "
                "the demo account keeps what it holds."
            )
            assert desk.store.get(POSITIONS) == ()
            assert (desk.store.get(TICKERS) or {})[BTC].last == Decimal(50_000)
            portfolio = desk.store.get(PORTFOLIO)
            assert portfolio is not None
            assert (portfolio.account, portfolio.equity) == ("paper", Decimal(10_000))
            await until(lambda: (desk.store.get(CANDLES) or {}).get("BTC/USDT 1h"))
            candles = (desk.store.get(CANDLES) or {})["BTC/USDT 1h"]
            assert candles.venue == "binance", "the chart is followed on the new account"
            outcome = await desk.send("buy BTC for $100", approve=True)
            assert outcome.order is not None
            assert outcome.order.mode is Mode.PAPER
            moved = remote.store
            await until(lambda: (s := moved.get(SESSION)) is not None and s.account == "paper")
            assert session_of(on_demo).account == "demo", "who asked for demo stays there"
            kept = on_demo.store.get(POSITIONS)
            assert kept is not None
            assert len(kept) == 1
        await remote.close()
        await on_demo.close()


async def test_the_network_goes_and_comes_back_while_a_position_is_held(tmp_path: Path) -> None:
    """Ages grow, entries are refused, exits only for lack of a price; then all works again."""
    clock = MovableClock()
    async with BinanceServer() as server:
        port = server.port
        home = point_at(tmp_path, server.url, WATCHED)
        engine_run = running(home, clock)
        engine, desk = await engine_run.__aenter__()
        outcome = await desk.send("buy BTC for $100", approve=True)
        assert outcome.order is not None
        assert outcome.order.status is OrderStatus.FILLED
    try:
        feed = (await engine.account("paper")).market
        clock.ahead += 40
        await feed.poll_once()
        (venue,) = [c for c in desk.store.get(CONNECTIONS) or () if c.kind == "venue"]
        assert venue.state == "down"
        (held,) = desk.store.get(POSITIONS) or ()
        age = held.mark_age(clock.now())
        assert age is not None
        assert age >= 40
        entry = await desk.send("buy ETH for $50", approve=True)
        assert entry.order is None
        assert not entry.reply.ok
        leave = await desk.send("close my BTC position", approve=True)
        assert leave.order is None
        assert "price" in leave.reply.text.lower()
        assert session_of(desk).account == "paper", "a paper account never becomes a demo"

        async with BinanceServer(port=port) as back:
            back.set_price("BTCUSDT", "66900")
            clock.ahead += 10
            await feed.poll_once()
            (venue,) = [c for c in desk.store.get(CONNECTIONS) or () if c.kind == "venue"]
            assert venue.state == "up"
            assert (await desk.send("buy ETH for $50", approve=True)).order is not None
            closed = await desk.send("close my BTC position", approve=True)
            assert closed.order is not None, closed.reply.text
            assert closed.order.status is OrderStatus.FILLED
    finally:
        await engine_run.__aexit__(None, None, None)


async def test_a_stop_rests_on_live_prices_and_reports_itself(
    server: BinanceServer, tmp_path: Path
) -> None:
    clock = MovableClock()
    async with running(point_at(tmp_path, server.url, WATCHED), clock) as (engine, desk):
        await desk.send("buy BTC for $100", approve=True)
        stop = await desk.send("stop loss 66,000 for my BTC", approve=True)
        assert stop.order is not None, stop.reply.text
        assert stop.order.status is OrderStatus.ACCEPTED
        account = await engine.account("paper")
        server.set_price("BTCUSDT", "65900")
        clock.ahead += 2
        await account.market.poll_once()
        await until(lambda: any(text.startswith("Sold: ") for text in told(desk)))
        assert desk.store.get(POSITIONS) == ()


async def test_rate_limits_are_waited_for(server: BinanceServer, tmp_path: Path) -> None:
    clock = MovableClock()
    async with running(point_at(tmp_path, server.url, WATCHED), clock) as (engine, desk):
        feed = (await engine.account("paper")).market
        server.fail("status", path="/ticker/24hr", status=429, headers=(("Retry-After", "7"),))
        await feed.poll_once()
        asked = len(server.requests)
        refused = await desk.send("price of ETH/USDT")
        clock.ahead += 5
        await feed.poll_once()
        assert len(server.requests) == asked, "nobody asks before the time is over"
        assert refused.reply.text
        clock.ahead += 3
        await feed.poll_once()
        assert len(server.requests) > asked
        assert (await desk.send("buy BTC for $100", approve=True)).order is not None


async def test_latency_of_the_settings_is_that_of_the_paper_venue(
    server: BinanceServer, tmp_path: Path
) -> None:
    more = f"{WATCHED}\n[paper]\nlatency_ms = 120"
    async with running(point_at(tmp_path, server.url, more)) as (_, desk):
        asked = await desk.send("buy BTC for $100")
        assert asked.ticket is not None
        began = time.monotonic()
        await desk.approve(asked.ticket.id, asked.ticket.hash)
        assert time.monotonic() - began >= 0.12


def test_json_of_the_session_is_not_needed_to_know_the_mode(tmp_path: Path) -> None:
    home = point_at(tmp_path, f"http://127.0.0.1:{closed_port()}")
    done = kit(home, "positions", "--json")
    assert json.loads(done.stdout) == []
    assert "binance cannot be reached" in done.stderr
