"""One feed for several accounts: shared polls, delisted pairs, dead feeds, repaired candles."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from random import Random

import msgspec
import pytest

from kit_tui.domain.candles import Candles, candles_from_rows
from kit_tui.domain.clock import to_ms
from kit_tui.domain.errors import RateLimitedError, UnknownPairError, VenueUnavailableError
from kit_tui.domain.pair import Market, Pair
from kit_tui.exchanges.charts import REPAIR_S
from kit_tui.exchanges.feed import Feed
from kit_tui.exchanges.listing import FIRST_REST_S, RELOAD_S
from kit_tui.exchanges.liveness import DEAD_AFTER_S
from kit_tui.exchanges.venue_feed import VenueFeed
from kit_tui.state.slices import CANDLES, CONNECTIONS, TICKERS, Connection
from kit_tui.state.store import Store
from tests.exchanges.scripted import BTC, ETH, RULES, ScriptedMarketData
from tests.support.clock import FakeClock

SOL = Pair("SOL/USDT")


class Listed(ScriptedMarketData):
    """A venue whose list of markets changes."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.markets = {**RULES, SOL: msgspec.structs.replace(RULES[BTC], pair=SOL)}
        self.prices[SOL] = "20"
        self.reloads = 0

    async def load_markets(self) -> Mapping[Pair, Market]:
        return dict(self.markets)

    async def reload_markets(self) -> Mapping[Pair, Market]:
        self._maybe_fail("markets")
        self.reloads += 1
        return dict(self.markets)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def source(clock: FakeClock) -> Listed:
    return Listed(clock)


@pytest.fixture
def venue(source: Listed, clock: FakeClock) -> VenueFeed:
    return VenueFeed(source, clock, random=Random(1))


def joined(venue: VenueFeed, clock: FakeClock, *pairs: Pair) -> Feed:
    feed = Feed(venue, Store(), clock)
    feed.set_watched(pairs)
    return feed


def line(feed: Feed) -> Connection:
    return (feed.store.get(CONNECTIONS) or ())[0]


def quotes(feed: Feed) -> set[Pair]:
    return set((feed.store.get(TICKERS) or {}).keys())


# -- accounts that share a venue --------------------------------------------------------------


async def test_accounts_share_one_request_and_each_gets_every_quote(
    venue: VenueFeed, source: Listed, clock: FakeClock
) -> None:
    one, two = joined(venue, clock, BTC), joined(venue, clock, ETH, BTC)
    await venue.poll_once()
    assert source.calls == ["tickers BTC/USDT,ETH/USDT"]
    assert quotes(one) == quotes(two) == {BTC, ETH}
    assert line(one) == line(two)
    late = joined(venue, clock, SOL)
    assert quotes(late) == {BTC, ETH}, "what is known is there at once"
    assert line(late).state == "up"


async def test_a_chart_of_two_accounts_is_asked_for_once_and_the_book_goes_to_those_who_look(
    venue: VenueFeed, source: Listed, clock: FakeClock
) -> None:
    one, two = joined(venue, clock, BTC), joined(venue, clock, BTC)
    await one.watch_chart(BTC, "1m")
    await two.watch_chart(BTC, "1m")
    source.calls.clear()
    await venue.poll_once()
    assert len([call for call in source.calls if call.startswith("candles")]) == 1
    assert one.store.get(CANDLES) == two.store.get(CANDLES)


async def test_a_slow_account_misses_its_own_turn_only(clock: FakeClock, source: Listed) -> None:
    venue = VenueFeed(source, clock, 0.01)
    slow, quick = joined(venue, clock, BTC), joined(venue, clock, BTC)
    stuck, rounds = asyncio.Event(), {"slow": 0, "quick": 0}

    async def hang() -> None:
        rounds["slow"] += 1
        await stuck.wait()

    async def count() -> None:
        rounds["quick"] += 1

    slow.on_poll, quick.on_poll = hang, count
    for _ in range(3):
        await venue.poll_once()
    assert rounds == {"slow": 1, "quick": 3}
    stuck.set()
    await venue.poll_once()
    await venue.poll_once()
    assert rounds["slow"] == 2


async def test_the_last_account_to_leave_closes_the_venue(
    venue: VenueFeed, source: Listed, clock: FakeClock
) -> None:
    closed = 0

    async def close() -> None:
        nonlocal closed
        closed += 1

    source.close = close  # type: ignore[method-assign]  # counts
    one, two = joined(venue, clock, BTC), joined(venue, clock, ETH)
    await one.close()
    assert (closed, venue.is_closed) == (0, False)
    await two.close()
    await two.close()
    assert (closed, venue.is_closed) == (1, True)


# -- when it is polled ------------------------------------------------------------------------


class Slow(Listed):
    """Takes its time, as the clock sees it."""

    seconds = 0.0

    async def fetch_tickers(self, pairs: object) -> object:  # type: ignore[override]  # passes on
        self.clock.advance(self.seconds)
        return await super().fetch_tickers(pairs)  # type: ignore[arg-type]  # as it came


async def polled_at(source: Slow, clock: FakeClock, rounds: int) -> list[float]:
    feed = Feed(VenueFeed(source, clock), Store(), clock)
    feed.set_watched([BTC])
    moments: list[float] = []

    async def tick() -> None:
        moments.append(clock.monotonic())
        if len(moments) == 3:
            source.seconds = 0.0
        if len(moments) == rounds:
            raise asyncio.CancelledError

    feed.on_poll = tick
    with pytest.raises(asyncio.CancelledError):
        await feed.run()
    return moments


async def test_polls_begin_at_fixed_times_whatever_they_take(clock: FakeClock) -> None:
    source = Slow(clock)
    source.seconds = 1.0
    moments = await polled_at(source, clock, 6)
    assert moments == [1.0, 6.0, 11.0, 15.0, 20.0, 25.0]


async def test_e15_after_a_sleep_there_is_one_poll_and_no_burst_of_those_missed(
    clock: FakeClock,
) -> None:
    source = Slow(clock)
    source.seconds = 3_600.0
    moments = await polled_at(source, clock, 6)
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert gaps[:2] == [3_600.5, 3_600.5]
    assert gaps[2:] == [0.5, 5.0, 5.0]


async def test_a_host_that_takes_connections_again_is_asked_at_once(
    source: Listed, clock: FakeClock
) -> None:
    reachable = False

    async def answers() -> bool:
        return reachable

    venue = VenueFeed(source, clock, random=Random(1), reachable=answers)
    feed = joined(venue, clock, BTC)
    source.failure = VenueUnavailableError("scripted is not reachable.")
    for _ in range(8):
        await venue.poll_once()
    source.calls.clear()
    await venue._cycle()
    assert source.calls == [], "it backs off"
    source.failure, reachable = None, True
    await venue._cycle()
    assert line(feed).state == "up"


async def test_a_venue_that_answers_an_order_is_polled_at_once(
    venue: VenueFeed, source: Listed, clock: FakeClock
) -> None:
    feed = joined(venue, clock, BTC, ETH)
    source.failure = VenueUnavailableError("scripted is not reachable.")
    for _ in range(8):
        await venue.poll_once()
    source.failure = None
    await venue._cycle()
    assert line(feed).state == "down", "it backs off"
    await venue.ticker(BTC)
    await venue._cycle()
    assert line(feed).state == "up"
    assert quotes(feed) == {BTC, ETH}


async def test_a_line_that_hangs_is_waited_for_once_in_a_poll_interval(
    venue: VenueFeed, source: Listed, clock: FakeClock
) -> None:
    joined(venue, clock, BTC)
    source.failure = VenueUnavailableError("scripted is not reachable.")
    await venue.poll_once()
    source.calls.clear()
    for _ in range(3):
        with pytest.raises(VenueUnavailableError):
            await venue.ticker(BTC)
    assert len(source.calls) == 1
    clock.advance(venue.poll_seconds)
    source.failure = None
    assert (await venue.ticker(BTC)).pair == BTC


async def test_a_host_that_answers_with_errors_only_is_not_hurried(
    source: Listed, clock: FakeClock
) -> None:
    async def answers() -> bool:
        return True

    venue = VenueFeed(source, clock, random=Random(1), reachable=answers)
    joined(venue, clock, BTC)
    source.failure = VenueUnavailableError("scripted is not reachable.")
    for _ in range(8):
        await venue.poll_once()
    source.calls.clear()
    for _ in range(5):
        await venue._cycle()
    assert len(source.calls) <= 1


async def test_a_connection_says_until_when_the_venue_wants_to_be_left_alone(
    venue: VenueFeed, source: Listed, clock: FakeClock
) -> None:
    feed = joined(venue, clock, BTC)
    source.failure = RateLimitedError("scripted asks to wait 90 s.", retry_after=90)
    await venue.poll_once()
    assert line(feed).until == clock.now() + timedelta(seconds=90)
    source.failure = None
    clock.advance(90)
    await venue.poll_once()
    assert (line(feed).until, line(feed).state) == (None, "up")


# -- F21: quiet or dead -----------------------------------------------------------------------


async def poll_for(venue: VenueFeed, clock: FakeClock, seconds: float) -> None:
    for _ in range(int(seconds / 5)):
        clock.advance(5)
        await venue.poll_once()


async def test_f21_quotes_that_all_stand_still_are_as_old_as_their_last_movement(
    venue: VenueFeed, source: Listed, clock: FakeClock
) -> None:
    feed = joined(venue, clock, BTC, ETH, SOL)
    await venue.poll_once()
    moved = clock.now()
    await poll_for(venue, clock, DEAD_AFTER_S)
    assert line(feed).state == "degraded"
    assert line(feed).detail == "Nothing on scripted has moved since 14:03 UTC."
    assert (feed.store.get(TICKERS) or {})[BTC].received_at == moved
    clock.advance(1)
    assert (await feed.ticker(BTC)).received_at == moved, "asking again makes it no younger"
    source.set("100.01", ETH)
    await poll_for(venue, clock, 5)
    assert line(feed).state == "up"
    assert (feed.store.get(TICKERS) or {})[BTC].received_at == clock.now()


async def test_f21_one_pair_that_stands_still_while_another_moves_is_merely_quiet(
    venue: VenueFeed, source: Listed, clock: FakeClock
) -> None:
    feed = joined(venue, clock, BTC, ETH, SOL)
    for step in range(60):
        source.set(f"100.{step:02d}", ETH)
        await poll_for(venue, clock, 5)
    assert line(feed).state == "up"
    assert (feed.store.get(TICKERS) or {})[BTC].received_at == clock.now()


async def test_f21_a_single_thin_pair_may_stand_still_for_longer(
    venue: VenueFeed, clock: FakeClock
) -> None:
    feed = joined(venue, clock, BTC)
    await poll_for(venue, clock, DEAD_AFTER_S * 2)
    assert line(feed).state == "up"
    await poll_for(venue, clock, DEAD_AFTER_S * 9)
    assert line(feed).state == "degraded"


async def test_f21_candles_that_stopped_are_quiet_only_if_the_pair_did_not_trade(
    venue: VenueFeed, source: Listed, clock: FakeClock
) -> None:
    feed = joined(venue, clock, BTC, ETH)
    source.candle(0, 100, 100, 100, 100)
    await feed.watch_chart(BTC, "1m")
    for step in range(80):
        source.set(f"100.{step:02d}", ETH)
        await poll_for(venue, clock, 5)
    assert line(feed).state == "up", "BTC is quiet: it has no candles because nothing traded"
    source.set("101", BTC)
    await poll_for(venue, clock, 5)
    assert line(feed).detail == "Candles of BTC/USDT 1m stopped at 14:03 UTC."


# -- F25: delisted ----------------------------------------------------------------------------


async def test_f25_a_delisted_pair_is_known_as_inactive_and_asked_for_no_more(
    venue: VenueFeed, source: Listed, clock: FakeClock
) -> None:
    feed = joined(venue, clock, BTC, SOL)
    await venue.poll_once()
    del source.markets[SOL]
    source.bad_pairs[SOL] = UnknownPairError("scripted does not trade this pair.")
    clock.advance(61)
    await venue.poll_once()
    assert source.reloads == 1, "a pair that is denied is reason to read the list again"
    assert (await feed.markets())[SOL].active is False
    assert (feed.store.get(TICKERS) or {})[BTC].received_at == clock.now()
    source.calls.clear()
    await poll_for(venue, clock, 60)
    assert set(source.calls) == {"tickers BTC/USDT"}
    assert line(feed).state == "up", "the rest trades on"
    source.markets[SOL] = RULES[BTC]
    source.bad_pairs.clear()
    clock.advance(RELOAD_S)
    await venue.poll_once()
    assert SOL in source.calls[-1]


async def test_f25_markets_are_read_again_every_hour_and_a_failure_keeps_those_known(
    venue: VenueFeed, source: Listed, clock: FakeClock
) -> None:
    feed = joined(venue, clock, BTC)
    await venue.poll_once()
    await poll_for(venue, clock, RELOAD_S - 10)
    assert source.reloads == 0
    source.failure = VenueUnavailableError("scripted is not reachable.")
    clock.advance(10)
    await venue.poll_once()
    assert BTC in feed.known_markets
    source.failure = None
    clock.advance(61)
    await venue.poll_once()
    assert source.reloads == 1
    source.markets[BTC] = msgspec.structs.replace(RULES[BTC], active=False)
    clock.advance(RELOAD_S)
    await venue.poll_once()
    assert feed.known_markets[BTC].active is False


async def test_a_pair_the_venue_denies_is_asked_for_less_and_less_often(
    venue: VenueFeed, source: Listed, clock: FakeClock
) -> None:
    feed = joined(venue, clock, BTC, ETH)
    source.bad_pairs[ETH] = UnknownPairError("scripted does not trade this pair.")
    await venue.poll_once()
    assert "ETH/USDT" in line(feed).detail
    source.calls.clear()
    await poll_for(venue, clock, FIRST_REST_S * 6)
    alone = [call for call in source.calls if call == "tickers ETH/USDT"]
    assert len(alone) == 2, "after one minute, then two, then four"
    assert "ETH/USDT" in line(feed).detail


# -- F22: candles -----------------------------------------------------------------------------


class Gappy(Listed):
    """Forgets some candles, as venues under load do."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.left_out: set[int] = set()
        self.asked: list[int] = []

    async def fetch_candles(self, pair: Pair, timeframe: str, limit: int) -> Candles:
        self.asked.append(limit)
        now = to_ms(self.clock.now())
        first = now // 60_000 - limit + 1
        rows: list[list[float | None]] = [
            [minute * 60_000, 100 + minute % 7, 120, 90, 100 + minute % 7, 5]
            for minute in range(first, now // 60_000 + 1)
            if minute not in self.left_out
        ]
        rows = [*rows[::-1], *rows[:2]]  # in disorder, and some twice
        return candles_from_rows(
            pair, timeframe, self.name, rows, now_ms=now, received_at=self.clock.now()
        )


def series_of(feed: Feed) -> Candles:
    return (feed.store.get(CANDLES) or {})["BTC/USDT 1m"]


async def test_f22_a_hole_is_asked_for_once_more_and_repaired(clock: FakeClock) -> None:
    source = Gappy(clock)
    feed = joined(VenueFeed(source, clock), clock, BTC)
    await feed.watch_chart(BTC, "1m")
    clock.advance(120)
    missing = to_ms(clock.now()) // 60_000 - 1
    source.left_out = {missing}
    await feed.poll_once()
    assert source.asked[-1] == 500, "the hole was seen and the whole series asked for"
    holes = [int(step) for step in series_of(feed).time[1:] - series_of(feed).time[:-1]]
    assert max(holes) == 120_000, "still missing there: the gap is real until proven otherwise"
    source.left_out = set()
    asked = len(source.asked)
    for _ in range(4):
        clock.advance(5)
        await feed.poll_once()
    assert max(source.asked[asked:]) <= 4, "not asked for again and again"
    clock.advance(REPAIR_S)
    source.left_out = {to_ms(clock.now()) // 60_000 - 1}
    await feed.poll_once()
    clock.advance(REPAIR_S + 60)
    source.left_out = set()
    await feed.poll_once()
    steps = {int(step) for step in series_of(feed).time[1:] - series_of(feed).time[:-1]}
    assert steps == {60_000}


async def test_f22_the_open_candle_is_marked_and_replaced_by_its_last_state(
    clock: FakeClock,
) -> None:
    source = Gappy(clock)
    feed = joined(VenueFeed(source, clock), clock, BTC)
    await feed.watch_chart(BTC, "1m")
    assert series_of(feed).last_is_open
    open_time = int(series_of(feed).time[-1])
    assert int(series_of(feed).closed().time[-1]) == open_time - 60_000
    clock.advance(60)
    await feed.poll_once()
    assert int(series_of(feed).closed().time[-1]) == open_time


async def test_an_account_that_fails_is_its_own_trouble(
    venue: VenueFeed, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    one, two = joined(venue, clock, BTC), joined(venue, clock, BTC)
    done = asyncio.Event()

    async def fails() -> None:
        raise ValueError("its own")

    async def works() -> None:
        done.set()

    one.on_poll, two.on_poll = fails, works
    with caplog.at_level(logging.CRITICAL):
        await venue.poll_once()
    assert done.is_set()
