"""The answer to "analyze": figures, levels, bias and sketch as a card and as words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from kit_tui.domain.candles import Candles
from kit_tui.domain.cards import AnalysisCard, Reading, Reply
from kit_tui.domain.numbers import from_float
from kit_tui.indicators.patterns import patterns
from kit_tui.skills import wording
from kit_tui.skills.market_analysis.bias import Bias, invalidation, sketch, vote
from kit_tui.skills.market_analysis.collect import Inputs
from kit_tui.skills.market_analysis.figures import figures
from kit_tui.skills.market_analysis.frames import consensus, frame_readings
from kit_tui.skills.market_analysis.levels import price_levels
from kit_tui.skills.market_analysis.notes import closing_time, series_notes
from kit_tui.skills.market_analysis.prices import on_tick, to_price
from kit_tui.skills.market_analysis.readings import (
    momentum_readings,
    trend_readings,
    volatility_readings,
)
from kit_tui.skills.market_analysis.settings import AnalysisSettings
from kit_tui.skills.market_analysis.words import words

DAY = timedelta(hours=24)
PATTERN_CANDLES = 2
INTRADAY_MS = 4 * 3_600_000
# Candles whose newest ended longer ago than this many of them have stopped.
STOPPED_CANDLES = 3


@dataclass(frozen=True, slots=True)
class Day:
    """The last 24 hours; fractions and prices, None where not known."""

    change: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None


def report(inputs: Inputs, settings: AnalysisSettings) -> Reply:
    """Compute everything on closed candles and word it."""
    closed, tick = inputs.candles.closed(), inputs.tick
    price = _price(inputs)
    f = figures(closed)
    trend = trend_readings(f, float(price), tick)
    momentum = momentum_readings(f, tick)
    frames = frame_readings(inputs.frames)
    bias = _bias(inputs, closed, [*trend, *momentum, consensus(frames)], settings)
    daily = inputs.frames.get("1d") if closed.step_ms <= INTRADAY_MS else None
    levels = price_levels(closed, daily, f, float(price), tick=tick, count=settings.levels_per_side)
    plan = sketch(bias.side, price, f.atr, levels, tick=tick, least_reward=settings.least_reward)
    day = last_day(inputs)
    card = AnalysisCard(
        pair=inputs.pair,
        venue=closed.venue,
        timeframe=closed.timeframe,
        candles=len(closed),
        as_of=closing_time(closed),
        price=price,
        change_24h=day.change,
        high_24h=day.high,
        low_24h=day.low,
        volume_ratio=None if f.volume_ratio is None else round(from_float(f.volume_ratio), 2),
        trend=trend,
        momentum=momentum,
        volatility=volatility_readings(f, float(price), tick),
        levels=levels,
        bias=bias.side,
        reasons=bias.reasons,
        invalidation=invalidation(bias.side, closed.timeframe, plan, levels),
        entry=plan.entry if plan else None,
        stop=plan.stop if plan else None,
        target=plan.target if plan else None,
        timeframes=frames,
        patterns=_patterns(closed),
        notes=_notes(inputs, closed),
    )
    return Reply(text=words(card, plan, inputs.ticker, inputs.now), cards=(card,))


def _bias(
    inputs: Inputs, closed: Candles, readings: Sequence[Reading], settings: AnalysisSettings
) -> Bias:
    """The vote; none on candles that have stopped, whatever they said then."""
    age = (inputs.now - closing_time(closed)).total_seconds()
    if age * 1000 > STOPPED_CANDLES * closed.step_ms:
        reason = f"the candles stopped {wording.span(age)} ago, so no bias"
        return Bias(side="neutral", reasons=(reason,))
    return vote(readings, settings)


def _price(inputs: Inputs) -> Decimal:
    """The quote's last price, else the newest candle's."""
    if inputs.ticker is not None:
        return on_tick(inputs.ticker.last, inputs.tick)
    return to_price(float(inputs.candles.close[-1]), inputs.tick)


def last_day(inputs: Inputs) -> Day:
    """Change and range of 24 hours: the venue's own, else from candles of an hour or less."""
    ticker = inputs.ticker
    own = Day(ticker.change_24h, ticker.high_24h, ticker.low_24h) if ticker else Day()
    other = Day() if None not in (own.change, own.high, own.low) else _day_of(inputs)
    high = other.high if own.high is None else own.high
    low = other.low if own.low is None else own.low
    return Day(
        other.change if own.change is None else own.change,
        None if high is None else on_tick(high, inputs.tick),
        None if low is None else on_tick(low, inputs.tick),
    )


def _day_of(inputs: Inputs) -> Day:
    sources = (inputs.candles, inputs.frames.get("1h"), inputs.frames.get("15m"))
    since = round((inputs.now - DAY).timestamp() * 1000)
    for candles in sources:
        if candles is None or candles.step_ms > 3_600_000 or not len(candles):
            continue
        start = int((candles.time + candles.step_ms <= since).sum())
        if not 0 < start < len(candles):
            continue
        before, now = float(candles.close[start - 1]), float(candles.close[-1])
        return Day(
            round(from_float(now / before - 1), 6),
            from_float(float(candles.high[start:].max())),
            from_float(float(candles.low[start:].min())),
        )
    return Day()


def _patterns(closed: Candles) -> tuple[str, ...]:
    """Patterns of the last two closed candles, each with which candle and which way."""
    ways = {1: "bullish", -1: "bearish", 0: "undecided"}
    named: list[str] = []
    seen: set[int] = set()
    for found in patterns(closed, PATTERN_CANDLES):
        if found.lean == 0 and found.place in seen:
            continue  # a doji that is also a spinning top says nothing more
        seen.add(found.place)
        back = len(closed) - 1 - found.place
        when = "last candle" if back == 0 else "candle before"
        way = "" if found.name.startswith(("bullish", "bearish")) else f"{ways[found.lean]}, "
        named.append(f"{found.name} ({way}{when})")
    return tuple(named)


def _notes(inputs: Inputs, closed: Candles) -> tuple[str, ...]:
    """What a reader should know about the data."""
    notes = list(inputs.problems)
    if inputs.ticker is None:
        notes.append("price is the last candle's")
    return (*notes, *series_notes(closed, inputs.now))
