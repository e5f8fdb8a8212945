"""A Binance spot account through unmodified ccxt against the scripted venue: orders and reads."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from kit_tui.domain.errors import OrderRejectedError, VenueError
from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import Mode, OrderStatus, OrderType, Side, TimeInForce
from kit_tui.domain.pair import Pair
from kit_tui.exchanges.base import KeyPermissions, NewOco
from kit_tui.exchanges.ccxt_exchange import CcxtExchange
from tests.exchanges.binance_account import BTC, ETH, account, order, scripted, sent
from tests.servers.binance_rest import ScriptedMarket
from tests.servers.binance_trading import BinanceTradingServer
from tests.support.clock import FakeClock

STOP, STOP_LIMIT, TRAILING = OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP


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
    yield exchange
    await exchange.close()


def oco(side: Side = Side.SELL, **more: Any) -> NewOco:
    prices = ("70000", "60000") if side is Side.SELL else ("60000", "70000")
    given: dict[str, Any] = {
        "client_id": "list", "pair": BTC, "side": side, "quantity": Quantity("0.01"),
        "target_client_id": "target", "target_price": Price(prices[0]),
        "stop_client_id": "stop", "stop_price": Price(prices[1]),
    }  # fmt: skip
    return NewOco(**(given | more))


# -- what goes out ------------------------------------------------------------------------------

WIRE: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"type_": OrderType.MARKET}, {"type": "MARKET", "quantity": "0.01"}),
    ({}, {"type": "LIMIT", "price": "60000", "timeInForce": "GTC"}),
    ({"time_in_force": TimeInForce.IOC}, {"type": "LIMIT", "timeInForce": "IOC"}),
    ({"time_in_force": TimeInForce.FOK}, {"type": "LIMIT", "timeInForce": "FOK"}),
    ({"post_only": True}, {"type": "LIMIT_MAKER", "price": "60000"}),
    ({"type_": STOP, "stop_price": "70000.01"}, {"type": "STOP_LOSS", "stopPrice": "70000.01"}),
    ({"type_": STOP, "side": Side.SELL, "stop_price": "60000"},
     {"type": "STOP_LOSS", "side": "SELL", "stopPrice": "60000"}),
    ({"type_": STOP_LIMIT, "stop_price": "70000", "price": "70100.5"},
     {"type": "STOP_LOSS_LIMIT", "stopPrice": "70000", "price": "70100.5", "timeInForce": "GTC"}),
    ({"type_": TRAILING, "trail": Decimal("0.015")},
     {"type": "STOP_LOSS", "trailingDelta": "150"}),
    ({"quantity": "0.00149", "price": "67012.35"}, {"quantity": "0.00149", "price": "67012.35"}),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "words"), WIRE)
async def test_an_order_goes_out_to_the_digit_and_comes_back_as_it_was_meant(
    venue: CcxtExchange, server: BinanceTradingServer, asked: dict[str, Any], words: dict[str, str]
) -> None:
    wanted = order(**asked)
    seen = await venue.create_order(wanted)
    (params,) = sent(server)
    assert params["newClientOrderId"] == wanted.client_id
    assert params.items() >= words.items()
    assert "reduceOnly" not in params
    assert (seen.client_id, seen.type, seen.side) == (wanted.client_id, wanted.type, wanted.side)
    assert (seen.quantity, seen.stop_price) == (wanted.quantity, wanted.stop_price)
    assert (seen.post_only, seen.trail) == (wanted.post_only, wanted.trail)
    found = await venue.find_order(BTC, wanted.client_id)
    assert found is not None
    assert (found.venue_order_id, found.type, found.price) == (
        seen.venue_order_id, seen.type, seen.price,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"quantity": "0.000011"}, "QUANTITY_INVALID"),
        ({"quantity": "0.000001"}, "QUANTITY_INVALID"),
        ({"quantity": "0"}, "QUANTITY_INVALID"),
        ({"price": "60000.001"}, "PRICE_INVALID"),
        ({"type_": STOP, "stop_price": "70000.005"}, "PRICE_INVALID"),
        ({"type_": TRAILING, "trail": Decimal("0.00015")}, "PRICE_INVALID"),
        ({"pair": Pair("NOPE/USDT")}, "INSTRUMENT_NOT_FOUND"),
    ],
)
async def test_a_number_that_would_be_rounded_is_refused_before_anything_is_sent(
    venue: CcxtExchange, server: BinanceTradingServer, asked: dict[str, Any], code: str
) -> None:
    with pytest.raises(OrderRejectedError) as caught:
        await venue.create_order(order(**asked))
    assert caught.value.code == code
    assert not sent(server)


async def test_a_request_that_differs_from_what_was_approved_never_leaves(
    venue: CcxtExchange, server: BinanceTradingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if ccxt changes a number in a way its own rounding functions do not show."""
    await venue.load_markets()
    usual = venue._client.create_order_request

    def changed(*given: Any) -> Any:
        return {**usual(*given), "quantity": "0.02"}

    monkeypatch.setattr(venue._client, "create_order_request", changed)
    with pytest.raises(OrderRejectedError, match="Nothing was sent") as caught:
        await venue.create_order(order())
    assert caught.value.code == "QUANTITY_INVALID"
    assert not sent(server)


# -- what comes back ----------------------------------------------------------------------------


async def test_a_market_order_is_filled_and_its_execution_names_our_order(
    venue: CcxtExchange,
) -> None:
    wanted = order(OrderType.MARKET)
    seen = await venue.create_order(wanted)
    assert (seen.status, seen.filled, seen.average_price) == (
        OrderStatus.FILLED, Decimal("0.01"), Decimal("67012.41"),
    )  # fmt: skip
    (fill,) = await venue.fetch_fills(None)
    assert (fill.order_id, fill.venue_order_id) == (wanted.client_id, seen.venue_order_id)
    assert (fill.quantity, fill.price) == (Decimal("0.01"), Price("67012.41"))
    assert (fill.fee, fill.fee_currency) == (Decimal("0.00001"), "BTC")
    balances = {b.currency: b for b in await venue.fetch_balances()}
    assert balances["BTC"].total == Decimal("1.00999")


async def test_open_orders_are_all_that_work_and_locked_coins_are_not_free(
    venue: CcxtExchange, server: BinanceTradingServer
) -> None:
    limit, stop = order(), order(STOP, Side.SELL, stop_price="60000")
    await venue.create_order(limit)
    await venue.create_order(stop)
    server.open_order_by_hand("ETHUSDT", "buy", "0.1", "3000")
    found = {seen.client_id: seen for seen in await venue.fetch_open_orders()}
    assert found.keys() >= {limit.client_id, stop.client_id}
    assert len(found) == 3
    assert [seen.pair for seen in found.values() if seen.client_id.startswith("web_")] == [ETH]
    btc = await venue.get_balance("BTC")
    assert (btc.total, btc.free) == (Decimal(1), Decimal("0.99"))


async def test_an_immediate_order_that_finds_nothing_ends_as_expired(venue: CcxtExchange) -> None:
    seen = await venue.create_order(order(time_in_force=TimeInForce.IOC))
    assert (seen.status, seen.filled) == (OrderStatus.EXPIRED, Quantity(0))


@pytest.mark.parametrize("limit", [None, Price("59900")])
@pytest.mark.parametrize("side", list(Side))
async def test_an_oco_has_both_ids_and_one_end_ends_the_other(
    venue: CcxtExchange, server: BinanceTradingServer, side: Side, limit: Price | None
) -> None:
    if side is Side.BUY and limit is not None:
        limit = Price("70100")
    target, stop = await venue.create_oco(oco(side, stop_limit_price=limit))
    assert (target.client_id, stop.client_id) == ("target", "stop")
    assert (target.type, target.post_only) == (OrderType.LIMIT, True)
    assert stop.type is (STOP if limit is None else STOP_LIMIT)
    assert target.group_id == stop.group_id != ""
    (params,) = sent(server, "/orderList/oco")
    above = "target" if side is Side.SELL else "stop"
    assert (params["aboveClientOrderId"], params["listClientOrderId"]) == (above, "list")
    ended = await venue.cancel_order(BTC, "stop")
    assert ended.status is OrderStatus.CANCELED
    other = await venue.find_order(BTC, "target")
    assert other is not None
    assert other.status in {OrderStatus.CANCELED, OrderStatus.EXPIRED}


# -- cancelling and finding ---------------------------------------------------------------------


async def test_cancelling_by_our_id_returns_how_the_order_stands(venue: CcxtExchange) -> None:
    """The venue's reply names the cancel itself; ours is the original id."""
    wanted = order()
    await venue.create_order(wanted)
    seen = await venue.cancel_order(BTC, wanted.client_id)
    assert (seen.client_id, seen.status) == (wanted.client_id, OrderStatus.CANCELED)
    assert not await venue.fetch_open_orders()


async def test_cancelling_what_has_ended_is_no_error_and_what_never_was_is(
    venue: CcxtExchange,
) -> None:
    wanted = order(OrderType.MARKET)
    await venue.create_order(wanted)
    assert (await venue.cancel_order(BTC, wanted.client_id)).status is OrderStatus.FILLED
    with pytest.raises(OrderRejectedError) as caught:
        await venue.cancel_order(BTC, "never")
    assert caught.value.code == "UNKNOWN_ORDER"


async def test_an_order_is_absent_only_when_the_venue_says_so(
    venue: CcxtExchange, server: BinanceTradingServer
) -> None:
    assert await venue.find_order(BTC, "never") is None
    server.refuse(-2011, "Unknown order sent.", path="/order", method="GET")
    with pytest.raises(VenueError):
        await venue.find_order(BTC, "never")
    server.refuse(-1001, "Internal error; unable to process your request.", path="/order")
    with pytest.raises(VenueError):
        await venue.find_order(BTC, "never")


# -- the account --------------------------------------------------------------------------------


async def test_permissions_are_read_from_the_venue(
    venue: CcxtExchange, server: BinanceTradingServer
) -> None:
    assert await venue.fetch_permissions() == KeyPermissions(
        read=True, trade=True, withdraw=False, ip_restricted=True
    )
    server.door.keys["test-key"].withdraws = True
    assert (await venue.fetch_permissions()).withdraw


async def test_a_testnet_without_that_question_leaves_permissions_open(
    server: BinanceTradingServer, clock: FakeClock
) -> None:
    sandbox = account(server, clock, mode=Mode.SANDBOX)
    server.fail("status", path="apiRestrictions", status=404, body="<html>Not found</html>")
    assert await sandbox.fetch_permissions() == KeyPermissions()
    live = account(server, clock)
    server.fail("status", path="apiRestrictions", status=404, body="<html>Not found</html>")
    with pytest.raises(VenueError):
        await live.fetch_permissions()
    await sandbox.close()
    await live.close()


async def test_a_sandbox_without_an_address_of_its_own_is_the_venues_testnet(
    clock: FakeClock, server: BinanceTradingServer
) -> None:
    spot = account(server, clock, mode=Mode.SANDBOX, base_url=None)
    perpetual = account(server, clock, mode=Mode.SANDBOX, base_url=None, market="perpetual")
    live = account(server, clock, base_url=None)
    moved = account(server, clock, mode=Mode.SANDBOX)
    for exchange in (spot, perpetual, live, moved):
        await exchange.open()
    assert spot._client.urls["api"]["private"].startswith("https://testnet.binance.vision")
    assert perpetual._client.urls["api"]["fapiPrivate"].startswith("https://demo-fapi.")
    assert live._client.urls["api"]["private"].startswith("https://api.binance.com")
    assert all(url.startswith(server.url) for url in moved._client.urls["api"].values() if url)
    for exchange in (spot, perpetual, live, moved):
        await exchange.close()


async def test_what_the_venue_lists_and_does_not_trade_is_known_as_inactive(
    venue: CcxtExchange, server: BinanceTradingServer
) -> None:
    server.add(ScriptedMarket("OLD", status="BREAK"))
    assert not (await venue.load_markets())[Pair("OLD/USDT")].active
    server.delist("OLDUSDT")
    assert Pair("OLD/USDT") in await venue.load_markets()
    assert Pair("OLD/USDT") not in await venue.reload_markets()
