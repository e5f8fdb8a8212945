"""The feed: publishes, never blanks, backs off, obeys rate limits, and recovers by itself."""

from __future__ import annotations

import asyncio
import logging
from random import Random

import numpy as np
import pytest

from kit_tui.domain.clock import to_ms
from kit_tui.domain.errors import (
    RateLimitedError,
    UnknownPairError,
    VenueError,
    VenueUnavailableError,
)
from kit_tui.domain.market_data import OrderBook, Ticker
from kit_tui.domain.numbers import Price
from kit_tui.domain.pair import Pair
from kit_tui.exchanges.feed import Feed, probe
from kit_tui.exchanges.simulator import SimulatedMarket
from kit_tui.state.slices import CANDLES, CONNECTIONS, DEPTH, TICKERS, Connection
from kit_tui.state.store import Store
from tests.exchanges.scripted import BTC, ETH, ScriptedMarketData
from tests.support.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def source(clock: FakeClock) -> ScriptedMarketData:
    return ScriptedMarketData(clock)


@pytest.fixture
def feed(source: ScriptedMarketData, store: Store, clock: FakeClock) -> Feed:
    feed = Feed(source, store, clock, random=Random(1))
    feed.set_watched([BTC, ETH])
    return feed


def tickers(store: Store) -> dict[Pair, Ticker]:
    return store.get(TICKERS) or {}


def connection(store: Store) -> Connection:
    return (store.get(CONNECTIONS) or ())[0]


def down() -> VenueUnavailableError:
    return VenueUnavailableError("scripted is not reachable.")


async def test_a_poll_publishes_quotes_and_the_state_of_the_line(
    feed: Feed, store: Store, clock: FakeClock
) -> None:
    await feed.poll_once()
    assert set(tickers(store)) == {BTC, ETH}
    line = connection(store)
    assert (line.name, line.kind, line.state) == ("scripted", "venue", "up")
    assert (line.last_ok_at, line.detail) == (clock.now(), "")


async def test_an_outage_keeps_the_last_prices_and_lets_their_age_grow(
    feed: Feed, store: Store, source: ScriptedMarketData, clock: FakeClock
) -> None:
    await feed.poll_once()
    started = clock.now()
    source.failure = down()
    clock.advance(600)
    await feed.poll_once()
    assert tickers(store)[BTC].last == Price(100)
    assert tickers(store)[BTC].age(clock.now()) == 600
    line = connection(store)
    assert (line.state, line.last_ok_at) == ("down", started)
    assert line.detail == "scripted is not reachable."
    source.failure = None
    source.set("101")
    await feed.poll_once()
    assert tickers(store)[BTC].last == Price(101)
    assert connection(store).state == "up"


async def test_failures_are_asked_about_less_and_less_often_but_the_engine_ticks_on(
    feed: Feed, source: ScriptedMarketData, clock: FakeClock
) -> None:
    ticks: list[float] = []

    async def tick() -> None:
        ticks.append(clock.monotonic())
        if len(ticks) == 60:
            raise asyncio.CancelledError

    feed.on_poll = tick
    source.failure = down()
    with pytest.raises(asyncio.CancelledError):
        await feed.run()
    assert ticks[-1] == 59 * 5.0
    asked = len([call for call in source.calls if call.startswith("tickers")])
    assert 5 <= asked <= 14  # 295 s: every 5, 10, 20, 40, then about every 60 s


async def test_it_recovers_by_itself_when_the_network_comes_back(
    feed: Feed, store: Store, source: ScriptedMarketData, clock: FakeClock
) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        ticks += 1
        if ticks == 10:
            source.failure = None
            source.set("123")
        if ticks == 30:
            raise asyncio.CancelledError

    feed.on_poll = tick
    source.failure = down()
    with pytest.raises(asyncio.CancelledError):
        await feed.run()
    assert tickers(store)[BTC].last == Price(123)
    assert connection(store).state == "up"
    assert tickers(store)[BTC].age(clock.now()) <= 5


async def test_nothing_is_asked_before_a_rate_limit_is_over(
    feed: Feed, store: Store, source: ScriptedMarketData, clock: FakeClock
) -> None:
    await feed.poll_once()
    source.failure = RateLimitedError("scripted asks to wait 90 s.", retry_after=90)
    await feed.poll_once()
    assert connection(store).state == "degraded"
    source.failure = None
    source.calls.clear()
    clock.advance(89)
    feed.poll_now()
    await feed.poll_once()
    await feed.watch_chart(BTC, "15m")
    with pytest.raises(RateLimitedError) as caught:
        await feed.ticker(BTC)
    assert caught.value.retry_after == pytest.approx(1)
    assert source.calls == []
    clock.advance(1)
    await feed.poll_once()
    assert connection(store).state == "up"


async def test_one_bad_pair_does_not_stop_the_others(
    feed: Feed, store: Store, source: ScriptedMarketData
) -> None:
    source.bad_pairs[ETH] = UnknownPairError("scripted does not trade ETH/USDT.")
    await feed.poll_once()
    assert set(tickers(store)) == {BTC}
    line = connection(store)
    assert line.state == "degraded"
    assert "ETH/USDT" in line.detail


async def test_a_pair_the_venue_leaves_out_is_named(
    feed: Feed, store: Store, source: ScriptedMarketData
) -> None:
    del source.prices[ETH]
    await feed.poll_once()
    assert tickers(store)[BTC].last == Price(100)
    assert connection(store).detail == "scripted gave no price for ETH/USDT."
    assert len(source.calls) == 1  # asking again would not help


async def test_whatever_a_venue_throws_the_feed_lives_on(
    feed: Feed, store: Store, source: ScriptedMarketData, caplog: pytest.LogCaptureFixture
) -> None:
    source.failure = ZeroDivisionError("oops")
    with caplog.at_level(logging.CRITICAL):
        await feed.poll_once()
    assert connection(store).detail == "scripted failed (ZeroDivisionError)."
    source.failure = None

    async def tick() -> None:
        raise ValueError("the engine's own trouble")

    feed.on_poll = tick
    with caplog.at_level(logging.CRITICAL):
        await feed.poll_once()
    assert connection(store).state == "up"


async def test_a_quote_is_fetched_only_when_the_polled_one_is_old(
    feed: Feed, source: ScriptedMarketData, clock: FakeClock
) -> None:
    await feed.poll_once()
    source.calls.clear()
    clock.advance(4)
    assert (await feed.ticker(BTC)).age(clock.now()) == 4
    assert source.calls == []
    clock.advance(2)
    source.set("102")
    assert (await feed.ticker(BTC)).last == Price(102)
    source.failure = down()
    clock.advance(6)
    with pytest.raises(VenueUnavailableError):
        await feed.ticker(BTC)


async def test_a_chart_is_fetched_at_once_and_then_only_its_newest_candles(
    store: Store, clock: FakeClock
) -> None:
    market = SimulatedMarket(clock)
    asked: list[int] = []
    fetch = market.fetch_candles

    async def counted(pair: Pair, timeframe: str, limit: int) -> object:
        asked.append(limit)
        return await fetch(pair, timeframe, limit)

    market.fetch_candles = counted  # type: ignore[method-assign,assignment]  # counts, then asks
    feed = Feed(market, store, clock)
    await feed.watch_chart(BTC, "1m")
    series = (store.get(CANDLES) or {})["BTC/USDT 1m"]
    depth = store.get(DEPTH)
    assert depth is not None
    assert isinstance(depth.book, OrderBook)
    assert (len(series), len(depth.trades)) == (500, 20)
    for _ in range(30):
        clock.advance(5)
        await feed.poll_once()
    clock.advance(600)  # asleep for ten minutes: exactly the hole is fetched
    await feed.poll_once()
    assert asked[0] == 500
    assert max(asked[1:-1]) <= 3
    assert asked[-1] <= 13
    series = (store.get(CANDLES) or {})["BTC/USDT 1m"]
    truth = await fetch(BTC, "1m", 400)
    assert (np.diff(series.time) == 60_000).all()
    assert (series.tail(400).close == truth.close).all()
    assert (series.tail(400).high == truth.high).all()
    assert (await feed.candles(BTC, "1m", 50)).close[-1] == truth.close[-1]


async def test_another_chart_shows_no_book_of_the_former_pair(
    store: Store, clock: FakeClock
) -> None:
    market = SimulatedMarket(clock)
    feed = Feed(market, store, clock)
    await feed.watch_chart(BTC, "15m")

    async def fails(pair: Pair, depth: int = 5) -> OrderBook | None:
        raise down()

    market.fetch_order_book = fails  # type: ignore[method-assign]  # an outage of one endpoint
    await feed.watch_chart(ETH, "15m")
    depth = store.get(DEPTH)
    assert depth is not None
    assert depth.book is None
    shown = store.get(CANDLES)
    assert shown is not None
    assert set(shown) == {"BTC/USDT 15m", "ETH/USDT 15m"}


async def test_candles_that_stopped_are_told_apart_from_a_quiet_market(
    feed: Feed, store: Store, source: ScriptedMarketData, clock: FakeClock
) -> None:
    source.candle(0, 100, 100, 100, 100, volume=0)
    await feed.watch_chart(BTC, "1m")
    await feed.poll_once()
    assert connection(store).state == "up"
    clock.advance(300)
    await feed.poll_once()
    line = connection(store)
    assert line.state == "degraded"
    assert line.detail == "Candles of BTC/USDT 1m stopped at 14:03 UTC."


async def test_candles_that_fail_leave_the_quotes_alone(
    feed: Feed, store: Store, source: ScriptedMarketData
) -> None:
    source.candle_failure = VenueError("scripted gave no candles for BTC/USDT 1m.")
    await feed.watch_chart(BTC, "1m")
    await feed.poll_once()
    assert connection(store).state == "degraded"
    assert tickers(store)[BTC].last == Price(100)


async def test_cycles_never_overlap(feed: Feed, source: ScriptedMarketData, store: Store) -> None:
    running, most = 0, 0

    async def tick() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    feed.on_poll = tick
    await asyncio.gather(*(feed.poll_once() for _ in range(5)))
    assert most == 1
    assert len([call for call in source.calls if call.startswith("tickers")]) == 5


async def test_new_pairs_wake_the_feed(
    source: ScriptedMarketData, store: Store, clock: FakeClock
) -> None:
    """With a sleep that never ends, only waking brings the next poll."""

    class Sleepless(FakeClock):
        async def sleep(self, seconds: float) -> None:
            await asyncio.Event().wait()

    feed = Feed(source, store, Sleepless())
    feed.set_watched([BTC])
    running = asyncio.ensure_future(feed.run())
    for _ in range(20):
        await asyncio.sleep(0)
    assert set(tickers(store)) == {BTC}
    feed.set_watched([BTC, ETH])
    for _ in range(20):
        await asyncio.sleep(0)
    assert set(tickers(store)) == {BTC, ETH}
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_other_connections_keep_their_place(feed: Feed, store: Store) -> None:
    telegram = Connection(name="telegram", kind="channel", state="up")
    store.publish(CONNECTIONS, (telegram,))
    await feed.poll_once()
    await feed.poll_once()
    lines = store.get(CONNECTIONS)
    assert lines is not None
    assert telegram in lines
    assert len(lines) == 2


async def test_an_empty_watchlist_still_checks_the_line(
    source: ScriptedMarketData, store: Store, clock: FakeClock
) -> None:
    feed = Feed(source, store, clock)
    await feed.poll_once()
    assert source.calls == ["ping"]
    assert connection(store).state == "up"


async def test_the_probe_tells_who_answers(source: ScriptedMarketData) -> None:
    assert await probe(source)
    source.failure = down()
    assert not await probe(source)


async def test_the_markets_come_from_the_source(feed: Feed, clock: FakeClock) -> None:
    assert BTC in await feed.markets()
    assert to_ms(clock.now()) > 0


async def test_an_absurd_print_is_held_back_until_a_second_one_confirms_it(
    feed: Feed, store: Store, source: ScriptedMarketData, clock: FakeClock
) -> None:
    await feed.poll_once()
    clock.advance(5)
    source.set("1")
    await feed.poll_once()
    assert (tickers(store)[BTC].last, tickers(store)[ETH].last) == (Price(100), Price(100))
    assert tickers(store)[BTC].age(clock.now()) == 5
    assert tickers(store)[ETH].age(clock.now()) == 0
    assert connection(store).state == "degraded"
    clock.advance(5)
    source.set("100.5")
    await feed.poll_once()
    assert tickers(store)[BTC].last == Price("100.5")
    source.set("30")
    clock.advance(6)
    with pytest.raises(VenueError, match="far from the price before"):
        await feed.ticker(BTC)
    clock.advance(1)
    source.set("29")
    assert (await feed.ticker(BTC)).last == Price(29)
