"""The scripted Binance's perpetual half, driven by unmodified ccxt."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from tests.servers.binance_signed import ApiKey
from tests.servers.binance_trading import BinanceTradingServer
from tests.servers.ccxt_client import PERPETUAL_ONLY, client_of, errors
from tests.servers.venue_types import Piece

BTC = "BTC/USDT:USDT"


@pytest.fixture
async def client(server: BinanceTradingServer) -> AsyncIterator[Any]:
    built = client_of(server, options=PERPETUAL_ONLY)
    yield built
    await built.close()


async def order(
    client: Any, kind: str, side: str, amount: float, price: Any = None, **more: Any
) -> Any:
    return await client.create_order(BTC, kind, side, amount, price, more)


def held(server: BinanceTradingServer) -> Decimal:
    return server.futures.position("main", "BTCUSDT").amount


def wallet(server: BinanceTradingServer) -> Decimal:
    return server.futures.balances["main"]["USDT"].free


async def test_markets_prices_and_marks_are_perpetuals(
    server: BinanceTradingServer, client: Any
) -> None:
    markets = await client.load_markets()
    assert (markets[BTC]["swap"], markets[BTC]["linear"]) == (True, True)
    assert (markets[BTC]["precision"]["price"], markets[BTC]["limits"]["cost"]["min"]) == (0.1, 5.0)
    ticker = await client.fetch_ticker(BTC)
    assert (ticker["last"], ticker["bid"]) == (50000.0, None), "day tickers carry no bid and ask"
    assert (await client.fetch_bids_asks([BTC]))[BTC]["ask"] == 50001.0
    server.set_mark("BTCUSDT", "49990")
    assert (await client.fetch_mark_price(BTC))["markPrice"] == 49990.0
    assert len(await client.fetch_ohlcv(BTC, "1h", limit=3)) == 3


async def test_a_market_order_opens_a_position_that_pays_when_closed(
    server: BinanceTradingServer, client: Any
) -> None:
    done = await order(client, "market", "buy", 0.1, clientOrderId="kit-1")
    assert (done["status"], done["average"], done["clientOrderId"]) == ("closed", 50001.0, "kit-1")
    server.set_price("BTCUSDT", "51001")
    (position,) = await client.fetch_positions()
    assert (position["side"], position["contracts"], position["entryPrice"]) == (
        "long",
        0.1,
        50001.0,
    )
    assert (position["unrealizedPnl"], position["markPrice"]) == (100.0, 51001.0)
    assert position["leverage"] is None, "version 3 does not say"
    (old,) = await client.fetch_positions(None, {"useV2": True})
    assert (old["leverage"], old["marginMode"]) == (20.0, "cross")
    await order(client, "market", "sell", 0.1, reduceOnly=True)
    assert await client.fetch_positions() == []
    trades = await client.fetch_my_trades(BTC)
    fees = sum(Decimal(str(trade["fee"]["cost"])) for trade in trades)
    assert {trade["fee"]["currency"] for trade in trades} == {"USDT"}
    assert wallet(server) == 10000 + 100 - fees
    assert trades[1]["info"]["realizedPnl"] == "100.00000000"


async def test_balances_show_margin_and_open_profit(
    server: BinanceTradingServer, client: Any
) -> None:
    await order(client, "market", "sell", 0.1)
    server.set_price("BTCUSDT", "49000")
    balance = (await client.fetch_balance())["USDT"]
    assert balance["total"] == pytest.approx(10000 + 99.9 - 2.49995)
    assert balance["used"] == 245.0
    assert balance["free"] == pytest.approx(balance["total"] - 245)


async def test_a_larger_opposite_order_flips_the_position(
    server: BinanceTradingServer, client: Any
) -> None:
    await order(client, "market", "buy", 0.1)
    await order(client, "market", "sell", 0.3)
    (position,) = await client.fetch_positions()
    assert (position["side"], position["contracts"], position["entryPrice"]) == (
        "short",
        0.2,
        49999.0,
    )
    assert held(server) == Decimal("-0.2")


async def test_reduce_only_reduces_never_opens_and_is_cut_to_the_position(
    server: BinanceTradingServer, client: Any
) -> None:
    with pytest.raises(errors().ExchangeError, match="-2022"):
        await order(client, "market", "sell", 0.1, reduceOnly=True)
    await order(client, "market", "buy", 0.1)
    with pytest.raises(errors().ExchangeError, match="-2022"):
        await order(client, "market", "buy", 0.1, reduceOnly=True)
    await order(client, "market", "sell", 0.5, reduceOnly=True)
    assert held(server) == 0


async def test_leverage_and_margin_mode_are_set_and_refused_as_there(
    server: BinanceTradingServer, client: Any
) -> None:
    await client.load_markets()
    assert (await client.set_leverage(5, BTC))["leverage"] == 5
    await client.set_margin_mode("isolated", BTC)
    with pytest.raises(errors().MarginModeAlreadySet):
        await client.set_margin_mode("isolated", BTC)
    await order(client, "market", "buy", 0.1)
    with pytest.raises(errors().OperationRejected, match="-4048"):
        await client.set_margin_mode("cross", BTC)
    (position,) = await client.fetch_positions(None, {"useV2": True})
    assert (position["leverage"], position["marginMode"]) == (5.0, "isolated")
    assert position["info"]["isolatedWallet"] == "1000.02000000"
    assert 40000 < position["liquidationPrice"] < 40300
    found = await client.fetch_leverages([BTC])
    assert found[BTC]["longLeverage"] == 5


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"quantity": "10"}, "-2019"),
        ({"quantity": "0.0001"}, "-1111"),
        ({"price": "49000.01"}, "-4014"),
        ({"quantity": "0.001", "price": "4000"}, "-4016"),
        ({"positionSide": "LONG"}, "-4061"),
        ({"type": "STOP_MARKET", "stopPrice": "1"}, "-4120"),
        ({"timeInForce": "GTX", "price": "50500"}, "-5022"),
        ({"newClientOrderId": "a b"}, "-4015"),
        ({"symbol": "NOPEUSDT"}, "-1121"),
    ],
)
async def test_each_refusal_has_the_code_of_the_venue(
    server: BinanceTradingServer, client: Any, fields: dict[str, str], code: str
) -> None:
    wanted = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC",
              "quantity": "0.01", "price": "49000"}  # fmt: skip
    with pytest.raises(errors().ExchangeError, match=code):
        await client.fapiPrivatePostOrder(wanted | fields)
    assert not server.futures.orders


async def test_ids_are_unique_among_open_orders_only(
    server: BinanceTradingServer, client: Any
) -> None:
    await order(client, "limit", "buy", 0.01, 49000, clientOrderId="kit-2")
    with pytest.raises(errors().ExchangeError, match="-4116"):
        await order(client, "limit", "buy", 0.01, 49000, clientOrderId="kit-2")
    gone = await client.cancel_order(None, BTC, {"clientOrderId": "kit-2"})
    assert (gone["status"], gone["clientOrderId"]) == ("canceled", "kit-2")
    with pytest.raises(errors().OrderNotFound, match="-2011"):
        await client.cancel_order(None, BTC, {"clientOrderId": "kit-2"})
    await order(client, "limit", "buy", 0.01, 48000, clientOrderId="kit-2")
    assert len(server.futures.by_client_id("kit-2")) == 2


async def test_a_limit_order_fills_in_parts(server: BinanceTradingServer, client: Any) -> None:
    await order(client, "limit", "buy", 0.1, 49000, clientOrderId="kit-3")
    server.futures.next_fills("BTCUSDT", Piece(Decimal("0.04")))
    server.set_price("BTCUSDT", "48900")
    seen = await client.fetch_order(None, BTC, {"clientOrderId": "kit-3"})
    assert (seen["status"], seen["filled"], seen["average"]) == ("open", 0.04, 49000.0)
    assert [o["clientOrderId"] for o in await client.fetch_open_orders(BTC)] == ["kit-3"]


async def test_a_stop_goes_to_the_algo_service_and_places_an_order_when_triggered(
    server: BinanceTradingServer, client: Any
) -> None:
    await order(client, "market", "buy", 0.1)
    stop = await order(client, "market", "sell", 0.1, stopLossPrice=49000, reduceOnly=True,
                       clientOrderId="kit-stop")  # fmt: skip
    assert (stop["status"], stop["triggerPrice"], stop["clientOrderId"]) == (
        "open",
        49000,
        "kit-stop",
    )
    assert await client.fetch_open_orders(BTC) == []
    (open_,) = await client.fetch_open_orders(BTC, params={"trigger": True})
    assert open_["id"] == stop["id"]
    with pytest.raises(errors().OrderNotFound):
        await client.fetch_order(None, BTC, {"clientOrderId": "kit-stop"})
    server.set_price("BTCUSDT", "48990")
    seen = await client.fetch_order(None, BTC, {"clientOrderId": "kit-stop", "trigger": True})
    assert (seen["info"]["algoStatus"], seen["filled"]) == ("FINISHED", 0.0), (
        "ask the order for fills"
    )
    placed = await client.fetch_order(seen["info"]["actualOrderId"], BTC)
    assert (placed["status"], placed["filled"], placed["reduceOnly"]) == ("closed", 0.1, True)
    assert held(server) == 0


async def test_trailing_take_profit_and_their_cancels(
    server: BinanceTradingServer, client: Any
) -> None:
    await order(client, "market", "buy", 0.1)
    await order(
        client, "market", "sell", 0.1, trailingPercent=1, reduceOnly=True, clientOrderId="trail"
    )
    await order(client, "limit", "sell", 0.1, 52000, takeProfitPrice=51900, clientOrderId="target")
    gone = await client.cancel_order(None, BTC, {"clientOrderId": "target", "trigger": True})
    assert gone["info"]["code"] == "200"
    with pytest.raises(errors().OrderNotFound, match="-2011"):
        await client.cancel_order(None, BTC, {"clientOrderId": "target", "trigger": True})
    server.set_price("BTCUSDT", "51000")
    server.set_price("BTCUSDT", "50490")
    assert held(server) == 0
    with pytest.raises(errors().ExchangeError, match="-2021"):
        await order(client, "market", "sell", 0.1, stopLossPrice=51000)


async def test_a_stop_without_a_position_to_reduce_is_rejected_when_triggered(
    server: BinanceTradingServer, client: Any
) -> None:
    await order(client, "market", "buy", 0.1)
    await order(
        client, "market", "sell", 0.1, stopLossPrice=49000, reduceOnly=True, clientOrderId="s"
    )
    server.trade_by_hand("BTCUSDT", "sell", "0.1", wallet="futures")
    server.set_price("BTCUSDT", "48990")
    seen = await client.fetch_order(None, BTC, {"clientOrderId": "s", "trigger": True})
    assert seen["status"] == "rejected"
    assert held(server) == 0


async def test_funding_is_paid_and_told(server: BinanceTradingServer, client: Any) -> None:
    await order(client, "market", "buy", 0.1)
    before = wallet(server)
    server.futures.pay_funding("BTCUSDT", Decimal("0.0001"))
    assert wallet(server) - before == Decimal("-0.5")
    (paid,) = await client.fetch_funding_history(BTC)
    assert (paid["amount"], paid["code"]) == (-0.5, "USDT")


async def test_a_liquidation_closes_the_position_with_an_order_of_the_venue(
    server: BinanceTradingServer, client: Any
) -> None:
    await order(client, "market", "buy", 1)
    await order(client, "limit", "sell", 1, 60000, reduceOnly=True, clientOrderId="target")
    server.set_price("BTCUSDT", "41000")
    server.futures.liquidate("main", "BTCUSDT")
    assert held(server) == 0
    closing = (await client.fetch_orders(BTC))[-1]
    assert closing["clientOrderId"].startswith("autoclose-")
    assert (await client.fetch_order(None, BTC, {"clientOrderId": "target"}))[
        "status"
    ] == "canceled"
    assert len(await client.fetch_my_trades(BTC)) == 2


async def test_a_key_without_futures_is_refused(server: BinanceTradingServer) -> None:
    server.add_key(ApiKey("spot", "secret", futures=False))
    client = client_of(server, key="spot", secret="secret", options=PERPETUAL_ONLY)
    with pytest.raises(errors().AuthenticationError, match="-2015"):
        await client.fetch_balance()
    await client.close()


async def test_lost_replies_reach_both_kinds_of_orders(
    server: BinanceTradingServer, client: Any
) -> None:
    await client.load_markets()
    server.lose_order_reply("reset", times=2)
    with pytest.raises(errors().NetworkError):
        await order(client, "limit", "buy", 0.01, 49000)
    with pytest.raises(errors().NetworkError):
        await order(client, "market", "sell", 0.01, stopLossPrice=49000)
    assert [o.is_conditional for o in server.futures.orders] == [False, True]
