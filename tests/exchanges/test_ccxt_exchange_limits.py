"""Limits, clock and secrets of a Binance account against the scripted venue, which counts."""

from __future__ import annotations

import logging
import traceback
from collections.abc import AsyncIterator
from typing import Any

import pytest

from kit_tui.domain.errors import OrderRejectedError, RateLimitedError, VenueError
from kit_tui.domain.orders import OrderStatus, OrderType, Side
from kit_tui.domain.pair import Pair
from kit_tui.exchanges.budget import Budget, Cost, Purpose
from kit_tui.exchanges.ccxt_errors import without_secrets
from kit_tui.exchanges.ccxt_exchange import CcxtExchange
from kit_tui.exchanges.ccxt_public import CcxtMarketData
from kit_tui.settings.credentials import Credentials
from tests.exchanges.binance_account import BTC, PERPETUAL, account, order, scripted, sent
from tests.servers.binance_rest import ScriptedMarket
from tests.servers.binance_signed import ApiKey
from tests.servers.binance_trading import BinanceTradingServer
from tests.support.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def server(clock: FakeClock) -> AsyncIterator[BinanceTradingServer]:
    async with scripted(clock) as running:
        yield running


@pytest.fixture
async def venue(server: BinanceTradingServer, clock: FakeClock) -> AsyncIterator[CcxtExchange]:
    exchange = account(server, clock)
    await exchange.fetch_balances()
    yield exchange
    await exchange.close()


async def test_a_429_closes_its_bucket_until_the_venue_may_be_asked_again(
    venue: CcxtExchange, server: BinanceTradingServer, clock: FakeClock
) -> None:
    wanted = order()
    await venue.create_order(wanted)
    server.rate_limit(25, path="openOrders")
    with pytest.raises(RateLimitedError) as caught:
        await venue.fetch_open_orders()
    assert caught.value.retry_after == 25
    count = len(server.requests)
    with pytest.raises(RateLimitedError):
        await venue.fetch_balances()
    with pytest.raises(OrderRejectedError) as refused:
        await venue.create_order(order())
    assert refused.value.code == "RATE_LIMIT"
    assert len(server.requests) == count
    seen = await venue.cancel_order(BTC, wanted.client_id)  # a cancel waits as long as it takes
    assert seen.status is OrderStatus.CANCELED
    assert clock.monotonic() == pytest.approx(25)


async def test_a_banned_address_sends_nothing_before_the_ban_ends(
    venue: CcxtExchange, server: BinanceTradingServer, clock: FakeClock
) -> None:
    server.ban(240)
    with pytest.raises(RateLimitedError):
        await venue.fetch_balances()
    asked = server.asked_while_banned
    for _ in range(5):
        clock.advance(40)
        with pytest.raises(RateLimitedError):
            await venue.fetch_balances()
        with pytest.raises(RateLimitedError):
            await venue.fetch_ticker(BTC)
        with pytest.raises(OrderRejectedError):
            await venue.create_order(order())
    assert server.asked_while_banned == asked == 1
    clock.advance(41)
    assert await venue.fetch_balances()
    until = int((clock.now().timestamp() + 500) * 1000)
    body = f'{{"code":-1003,"msg":"Way too much request weight used; IP banned until {until}."}}'
    server.fail("status", status=418, body=body, path="account")
    with pytest.raises(RateLimitedError):
        await venue.fetch_balances()
    assert venue._budget is not None
    assert venue._budget.banned_for == pytest.approx(500)


async def test_polling_without_end_never_gets_a_429(
    venue: CcxtExchange,
    server: BinanceTradingServer,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(venue, "_is_short", lambda: False)  # save nothing
    refused = 0
    for _ in range(120):
        try:
            await venue.fetch_open_orders()
            await venue.fetch_balances()
        except RateLimitedError:
            refused += 1
            stop = order(OrderType.STOP, Side.SELL, stop_price="60000")
            assert (await venue.create_order(stop)).status is OrderStatus.ACCEPTED
            await venue.cancel_order(BTC, stop.client_id)
        clock.advance(0.4)
    assert refused
    assert server.meters["spot"].refused == 0
    assert server.meters["spot"].peak <= 6000


async def test_two_accounts_of_one_address_share_what_they_may_ask(
    server: BinanceTradingServer, clock: FakeClock
) -> None:
    shared = Budget(clock)
    server.add_key(ApiKey("second-key", "second-secret", "second"))
    one = account(server, clock, budget=shared)
    two = account(server, clock, account="binance-alt", budget=shared,
                  credentials=Credentials("second-key", "second-secret"))  # fmt: skip
    prices = CcxtMarketData("binance", clock, server.url, budget=shared)
    await one.fetch_balances()
    await two.fetch_balances()
    await prices.fetch_ticker(BTC)
    assert shared.pressure("spot weight") == pytest.approx(server.used_weight / 5_100)
    rest = Cost("spot weight", 5_100 - server.used_weight - 1)
    await shared.spend("binance", [rest], Purpose.READ)
    for ask in (one.fetch_open_orders, two.fetch_open_orders):
        with pytest.raises(RateLimitedError):
            await ask()
    with pytest.raises(RateLimitedError):
        await prices.fetch_ticker(BTC)
    await prices.close()
    await one.close()
    await two.close()


async def test_the_limits_in_force_are_read_from_the_list_of_markets(
    server: BinanceTradingServer, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = server._exchange_info

    async def limited(request: Any) -> Any:
        answer = await usual(request)
        rows = ('[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,'
                '"limit":1200},{"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,'
                '"limit":3}]')  # fmt: skip
        answer.text = str(answer.text).replace('"rateLimits": []', f'"rateLimits": {rows}')
        return answer

    await server.go_down()
    monkeypatch.setattr(server, "_exchange_info", limited)
    await server.come_back()
    exchange = account(server, clock)
    await exchange.load_markets()
    await exchange.create_order(order())
    await exchange.create_order(order())
    with pytest.raises(OrderRejectedError) as caught:
        await exchange.create_order(order())
    assert caught.value.code == "RATE_LIMIT"
    assert len(sent(server)) == 2
    clock.advance(10)
    await exchange.create_order(order())
    assert exchange._budget is not None
    assert exchange._budget._buckets["spot weight"].limit == 1200
    await exchange.close()


async def test_many_pairs_are_asked_for_executions_only_when_something_moved(
    venue: CcxtExchange, server: BinanceTradingServer, clock: FakeClock
) -> None:
    names = [f"COIN{n}" for n in range(30)]
    for name in names:
        server.add(ScriptedMarket(name, last="10", bid="10", ask="10"))
    await venue.reload_markets()
    venue.watch_pairs([Pair(f"{name}/USDT") for name in names])
    await venue.fetch_fills(clock.now())
    assert len(server.asked("myTrades")) == 30
    since = clock.now()
    clock.advance(5)
    await venue.fetch_fills(since)
    assert len(server.asked("myTrades")) == 30
    server.trade_by_hand("COIN7USDT", "buy", "2")
    clock.advance(5)
    (fill,) = await venue.fetch_fills(since)
    assert fill.pair == Pair("COIN7/USDT")
    assert len(server.asked("myTrades")) == 31
    wanted = order(OrderType.MARKET, pair=Pair("COIN3/USDT"), quantity="1")
    await venue.create_order(wanted)
    clock.advance(5)
    assert [f.order_id for f in await venue.fetch_fills(since)][-1] == wanted.client_id
    clock.advance(400)
    asked = len(server.asked("myTrades"))
    for _ in range(12):  # and now and then all of them, a few at a time
        await venue.fetch_fills(since)
        clock.advance(5)
    assert len({query["symbol"] for query in server.asked("myTrades")[asked:]}) == 30


async def test_when_limits_are_short_orders_are_asked_for_only_if_coins_moved(
    venue: CcxtExchange, server: BinanceTradingServer, clock: FakeClock
) -> None:
    wanted = order()
    await venue.create_order(wanted)
    assert venue._budget is not None
    await venue._budget.spend("binance", [Cost("spot weight", 3_000)], Purpose.READ)
    assert [seen.client_id for seen in await venue.fetch_open_orders()] == [wanted.client_id]
    count = len(server.asked("openOrders"))
    clock.advance(5)
    assert [seen.client_id for seen in await venue.fetch_open_orders()] == [wanted.client_id]
    assert len(server.asked("openOrders")) == count
    clock.advance(5)
    server.open_order_by_hand("ETHUSDT", "buy", "0.1", "3000")
    assert len(await venue.fetch_open_orders()) == 2
    other = order()
    await venue.create_order(other)
    assert len(await venue.fetch_open_orders()) == 3
    await venue.cancel_order(BTC, other.client_id)
    assert len(await venue.fetch_open_orders()) == 2
    count = len(server.asked("openOrders"))
    clock.advance(31)
    await venue._budget.spend("binance", [Cost("spot weight", 1_500)], Purpose.READ)
    assert len(await venue.fetch_open_orders()) == 2
    assert len(server.asked("openOrders")) == count + 1  # believed for half a minute only
    server.fail("status", path="account", status=500, body="oops")
    clock.advance(5)
    with pytest.raises(VenueError):
        await venue.fetch_open_orders()


async def test_when_limits_are_short_contracts_are_looked_for_where_there_are_some(
    server: BinanceTradingServer, clock: FakeClock
) -> None:
    venue = account(server, clock, market="perpetual")
    wanted = order(pair=PERPETUAL)
    await venue.create_order(wanted)
    await venue.fetch_open_orders()
    assert venue._budget is not None
    await venue._budget.spend("binance", [Cost("futures weight", 1_200)], Purpose.READ)
    (seen,) = await venue.fetch_open_orders()
    assert seen.client_id == wanted.client_id
    assert server.asked("openOrders")[-1]["symbol"] == "BTCUSDT"
    server.open_order_by_hand("ETHUSDT", "buy", "0.1", "3000", wallet="futures")
    clock.advance(31)
    assert len(await venue.fetch_open_orders()) == 2
    await venue.close()


# -- the clock ----------------------------------------------------------------------------------


@pytest.mark.parametrize("skew", [-3_000, 3_000, 30_000, -60_000])
async def test_a_venue_with_another_time_is_signed_for_in_its_own(
    server: BinanceTradingServer, clock: FakeClock, skew: int
) -> None:
    server.clock_skew_ms = skew
    exchange = account(server, clock)
    assert await exchange.fetch_balances()
    assert await exchange.clock_offset_s() == pytest.approx(skew / 1000)
    await exchange.close()


async def test_a_clock_that_moves_is_noticed_and_read_again(
    venue: CcxtExchange, server: BinanceTradingServer, clock: FakeClock
) -> None:
    server.clock_skew_ms = 15_000
    assert await venue.fetch_balances()
    times = len(server.asked("/time"))
    clock.advance(601)
    await venue.fetch_balances()
    assert len(server.asked("/time")) > times


async def test_a_venue_that_does_not_tell_its_time_is_used_all_the_same(
    server: BinanceTradingServer, clock: FakeClock
) -> None:
    server.fail("status", path="/time", status=500, times=9, body="oops")
    exchange = account(server, clock)
    assert await exchange.fetch_balances()
    with pytest.raises(VenueError):
        await exchange.clock_offset_s()
    await exchange.close()


# -- secrets ------------------------------------------------------------------------------------


async def test_no_key_no_secret_and_no_signature_gets_into_errors_or_the_log(
    server: BinanceTradingServer, clock: FakeClock, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    server.add_key(ApiKey("visible-key-0123456789", "hidden-secret-0123456789"))
    keys = Credentials("visible-key-0123456789", "hidden-secret-0123456789")
    exchange = account(server, clock, credentials=keys)
    await exchange.fetch_balances()
    monkeypatch.setattr(exchange._client, "timeout", 50)
    said = [repr(exchange), repr(keys), str(exchange)]
    for kind in ("hang", "reset"):
        for act in (exchange.fetch_open_orders, lambda: exchange.create_order(order()),
                    lambda: exchange.cancel_order(BTC, "x"), exchange.fetch_balances):  # fmt: skip
            server.fail(kind, times=4)
            with pytest.raises(VenueError) as caught:
                await act()
            said += [repr(caught.value), "".join(traceback.format_exception(caught.value))]
            server.faults.clear()
    told = "\n".join([*said, caplog.text])
    signatures = {asked.params.get("signature", "-") for asked in server.requests} - {"-"}
    assert signatures
    for secret in (keys.secret, keys.api_key, "signature=", *signatures):
        assert secret not in told
    await exchange.close()


def test_addresses_in_messages_lose_what_follows_the_question_mark() -> None:
    text = "binance GET https://x.org/api/v3/order?timestamp=1&signature=ab12 timed out"
    assert without_secrets(text) == "binance GET https://x.org/api/v3/order?… timed out"
    assert "ab12" not in without_secrets("body signature=ab12&x=1, 'X-MBX-APIKEY': 'ab12'")
