"""Public market data through unmodified ccxt, against a loopback server that speaks Binance."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from kit_tui.domain.clock import to_ms
from kit_tui.domain.errors import (
    OrderRejectedError,
    RateLimitedError,
    UnknownPairError,
    VenueError,
    VenueUnavailableError,
)
from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import Mode, OrderStatus, OrderType, Side
from kit_tui.domain.pair import Pair
from kit_tui.exchanges.base import NewOrder
from kit_tui.exchanges.ccxt_lazy import exchange_class
from kit_tui.exchanges.ccxt_public import CcxtMarketData, moved
from kit_tui.exchanges.ccxt_shapes import market_from
from kit_tui.exchanges.feed import Feed, probe
from kit_tui.exchanges.paper import PaperExchange
from kit_tui.exchanges.series import aggregated_rows
from kit_tui.state.slices import CANDLES, CONNECTIONS, DEPTH, TICKERS
from kit_tui.state.store import Store
from tests.servers.binance_rest import BinanceServer, ScriptedMarket
from tests.support.clock import FakeClock

BTC, ETH = Pair("BTC/USDT"), Pair("ETH/USDT")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def server(clock: FakeClock) -> AsyncIterator[BinanceServer]:
    async with BinanceServer(now_ms=lambda: to_ms(clock.now())) as running:
        yield running


@pytest.fixture
async def venue(server: BinanceServer, clock: FakeClock) -> AsyncIterator[CcxtMarketData]:
    data = CcxtMarketData("binance", clock, base_url=server.url)
    yield data
    await data.close()


async def test_market_rules_arrive_as_the_venue_states_them(
    venue: CcxtMarketData, server: BinanceServer
) -> None:
    server.add(ScriptedMarket("OLD", status="BREAK"))
    market = (await venue.load_markets())[BTC]
    assert (market.tick_size, market.quantity_step) == (Decimal("0.01"), Decimal("0.00001"))
    assert (market.min_quantity, market.min_notional) == (Decimal("0.00001"), Decimal(5))
    assert market.max_notional == 9_000_000
    assert market.active
    assert not (await venue.load_markets())[Pair("OLD/USDT")].active
    assert len(server.asked("exchangeInfo")) == 1


async def test_several_quotes_come_in_one_request_and_exactly(
    venue: CcxtMarketData, server: BinanceServer, clock: FakeClock
) -> None:
    found = await venue.fetch_tickers([BTC, ETH, Pair("NOPE/USDT")])
    assert set(found) == {BTC, ETH}
    ticker = found[BTC]
    assert (ticker.last, ticker.bid, ticker.ask) == (
        Price("67012.40"),
        Price("67012.39"),
        Price("67012.41"),
    )
    assert ticker.change_24h == Decimal("0.01248")
    assert ticker.volume_24h == 24_000
    assert (ticker.venue, ticker.received_at) == ("binance", clock.now())
    assert len(server.asked("ticker/24hr")) == 1


async def test_candles_book_and_tape_arrive(venue: CcxtMarketData) -> None:
    candles = await venue.fetch_candles(BTC, "15m", 120)
    assert len(candles) == 120
    assert candles.last_is_open
    assert candles.close[-1] == 67012.40
    book = await venue.fetch_order_book(BTC, 5)
    assert book is not None
    assert [level.price for level in book.bids[:2]] == [Price("67012.39"), Price("67012.38")]
    assert len(book.asks) == 5
    (print_,) = await venue.fetch_trades(BTC)
    assert (print_.side, print_.price, print_.quantity) == (
        "sell",
        Price("67012.4"),
        Decimal("0.25"),
    )


async def test_an_unknown_pair_is_named_with_what_there_is(venue: CcxtMarketData) -> None:
    with pytest.raises(UnknownPairError) as caught:
        await venue.fetch_candles(Pair("BTC/XYZ"), "1h", 10)
    assert "BTC/USDT" in caught.value.hint


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, (("Retry-After", "17"),), 17.0),
        (418, (("Retry-After", "240"),), 240.0),
        (429, (), 15.0),
        (418, (), 120.0),
        (429, (("Retry-After", "soon"),), 15.0),
    ],
)
async def test_a_rate_limit_says_how_long_to_wait(
    venue: CcxtMarketData,
    server: BinanceServer,
    status: int,
    headers: tuple[tuple[str, str], ...],
    wait: float,
) -> None:
    await venue.load_markets()
    server.fail("status", status=status, headers=headers, body="{}")
    with pytest.raises(RateLimitedError) as caught:
        await venue.fetch_tickers([BTC])
    assert caught.value.retry_after == wait


@pytest.mark.parametrize("body", ["", "<html>Bad gateway</html>", '{"half": ', "[]", "{}", "null"])
@pytest.mark.parametrize("path", ["ticker/24hr", "klines", "depth", "exchangeInfo", "time"])
async def test_a_garbled_answer_is_an_error_and_never_a_number(
    server: BinanceServer, clock: FakeClock, path: str, body: str
) -> None:
    data = CcxtMarketData("binance", clock, base_url=server.url)
    if path != "exchangeInfo":
        await data.load_markets()
    server.fail("body", path=path, body=body, times=3)
    reads = {
        "ticker/24hr": lambda: data.fetch_tickers([BTC]),
        "klines": lambda: data.fetch_candles(BTC, "15m", 50),
        "depth": lambda: data.fetch_order_book(BTC, 5),
        "exchangeInfo": data.load_markets,
        "time": data.ping,
    }
    with pytest.raises(VenueError):
        await reads[path]()
    server.faults.clear()
    await reads[path]()  # and the next good answer is taken as if nothing had been
    await data.close()


async def test_a_venue_that_fails_or_drops_the_line_is_unavailable(
    venue: CcxtMarketData, server: BinanceServer
) -> None:
    await venue.load_markets()
    server.fail("status", status=500, body="oops")
    with pytest.raises(VenueUnavailableError):
        await venue.fetch_ticker(BTC)
    server.fail("reset", times=4)
    with pytest.raises(VenueUnavailableError):
        await venue.fetch_ticker(BTC)
    server.faults.clear()
    assert (await venue.fetch_ticker(BTC)).last == Price("67012.40")


async def test_a_venue_that_hangs_is_given_up(
    venue: CcxtMarketData, server: BinanceServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await venue.load_markets()
    monkeypatch.setattr(venue._client, "timeout", 50)
    server.fail("hang")
    with pytest.raises(VenueUnavailableError, match="in time"):
        await venue.fetch_ticker(BTC)


async def test_a_venue_that_is_not_there_is_unavailable_and_probed_as_such(
    clock: FakeClock, server: BinanceServer, venue: CcxtMarketData
) -> None:
    nowhere = CcxtMarketData("binance", clock, base_url="http://127.0.0.1:1")
    with pytest.raises(VenueUnavailableError):
        await nowhere.load_markets()
    assert not await probe(nowhere)
    assert await probe(venue)
    server.fail("hang", path="time")
    assert not await probe(venue, timeout=0.05)
    await nowhere.close()


async def test_an_exchange_nobody_knows_is_refused_with_the_nearest_name(clock: FakeClock) -> None:
    with pytest.raises(VenueError) as caught:
        await CcxtMarketData("binanse", clock).open()
    assert "binance" in caught.value.hint


async def test_live_prices_drive_paper_fills(
    venue: CcxtMarketData, server: BinanceServer, clock: FakeClock, tmp_path: Path
) -> None:
    paper = PaperExchange(
        venue,
        tmp_path / "paper.sqlite",
        clock,
        account="paper",
        mode=Mode.PAPER,
        cash=Decimal(10000),
    )
    buy = NewOrder(
        client_id="one",
        pair=BTC,
        side=Side.BUY,
        type=OrderType.MARKET,
        quantity=Quantity("0.00149"),
    )
    done = await paper.create_order(buy)
    assert done.status is OrderStatus.FILLED
    # 67,012.41 x 1.0005 = 67,045.916…, rounded against the buyer
    assert done.average_price == Price("67045.92")
    rest = NewOrder(
        client_id="two", pair=BTC, side=Side.BUY, type=OrderType.LIMIT,
        quantity=Quantity("0.01"), price=Price("66000"),
    )  # fmt: skip
    assert (await paper.create_order(rest)).status is OrderStatus.ACCEPTED
    clock.advance(5)
    server.set_price("BTCUSDT", "65990")
    found = await paper.find_order(BTC, "two")
    assert found is not None
    assert (found.status, found.average_price) == (OrderStatus.FILLED, Price("66000"))
    (first, second) = await paper.fetch_fills(None)
    assert {first.venue, second.venue} == {"binance"}
    server.fail("reset", times=8)
    with pytest.raises(OrderRejectedError) as caught:
        await paper.create_order(buy)
    assert caught.value.code == "NO_PRICE"
    assert len(await paper.fetch_fills(None)) == 2
    await paper.close()


async def test_the_feed_fills_the_store_from_the_venue(
    venue: CcxtMarketData, server: BinanceServer, clock: FakeClock
) -> None:
    store = Store()
    feed = Feed(venue, store, clock)
    feed.set_watched([BTC, ETH])
    await feed.watch_chart(ETH, "1h")
    await feed.poll_once()
    assert set(store.get(TICKERS) or ()) == {BTC, ETH}
    assert len((store.get(CANDLES) or {})["ETH/USDT 1h"]) == 500
    depth = store.get(DEPTH)
    assert depth is not None
    assert depth.book is not None
    assert (store.get(CONNECTIONS) or ())[0].state == "up"
    limits = [int(query["limit"]) for query in server.asked("klines")]
    assert limits[0] == 500
    assert limits[-1] <= 3


def test_every_address_of_a_venue_moves_and_keeps_its_path() -> None:
    table = {"public": "https://api.binance.com/api/v3", "deep": {"rest": "https://x.org"}, "n": 1}
    assert moved(table, "http://127.0.0.1:5/") == {
        "public": "http://127.0.0.1:5/api/v3",
        "deep": {"rest": "http://127.0.0.1:5"},
        "n": 1,
    }
    streams = {
        "ws": {"spot": "wss://stream.binance.com:9443/ws"},
        "ws-api": "wss://x.org/ws-api/v3",
    }
    assert moved(streams, "https://proxy.org") == {
        "ws": {"spot": "wss://proxy.org/ws"}, "ws-api": "wss://proxy.org/ws-api/v3",
    }  # fmt: skip
    assert moved(streams["ws"], "http://127.0.0.1:5") == {"spot": "ws://127.0.0.1:5/ws"}


def test_precision_is_read_in_the_mode_the_exchange_uses() -> None:
    raw = {
        "symbol": "XBT/EUR",
        "spot": True,
        "precision": {"price": 1, "amount": 8},
        "limits": {"cost": {"min": 0.5}},
        "info": {"tick_size": "0.5"},
    }
    by_places = market_from(raw, "v", 2, None)
    assert by_places is not None
    assert (by_places.tick_size, by_places.quantity_step) == (Decimal("0.1"), Decimal("1E-8"))
    by_key = market_from(raw, "v", 2, "tick_size")
    assert by_key is not None
    assert by_key.tick_size == Decimal("0.5")
    assert market_from({**raw, "spot": False}, "v", 4, None) is None
    assert market_from({**raw, "symbol": "$WEIRD/EUR"}, "v", 4, None) is None


def test_short_candles_join_into_those_a_venue_lacks() -> None:
    hour = 3_600_000
    rows = [[n * hour, 10 + n, 20 + n, 5 - n / 10, 11 + n, 1.0] for n in range(9)]
    joined = aggregated_rows(rows, 14_400)
    assert joined == [
        [4 * hour, 14.0, 27.0, 4.3, 18.0, 4.0],
        [8 * hour, 18.0, 28.0, 4.2, 19.0, 1.0],
    ]


def test_one_exchange_is_imported_without_the_others() -> None:
    """In a fresh process: the class works, its errors are ccxt's own, the others stay unloaded."""
    script = (
        "import sys\n"
        "from kit_tui.exchanges.ccxt_lazy import exchange_class\n"
        "client = exchange_class('kraken')({})\n"
        "import ccxt, ccxt.async_support\n"
        "from ccxt.base.errors import BadSymbol\n"
        "assert ccxt.BadSymbol is BadSymbol\n"
        "assert ccxt.async_support.kraken is type(client)\n"
        "assert 'ccxt.async_support.binance' not in sys.modules\n"
        "print(len([name for name in sys.modules if name.startswith('ccxt')]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert int(done.stdout) < 40


def test_the_three_venues_construct_and_carry_their_options() -> None:
    for name in ("binance", "kraken", "coinbase"):
        assert exchange_class(name)({}).id == name
