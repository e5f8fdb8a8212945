"""The scripted Binance's door, limits and faults, driven by unmodified ccxt."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from kit_tui.domain.clock import to_ms
from tests.servers.binance_signed import ApiKey
from tests.servers.binance_trading import BinanceTradingServer
from tests.servers.ccxt_client import BTC, client_of, errors, limit
from tests.support.clock import FakeClock

# -- the door -------------------------------------------------------------------------------------


async def test_a_signed_read_is_let_through_and_the_account_read(client: Any) -> None:
    balance = await client.fetch_balance()
    assert (balance["USDT"]["free"], balance["BTC"]["total"]) == (10000.0, 1.0)
    assert client.last_response_headers["X-MBX-USED-WEIGHT-1M"] == "40"


@pytest.mark.parametrize(
    ("key", "secret", "code"),
    [("nobody", "test-secret", "-2015"), ("test-key", "wrong", "-1022")],
)
async def test_a_wrong_key_or_signature_is_an_authentication_error(
    server: BinanceTradingServer, key: str, secret: str, code: str
) -> None:
    client = client_of(server, key=key, secret=secret)
    with pytest.raises(errors().AuthenticationError, match=code):
        await client.fetch_balance()
    await client.close()


async def test_a_key_revoked_after_it_worked_looks_like_a_rate_limit_to_ccxt(
    server: BinanceTradingServer, client: Any
) -> None:
    await client.fetch_balance()
    server.revoke()
    with pytest.raises(errors().DDoSProtection, match="-2015"):
        await client.fetch_balance()


async def test_a_key_that_may_not_trade_reads_only(server: BinanceTradingServer) -> None:
    server.add_key(ApiKey("reader", "secret", trades=False, withdraws=True, ip_restricted=False))
    client = client_of(server, key="reader", secret="secret")
    told = await client.sapi_get_account_apirestrictions()
    assert (told["enableSpotAndMarginTrading"], told["enableWithdrawals"]) == (False, True)
    assert told["ipRestrict"] is False
    with pytest.raises(errors().AuthenticationError):
        await limit(client, 40000)
    await client.close()


@pytest.mark.parametrize("skew", [-3000, 20_000])
async def test_a_clock_that_is_off_is_told_and_cured_by_the_time_difference(
    server: BinanceTradingServer, client: Any, skew: int
) -> None:
    await client.load_markets()
    server.clock_skew_ms = skew
    with pytest.raises(errors().InvalidNonce, match="-1021"):
        await limit(client, 40000)
    assert not server.book.orders
    await client.load_time_difference()
    await limit(client, 40000)
    assert len(server.book.orders) == 1


async def test_a_server_on_a_standing_clock_takes_clients_that_read_its_time() -> None:
    clock = FakeClock()
    async with BinanceTradingServer(now_ms=lambda: to_ms(clock.now())) as server:
        client = client_of(server)
        with pytest.raises(errors().InvalidNonce):
            await client.fetch_balance()
        await client.load_time_difference()
        await client.fetch_balance()
        clock.advance(60)
        await client.fetch_balance()
        await client.close()


# -- faults ---------------------------------------------------------------------------------------


async def test_a_reply_lost_after_acceptance_leaves_the_order_live(
    server: BinanceTradingServer, client: Any
) -> None:
    await client.load_markets()
    client.timeout = 300
    outcomes = []
    faults: list[dict[str, Any]] = [
        {"kind": "hang"}, {"kind": "reset"}, {"kind": "status", "status": 502, "body": "bad"},
        {"kind": "body", "body": ""}, {"kind": "body", "body": "<html>"},
        {"kind": "body", "body": '{"half": '},
    ]  # fmt: skip
    for at, fault in enumerate(faults):
        server.lose_order_reply(**fault)
        try:
            answer = await limit(client, 49000, clientOrderId=f"kit-{at}")
            outcomes.append(f"id {answer['id']}")
        except errors().BaseError as error:
            outcomes.append(type(error).__name__)
    assert outcomes == [
        "RequestTimeout", "ExchangeNotAvailable", "ExchangeNotAvailable", "id None", "id None",
        "id None",
    ]  # fmt: skip
    client.timeout = 3000
    assert len(server.book.orders) == len(faults), "each was taken exactly once"
    assert len(await client.fetch_open_orders(BTC)) == len(faults)


async def test_a_reply_lost_before_acceptance_leaves_nothing(
    server: BinanceTradingServer, client: Any
) -> None:
    await client.load_markets()
    client.timeout = 300
    for fault in ({"kind": "hang"}, {"kind": "reset"}, {"kind": "status", "status": 503}):
        server.lose_order_reply(accepted=False, **fault)
        with pytest.raises(errors().NetworkError):
            await limit(client, 49000, clientOrderId="kit")
    assert not server.book.orders


async def test_an_order_can_arrive_long_after_the_client_gave_up(
    server: BinanceTradingServer, client: Any
) -> None:
    await client.load_markets()
    client.timeout = 300
    server.lose_order_reply("hold", accepted=False)
    with pytest.raises(errors().RequestTimeout):
        await limit(client, 49000, clientOrderId="late")
    client.timeout = 3000
    with pytest.raises(errors().OrderNotFound):
        await client.fetch_order(None, BTC, {"origClientOrderId": "late"})
    server.release()
    await asyncio.sleep(0)
    assert (await client.fetch_order(None, BTC, {"origClientOrderId": "late"}))["status"] == "open"


async def test_a_fill_can_come_before_the_answer(server: BinanceTradingServer, client: Any) -> None:
    await client.load_markets()
    server.lose_order_reply("hold")
    sending = asyncio.ensure_future(limit(client, 49000, clientOrderId="quick"))
    await server.until_held()
    server.set_price("BTCUSDT", "48000")
    assert len(await client.fetch_my_trades(BTC)) == 1
    server.release()
    assert (await sending)["status"] == "open", "the answer was made before the fill"


async def test_fills_after_a_cancel_beyond_the_size_twice_and_late(
    server: BinanceTradingServer, client: Any
) -> None:
    placed = await limit(client, 49000, clientOrderId="kit")
    await client.cancel_order(placed["id"], BTC)
    server.fill_late("kit", "0.004")
    seen = await client.fetch_order(placed["id"], BTC)
    assert (seen["status"], seen["filled"]) == ("canceled", 0.004)
    server.fill_late("kit", "0.008")
    seen = await client.fetch_order(placed["id"], BTC)
    assert (seen["status"], seen["filled"]) == ("closed", 0.012)
    server.spot.duplicate_fills = True
    trades = await client.fetch_my_trades(BTC)
    assert [t["info"]["id"] for t in trades] == [1, 1, 2, 2]


async def test_orders_and_fills_can_be_hidden_for_a_while() -> None:
    clock = FakeClock()
    async with BinanceTradingServer(now_ms=lambda: to_ms(clock.now())) as server:
        client = client_of(server)
        await client.load_time_difference()
        server.book.hide_orders_ms, server.book.hide_fills_ms = 5_000, 10_000
        server.open_order_by_hand("BTCUSDT", "buy", "0.01", "60000", client_id="shy")
        server.set_price("BTCUSDT", "59000")
        with pytest.raises(errors().OrderNotFound):
            await client.fetch_order(None, BTC, {"origClientOrderId": "shy"})
        clock.advance(5)
        seen = await client.fetch_order(None, BTC, {"origClientOrderId": "shy"})
        assert seen["status"] == "closed"
        assert await client.fetch_my_trades(BTC) == []
        clock.advance(5)
        assert len(await client.fetch_my_trades(BTC)) == 1
        await client.close()


async def test_limits_are_counted_and_told(server: BinanceTradingServer, client: Any) -> None:
    await client.load_markets()
    before = server.used_weight
    await client.fetch_open_orders()
    assert server.used_weight - before == 80
    server.meters["spot"].limit = server.used_weight + 20
    await client.fetch_balance()
    with pytest.raises(errors().DDoSProtection, match="429"):
        await client.fetch_balance()
    assert 1 <= int(client.last_response_headers["Retry-After"]) <= 60
    assert server.meters["spot"].refused == 1
    server.meters["spot"].limit = 6000
    server.meters["spot"].orders_limit = 1
    await limit(client, 49000)
    with pytest.raises(errors().DDoSProtection, match="Too many new orders"):
        await limit(client, 49000)


async def test_a_ban_lasts_and_counts_who_asks(server: BinanceTradingServer, client: Any) -> None:
    await client.load_markets()
    server.ban(120)
    with pytest.raises(errors().DDoSProtection, match="418"):
        await client.fetch_balance()
    assert int(client.last_response_headers["Retry-After"]) > 100
    assert server.asked_while_banned == 1


async def test_a_venue_goes_down_and_comes_back_with_its_books(
    server: BinanceTradingServer, client: Any
) -> None:
    await limit(client, 49000, clientOrderId="kit")
    await server.go_down()
    with pytest.raises(errors().NetworkError):
        await client.fetch_open_orders(BTC)
    await server.come_back()
    assert [o["clientOrderId"] for o in await client.fetch_open_orders(BTC)] == ["kit"]


async def test_money_moved_by_hand_shows_in_balances_and_records(
    server: BinanceTradingServer, client: Any
) -> None:
    server.deposit("USDT", "500")
    server.withdraw("BTC", "0.25")
    balance = await client.fetch_balance()
    assert (balance["USDT"]["total"], balance["BTC"]["total"]) == (10500.0, 0.75)
    rows = await client.sapi_get_capital_deposit_hisrec()
    assert rows[-1]["amount"] == "500"
    assert (await client.sapi_get_capital_withdraw_history())[-1]["coin"] == "BTC"
