"""A venue in trouble while an account holds something: what is believed, refused and told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kit_tui.domain.clock import to_ms
from kit_tui.domain.orders import Order, OrderStatus
from kit_tui.domain.pair import Pair
from kit_tui.gateway.local import LocalDesk
from kit_tui.runtime.engine import Engine
from kit_tui.state.slices import CONNECTIONS, PORTFOLIO, POSITIONS, TICKERS, TRUST
from tests.end_to_end.live import MovableClock, point_at, running, until
from tests.end_to_end.test_accounts import has_line, told
from tests.servers.binance_trading import BinanceTradingServer

BTC, ETH = Pair("BTC/USDT"), Pair("ETH/USDT")
KEYS = {"KIT_BINANCE_API_KEY": "test-key", "KIT_BINANCE_SECRET": "test-secret"}
SETTINGS = """
watchlist = ["BTC/USDT", "ETH/USDT"]
[state.positions]
sync = "polling (1s)"
"""


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def server(clock: MovableClock) -> AsyncIterator[BinanceTradingServer]:
    async with BinanceTradingServer(now_ms=lambda: to_ms(clock.now())) as running_server:
        yield running_server


def home_of(home: Path, server: BinanceTradingServer) -> Path:
    point_at(home, server.url, SETTINGS)
    file = home / "config" / "config.toml"
    file.write_text(file.read_text() + 'mode = "sandbox"\n')
    return home


async def ready(desk: LocalDesk) -> None:
    await until(lambda: has_line(desk, "account", "binance", "up"), 20)
    await until(lambda: (p := desk.store.get(PORTFOLIO)) is not None and p.complete, 20)


async def bought(desk: LocalDesk, words: str) -> Order:
    outcome = await desk.send(words)
    assert outcome.ticket is not None, outcome.reply.text
    done = await desk.approve(outcome.ticket.id, outcome.ticket.hash)
    assert done.order is not None, done.reply.text
    assert done.order.status is OrderStatus.FILLED
    return done.order


def hurry(engine: Engine) -> None:
    engine.gateway.accounts["binance"].market.poll_now()


async def test_f19_ten_minutes_without_the_venue_and_a_position_open(
    server: BinanceTradingServer, clock: MovableClock, tmp_path: Path
) -> None:
    async with running(home_of(tmp_path, server), clock, environ=KEYS) as (engine, desk):
        await ready(desk)
        await bought(desk, "buy ETH for $100")
        await server.go_down()
        await until(lambda: has_line(desk, "account", "binance", "down"))
        clock.ahead += 600
        refused = await desk.send("buy ETH for $100")
        assert refused.ticket is None
        (held,) = desk.store.get(POSITIONS) or ()
        age = held.mark_age(clock.now())
        assert age is not None
        assert age > 590, "the mark is shown with its true age"
        portfolio = desk.store.get(PORTFOLIO)
        assert portfolio is not None
        assert not portfolio.complete
        assert portfolio.equity > 70_000, "not known now is not nothing"
        server.trade_by_hand("BTCUSDT", "sell", "0.5")
        agreed = (desk.store.get(TRUST) or held).reconciled_at  # type: ignore[union-attr]  # is there
        await server.come_back()
        hurry(engine)
        seen: list[bool] = []
        while not has_line(desk, "account", "binance", "up"):
            outcome = await desk.send("buy ETH for $20")
            trust = desk.store.get(TRUST)
            assert trust is not None
            seen.append(outcome.ticket is None or trust.reconciled_at != agreed)
            assert seen[-1], "no entry before the books agreed with the venue again"
            if len(seen) > 200:
                raise AssertionError("it never came back")
        await ready(desk)
        assert (await desk.send("buy ETH for $20")).ticket is not None
        assert "liquidat" not in told(desk).lower()


async def test_f25_a_market_is_delisted_with_a_position_in_it(
    server: BinanceTradingServer, clock: MovableClock, tmp_path: Path
) -> None:
    home = home_of(tmp_path, server)
    async with running(home, clock, environ=KEYS) as (engine, desk):
        await ready(desk)
        order = await bought(desk, "buy ETH for $100")
        server.delist("ETHUSDT")
        clock.ahead += 61
        hurry(engine)
        markets = engine.gateway.accounts["binance"].market
        await until(lambda: not markets.known_markets[ETH].active, 20)
        await until(lambda: has_line(desk, "account", "binance", "up"), 20)
        refused = await desk.send("buy ETH for $50")
        assert refused.ticket is None
        frozen = desk.store.get(TRUST)
        assert frozen is not None
        assert [f.code for f in frozen.frozen if f.pair == ETH] == ["MARKET_CLOSED"]
        before = len(server.asked("/ticker/24hr"))
        for _ in range(3):
            await markets.poll_once()
        asked = server.asked("/ticker/24hr")[before:]
        assert not [params for params in asked if "ETHUSDT" in str(params)], "polling of it rests"
        tickers = desk.store.get(TICKERS)
        assert tickers is not None
        assert tickers[BTC].age(clock.now()) < 5, "the rest goes on"
        (held,) = desk.store.get(POSITIONS) or ()
        assert held.position.quantity <= order.filled
        assert (await desk.send("buy BTC for $50")).ticket is not None, "the rest trades on"
    async with running(home, clock, environ=KEYS) as (_, desk):
        await until(lambda: desk.store.get(CONNECTIONS))
        await until(lambda: has_line(desk, "venue", "binance", "up"), 20)
        (held,) = desk.store.get(POSITIONS) or ()
        assert held.position.pair == ETH, "a restart keeps it"
        await until(lambda: has_line(desk, "account", "binance", "up"))
        assert (await desk.send("buy BTC for $50")).ticket is not None, "the rest trades on"


async def test_f33_a_venue_that_fails_for_one_account_liquidates_nothing(
    server: BinanceTradingServer, clock: MovableClock, tmp_path: Path
) -> None:
    async with running(home_of(tmp_path, server), clock, environ=KEYS) as (_, desk):
        await ready(desk)
        await bought(desk, "buy ETH for $100")
        sent = len([o for o in server.book.orders if o.account == "main"])
        server.fail("status", path="/api/v3/account", status=500, times=30)
        server.set_price("ETHUSDT", "2000.00")
        await until(lambda: (p := desk.store.get(PORTFOLIO)) is not None and not p.complete)
        assert (await desk.send("buy BTC for $50")).ticket is None
        assert len([o for o in server.book.orders if o.account == "main"]) == sent
        server.faults.clear()
        await ready(desk)
