"""A Binance account in USDT-margined perpetuals, against the scripted venue."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from kit_tui.domain.errors import OrderRejectedError, VenueError
from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import OrderStatus, OrderType, Side
from kit_tui.domain.pair import Pair
from kit_tui.exchanges.base import NewOco, NewOrder
from kit_tui.exchanges.ccxt_exchange import CcxtExchange
from kit_tui.exchanges.ccxt_shapes import contract_size, market_from
from tests.exchanges.binance_account import PERPETUAL, account, scripted, sent
from tests.exchanges.binance_account import order as spot_order
from tests.servers.binance_trading import BinanceTradingServer
from tests.support.clock import FakeClock

MARKET, STOP, TRAILING = OrderType.MARKET, OrderType.STOP, OrderType.TRAILING_STOP


def order(*given: Any, **more: Any) -> NewOrder:
    return spot_order(*given, pair=PERPETUAL, **more)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def server(clock: FakeClock) -> AsyncIterator[BinanceTradingServer]:
    async with scripted(clock) as running:
        yield running


@pytest.fixture
async def venue(server: BinanceTradingServer, clock: FakeClock) -> AsyncIterator[CcxtExchange]:
    exchange = account(server, clock, market="perpetual", leverage=Decimal(3))
    yield exchange
    await exchange.close()


async def test_a_position_is_opened_with_the_accounts_leverage_and_closed_by_reducing(
    venue: CcxtExchange, server: BinanceTradingServer
) -> None:
    assert venue.is_margined
    assert not venue.has_oco
    assert PERPETUAL in await venue.load_markets()
    assert await venue.fetch_positions() == []
    seen = await venue.create_order(order(MARKET))
    assert (seen.status, seen.filled) == (OrderStatus.FILLED, Quantity("0.01"))
    assert sent(server, "/marginType") == [{"symbol": "BTCUSDT", "marginType": "ISOLATED"}]
    assert sent(server, "/leverage") == [{"symbol": "BTCUSDT", "leverage": "3"}]
    (position,) = await venue.fetch_positions()
    assert (position.pair, position.quantity) == (PERPETUAL, Decimal("0.01"))
    assert (position.leverage, position.margin) == (Decimal(3), "isolated")
    assert position.entry_price == seen.average_price
    assert position.mark_price is not None
    closing = order(MARKET, Side.SELL, reduce_only=True)
    assert (await venue.create_order(closing)).reduce_only
    assert sent(server)[-1]["reduceOnly"] == "true"
    assert await venue.fetch_positions() == []
    assert [fill.side for fill in await venue.fetch_fills(None)] == [Side.BUY, Side.SELL]
    with pytest.raises(OrderRejectedError) as caught:
        await venue.create_order(order(MARKET, Side.SELL, reduce_only=True))
    assert caught.value.code == "REDUCE_ONLY_REJECTED"


async def test_a_short_position_is_below_zero(venue: CcxtExchange) -> None:
    await venue.create_order(order(MARKET, Side.SELL))
    (position,) = await venue.fetch_positions()
    assert position.quantity == Decimal("-0.01")


async def test_without_the_wanted_leverage_no_entry_is_sent_but_exits_are(
    venue: CcxtExchange, server: BinanceTradingServer
) -> None:
    server.refuse(-4028, "Leverage 3 is not valid", path="/leverage")
    with pytest.raises(OrderRejectedError) as caught:
        await venue.create_order(order(MARKET))
    assert caught.value.code == "LEVERAGE_NOT_SET"
    assert not sent(server)
    server.refuse(-4046, "No need to change margin type.", path="/marginType")
    await venue.create_order(order(MARKET))
    fresh = account(server, FakeClock(), market="perpetual")
    fresh._clock = venue._clock
    server.refuse(-4028, "Leverage 1 is not valid", path="/leverage")
    await fresh.create_order(order(MARKET, Side.SELL, reduce_only=True))
    await fresh.close()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"type_": STOP, "stop_price": "60000"},
         {"type": "STOP_MARKET", "triggerPrice": "60000"}),
        ({"type_": OrderType.STOP_LIMIT, "stop_price": "60000", "price": "59900"},
         {"type": "STOP", "triggerPrice": "60000", "price": "59900"}),
        ({"type_": TRAILING, "trail": Decimal("0.015")},
         {"type": "TRAILING_STOP_MARKET", "callbackRate": "1.5"}),
    ],
)  # fmt: skip
async def test_stops_live_in_the_stop_service_and_are_found_and_cancelled_there(
    venue: CcxtExchange,
    server: BinanceTradingServer,
    clock: FakeClock,
    asked: dict[str, Any],
    words: dict[str, str],
) -> None:
    await venue.create_order(order(MARKET))
    wanted = order(side=Side.SELL, reduce_only=True, **asked)
    seen = await venue.create_order(wanted)
    (params,) = sent(server, "/algoOrder")
    assert (
        params.items() >= (words | {"clientAlgoId": wanted.client_id, "reduceOnly": "true"}).items()
    )
    assert (seen.client_id, seen.type, seen.status) == (
        wanted.client_id, wanted.type, OrderStatus.ACCEPTED,
    )  # fmt: skip
    assert (seen.stop_price, seen.trail) == (wanted.stop_price, wanted.trail)
    assert [o.client_id for o in await venue.fetch_open_orders()] == [wanted.client_id]
    other = account(server, clock, market="perpetual")  # knows nothing of it
    found = await other.find_order(PERPETUAL, wanted.client_id)
    assert found is not None
    assert found.type is wanted.type
    ended = await other.cancel_order(PERPETUAL, wanted.client_id)
    assert ended.status is OrderStatus.CANCELED
    assert not await venue.fetch_open_orders()
    await other.close()


@pytest.mark.parametrize("knows_it", [True, False])
async def test_a_stop_that_triggered_is_told_by_the_order_it_became(
    venue: CcxtExchange, server: BinanceTradingServer, clock: FakeClock, knows_it: bool
) -> None:
    await venue.create_order(order(MARKET))
    stop = order(STOP, Side.SELL, stop_price="60000", reduce_only=True)
    await venue.create_order(stop)
    server.set_price("BTCUSDT", "59950")
    asking = venue if knows_it else account(server, clock, market="perpetual")
    asking.watch_pairs([PERPETUAL])
    fills = await asking.fetch_fills(None)
    assert [fill.side for fill in fills] == [Side.BUY, Side.SELL]
    assert fills[-1].order_id == stop.client_id
    found = await asking.find_order(PERPETUAL, stop.client_id)
    assert found is not None
    assert (found.client_id, found.status, found.filled) == (
        stop.client_id, OrderStatus.FILLED, Quantity("0.01"),
    )  # fmt: skip
    assert (await asking.cancel_order(PERPETUAL, stop.client_id)).status is OrderStatus.FILLED
    assert await asking.fetch_positions() == []
    if asking is not venue:
        await asking.close()


@pytest.mark.parametrize("keeps_id", [True, False])
@pytest.mark.parametrize("knows_it", [True, False])
async def test_a_stop_limit_that_triggered_and_rests_is_one_order_and_can_be_cancelled(
    venue: CcxtExchange,
    server: BinanceTradingServer,
    clock: FakeClock,
    knows_it: bool,
    keeps_id: bool,
) -> None:
    """The order that a stop becomes may carry the stop's id or one of its own."""
    server.futures.child_keeps_id = keeps_id
    await venue.create_order(order(MARKET))
    stop = order(
        OrderType.STOP_LIMIT, Side.SELL, stop_price="65000", price="64900", reduce_only=True
    )
    await venue.create_order(stop)
    server.set_price("BTCUSDT", "64000")
    asking = venue if knows_it else account(server, clock, market="perpetual")
    (seen,) = await asking.fetch_open_orders()
    assert (seen.client_id, seen.type, seen.stop_price) == (
        stop.client_id, OrderType.STOP_LIMIT, Price(65_000),
    )  # fmt: skip
    ended = await asking.cancel_order(PERPETUAL, stop.client_id)
    assert (ended.client_id, ended.status) == (stop.client_id, OrderStatus.CANCELED)
    assert await asking.fetch_open_orders() == []
    if asking is not venue:
        await asking.close()


async def test_a_post_only_order_that_would_take_is_refused(venue: CcxtExchange) -> None:
    seen = await venue.create_order(order(price="60000", post_only=True))
    assert seen.post_only
    with pytest.raises(OrderRejectedError) as caught:
        await venue.create_order(order(price="70000", post_only=True))
    assert caught.value.code == "POST_ONLY_WOULD_TAKE"


async def test_an_order_is_absent_only_when_both_services_deny_it(
    venue: CcxtExchange, server: BinanceTradingServer
) -> None:
    assert await venue.find_order(PERPETUAL, "never") is None
    server.fail("status", path="/algoOrder", status=500, body="oops")
    with pytest.raises(VenueError):
        await venue.find_order(PERPETUAL, "never")
    with pytest.raises(OrderRejectedError) as caught:
        await venue.cancel_order(PERPETUAL, "never")
    assert caught.value.code == "UNKNOWN_ORDER"


@pytest.mark.parametrize("body", ["", "<html/>", "{}", "null"])
@pytest.mark.parametrize("path", ["openOrders", "openAlgoOrders", "positionRisk", "account"])
async def test_a_garbled_reply_is_never_a_flat_account(
    venue: CcxtExchange, server: BinanceTradingServer, path: str, body: str
) -> None:
    await venue.create_order(order(MARKET))
    server.fail("body", path=path, method="GET", body=body)
    reads: dict[str, Any] = {"positionRisk": venue.fetch_positions, "account": venue.fetch_balances}
    with pytest.raises(VenueError):
        await reads.get(path, venue.fetch_open_orders)()
    assert len(await venue.fetch_positions()) == 1


async def test_the_wallet_is_the_balance_and_leverage_is_a_whole_number(
    venue: CcxtExchange,
) -> None:
    (usdt,) = await venue.fetch_balances()
    assert (usdt.currency, usdt.total, usdt.free) == (
        "USDT", Decimal(10_000), Decimal(10_000),
    )  # fmt: skip
    with pytest.raises(OrderRejectedError):
        await venue.set_leverage(PERPETUAL, Decimal("2.5"), "cross")
    await venue.set_leverage(PERPETUAL, Decimal(5), "cross")
    with pytest.raises(OrderRejectedError):
        await venue.create_oco(
            NewOco(client_id="l", pair=PERPETUAL, side=Side.SELL, quantity=Quantity("0.01"),
                   target_client_id="t", target_price=Price(70_000), stop_client_id="s",
                   stop_price=Price(60_000))
        )  # fmt: skip


async def test_a_spot_account_has_no_leverage(
    server: BinanceTradingServer, clock: FakeClock
) -> None:
    spot = account(server, clock)
    with pytest.raises(OrderRejectedError):
        await spot.set_leverage(Pair("BTC/USDT"), Decimal(2), "cross")
    assert await spot.fetch_positions() == ()
    assert not spot.is_margined
    await spot.close()


def test_quantities_are_in_base_currency_however_large_a_contract_is() -> None:
    raw = {
        "symbol": "BTC/USDT:USDT", "swap": True, "linear": True, "contract": True,
        "contractSize": 0.01, "precision": {"price": 0.1, "amount": 1},
        "limits": {"amount": {"min": 1, "max": 500}}, "active": True,
    }  # fmt: skip
    market = market_from(raw, "v", 4, None, "perpetual")
    assert market is not None
    assert (market.quantity_step, market.min_quantity, market.max_quantity) == (
        Decimal("0.01"), Decimal("0.01"), Decimal(5),
    )  # fmt: skip
    assert contract_size(raw) == Decimal("0.01")
    assert market_from(raw, "v", 4, None) is None
    assert market_from({**raw, "linear": False}, "v", 4, None, "perpetual") is None
