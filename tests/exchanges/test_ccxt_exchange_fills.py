"""Executions of an account: whose order, none missed over pages, none twice, oldest first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from kit_tui.domain.errors import OrderRejectedError, VenueError
from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import OrderStatus, OrderType, Side
from kit_tui.exchanges.ccxt_exchange import CcxtExchange
from tests.exchanges.binance_account import BTC, ETH, account, order, scripted
from tests.servers.binance_trading import BinanceTradingServer
from tests.support.clock import FakeClock

MARKET = OrderType.MARKET


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def server(clock: FakeClock) -> AsyncIterator[BinanceTradingServer]:
    async with scripted(clock) as running:
        running.deposit("USDT", "10000000")
        yield running


@pytest.fixture
async def venue(server: BinanceTradingServer, clock: FakeClock) -> AsyncIterator[CcxtExchange]:
    exchange = account(server, clock)
    yield exchange
    await exchange.close()


@pytest.mark.parametrize("from_the_start", [True, False])
async def test_more_than_a_page_arrives_whole_once_and_in_order(
    venue: CcxtExchange,
    server: BinanceTradingServer,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    from_the_start: bool,
) -> None:
    monkeypatch.setattr(venue._dialect, "page_size", 10)
    since = None if from_the_start else clock.now()
    clock.advance(1)
    for _ in range(34):
        server.trade_by_hand("BTCUSDT", "buy", "0.001")  # many within one millisecond
    venue.watch_pairs([BTC])
    fills = await venue.fetch_fills(since)
    assert [int(fill.trade_id) for fill in fills] == list(range(1, 35))
    assert await venue.fetch_fills(since) == fills
    clock.advance(1_000)
    await venue.fetch_fills(since)
    before = len(server.asked("myTrades"))
    assert await venue.fetch_fills(since) == fills
    assert len(server.asked("myTrades")) == before + 1
    server.trade_by_hand("BTCUSDT", "sell", "0.001")
    assert [f.trade_id for f in await venue.fetch_fills(since)][-1] == "35"


async def test_only_what_happened_since_is_returned_and_earlier_is_fetched_when_asked_for(
    venue: CcxtExchange, server: BinanceTradingServer, clock: FakeClock
) -> None:
    start = clock.now()
    server.trade_by_hand("BTCUSDT", "buy", "0.001")
    clock.advance(3_600)
    server.trade_by_hand("BTCUSDT", "buy", "0.002")
    venue.watch_pairs([BTC])
    (late,) = await venue.fetch_fills(start + timedelta(minutes=30))
    assert late.quantity == Quantity("0.002")
    both = await venue.fetch_fills(start)
    assert [fill.quantity for fill in both] == [Quantity("0.001"), Quantity("0.002")]
    assert await venue.fetch_fills(clock.now() + timedelta(seconds=1)) == []


async def test_a_fill_told_twice_counts_once(
    venue: CcxtExchange, server: BinanceTradingServer
) -> None:
    server.spot.duplicate_fills = True
    await venue.create_order(order(MARKET))
    assert len(await venue.fetch_fills(None)) == 1


async def test_equal_ids_in_two_pairs_are_two_executions(
    venue: CcxtExchange, server: BinanceTradingServer
) -> None:
    await venue.create_order(order(MARKET))
    await venue.create_order(order(MARKET, pair=ETH, quantity="0.1"))
    for number, fill in enumerate(server.book.fills):
        fill.id = 7 + 0 * number
    found = await venue.fetch_fills(None)
    assert [fill.trade_id for fill in found] == ["7", "7"]
    assert len({fill.key for fill in found}) == 2


async def test_executions_name_our_order_even_when_another_process_sent_it(
    venue: CcxtExchange, server: BinanceTradingServer, clock: FakeClock
) -> None:
    mine = [order(MARKET, quantity="0.001") for _ in range(8)]
    for one in mine:
        await venue.create_order(one)
    later = account(server, clock)
    later.watch_pairs([BTC])
    found = await later.fetch_fills(None)
    assert [fill.order_id for fill in found] == [one.client_id for one in mine]
    await later.close()


async def test_orders_of_others_keep_the_name_the_venue_has_for_them(
    venue: CcxtExchange, server: BinanceTradingServer
) -> None:
    placed = server.open_order_by_hand("BTCUSDT", "buy", "0.001", client_id="web_abc")
    venue.watch_pairs([BTC])
    (fill,) = await venue.fetch_fills(None)
    assert (fill.order_id, fill.venue_order_id) == ("web_abc", str(placed.id))
    server.trade_by_hand("BTCUSDT", "buy", "0.001")
    server.refuse(-2013, "Order does not exist.", path="/order", method="GET")
    gone = (await venue.fetch_fills(None))[-1]
    assert gone.order_id == f"venue:{gone.venue_order_id}"


async def test_a_fill_whose_order_cannot_be_asked_for_is_fetched_again_later(
    venue: CcxtExchange, server: BinanceTradingServer
) -> None:
    server.open_order_by_hand("BTCUSDT", "buy", "0.001", client_id="web_abc")
    venue.watch_pairs([BTC])
    server.fail("status", path="/order", method="GET", status=500, body="oops")
    with pytest.raises(VenueError):
        await venue.fetch_fills(None)
    (fill,) = await venue.fetch_fills(None)
    assert fill.order_id == "web_abc"


async def test_a_delisted_pair_keeps_its_executions_and_holds_up_no_other(
    venue: CcxtExchange, server: BinanceTradingServer
) -> None:
    server.trade_by_hand("ETHUSDT", "buy", "0.1")
    venue.watch_pairs([ETH, BTC])
    assert len(await venue.fetch_fills(None)) == 1
    server.delist("ETHUSDT")
    await venue.create_order(order(MARKET))
    assert {fill.pair for fill in await venue.fetch_fills(None)} == {ETH, BTC}
    await venue.reload_markets()
    await venue.create_order(order(MARKET))
    assert sorted(fill.pair for fill in await venue.fetch_fills(None)) == [BTC, BTC, ETH]
    with pytest.raises(OrderRejectedError) as caught:
        await venue.create_order(order(MARKET, pair=ETH))
    assert caught.value.code == "INSTRUMENT_NOT_FOUND"


async def test_a_partial_fill_shows_in_the_order_and_in_its_executions(
    venue: CcxtExchange, server: BinanceTradingServer
) -> None:
    wanted = order()
    await venue.create_order(wanted)
    server.fill_late(wanted.client_id, "0.004", "60000")
    (seen,) = await venue.fetch_open_orders()
    assert (seen.status, seen.filled, seen.average_price) == (
        OrderStatus.PARTIALLY_FILLED, Quantity("0.004"), Price(60_000),
    )  # fmt: skip
    (fill,) = await venue.fetch_fills(None)
    assert (fill.quantity, fill.is_maker, fill.side) == (Quantity("0.004"), True, Side.BUY)
    await venue.cancel_order(BTC, wanted.client_id)
    server.fill_late(wanted.client_id, "0.001", "60000")
    assert [f.order_id for f in await venue.fetch_fills(None)] == [wanted.client_id] * 2
