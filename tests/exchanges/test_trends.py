"""Hourly closes for sparklines: few requests, never in the way."""

from __future__ import annotations

from kit_tui.domain.candles import Candles
from kit_tui.domain.errors import VenueUnavailableError
from kit_tui.domain.pair import Pair
from kit_tui.exchanges.trends import REFRESH_S, Trends
from kit_tui.state.slices import TRENDS
from kit_tui.state.store import Store
from tests.support.clock import FakeClock
from tests.support.market import make_candles, walk

PAIRS = [Pair(f"{name}/USDT") for name in ("BTC", "ETH", "SOL")]


def shown(store: Store) -> list[Pair]:
    trends = store.get(TRENDS)
    return [] if trends is None else list(trends)


class Venue:
    """Answers for every pair but one, and counts."""

    def __init__(self, bad: Pair | None = None) -> None:
        self.asked: list[Pair] = []
        self.bad = bad

    async def hours(self, pair: Pair) -> Candles:
        self.asked.append(pair)
        if pair == self.bad:
            raise VenueUnavailableError("no answer")
        return make_candles(walk(24), pair=pair, timeframe="1h")


async def test_every_pair_gets_its_turn_and_none_is_asked_twice_in_a_quarter_hour() -> None:
    venue, store, clock = Venue(), Store(), FakeClock()
    trends = Trends(venue.hours, store, clock, pairs_a_cycle=2)
    for _ in range(5):
        await trends.refresh(PAIRS)
        clock.advance(5)
    assert venue.asked == PAIRS
    assert set(shown(store)) == set(PAIRS)
    clock.advance(REFRESH_S)
    await trends.refresh(PAIRS)
    assert venue.asked == [*PAIRS, *PAIRS[:2]]


async def test_a_pair_that_fails_does_not_stop_the_others() -> None:
    venue, store = Venue(bad=PAIRS[0]), Store()
    await Trends(venue.hours, store, FakeClock(), pairs_a_cycle=9).refresh(PAIRS)
    assert shown(store) == PAIRS[1:]


async def test_a_pair_no_longer_watched_leaves_the_slice() -> None:
    store = Store()
    trends = Trends(Venue().hours, store, FakeClock(), pairs_a_cycle=9)
    await trends.refresh(PAIRS)
    await trends.refresh(PAIRS[:1])
    assert shown(store) == PAIRS[:1]
