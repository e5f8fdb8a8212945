"""The outcome table, row by row, through ccxt against the scripted venue. Nothing is sent twice."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kit_tui.domain.errors import (
    KeysRefusedError,
    MarketClosedError,
    OrderOutcomeUnknownError,
    OrderRejectedError,
    RateLimitedError,
    UnknownPairError,
    VenueError,
    VenueUnavailableError,
)
from kit_tui.domain.orders import OrderStatus, OrderType
from kit_tui.exchanges.binance_outcomes import ROWS
from kit_tui.exchanges.ccxt_exchange import CcxtExchange
from kit_tui.exchanges.ccxt_outcomes import COMMON_ROWS, UNKNOWN, Fault, Row, Verdict, row_for
from tests.exchanges.binance_account import BTC, account, order, scripted, sent
from tests.exchanges.outcomes_page import page
from tests.servers.binance_trading import BinanceTradingServer
from tests.support.clock import FakeClock

LOST = OrderOutcomeUnknownError
DOCS = Path(__file__).parents[2] / "docs" / "outcomes.md"


class Case(NamedTuple):
    """An error of the venue and what it must mean for a new order."""

    code: int
    message: str
    error: type[VenueError]
    deny: str = ""
    status: int = 400


def rejected(code: int, message: str, deny: str, status: int = 400) -> Case:
    return Case(code, message, OrderRejectedError, deny, status)


def filtered(name: str, deny: str) -> Case:
    return rejected(-1013, f"Filter failure: {name}", deny)


TOLD = "Order would trigger immediately."
CASES = [
    # what nobody knows
    Case(-1000, "An unknown error occurred while processing the request.", LOST),
    Case(-1001, "Internal error; unable to process your request. Please try again.", LOST),
    Case(-1001, "Internal error; unable to process your request. Please try again.", LOST,
         status=503),
    Case(-1006, "An unexpected response was received from the message bus. "
         "Execution status unknown.", LOST, status=500),
    Case(-1007, "Timeout waiting for response from backend server. Send status unknown; "
         "execution status unknown.", LOST, status=408),
    Case(-1008, "Server is currently overloaded with other requests.", LOST, status=503),
    Case(-1016, "This service is no longer available.", LOST),
    Case(-1099, "Execution status unknown.", LOST),
    Case(-9999, "Something new.", LOST),
    Case(-2010, "Account has insufficient balance for requested action.", LOST, status=502),
    # too much asked
    rejected(-1015, "Too many new orders; current limit is 100 orders per 10 SECOND.",
             "RATE_LIMIT", 429),
    rejected(-1015, "Too many new orders.", "RATE_LIMIT"),
    rejected(-1003, "Too much request weight used.", "RATE_LIMIT", 429),
    rejected(-1003, "Way too much request weight used; IP banned until 1.", "RATE_LIMIT", 418),
    rejected(-1003, "Too many requests queued.", "RATE_LIMIT"),
    rejected(0, "Slow down.", "RATE_LIMIT", 429),
    # keys
    *(Case(code, "Invalid API-key, IP, or permissions for action.", KeysRefusedError, status=401)
      for code in (-1002, -2014, -2015)),
    Case(-1022, "Signature for this request is not valid.", KeysRefusedError),
    Case(-2010, "Rest API trading is not enabled.", KeysRefusedError),
    # money
    rejected(-2010, "Account has insufficient balance for requested action.",
             "INSUFFICIENT_FUNDS"),
    rejected(-2018, "Balance is insufficient.", "INSUFFICIENT_FUNDS"),
    rejected(-2019, "Margin is insufficient.", "INSUFFICIENT_FUNDS"),
    rejected(-2027, "Exceeded the maximum allowable position at current leverage.",
             "LEVERAGE_LIMIT"),
    # the price moved
    rejected(-2010, "Order would immediately match and take.", "POST_ONLY_WOULD_TAKE"),
    rejected(-5022, "Due to the order could not be executed as maker, the Post Only order will "
             "be rejected.", "POST_ONLY_WOULD_TAKE"),
    rejected(-2010, "Stop price would trigger immediately.", "STOP_WOULD_TRIGGER"),
    rejected(-2010, TOLD, "STOP_WOULD_TRIGGER"),
    rejected(-2021, TOLD, "STOP_WOULD_TRIGGER"),
    rejected(-5021, "Due to the order could not be filled immediately, the FOK order has been "
             "rejected.", "NOT_FILLABLE"),
    # positions
    rejected(-2022, "ReduceOnly Order is rejected.", "REDUCE_ONLY_REJECTED"),
    rejected(-2025, "Reach max open order limit.", "TOO_MANY_ORDERS"),
    rejected(-4059, "No need to change position side.", "NO_CHANGE"),
    # the market
    Case(-1013, "Market is closed.", MarketClosedError, "MARKET_CLOSED"),
    Case(-2010, "Market is closed.", MarketClosedError, "MARKET_CLOSED"),
    Case(-4140, "Invalid symbol status for opening position.", MarketClosedError,
         "MARKET_CLOSED"),
    Case(-1121, "Invalid symbol.", MarketClosedError, "INSTRUMENT_NOT_FOUND"),
    rejected(-2010, "This symbol is not permitted for this account.", "SYMBOL_NOT_PERMITTED"),
    rejected(-2010, "This symbol is restricted for this account.", "SYMBOL_NOT_PERMITTED"),
    rejected(-2010, "This action is disabled on this account.", "ACCOUNT_DISABLED"),
    # filters
    filtered("LOT_SIZE", "QUANTITY_INVALID"),
    filtered("MARKET_LOT_SIZE", "QUANTITY_INVALID"),
    filtered("NOTIONAL", "NOTIONAL_INVALID"),
    filtered("MIN_NOTIONAL", "NOTIONAL_INVALID"),
    filtered("PRICE_FILTER", "PRICE_INVALID"),
    filtered("PERCENT_PRICE_BY_SIDE", "PRICE_INVALID"),
    filtered("TRAILING_DELTA", "PRICE_INVALID"),
    filtered("MAX_NUM_ORDERS", "TOO_MANY_ORDERS"),
    filtered("MAX_NUM_ALGO_ORDERS", "TOO_MANY_ORDERS"),
    filtered("MAX_POSITION", "QUANTITY_INVALID"),
    filtered("SOMETHING_NEW", "VENUE_REJECTED"),
    rejected(-2010, "NEW_ORDER_REJECTED", "VENUE_REJECTED"),
    rejected(-1111, "Parameter 'price' has too much precision.", "PRICE_INVALID"),
    rejected(-1111, "Precision is over the maximum defined for this asset.", "QUANTITY_INVALID"),
    rejected(-4164, "Order's notional must be no smaller than 5.", "NOTIONAL_INVALID"),
    rejected(-4003, "Quantity less than or equal to zero.", "QUANTITY_INVALID"),
    rejected(-4014, "Price not increased by tick size.", "PRICE_INVALID"),
    rejected(-4016, "Limit price can't be higher than 1.", "PRICE_INVALID"),
    rejected(-4000, "Invalid order status.", "VENUE_REJECTED"),
    rejected(-1116, "Invalid orderType.", "UNSUPPORTED_ORDER_TYPE"),
    rejected(-1102, "Mandatory parameter 'side' was not sent.", "MALFORMED"),
]  # fmt: skip


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


def refuse(server: BinanceTradingServer, case: Case, method: str, path: str = "/order") -> None:
    body = f'{{"code":{case.code},"msg":"{case.message}"}}'
    server.fail("status", path=path, method=method, status=case.status, body=body)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code} {case.message[:30]}")
async def test_a_new_order_ends_as_the_table_says_and_is_sent_once(
    venue: CcxtExchange, server: BinanceTradingServer, case: Case
) -> None:
    refuse(server, case, "POST")
    with pytest.raises(VenueError) as caught:
        await venue.create_order(order())
    assert type(caught.value) is case.error
    assert getattr(caught.value, "code", "") == case.deny
    assert len(sent(server)) == 1


def test_every_row_has_a_case() -> None:
    met = {row_for(Fault(frozenset({"ExchangeError"}), c.status, c.code, c.message), ROWS)
           for c in CASES}  # fmt: skip
    elsewhere = {Verdict.CLOCK, Verdict.DUPLICATE, Verdict.NOT_FOUND}
    missing = [row for row in ROWS if row not in met and row.verdict not in elsewhere]
    assert not missing
    assert UNKNOWN in met


@pytest.mark.parametrize("code", [-1021])
async def test_a_clock_error_is_put_right_and_sent_once_more_under_the_same_id(
    venue: CcxtExchange, server: BinanceTradingServer, code: int
) -> None:
    server.clock_skew_ms = 30_000
    wanted = order()
    seen = await venue.create_order(wanted)
    assert (seen.client_id, seen.status) == (wanted.client_id, OrderStatus.ACCEPTED)
    assert [p["newClientOrderId"] for p in sent(server)] == [wanted.client_id] * 2
    assert len(server.book.orders) == 1
    assert await venue.clock_offset_s() == pytest.approx(30.0)
    server.refuse(code, "Timestamp for this request is outside of the recvWindow.", times=2,
                  path="/order", method="POST")  # fmt: skip
    with pytest.raises(OrderRejectedError) as caught:
        await venue.create_order(order())
    assert caught.value.code == "CLOCK"
    assert len(sent(server)) == 4


@pytest.mark.parametrize(
    ("code", "message"),
    [(-2010, "Duplicate order sent."), (-4116, "ClientOrderId is duplicated."),
     (-20132, "The client algo id is duplicated.")],
)  # fmt: skip
async def test_a_duplicate_id_means_that_the_order_is_there(
    venue: CcxtExchange, server: BinanceTradingServer, code: int, message: str
) -> None:
    wanted = order()
    first = await venue.create_order(wanted)
    refuse(server, Case(code, message, VenueError), "POST")
    again = await venue.create_order(wanted)
    assert again == first
    refuse(server, Case(code, message, VenueError), "POST")
    with pytest.raises(OrderOutcomeUnknownError):
        await venue.create_order(order())  # said to be there, and not to be found
    refuse(server, Case(code, message, VenueError), "POST")
    server.fail("status", path="/order", method="GET", status=500, body="oops")
    with pytest.raises(OrderOutcomeUnknownError):
        await venue.create_order(wanted)


GARBLED = ["", "<html>Bad gateway</html>", '{"half": ', "[]", "{}", "null", '{"orderId": 5}',
           '{"orderId": 5, "clientOrderId": "somebody-else", "status": "NEW"}']  # fmt: skip


@pytest.mark.parametrize("body", GARBLED)
@pytest.mark.parametrize("accepted", [True, False])
async def test_a_good_status_with_a_body_that_proves_nothing_leaves_the_order_unknown(
    venue: CcxtExchange, server: BinanceTradingServer, body: str, accepted: bool
) -> None:
    server.lose_order_reply("body", accepted=accepted, body=body)
    wanted = order()
    with pytest.raises(OrderOutcomeUnknownError):
        await venue.create_order(wanted)
    assert len(sent(server)) == 1
    found = await venue.find_order(BTC, wanted.client_id)
    assert (found is not None) is accepted


@pytest.mark.parametrize("kind", ["hang", "reset", "status"])
@pytest.mark.parametrize("accepted", [True, False])
async def test_a_lost_reply_leaves_the_order_unknown_and_it_is_sent_once(
    venue: CcxtExchange,
    server: BinanceTradingServer,
    monkeypatch: pytest.MonkeyPatch,
    kind: Any,
    accepted: bool,
) -> None:
    monkeypatch.setattr(venue._client, "timeout", 100)
    details: dict[str, Any] = (
        {"status": 504, "body": "<html>Gateway time-out</html>"} if kind == "status" else {}
    )
    server.lose_order_reply(kind, accepted=accepted, **details)
    wanted = order(OrderType.MARKET)
    with pytest.raises(OrderOutcomeUnknownError):
        await venue.create_order(wanted)
    monkeypatch.setattr(venue._client, "timeout", 5_000)
    assert len(sent(server)) == 1
    found = await venue.find_order(BTC, wanted.client_id)
    assert (found is not None and found.status is OrderStatus.FILLED) is accepted


async def test_an_acknowledgement_without_a_status_is_asked_for_the_rest(
    venue: CcxtExchange, server: BinanceTradingServer
) -> None:
    wanted = order()
    body = f'{{"symbol":"BTCUSDT","orderId":1001,"clientOrderId":"{wanted.client_id}"}}'
    server.lose_order_reply("body", body=body)
    seen = await venue.create_order(wanted)
    assert (seen.client_id, seen.status) == (wanted.client_id, OrderStatus.ACCEPTED)


async def test_a_venue_that_takes_no_connection_was_sent_nothing(
    venue: CcxtExchange, server: BinanceTradingServer
) -> None:
    await server.go_down()
    with pytest.raises(VenueUnavailableError):
        await venue.fetch_balances()  # an open connection that breaks proves nothing; none does
    with pytest.raises(OrderRejectedError) as caught:
        await venue.create_order(order())
    assert caught.value.code == "VENUE_UNREACHABLE"
    with pytest.raises(VenueUnavailableError):
        await venue.cancel_order(BTC, "one")
    with pytest.raises(VenueUnavailableError):
        await venue.fetch_open_orders()


async def test_without_a_list_of_markets_nothing_is_sent(
    server: BinanceTradingServer, clock: FakeClock
) -> None:
    fresh = account(server, clock)
    server.fail("status", path="exchangeInfo", status=500, body="oops")
    with pytest.raises(OrderRejectedError) as caught:
        await fresh.create_order(order())
    assert caught.value.code == "NOT_SENT"
    assert not sent(server)
    await fresh.close()


CHANGES: list[tuple[Case, type[VenueError]]] = [
    (Case(-2015, "Invalid API-key, IP, or permissions for action.", VenueError), KeysRefusedError),
    (Case(-1003, "Too much request weight used.", VenueError, status=429), RateLimitedError),
    (Case(-1001, "Internal error; unable to process your request.", VenueError), VenueError),
    (Case(-1007, "Timeout. Execution status unknown.", VenueError, status=408), VenueError),
    (Case(-2011, "This action is disabled on this account.", VenueError), OrderRejectedError),
    (Case(-9999, "Something new.", VenueError), VenueError),
    (Case(0, "oops", VenueError, status=502), VenueUnavailableError),
]


@pytest.mark.parametrize(("case", "error"), CHANGES)
async def test_a_cancel_that_fails_says_how_and_the_order_still_works(
    venue: CcxtExchange, server: BinanceTradingServer, case: Case, error: type[VenueError]
) -> None:
    wanted = order()
    await venue.create_order(wanted)
    refuse(server, case, "DELETE")
    with pytest.raises(error):
        await venue.cancel_order(BTC, wanted.client_id)
    if case.status != 429:
        assert (await venue.cancel_order(BTC, wanted.client_id)).status is OrderStatus.CANCELED


async def test_a_cancel_denied_for_an_order_that_works_is_an_error(
    venue: CcxtExchange, server: BinanceTradingServer
) -> None:
    wanted = order()
    await venue.create_order(wanted)
    refuse(server, Case(-2011, "Unknown order sent.", VenueError), "DELETE")
    with pytest.raises(VenueError, match="still works"):
        await venue.cancel_order(BTC, wanted.client_id)


@pytest.mark.parametrize("body", ["", "<html/>", '{"half": ', "[]", "{}", "null"])
async def test_a_cancel_with_an_unreadable_reply_is_settled_by_a_query(
    venue: CcxtExchange, server: BinanceTradingServer, body: str
) -> None:
    wanted = order()
    await venue.create_order(wanted)
    server.fail("body", path="/order", method="DELETE", body=body, accepted=True)
    seen = None
    with contextlib.suppress(VenueError):  # saying that it is not known is right as well
        seen = await venue.cancel_order(BTC, wanted.client_id)
    found = await venue.find_order(BTC, wanted.client_id)
    assert found is not None
    assert found.status is OrderStatus.CANCELED
    assert seen is None or seen.status is OrderStatus.CANCELED


READS: list[tuple[Case, type[VenueError]]] = [
    *CHANGES[:4],
    (Case(-1121, "Invalid symbol.", VenueError), UnknownPairError),
    (Case(-1102, "Mandatory parameter.", VenueError), VenueError),
    (Case(0, "oops", VenueError, status=502), VenueUnavailableError),
]


@pytest.mark.parametrize(("case", "error"), READS)
async def test_a_query_that_fails_raises(
    venue: CcxtExchange, server: BinanceTradingServer, case: Case, error: type[VenueError]
) -> None:
    refuse(server, case, "GET", "/openOrders")
    with pytest.raises(error):
        await venue.fetch_open_orders()


@pytest.mark.parametrize("body", ["", "<html/>", '[{"half": ', "{}", "null", "[1]", '"text"'])
@pytest.mark.parametrize("path", ["openOrders", "account", "myTrades", "/order"])
async def test_a_garbled_reply_is_never_an_empty_account(
    venue: CcxtExchange, server: BinanceTradingServer, path: str, body: str
) -> None:
    venue.watch_pairs([BTC])
    server.fail("body", path=path, method="GET", body=body)
    reads: dict[str, Any] = {
        "openOrders": venue.fetch_open_orders,
        "account": venue.fetch_balances,
        "myTrades": lambda: venue.fetch_fills(None),
        "/order": lambda: venue.find_order(BTC, "any"),
    }
    with pytest.raises(VenueError):
        await reads[path]()
    await reads[path]()  # and the next good answer is taken


async def test_an_empty_list_of_balances_is_no_account(
    venue: CcxtExchange, server: BinanceTradingServer
) -> None:
    server.fail("body", path="account", body='{"code":0,"msg":"ok"}')
    with pytest.raises(VenueError):
        await venue.fetch_balances()


def test_for_a_venue_without_a_table_only_plain_refusals_are_proof() -> None:
    def verdict(*kinds: str, status: int = 400) -> Verdict:
        return row_for(Fault(frozenset(kinds), status), ()).verdict

    assert verdict("ExchangeError") is Verdict.UNKNOWN
    assert verdict("DDoSProtection", "NetworkError") is Verdict.UNKNOWN
    assert verdict("OnMaintenance", "ExchangeNotAvailable", "NetworkError") is Verdict.UNKNOWN
    assert verdict("InvalidNonce", "NetworkError") is Verdict.CLOCK
    assert verdict("InsufficientFunds", status=500) is Verdict.UNKNOWN
    assert verdict("InsufficientFunds") is Verdict.REJECTED
    assert verdict("InvalidOrder", "DuplicateOrderId") is Verdict.DUPLICATE
    assert {row.verdict for row in COMMON_ROWS} == set(Verdict) - {Verdict.RATE}


def test_the_page_of_outcomes_is_the_table() -> None:
    """Written anew by `python -m tests.exchanges.outcomes_page`."""
    assert DOCS.read_text(encoding="utf-8") == page()


def test_rows_are_values() -> None:
    assert len(set(ROWS)) == len(ROWS)
    assert all(isinstance(row, Row) for row in ROWS)
