"""F15 to F18: rate limits, bans, an address that is shared, and clocks that differ."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kit_tui.domain.errors import RateLimitedError
from kit_tui.domain.message import Principal, Role
from kit_tui.domain.orders import OrderStatus
from kit_tui.exchanges.budget import RESERVE, Budget
from kit_tui.exchanges.ccxt_exchange import CcxtExchange
from kit_tui.state.slices import CONNECTIONS, Connection
from kit_tui.trading.arming import NotReadyError
from tests.end_to_end.live import MovableClock
from tests.faults.bench import BTC, KEYS, FaultBench, fault_bench, scripted_binance
from tests.faults.proof import (
    has_only_its_own,
    is_the_same_after_a_restart,
    restarted,
    trust,
    working,
)
from tests.servers.binance_signed import ApiKey

S = OrderStatus
D = Decimal
NEVER_S = 300.0


class SkippingClock(MovableClock):
    """Nobody waits by it: whoever would sleep for seconds finds them gone by."""

    async def sleep(self, seconds: float) -> None:
        if seconds >= NEVER_S:
            await asyncio.sleep(seconds)
        self.ahead += seconds
        await asyncio.sleep(0)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[FaultBench]:
    async with (
        scripted_binance(SkippingClock()) as (server, clock),
        fault_bench(tmp_path, server, clock) as running,
    ):
        yield running


def exchange_of(bench: FaultBench) -> CcxtExchange:
    found = bench.account.exchange
    assert isinstance(found, CcxtExchange)
    return found


def line(bench: FaultBench, kind: str, name: str = "binance") -> Connection:
    """A line of the connections as the screen shows it."""
    shown = bench.desk.store.get(CONNECTIONS) or ()
    return next(seen for seen in shown if (seen.kind, seen.name) == (kind, name))


def budget_of(bench: FaultBench) -> Budget:
    found = exchange_of(bench)._budget
    assert found is not None
    return found


# -- F15 -----------------------------------------------------------------------------------------


async def test_f15_a_429_shuts_its_bucket_and_a_cancel_goes_when_it_may(bench: FaultBench) -> None:
    await bench.do("Buy 0.001 BTC with stop 58000")
    await bench.do("buy 0.01 ETH at 3000")
    bench.server.rate_limit(25, path="openOrders")
    await bench.poll()
    count, began = len(bench.server.requests), bench.clock.monotonic()
    await bench.poll(5)
    assert len(bench.server.requests) == count, "nothing is asked while the bucket is shut"
    assert line(bench, "account").state == "degraded"
    assert "may not be asked" in trust(bench).unreconciled
    entry = await bench.say("Buy BTC for $50")
    assert entry.ticket is None
    assert "binance may not be asked for another" in entry.reply.text
    told = await bench.say("cancel order 3")
    assert told.reply.text == "Cancelled 1 order: 3 (buy ETH/USDT)."
    assert bench.clock.monotonic() - began >= 20, "it waited as long as the venue asked"
    assert [order.symbol for order in bench.venue_orders if order.is_working] == ["BTCUSDT"]
    await bench.poll(10)
    assert line(bench, "account").state == line(bench, "venue").state == "up"
    assert trust(bench).unreconciled == ""
    assert bench.statuses() == [S.FILLED, S.ACCEPTED, S.CANCELED]
    await is_the_same_after_a_restart(bench)


async def test_f15_an_entry_met_by_a_429_is_rejected_with_proof(bench: FaultBench) -> None:
    bench.server.rate_limit(20, path="/api/v3/order", method="POST")
    answer = await bench.do("Buy 0.001 BTC with stop 58000")
    assert "asks to wait 20 s; it did not take the order" in answer.reply.text
    assert bench.statuses() == [S.REJECTED]
    assert bench.venue_orders == []
    assert (await bench.say("Buy BTC for $50")).ticket is None
    assert len(bench.server.asked("/api/v3/order", "POST")) == 1, "an entry does not wait"
    await bench.poll(30)
    await is_the_same_after_a_restart(bench)
    await bench.do("Buy 0.001 BTC with stop 58000")
    assert bench.statuses() == [S.REJECTED, S.FILLED, S.ACCEPTED]
    assert has_only_its_own(bench)


STOP: dict[str, Any] = {"path": "/api/v3/order", "method": "POST", "having": ("type", "STOP_LOSS")}


async def test_f15_a_stop_met_by_a_429_waits_and_is_placed(bench: FaultBench) -> None:
    bench.server.rate_limit(10, **STOP)
    began = bench.clock.monotonic()
    await bench.do("Buy 0.001 BTC with stop 58000")
    assert bench.clock.monotonic() - began >= 10
    assert bench.statuses() == [S.FILLED, S.REJECTED, S.ACCEPTED]
    assert [stop.trigger for stop in working(bench)] == [D(58000)]
    assert "A stop at 58,000.00 for 0.00099 BTC is placed" in bench.heard()
    await is_the_same_after_a_restart(bench)


async def test_f15_a_stop_that_would_wait_for_long_is_watched_here_meanwhile(
    bench: FaultBench,
) -> None:
    bench.server.rate_limit(60, **STOP)
    await bench.do("Buy 0.001 BTC with stop 58000")
    assert bench.statuses() == [S.FILLED, S.REJECTED, S.REJECTED, S.ACCEPTED]
    assert bench.orders[3].emulated
    assert "A stop at 58,000.00 is watched here" in bench.heard()
    assert len(bench.server.asked("/api/v3/order", "POST")) == 2, "only once, until it may"
    await bench.poll(30)
    assert working(bench) == []
    await bench.poll(35, times=2)
    assert [stop.trigger for stop in working(bench)] == [D(58000)]
    assert [order.emulated for order in bench.orders if order.is_open] == [False]
    await is_the_same_after_a_restart(bench)


async def test_f15_reads_leave_room_for_sales_stops_and_cancels(bench: FaultBench) -> None:
    """What reads may use is used up; whoever must get out still can, and the venue never says 429.

    The meter is that of the venue, so what the engine has asked before counts as well.
    """
    await bench.do("Buy 0.001 BTC with stop 58000")
    await bench.do("buy 0.01 ETH at 3000")
    allowed = bench.server.used_weight + 300
    bench.server.meters["spot"].limit = allowed
    budget_of(bench).limit("spot weight", allowed, 60)
    reads = exchange_of(bench)
    while bench.server.used_weight + 8 <= allowed * (1 - RESERVE):
        await reads.find_order(BTC, bench.orders[0].client_id)
    await bench.do("sell half my BTC")
    told = await bench.say("cancel order 3")
    assert "Cancelled 1 order: 3" in told.reply.text
    assert bench.server.meters["spot"].refused == 0
    sale, stop = bench.venue_orders[-2:]
    assert (sale.status, sale.side, stop.trigger) == ("filled", "sell", D(58000))
    assert [order.client_id for order in working(bench)] == [stop.client_id]
    await bench.poll(70)
    assert has_only_its_own(bench)
    assert bench.statuses()[2] is S.CANCELED
    assert working(bench)[0].quantity <= bench.held()
    assert bench.server.meters["spot"].refused == 0
    await is_the_same_after_a_restart(bench)


async def test_f15_too_many_new_orders_shut_orders_only(bench: FaultBench) -> None:
    """-1015 is of the account's orders: prices and reads go on."""
    body = '{"code":-1015,"msg":"Too many new orders."}'
    headers = (("Retry-After", "8"),)
    bench.server.fail(
        "status", path="/api/v3/order", method="POST", status=429, body=body, headers=headers
    )
    await bench.do("Buy 0.001 BTC with stop 58000")
    assert bench.statuses() == [S.REJECTED]
    await bench.poll(5)
    assert line(bench, "account").state == line(bench, "venue").state == "up"
    await bench.poll(5)
    await bench.do("Buy 0.001 BTC with stop 58000")
    assert bench.statuses() == [S.REJECTED, S.FILLED, S.ACCEPTED]
    await is_the_same_after_a_restart(bench)


# -- F16 -----------------------------------------------------------------------------------------

TWO_KEYS = {**KEYS, "KIT_BINANCEUS_API_KEY": "us-key", "KIT_BINANCEUS_SECRET": "us-secret"}
SECOND = '[exchanges.binanceus]\nbase_url = "{url}"\nmode = "sandbox"\n'


async def test_f16_nothing_is_asked_before_a_ban_ends_and_others_trade_on(tmp_path: Path) -> None:
    async with (
        scripted_binance(SkippingClock()) as (server, clock),
        scripted_binance(clock) as (other, _),
    ):
        other.add_key(ApiKey("us-key", "us-secret"))
        venue = SECOND.format(url=other.url)
        async with fault_bench(tmp_path, server, clock, venue=venue, environ=TWO_KEYS) as bench:
            there = bench.engine.gateway.accounts["binanceus"]
            sides: tuple[Any, ...] = (there.exchange, there.market.source)
            for side in sides:  # ccxt's own pauses are in real time
                side._client.enableRateLimit = False
            await bench.do("Buy 0.001 BTC with stop 58000")
            await bench.do("buy 0.01 ETH at 3000")
            server.ban(180)
            await bench.poll()
            count = len(server.requests)
            assert server.asked_while_banned == 1, "by this one answer the ban was learned"
            for _ in range(3):
                await bench.poll(30)
                refused = await bench.say("Buy BTC for $50")
                assert refused.ticket is None
                assert "binance may not be asked for another" in refused.reply.text
            waits = await bench.say("cancel order 3")
            assert "could not be cancelled yet and is tried again" in waits.reply.text
            assert line(bench, "venue").state == line(bench, "account").state == "degraded"
            until = line(bench, "venue").until
            assert until is not None
            assert abs((until.timestamp() * 1000) - server.banned_until_ms) < 1500
            await bench.desk.run("account", {"name": "binanceus"})
            await there.market.poll_once()
            assert line(bench, "account", "binanceus").state == "up"
            await bench.do("buy 0.01 ETH")
            assert [order.status for order in other.book.orders] == ["filled"]
            await bench.desk.run("account", {"name": "binance"})
            assert (server.asked_while_banned, len(server.requests)) == (1, count)
            clock.ahead += (server.banned_until_ms - server.now_ms()) / 1000 + 1
            await bench.poll(2, times=2)
            assert line(bench, "venue").state == line(bench, "account").state == "up"
            assert bench.statuses() == [S.FILLED, S.ACCEPTED, S.CANCELED]
            assert [stop.trigger for stop in working(bench)] == [D(58000)]
            assert has_only_its_own(bench)
            assert server.asked_while_banned == 1


async def test_f16_a_restart_during_a_ban_asks_once_and_opens_nothing(bench: FaultBench) -> None:
    """A fresh process cannot know of the ban: one question tells it, and then it waits as well."""
    await bench.do("Buy 0.001 BTC with stop 58000")
    bench.server.ban(120)
    await bench.poll()
    async with restarted(bench) as again:
        await again.poll(10, times=3)
        assert bench.server.asked_while_banned <= 4
        asked = bench.server.asked_while_banned
        await again.poll(10, times=3)
        assert (await again.say("Buy BTC for $50")).ticket is None
        assert bench.server.asked_while_banned == asked
        assert again.held() == bench.held(), "not known now is not gone"
        await again.poll(60, times=2)
        assert again.statuses() == [S.FILLED, S.ACCEPTED]
        assert line(again, "account").state == "up"
    await bench.poll()
    await is_the_same_after_a_restart(bench)


# -- F17 -----------------------------------------------------------------------------------------


async def test_f17_two_instances_on_one_key_stay_within_their_shares(tmp_path: Path) -> None:
    """Two homes, one key, one address: each its half, and never a 429 between them."""
    half = "rate_share = 0.5"
    async with (
        scripted_binance(SkippingClock()) as (server, clock),
        fault_bench(tmp_path / "one", server, clock, venue=half) as one,
        fault_bench(tmp_path / "two", server, clock, venue=half) as two,
    ):
        server.meters["spot"].limit = 400
        for bench in (one, two):
            assert budget_of(bench).share == 0.5
            budget_of(bench).limit("spot weight", 400, 60)
        clock.ahead += 61
        await one.poll()
        await two.poll()
        asked = [0, 0]

        async def read(index: int, bench: FaultBench) -> None:
            began = clock.monotonic()
            while clock.monotonic() - began < 180:
                try:
                    await exchange_of(bench).find_order(BTC, "0" * 32)
                    asked[index] += 1
                except RateLimitedError:
                    clock.ahead += 1
                await asyncio.sleep(0)

        await asyncio.gather(read(0, one), read(1, two))
        assert server.meters["spot"].refused == 0
        assert server.meters["spot"].peak <= 400
        assert min(asked) > 0.5 * max(asked)
        server.meters["spot"].limit = 6000
        for bench in (one, two):
            budget_of(bench).limit("spot weight", 6000, 60)
        clock.ahead += 61
        await one.poll()
        await two.poll()
        await one.do("Buy 0.001 BTC with stop 58000")
        await two.do("Buy 0.002 BTC with stop 57000")
        await one.poll(times=2)
        await two.poll(times=2)
        assert (one.held(), two.held()) == (D("0.000999"), D("0.001998"))
        await one.say("/kill KILL")
        await one.poll()
        await two.poll()
        assert one.held() < D("0.00001")
        assert two.held() == D("0.001998"), "what the other instance holds is not ours to sell"
        assert [stop.trigger for stop in working(two)] == [D(57000)]
        assert one.no_id_twice()
        assert "somebody else placed it" in one.heard(), "the other's stop is shown, and left alone"
        async with restarted(two) as again:
            await again.poll()
            assert again.held() == two.held()
            assert again.statuses()[:2] == two.statuses()[:2]


# -- F18 -----------------------------------------------------------------------------------------


OWNER = Principal(channel="terminal", user="local", name="you", role=Role.OWNER, local=True)
TOO_EARLY = "Timestamp for this request was 1000ms ahead of the server's time."


async def test_f18_a_clock_error_is_put_right_and_the_order_sent_once_more(
    bench: FaultBench,
) -> None:
    """-1021 proves that nothing was done: the same order under the same id, and only once more."""
    bench.server.refuse(-1021, TOO_EARLY, path="/api/v3/order", method="POST")
    ticket = await bench.ticket("Buy 0.001 BTC")
    count = len(bench.server.requests)
    await bench.approve(ticket)
    sent = bench.server.asked("/api/v3/order", "POST")
    assert len(sent) == 2
    assert sent[0]["newClientOrderId"] == sent[1]["newClientOrderId"]
    paths = [seen.path for seen in bench.server.requests[count:] if seen.path != "/api/v3/account"]
    assert paths[:5] == ["/api/v3/order", *["/api/v3/time"] * 3, "/api/v3/order"]
    assert [order.status for order in bench.venue_orders] == ["filled"]
    assert bench.statuses() == [S.FILLED]
    assert "Bought: 0.001 BTC" in bench.heard()
    await is_the_same_after_a_restart(bench)


async def test_f18_a_clock_error_that_stays_is_a_rejection(bench: FaultBench) -> None:
    bench.server.refuse(-1021, TOO_EARLY, times=2, path="/api/v3/order", method="POST")
    answer = await bench.do("Buy 0.001 BTC")
    assert bench.statuses() == [S.REJECTED]
    assert len(bench.server.asked("/api/v3/order", "POST")) == 2
    assert bench.venue_orders == []
    assert "our clock differs from its own" in answer.reply.text
    await is_the_same_after_a_restart(bench)


@pytest.mark.parametrize("skew_ms", [-3000, 3000, -12_000, 12_000])
async def test_f18_a_clock_that_jumps_either_way_is_followed(
    bench: FaultBench, skew_ms: int
) -> None:
    ticket = await bench.ticket("Buy 0.001 BTC with stop 58000")
    bench.server.clock_skew_ms = skew_ms
    await bench.approve(ticket)
    await bench.poll(times=2)
    assert bench.statuses() == [S.FILLED, S.ACCEPTED]
    assert has_only_its_own(bench)
    assert bench.no_id_twice()
    assert line(bench, "account").state == "up"
    bench.server.clock_skew_ms = 0
    await bench.do("sell all my BTC")
    await bench.poll()
    assert bench.held() < D("0.00001")
    await is_the_same_after_a_restart(bench)


@pytest.mark.parametrize(("skew_ms", "way"), [(15_000, "behind"), (-15_000, "ahead of")])
async def test_f18_more_than_ten_seconds_off_takes_no_entries_with_real_money(
    tmp_path: Path, skew_ms: int, way: str
) -> None:
    """Armed on another day: at this start the clocks are too far apart. Exits go on."""
    async with scripted_binance(SkippingClock()) as (server, clock):
        async with fault_bench(tmp_path, server, clock, mode="live") as bench:
            await bench.account.trading.arm(OWNER, "binance")
            await bench.do("Buy 0.001 BTC with stop 58000")
        server.clock_skew_ms = skew_ms
        async with fault_bench(tmp_path, server, clock, mode="live") as bench:
            refused = await bench.say("Buy BTC for $50")
            assert refused.verdict is not None
            assert {check.code for check in refused.verdict.failed} == {"CLOCK_OFFSET"}
            assert f"This machine's clock is 15 s {way} binance's" in bench.heard()
            await bench.do("sell half my BTC")
            assert bench.venue_orders[2].side == "sell"
            assert bench.orders[2].status is S.FILLED
            assert has_only_its_own(bench)
            server.clock_skew_ms = 0
            await bench.poll(40, times=2)
            assert (await bench.say("Buy BTC for $50")).ticket is not None, "put right, it is free"


async def test_f18_going_live_is_refused_while_the_clocks_differ(tmp_path: Path) -> None:
    async with scripted_binance(SkippingClock()) as (server, clock):
        server.clock_skew_ms = 15_000
        async with fault_bench(tmp_path, server, clock, mode="live") as bench:
            with pytest.raises(NotReadyError, match="clock"):
                await bench.account.trading.arm(OWNER, "binance")
            assert bench.ledger.armed == {}
            assert (await bench.say("Buy BTC for $50")).ticket is None
            assert server.book.orders == []
