"""The scripted Binance's spot half, driven by unmodified ccxt: what it proves, adapters rely on."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.servers.binance_rest import ScriptedMarket
from tests.servers.binance_signed import ApiKey
from tests.servers.binance_trading import BinanceTradingServer
from tests.servers.ccxt_client import BTC, client_of, errors, limit
from tests.servers.venue_types import Piece

# -- order types ----------------------------------------------------------------------------------


async def test_a_market_order_fills_at_the_touch_with_its_fee_in_what_was_received(
    server: BinanceTradingServer, client: Any
) -> None:
    done = await client.create_order(BTC, "market", "buy", 0.1, None, {"clientOrderId": "kit-1"})
    assert (done["status"], done["filled"], done["average"]) == ("closed", 0.1, 50001.0)
    assert (done["clientOrderId"], done["fee"]) == ("kit-1", {"currency": "BTC", "cost": 0.0001})
    purses = server.book.balances["main"]
    assert purses["BTC"].free == Decimal("1.0999")
    assert purses["USDT"].free == 10000 - Decimal("5000.1")
    sold = await client.create_order(BTC, "market", "sell", 0.1)
    assert sold["fee"]["currency"] == "USDT"


async def test_fees_in_a_third_coin_or_in_quote(server: BinanceTradingServer, client: Any) -> None:
    server.deposit("BNB", "1")
    server.book.fees.paid_in = "BNB"
    done = await client.create_order(BTC, "market", "buy", 0.1)
    assert done["fee"]["currency"] == "BNB"
    assert server.book.balances["main"]["BTC"].free == Decimal("1.1")
    server.book.fees.paid_in = "quote"
    assert (await client.create_order(BTC, "market", "buy", 0.01))["fee"]["currency"] == "USDT"


async def test_a_market_order_by_cost_and_in_pieces(
    server: BinanceTradingServer, client: Any
) -> None:
    await client.load_markets()
    done = await client.create_market_buy_order_with_cost(BTC, 500)
    assert done["filled"] == 0.00999
    server.book.next_fills(
        "BTCUSDT", Piece(Decimal("0.02")), Piece(Decimal("0.03"), Decimal(50010))
    )
    part = await client.create_order(BTC, "market", "buy", 0.1)
    assert (part["status"], part["filled"], len(part["trades"])) == ("expired", 0.05, 2)


async def test_a_limit_order_locks_funds_rests_and_fills_when_reached(
    server: BinanceTradingServer, client: Any
) -> None:
    placed = await limit(client, 49000, clientOrderId="kit-2")
    assert (placed["status"], placed["filled"]) == ("open", 0)
    balance = await client.fetch_balance()
    assert balance["USDT"]["used"] == 490.0
    server.book.next_fills("BTCUSDT", Piece(Decimal("0.004")))
    server.set_price("BTCUSDT", "48999")
    seen = await client.fetch_order(None, BTC, {"origClientOrderId": "kit-2"})
    assert (seen["status"], seen["filled"], seen["remaining"]) == ("open", 0.004, 0.006)
    server.set_price("BTCUSDT", "48998")
    assert (await client.fetch_order(placed["id"], BTC))["status"] == "closed"
    assert server.book.balances["main"]["USDT"].locked == 0
    trades = await client.fetch_my_trades(BTC)
    assert [trade["takerOrMaker"] for trade in trades] == ["maker", "maker"]
    assert {trade["order"] for trade in trades} == {placed["id"]}


@pytest.mark.parametrize(("tif", "status"), [("IOC", "expired"), ("FOK", "expired")])
async def test_orders_that_may_not_rest_end_at_once(client: Any, tif: str, status: str) -> None:
    done = await limit(client, 49000, timeInForce=tif)
    assert (done["status"], done["filled"]) == (status, 0)


async def test_post_only_rests_or_is_refused(client: Any) -> None:
    placed = await limit(client, 49000, postOnly=True)
    assert (placed["postOnly"], placed["info"]["type"]) == (True, "LIMIT_MAKER")
    with pytest.raises(errors().OrderImmediatelyFillable):
        await limit(client, 50500, postOnly=True)


async def test_a_stop_waits_triggers_and_sells(server: BinanceTradingServer, client: Any) -> None:
    placed = await client.create_order(BTC, "market", "sell", 0.1, None, {"stopLossPrice": 49000})
    seen = await client.fetch_order(placed["id"], BTC)
    assert (seen["info"]["type"], seen["triggerPrice"], seen["status"]) == (
        "STOP_LOSS",
        49000,
        "open",
    )
    assert seen["info"]["isWorking"] is False
    server.set_price("BTCUSDT", "48900", bid="48890")
    seen = await client.fetch_order(placed["id"], BTC)
    assert (seen["status"], seen["average"]) == ("closed", 48890.0)


async def test_a_stop_limit_triggers_then_rests(server: BinanceTradingServer, client: Any) -> None:
    placed = await client.create_order(BTC, "limit", "sell", 0.1, 48900, {"triggerPrice": 49000})
    server.set_price("BTCUSDT", "48800")
    seen = await client.fetch_order(placed["id"], BTC)
    assert (seen["status"], seen["filled"], seen["info"]["isWorking"]) == ("open", 0, True)
    server.set_price("BTCUSDT", "48950")
    assert (await client.fetch_order(placed["id"], BTC))["average"] == 48900.0


async def test_a_take_profit_triggers_above(server: BinanceTradingServer, client: Any) -> None:
    placed = await client.create_order(BTC, "market", "sell", 0.1, None, {"takeProfitPrice": 51000})
    server.set_price("BTCUSDT", "51000")
    assert (await client.fetch_order(placed["id"], BTC))["status"] == "closed"


async def test_a_trailing_stop_follows_the_price_up(
    server: BinanceTradingServer, client: Any
) -> None:
    params = {"trailingPercent": 1, "stopLossOrTakeProfit": "stopLoss"}
    placed = await client.create_order(BTC, "market", "sell", 0.1, None, params)
    for price in ("52000", "51600"):
        server.set_price("BTCUSDT", price)
    seen = await client.fetch_order(placed["id"], BTC)
    assert (seen["status"], seen["info"]["trailingDelta"]) == ("open", 100)
    server.set_price("BTCUSDT", "51480")
    assert (await client.fetch_order(placed["id"], BTC))["average"] == 51480.0


async def test_a_stop_already_crossed_is_refused(client: Any) -> None:
    with pytest.raises(errors().OrderImmediatelyFillable, match="trigger immediately"):
        await client.create_order(BTC, "market", "sell", 0.1, None, {"stopLossPrice": 50500})


def oco(**more: str) -> dict[str, str]:
    return {
        "symbol": "BTCUSDT", "side": "SELL", "quantity": "0.1", "listClientOrderId": "kit-list",
        "aboveType": "LIMIT_MAKER", "abovePrice": "52000", "aboveClientOrderId": "kit-above",
        "belowType": "STOP_LOSS_LIMIT", "belowStopPrice": "48000", "belowPrice": "47900",
        "belowTimeInForce": "GTC", "belowClientOrderId": "kit-below", **more,
    }  # fmt: skip


async def test_of_an_oco_one_leg_ends_the_other(server: BinanceTradingServer, client: Any) -> None:
    told = await client.private_post_orderlist_oco(oco())
    assert (told["contingencyType"], len(told["orderReports"])) == ("OCO", 2)
    assert server.book.balances["main"]["BTC"].locked == Decimal("0.1")
    server.set_price("BTCUSDT", "52001")
    await client.load_markets()
    above, below = [await client.fetch_order(None, BTC, {"clientOrderId": name})
                    for name in ("kit-above", "kit-below")]  # fmt: skip
    assert (above["status"], below["status"]) == ("closed", "expired")
    assert server.book.balances["main"]["BTC"].locked == 0
    listed = await client.private_get_orderlist({"origClientOrderId": "kit-list"})
    assert listed["listOrderStatus"] == "ALL_DONE"


async def test_of_an_oco_a_triggered_stop_ends_the_target(
    server: BinanceTradingServer, client: Any
) -> None:
    await client.private_post_orderlist_oco(oco())
    server.set_price("BTCUSDT", "47950")
    assert [o.status for o in server.book.orders] == ["expired", "filled"]
    assert server.book.balances["main"]["BTC"].locked == 0


async def test_cancelling_a_leg_cancels_the_list_and_frees_the_coins(
    server: BinanceTradingServer, client: Any
) -> None:
    await client.private_post_orderlist_oco(oco())
    await client.load_markets()
    await client.cancel_order(None, BTC, {"clientOrderId": "kit-below"})
    assert {o.status for o in server.book.orders} == {"canceled"}
    assert server.book.balances["main"]["BTC"].free == 1
    with pytest.raises(errors().OrderNotFound):
        await client.private_delete_orderlist(
            {"symbol": "BTCUSDT", "listClientOrderId": "kit-list"}
        )


async def test_an_oco_whose_prices_are_on_the_wrong_side_is_refused(client: Any) -> None:
    with pytest.raises(errors().BadRequest, match="relationship of the prices"):
        await client.private_post_orderlist_oco(oco(belowStopPrice="51000"))


async def test_editing_a_limit_order_replaces_it(server: BinanceTradingServer, client: Any) -> None:
    placed = await limit(client, 49000)
    edited = await client.edit_order(placed["id"], BTC, "limit", "buy", 0.02, 48000)
    assert (edited["price"], edited["amount"]) == (48000.0, 0.02)
    assert [o.status for o in server.book.orders] == ["canceled", "new"]


async def test_a_test_order_is_checked_and_not_placed(
    server: BinanceTradingServer, client: Any
) -> None:
    await limit(client, 49000, test=True)
    assert not server.book.orders


# -- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "error", "words"),
    [
        ({"quantity": "0.000001"}, "InvalidOrder", "LOT_SIZE"),
        ({"price": "49000.001"}, "InvalidOrder", "PRICE_FILTER"),
        ({"quantity": "0.0001", "price": "49000"}, "BadRequest", "NOTIONAL"),
        ({"price": "1000"}, "InvalidOrder", "PERCENT_PRICE_BY_SIDE"),
        ({"quantity": "0.123456789"}, "BadRequest", "-1111"),
        ({"newClientOrderId": "a b"}, "BadRequest", "-1100"),
        ({"newClientOrderId": "x" * 37}, "BadRequest", "-1100"),
        ({"quantity": "1"}, "InsufficientFunds", "insufficient balance"),
        ({"symbol": "NOPEUSDT"}, "BadSymbol", "-1121"),
        ({"type": "ICEBERG"}, "BadRequest", "-1116"),
        ({"timeInForce": ""}, "BadRequest", "-1102"),
    ],
)
async def test_each_refusal_reaches_ccxt_as_its_class(
    server: BinanceTradingServer, client: Any, fields: dict[str, str], error: str, words: str
) -> None:
    server.add(ScriptedMarket("BTC", last="50000", bid="49999", ask="50001", min_notional="10"))
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC",
             "quantity": "0.01", "price": "49000"}  # fmt: skip
    with pytest.raises(getattr(errors(), error), match=words):
        await client.private_post_order(order | fields)
    assert not server.book.orders
    assert server.book.balances["main"]["USDT"].locked == 0


async def test_an_id_is_unique_among_open_orders_only(
    server: BinanceTradingServer, client: Any
) -> None:
    await limit(client, 49000, clientOrderId="kit-3")
    with pytest.raises(errors().InvalidOrder, match="Duplicate order sent"):
        await limit(client, 49000, clientOrderId="kit-3")
    await client.cancel_order(None, BTC, {"clientOrderId": "kit-3"})
    await limit(client, 48000, clientOrderId="kit-3")
    assert len(server.book.by_client_id("kit-3")) == 2
    seen = await client.fetch_order(None, BTC, {"origClientOrderId": "kit-3"})
    assert seen["price"] == 48000.0


async def test_a_halted_market_refuses_orders_and_lets_cancels_through(
    server: BinanceTradingServer, client: Any
) -> None:
    placed = await limit(client, 49000)
    server.halt("BTCUSDT")
    with pytest.raises(errors().MarketClosed):
        await limit(client, 48000)
    assert (await client.cancel_order(placed["id"], BTC))["status"] == "canceled"


async def test_a_delisted_market_is_gone(server: BinanceTradingServer, client: Any) -> None:
    await limit(client, 49000)
    server.delist("BTCUSDT")
    assert server.book.orders[0].status == "expired"
    with pytest.raises(errors().BadSymbol):
        await client.fetch_open_orders(BTC)
    assert await client.fetch_open_orders() == []
    assert (await client.fetch_balance())["BTC"]["total"] == 1.0


# -- cancelling and looking up --------------------------------------------------------------------


async def test_cancelling_twice_or_the_unknown_is_order_not_found(client: Any) -> None:
    placed = await limit(client, 49000, clientOrderId="kit-4")
    gone = await client.cancel_order(placed["id"], BTC)
    assert gone["info"]["origClientOrderId"] == "kit-4"
    assert gone["clientOrderId"] != "kit-4", "the cancel has an id of its own"
    for name in ("kit-4", "never"):
        with pytest.raises(errors().OrderNotFound, match="-2011"):
            await client.cancel_order(None, BTC, {"clientOrderId": name})
    with pytest.raises(errors().OrderNotFound, match="-2013"):
        await client.fetch_order(None, BTC, {"origClientOrderId": "never"})
    with pytest.raises(errors().OrderNotFound):
        await client.cancel_all_orders(BTC)


async def test_orders_are_found_whatever_became_of_them(
    server: BinanceTradingServer, client: Any
) -> None:
    await limit(client, 49000, clientOrderId="rests")
    await limit(client, 50500, clientOrderId="fills")
    await limit(client, 48000, clientOrderId="goes")
    await client.cancel_order(None, BTC, {"clientOrderId": "goes"})
    wanted = {"rests": "open", "fills": "closed", "goes": "canceled"}
    for name, status in wanted.items():
        seen = await client.fetch_order(None, BTC, {"origClientOrderId": name})
        assert (seen["clientOrderId"], seen["status"]) == (name, status)
    assert [o["clientOrderId"] for o in await client.fetch_open_orders()] == ["rests"]
    assert len(await client.fetch_orders(BTC)) == 3


async def test_executions_come_in_pages_by_time_and_by_id(
    server: BinanceTradingServer, client: Any
) -> None:
    for _ in range(5):
        server.trade_by_hand("BTCUSDT", "buy", "0.001")
    assert [t["id"] for t in await client.fetch_my_trades(BTC, limit=2)] == ["4", "5"]
    rest = await client.fetch_my_trades(BTC, limit=3, params={"fromId": 3})
    assert [t["id"] for t in rest] == ["3", "4", "5"]
    assert await client.fetch_my_trades(BTC, since=server.now_ms() + 60_000) == []


async def test_two_keys_two_accounts(server: BinanceTradingServer, client: Any) -> None:
    server.add_key(ApiKey("other", "secret", account="alt"))
    server.deposit("USDT", "77", account="alt")
    other = client_of(server, key="other", secret="secret")
    await limit(client, 49000, clientOrderId="kit-5")
    assert await other.fetch_open_orders() == []
    assert (await other.fetch_balance())["USDT"]["free"] == 77.0
    with pytest.raises(errors().OrderNotFound):
        await other.fetch_order(None, BTC, {"origClientOrderId": "kit-5"})
    await other.close()
