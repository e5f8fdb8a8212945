"""Analyses: every figure comes from closed candles, what is missing says so, bias is countable."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings

from kit_tui.domain.candles import Candles, candles_from_rows
from kit_tui.domain.cards import AnalysisCard, PriceLevel, QuoteCard, Reading, Reply, TableCard
from kit_tui.domain.clock import to_ms
from kit_tui.domain.errors import KitError, UnknownPairError, VenueUnavailableError
from kit_tui.domain.numbers import from_float
from kit_tui.domain.pair import Pair
from kit_tui.indicators import momentum, trend, volatility
from kit_tui.skills import wording
from kit_tui.skills.market_analysis import MarketAnalysis, bias, levels
from kit_tui.skills.market_analysis.settings import AnalysisSettings
from kit_tui.state.codec import decode, encode
from tests.indicators.strategies import candle_series
from tests.skills.context import Bench
from tests.support.clock import EPOCH
from tests.support.market import BTC, make_candles, make_ticker, walk, wave

ETH = Pair("ETH/USDT")


def bench(closes: list[float], price: str | None = None, change: str | None = None) -> Bench:
    found = Bench()
    found.market.closes[BTC] = closes
    if price is not None:
        found.market.tickers[BTC] = make_ticker(BTC, price, change=change)
    return found


async def analyse(ctx: Bench, timeframe: str | None = None) -> tuple[Reply, AnalysisCard]:
    reply = await MarketAnalysis().analyze(ctx, BTC, timeframe)  # type: ignore[arg-type]  # literal
    (card,) = reply.cards
    assert isinstance(card, AnalysisCard)
    return reply, card


def by_name(readings: tuple[Reading, ...]) -> dict[str, Reading]:
    return {reading.name: reading for reading in readings}


async def test_the_figures_are_those_of_the_closed_candles() -> None:
    closes = walk(400, start=67_000.0, drift=0.001)
    ctx = bench(closes)
    _, card = await analyse(ctx)
    closed = make_candles(closes, last_is_open=True).closed()
    found = by_name(card.trend + card.momentum + card.volatility)
    assert card.candles == 399
    assert found["RSI"].value == f"{momentum.rsi(closed.close)[-1]:.0f}"
    assert found["ADX"].value == f"{trend.adx(closed).adx[-1]:.0f}"
    for period in (20, 50, 200):
        average = Decimal(repr(float(trend.sma(closed.close, period)[-1])))
        assert found[f"MA{period}"].value == wording.grouped(average, 2)
    assert found["ATR"].value == wording.grouped(
        Decimal(repr(float(volatility.atr(closed)[-1]))), 2
    )


async def test_the_open_candle_changes_nothing_but_the_price() -> None:
    closes = walk(300, start=100.0)
    ctx = bench(closes, price="100.00")
    _, calm = await analyse(ctx)
    ctx.market.closes[BTC] = [*closes[:-1], closes[-1] * 3]
    _, wild = await analyse(ctx)
    # The range of the last 24 hours is a fact of trading and includes the present hour.
    day = {"change_24h": None, "high_24h": None, "low_24h": None}
    assert msgspec.structs.replace(wild, **day) == msgspec.structs.replace(calm, **day)


async def test_the_time_is_that_of_the_last_closed_candle() -> None:
    _, card = await analyse(bench(walk(300)))
    assert card.as_of == EPOCH.replace(minute=0)


async def test_short_history_says_how_much_each_figure_needs() -> None:
    reply, card = await analyse(bench(walk(41)))
    found = by_name(card.trend + card.momentum + card.volatility)
    assert found["MA20"].value != wording.MISSING
    for name, need in (("MA50", 50), ("MA200", 200), ("ADX", 84), ("RSI", 70), ("ATR", 70)):
        assert found[name] == Reading(
            name=name, value=wording.MISSING, meaning=f"needs {need} candles"
        )
    assert card.candles == 40
    assert "MA200 – (needs 200 candles)" in reply.text


async def test_a_single_closed_candle_is_still_answered_calmly() -> None:
    reply, card = await analyse(bench([100.0, 101.0]))
    assert card.candles == 1
    assert card.bias == "neutral"
    assert card.entry is card.stop is card.target is None
    assert "1 closed candle to" in reply.text


async def test_no_closed_candle_is_an_error_that_says_so() -> None:
    with pytest.raises(KitError, match="no closed 1h candles"):
        await analyse(bench([100.0]))


async def test_a_market_that_does_not_move_gives_no_figures_it_cannot_have() -> None:
    ctx = bench([])
    still = make_candles([100.0] * 300, wick=0.0)
    ctx.market.series = {(BTC, frame): still for frame in ("15m", "1h", "4h", "1d")}
    ctx.market.tickers[BTC] = make_ticker(BTC, "100")
    reply, card = await analyse(ctx)
    found = by_name(card.momentum + card.volatility)
    assert found["RSI"].value == found["Stochastic"].value == wording.MISSING
    assert found["RSI"].meaning == "the market did not move"
    assert card.bias == "neutral"
    assert "nan" not in reply.text.lower()


async def test_gaps_and_old_candles_are_flagged() -> None:
    ctx = bench([])
    base = to_ms(EPOCH - timedelta(hours=200))
    hours = [h for h in range(180) if h not in (50, 51, 90)]
    rows = [(base + h * 3_600_000, 100.0, 101.0, 99.0, 100.0 + h % 3, 1.0) for h in hours]
    ctx.market.series[BTC, "1h"] = candles_from_rows(
        BTC, "1h", "scripted", rows, now_ms=to_ms(EPOCH), received_at=EPOCH
    )
    ctx.market.tickers[BTC] = make_ticker(BTC, "100")
    _, card = await analyse(ctx)
    assert "3 candles are missing in 2 gaps" in card.notes
    assert any(re.fullmatch(r"the newest closed candle ended 20 h ago", n) for n in card.notes)


async def test_without_a_quote_the_price_is_the_candles_and_says_so() -> None:
    ctx = bench([100.0 + i % 5 for i in range(300)])
    ctx.market.failures["ticker"] = VenueUnavailableError("scripted is down.")
    reply, card = await analyse(ctx)
    assert card.price == Decimal(104)
    assert "price is the last candle's" in card.notes
    assert "no quote (scripted is down.)" in reply.text
    assert "quote" not in reply.text.split("scripted, ", 1)[1].split(";", 1)[0]


async def test_the_day_comes_from_candles_where_the_venue_says_nothing() -> None:
    closes = [100.0] * 276 + [110.0] * 24
    _, card = await analyse(bench(closes, price="110"))
    assert card.change_24h == Decimal("0.1")
    assert card.high_24h is not None
    assert card.low_24h is not None
    assert card.low_24h < card.high_24h


async def test_the_venues_own_change_wins() -> None:
    _, card = await analyse(bench(walk(300), price="100", change="-0.0123"))
    assert card.change_24h == Decimal("-0.0123")


async def test_a_lost_time_frame_is_missing_and_the_rest_stands() -> None:
    ctx = bench(walk(300))
    ctx.market.failures["candles BTC/USDT 4h"] = VenueUnavailableError("timed out")
    _, card = await analyse(ctx)
    frames = by_name(card.timeframes)
    assert list(frames) == ["15m", "1h", "4h", "1d"]
    assert frames["4h"].value == wording.MISSING
    assert frames["15m"].value != wording.MISSING
    assert "no 4h candles" in card.notes


async def test_an_analysis_costs_four_candle_requests() -> None:
    ctx = bench(walk(300))
    await analyse(ctx)
    assert sum(what == "candles" for what, _ in ctx.market.asked) == 4


@pytest.mark.parametrize("error", [UnknownPairError("no such pair"), VenueUnavailableError("down")])
async def test_candles_that_cannot_be_had_are_the_callers_error(error: KitError) -> None:
    ctx = bench(walk(300))
    ctx.market.failures["candles"] = error
    with pytest.raises(type(error)):
        await analyse(ctx)


async def test_a_steady_rise_is_long_with_every_vote_named() -> None:
    reply, card = await analyse(bench(walk(400, drift=0.004, seed=5)))
    assert card.bias == "long"
    assert card.entry is not None
    assert card.stop is not None
    assert card.target is not None
    assert card.stop < card.entry < card.target
    assert (card.target - card.entry) / (card.entry - card.stop) >= Decimal("1.45")
    assert "close below" in card.invalidation
    assert reply.text.rstrip().endswith("Not advice.")


async def test_a_steady_fall_is_short_and_spot_traders_are_told_what_that_means() -> None:
    reply, card = await analyse(bench(walk(400, start=5000.0, drift=-0.004, seed=5)))
    assert card.bias == "short"
    assert card.stop is not None
    assert card.entry is not None
    assert card.target is not None
    assert card.target < card.entry < card.stop
    assert "On spot: stay out or reduce." in reply.text


async def test_levels_lie_on_their_sides_and_name_their_origin() -> None:
    _, card = await analyse(bench(wave(400, start=100.0, height=0.05, length=37)))
    for level in card.levels:
        assert level.origin
        assert (level.price > card.price) == (level.kind == "resistance")
    assert 1 <= sum(level.kind == "support" for level in card.levels) <= 3
    assert 1 <= sum(level.kind == "resistance" for level in card.levels) <= 3
    assert any("touches" in level.origin for level in card.levels)


async def test_the_card_survives_the_journal() -> None:
    _, card = await analyse(bench(walk(400)))
    assert decode(encode(card), AnalysisCard) == card


@given(candles=candle_series(least=2, most=260))
@settings(max_examples=40, deadline=None)
async def test_any_series_gives_an_answer_without_a_false_number(candles: Candles) -> None:
    """Wild, still, gappy, tiny, huge: never an exception, a NaN or a level on the wrong side."""
    ctx = Bench()
    ctx.market.series = {(BTC, frame): candles for frame in ("1h", "15m", "4h", "1d")}
    ctx.market.tickers[BTC] = make_ticker(BTC, str(from_float(candles.close[-1])))
    reply, card = await analyse(ctx)
    assert not re.search(r"\b(nan|inf|None)\b", reply.text)
    assert not re.search(r"-\d|\de[+-]", reply.text), "an ASCII minus or an exponent"
    if card.entry is not None and card.stop is not None and card.target is not None:
        assert (card.stop < card.entry) == (card.target > card.entry) == (card.bias == "long")
        assert card.stop > 0
        assert card.target > 0


def reading(lean: int, name: str = "x", value: str = "1") -> Reading:
    return Reading(name=name, value=value, meaning="", lean=lean)


@pytest.mark.parametrize(
    ("leans", "side"),
    [
        ([1, 1, 1, 1, 0, 0, 0, 0], "long"),
        ([1, 1, 1, 1, -1, 0, 0, 0], "neutral"),
        ([-1, -1, -1, -1, -1, -1, 1, 0], "short"),
        ([1, 1, 1, 1], "neutral"),
        ([0, 0, 0, 0, 0, 0], "neutral"),
        ([], "neutral"),
    ],
)
def test_the_bias_is_a_count(leans: list[int], side: str) -> None:
    assert bias.vote([reading(lean) for lean in leans], AnalysisSettings()).side == side


def test_a_figure_that_is_missing_has_no_vote() -> None:
    known = [reading(1, f"r{i}") for i in range(5)]
    missing = [reading(0, f"m{i}", wording.MISSING) for i in range(9)]
    found = bias.vote([*known, *missing], AnalysisSettings())
    assert found.side == "long"
    assert found.reasons[0] == "5 of 5 votes long, 0 short"


def test_a_sketch_stops_beyond_a_level_and_aims_at_one_worth_the_risk() -> None:
    found = [
        PriceLevel(kind="resistance", price=Decimal(101), origin="a"),
        PriceLevel(kind="resistance", price=Decimal(106), origin="b"),
        PriceLevel(kind="support", price=Decimal("99.5"), origin="too near"),
        PriceLevel(kind="support", price=Decimal(98), origin="c"),
    ]
    plan = bias.sketch("long", Decimal(100), 1.0, found, tick=Decimal("0.01"), least_reward=1.5)
    assert plan is not None
    assert plan.stop == Decimal("97.75")
    assert plan.target == Decimal("106.00")
    assert plan.reward == pytest.approx(Decimal(6) / Decimal("2.25"))
    assert plan.undone_at == Decimal("98.00")


def test_without_levels_a_sketch_says_that_it_used_multiples() -> None:
    plan = bias.sketch("short", Decimal(100), 1.0, [], tick=Decimal("0.01"), least_reward=1.5)
    assert plan is not None
    assert (plan.stop, plan.target, plan.reward) == (Decimal(102), Decimal(96), Decimal(2))
    assert plan.why == "stop at 2 ATR, target at 2 R, no level in the way"


def test_a_neutral_bias_or_an_unknown_range_has_no_sketch() -> None:
    tick = Decimal("0.01")
    assert bias.sketch("neutral", Decimal(100), 1.0, [], tick=tick, least_reward=1.5) is None
    assert bias.sketch("long", Decimal(100), None, [], tick=tick, least_reward=1.5) is None


def test_levels_that_meet_are_one_with_both_origins() -> None:
    zones = levels.merged(
        [levels.Zone(100.0, 2, ["MA50"]), levels.Zone(100.2, 5, ["swing low, 5 touches"]),
         levels.Zone(103.0, 1, ["round number"])], 0.3,
    )  # fmt: skip
    assert [(z.price, z.weight) for z in zones] == [(100.2, 7), (103.0, 1)]
    assert zones[0].origins == ["swing low, 5 touches", "MA50"]


async def test_a_quote_has_source_and_age() -> None:
    ctx = bench([1.0], price="67012.40", change="0.012")
    ctx.clock.advance(4)
    reply = await MarketAnalysis().price(ctx, BTC)
    (card,) = reply.cards
    assert isinstance(card, QuoteCard)
    assert card.age_s == 4
    assert reply.text == (
        "**BTC/USDT** 67,012.40; +1.20% in 24 h; bid 67,005.69876, ask 67,019.10124"
        " (scripted, 4 s old)"
    )


async def test_a_scan_ranks_the_watchlist_and_keeps_what_failed() -> None:
    ctx = bench(walk(200, drift=0.003))
    ctx.market.closes[ETH] = walk(200, drift=-0.003)
    ctx.watchlist.kept = [ETH, Pair("XXX/USDT"), BTC]
    (card,) = (await MarketAnalysis().scan(ctx)).cards
    assert isinstance(card, TableCard)
    assert [row[0] for row in card.rows] == ["BTC/USDT", "ETH/USDT", "XXX/USDT"]
    assert "does not trade" in card.rows[2][-1]


async def test_a_scan_of_nothing_says_how_to_begin() -> None:
    assert "/watch PAIR" in (await MarketAnalysis().scan(Bench())).text


def test_every_needed_count_really_gives_the_figure() -> None:
    from kit_tui.skills.market_analysis.figures import NEEDS, figures

    for name, need in NEEDS.items():
        f = figures(make_candles(walk(need)))
        values = {
            "ADX": f.adx, "RSI": f.rsi, "MACD": f.macd_before, "Stochastic": f.d, "ATR": f.atr,
            "Money flow": f.money_flow, "Bollinger": f.band_width, "Volume": f.volume_ratio,
            "MA20": f.averages[20], "MA50": f.averages[50], "MA200": f.averages[200],
        }  # fmt: skip
        value = values[name]
        assert value is not None, name
        assert np.isfinite(value), name
