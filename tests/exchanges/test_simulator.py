"""The simulated market: pure in (seed, pair, time), consistent with itself, and market-like."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit_tui.domain.errors import UnknownPairError
from kit_tui.domain.market_data import TIMEFRAME_SECONDS
from kit_tui.domain.numbers import Price, floor_to_step
from kit_tui.domain.pair import Pair
from kit_tui.exchanges.simulator import SimulatedMarket
from tests.support.clock import EPOCH, FakeClock

BTC, ETH = Pair("BTC/USDT"), Pair("ETH/USDT")
YEARS = st.integers(min_value=-3 * 365 * 86_400, max_value=3 * 365 * 86_400)


def market_at(seconds: int, seed: int = 7) -> SimulatedMarket:
    return SimulatedMarket(FakeClock(EPOCH + timedelta(seconds=seconds)), seed)


async def test_the_level_is_realistic_on_the_reference_day() -> None:
    found = await market_at(0).fetch_tickers([BTC, ETH, Pair("XRP/USDT"), Pair("ETH/BTC")])
    assert found[BTC].last == Price("67012.40")
    assert found[ETH].last == Price("3211.75")
    assert found[Pair("XRP/USDT")].last == Price("0.5231")


# Written down from the first version: (second, seed, pair, timeframe), the first and the open one
# of 80 candles without their volume, last, bid, high and low of the day, the third ask.
GOLDEN = (
    (0, 7, "BTC/USDT", "1m", (66654.08, 66654.19, 66646.85, 66649.85),
     (67016.76, 67018.86, 67010.17, 67012.4),
     "67012.40 67012.30 67245.53 64254.94", "67013.07"),
    (17_280_901, 7, "ETH/USDT", "15m", (5227.29, 5229.69, 5218.86, 5219.73),
     (5321.03, 5325.33, 5310.23, 5311.21),
     "5311.21 5311.18 5325.33 5165.88", "5311.34"),
    (-28_767_601, 7, "ETH/BTC", "1h", (0.0606, 0.06159, 0.06037, 0.06112),
     (0.0639, 0.0642, 0.06388, 0.06409),
     "0.06409 0.06409 0.06420 0.06065", "0.06415"),
    (12_345_678, 11, "XRP/USDT", "1d", (0.5763, 0.6, 0.5694, 0.5995),
     (0.4609, 0.4684, 0.4601, 0.4653),
     "0.4653 0.4652 0.4684 0.4564", "0.4657"),
    (777_659, 7, "BTC/EUR", "1w", (78248.0, 80170.04, 76878.3, 80016.85),
     (66279.12, 66877.82, 65681.87, 66058.94),
     "66058.94 66056.47 66337.45 65681.87", "66064.11"),
    (14_400, 7, "SOL/USDT", "30m", (170.04, 170.1, 169.89, 170.0),
     (173.12, 173.19, 172.94, 173.02),
     "173.02 173.02 173.19 169.16", "173.07"),
)  # fmt: skip


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda g: f"{g[2]} {g[3]}")
async def test_its_prices_are_those_of_every_version(golden: tuple[Any, ...]) -> None:
    """Positions on the demo account were opened at them: another version may not move them."""
    at, seed, name, timeframe, first, newest, quote, third_ask = golden
    market, pair = market_at(at, seed), Pair(name)
    candles = await market.fetch_candles(pair, timeframe, 80)
    columns = (candles.open, candles.high, candles.low, candles.close)
    assert tuple(float(column[0]) for column in columns) == first
    assert tuple(float(column[-1]) for column in columns) == newest
    ticker = (await market.fetch_tickers([pair]))[pair]
    assert f"{ticker.last} {ticker.bid} {ticker.high_24h} {ticker.low_24h}" == quote
    book = await market.fetch_order_book(pair, 3)
    assert book is not None
    assert str(book.asks[2].price) == third_ask


@settings(max_examples=15, deadline=None)
@given(at=YEARS)
async def test_two_markets_of_one_seed_agree_and_history_does_not_matter(at: int) -> None:
    fresh, used = market_at(at), SimulatedMarket(FakeClock(EPOCH + timedelta(seconds=at - 4000)))
    await used.fetch_tickers([BTC])
    await used.fetch_candles(BTC, "1m", 30)
    assert isinstance(used._clock, FakeClock)
    used._clock.advance(4000)
    assert await fresh.fetch_tickers([BTC, ETH]) == await used.fetch_tickers([ETH, BTC])
    one, other = await fresh.fetch_candles(BTC, "5m", 40), await used.fetch_candles(BTC, "5m", 40)
    for column in ("time", "open", "high", "low", "close", "volume"):
        assert (getattr(one, column) == getattr(other, column)).all()


def test_another_process_sees_the_same_prices() -> None:
    script = (
        "import asyncio\nfrom datetime import timedelta\n"
        "from tests.exchanges.test_simulator import BTC, market_at\n"
        "print(asyncio.run(market_at(98765).fetch_tickers([BTC]))[BTC].last)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    here = asyncio.run(market_at(98_765).fetch_tickers([BTC]))[BTC].last
    assert Price(done.stdout.strip()) == here


async def test_another_seed_is_another_market() -> None:
    one = await market_at(5_000_000).fetch_candles(BTC, "1h", 50)
    other = await market_at(5_000_000, seed=8).fetch_candles(BTC, "1h", 50)
    assert (one.close != other.close).mean() > 0.9


@settings(max_examples=12, deadline=None)
@given(
    at=YEARS,
    frames=st.sampled_from(
        [
            ("1m", "5m"),
            ("5m", "15m"),
            ("15m", "30m"),
            ("15m", "1h"),
            ("1h", "4h"),
            ("4h", "1d"),
            ("1d", "1w"),
        ]
    ),
)
async def test_short_candles_add_up_to_long_ones(at: int, frames: tuple[str, str]) -> None:
    """Including the candle that is still forming."""
    market = market_at(at)
    short, long = frames
    each = TIMEFRAME_SECONDS[long] // TIMEFRAME_SECONDS[short]
    parts = await market.fetch_candles(BTC, short, each * 6)
    whole = (await market.fetch_candles(BTC, long, 5)).tail(4)
    for place in range(len(whole)):
        start, end = int(whole.time[place]), int(whole.time[place]) + whole.step_ms
        inside = (parts.time >= start) & (parts.time < end)
        assert parts.open[inside][0] == whole.open[place]
        assert parts.close[inside][-1] == whole.close[place]
        assert parts.high[inside].max() == whole.high[place]
        assert parts.low[inside].min() == whole.low[place]
        assert parts.volume[inside].sum() == pytest.approx(whole.volume[place])


async def test_every_tick_lies_inside_its_candles_and_closes_them() -> None:
    clock = FakeClock(EPOCH + timedelta(days=40, seconds=30))
    market = SimulatedMarket(clock)
    for _ in range(90):
        clock.advance(7)
        ticker = (await market.fetch_tickers([BTC]))[BTC]
        for timeframe in ("1m", "15m", "1d", "1w"):
            candle = (await market.fetch_candles(BTC, timeframe, 1)).tail(1)
            assert candle.last_is_open
            assert candle.low[0] <= float(ticker.last) <= candle.high[0]
            assert candle.close[0] == float(ticker.last)


async def test_a_forming_candle_never_shrinks_and_ends_as_history_has_it() -> None:
    clock = FakeClock(EPOCH + timedelta(days=11))
    market = SimulatedMarket(clock)
    forming = await market.fetch_candles(BTC, "15m", 1)
    start, high, low = int(forming.time[0]), forming.high[0], forming.low[0]
    while int(forming.time[0]) == start:
        assert forming.high[0] >= high
        assert forming.low[0] <= low
        high, low = forming.high[0], forming.low[0]
        clock.advance(6)
        forming = await market.fetch_candles(BTC, "15m", 1)
    done = (await market.fetch_candles(BTC, "15m", 2)).slice(0, 1)
    assert int(done.time[0]) == start
    assert done.high[0] >= high
    assert done.low[0] <= low


@settings(max_examples=20, deadline=None)
@given(at=YEARS)
async def test_quotes_are_on_tick_ordered_and_inside_the_day(at: int) -> None:
    market = market_at(at)
    rules = await market.load_markets()
    for pair, ticker in (await market.fetch_tickers(list(rules))).items():
        assert ticker.bid is not None
        assert ticker.ask is not None
        assert ticker.high_24h is not None
        assert ticker.low_24h is not None
        assert ticker.bid <= ticker.last <= ticker.ask
        assert ticker.bid < ticker.ask
        assert ticker.low_24h <= ticker.last <= ticker.high_24h
        for price in (ticker.last, ticker.bid, ticker.ask):
            assert floor_to_step(price, rules[pair].tick_size) == price
        assert ticker.volume_24h is not None
        assert ticker.volume_24h > 0


async def test_book_and_tape_agree_with_the_quote() -> None:
    market = market_at(123_456)
    ticker = (await market.fetch_tickers([BTC]))[BTC]
    book = await market.fetch_order_book(BTC, 10)
    assert book is not None
    assert (book.bids[0].price, book.asks[0].price) == (ticker.bid, ticker.ask)
    bids, asks = [level.price for level in book.bids], [level.price for level in book.asks]
    assert bids == sorted(set(bids), reverse=True)
    assert asks == sorted(set(asks))
    assert len(bids) == len(asks) == 10
    trades = await market.fetch_trades(BTC, 20)
    assert len(trades) == 20
    assert trades[-1].price == ticker.last
    assert [trade.at for trade in trades] == sorted(trade.at for trade in trades)


async def test_a_chart_of_it_looks_like_a_market() -> None:
    """Volatility, fat tails, clusters, wicks and correlation in the ranges of real coins."""
    market = market_at(86_400 * 200)
    hours = await market.fetch_candles(BTC, "1h", 4000)
    returns = np.diff(np.log(hours.close))
    assert 0.01 < returns.std() * np.sqrt(24) < 0.06
    kurtosis = ((returns - returns.mean()) ** 4).mean() / returns.var() ** 2
    assert kurtosis > 4
    assert np.corrcoef(np.abs(returns[1:]), np.abs(returns[:-1]))[0, 1] > 0.15
    assert abs(np.corrcoef(returns[1:], returns[:-1])[0, 1]) < 0.2
    body = np.abs(hours.close - hours.open)
    assert 0.2 < (body / (hours.high - hours.low)).mean() < 0.75
    days = (await market.fetch_candles(BTC, "1d", 400), await market.fetch_candles(ETH, "1d", 400))
    moves = [np.diff(np.log(series.close)) for series in days]
    assert np.corrcoef(moves[0], moves[1])[0, 1] > 0.5
    assert (hours.open[1:] != hours.close[:-1]).any()


async def test_crosses_follow_their_legs() -> None:
    market = market_at(86_400 * 33 + 4321)
    pairs = [BTC, ETH, Pair("ETH/BTC"), Pair("BTC/EUR"), Pair("EUR/USDT")]
    found = await market.fetch_tickers(pairs)
    btc, eth, cross, euros, rate = (float(found[pair].last) for pair in pairs)
    assert cross == pytest.approx(eth / btc, rel=0.05)
    assert euros == pytest.approx(btc / rate, rel=0.03)


async def test_what_it_does_not_trade_is_said() -> None:
    market = market_at(0)
    assert await market.fetch_tickers([Pair("NOPE/USDT")]) == {}
    with pytest.raises(UnknownPairError):
        await market.fetch_ticker(Pair("NOPE/USDT"))
    with pytest.raises(UnknownPairError):
        await market.fetch_candles(Pair("NOPE/USDT"), "1h", 5)


async def test_it_is_fast_enough_to_be_polled() -> None:
    """Eight quotes within 5 ms and 500 candles within 30 ms, with room for a busy machine."""
    clock = FakeClock()
    market = SimulatedMarket(clock)
    pairs = [pair for pair in await market.load_markets() if pair.quote == "USDT"][:8]
    await market.fetch_tickers(pairs)
    spent = []
    for _ in range(20):
        clock.advance(5)
        started = time.process_time()
        await market.fetch_tickers(pairs)
        spent.append(time.process_time() - started)
    assert sorted(spent)[10] < 0.010
    started = time.process_time()
    await market.fetch_candles(BTC, "15m", 500)
    assert time.process_time() - started < 0.060


async def test_rules_resemble_a_real_venue() -> None:
    rules = await market_at(0).load_markets()
    assert rules[BTC].min_notional == 5
    assert rules[BTC].quantity_step == Decimal("0.00001")
    assert rules[Pair("ETH/BTC")].min_notional == Decimal("0.0001")
