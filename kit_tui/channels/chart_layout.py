"""Where the parts of a chart go, for pictures and for charts in characters alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec

from kit_tui.domain.cards import ChartCard, PriceLevel
from kit_tui.domain.clock import utc_from_ms
from kit_tui.domain.market_data import TIMEFRAME_SECONDS
from kit_tui.skills import wording

# A gap is seen when it is a few candles wide; the whole of a long one would squeeze the others.
WIDEST_GAP: Final = 6
# Levels further away than this share of the candles' range would flatten the candles.
LEVEL_REACH: Final = 0.6
_STILL: Final = 0.01  # of the price: the range shown of a market that did not move
_HOUR: Final = 3_600
_DAY: Final = 86_400
_TIME_STEPS: Final = (
    60, 300, 600, 900, 1_800, _HOUR, 2 * _HOUR, 4 * _HOUR, 6 * _HOUR, 12 * _HOUR,
    _DAY, 2 * _DAY, 5 * _DAY, 10 * _DAY,
)  # fmt: skip
# Round steps of an axis as multiples of a power of ten, and how many more decimals one takes.
_ROUND: Final = ((1, 0), (2, 0), (2.5, 1), (5, 0), (10, -1))
_MONTH_STEPS: Final = (1, 2, 3, 6, 12)


class Span(msgspec.Struct, frozen=True):
    """The prices between the bottom and the top of a chart."""

    low: float
    high: float

    def share(self, price: float) -> float:
        """0 at the bottom, 1 at the top; beyond them outside."""
        return (price - self.low) / (self.high - self.low)


class Gap(msgspec.Struct, frozen=True):
    """Columns without candles, from `first` to before `end`."""

    first: int
    end: int


def columns_of(card: ChartCard) -> tuple[list[int], list[Gap]]:
    """The column of each candle, and the blank columns where candles are missing."""
    step = TIMEFRAME_SECONDS[card.timeframe] * 1000
    columns: list[int] = []
    gaps: list[Gap] = []
    column, before = -1, None
    for candle in card.candles:
        missing = 0 if before is None else max(0, round((candle.time - before) / step) - 1)
        blank = min(missing, WIDEST_GAP)
        if blank:
            gaps.append(Gap(column + 1, column + 1 + blank))
        column, before = column + 1 + blank, candle.time
        columns.append(column)
    return columns, gaps


def price_span(card: ChartCard) -> Span:
    """Room for the candles, the price, and the levels that are not too far away."""
    low, high = float(card.low), float(card.high)
    reach = (high - low) * LEVEL_REACH or high * _STILL
    near = [
        price
        for price in (float(level.price) for level in card.levels)
        if low - reach <= price <= high + reach
    ]
    low, high = min((low, *near)), max((high, *near))
    if high <= low:
        return Span(low * (1 - _STILL / 2), high * (1 + _STILL / 2) or 1.0)
    return Span(low, high)


def places_of(card: ChartCard) -> int:
    """Decimals of this market's prices: those of its tick, else those the price came with."""
    known = card.tick.normalize() if card.tick > 0 else card.price
    exponent = known.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 2


def price_text(card: ChartCard, price: Decimal) -> str:
    """A price with the market's decimals: `67,012.40`."""
    return wording.grouped(price, places_of(card))


def distance(card: ChartCard, level: PriceLevel) -> str:
    """How far a level is from the price: `−4.53%`."""
    return wording.percent(level.price / card.price - 1)


def round_prices(span: Span, most: int) -> list[tuple[float, str]]:
    """Round prices within a span with their labels, at most `most` steps from first to last."""
    wanted = (span.high - span.low) / max(1, most)
    power = math.floor(math.log10(wanted))
    steps = ((multiple * 10.0**power, more - power) for multiple, more in _ROUND)
    step, places = next(pair for pair in steps if pair[0] >= wanted * 0.999)
    first = math.ceil(span.low / step - 1e-9)
    found = range(first, math.floor(span.high / step + 1e-9) + 1)
    return [(n * step, f"{n * step:,.{max(0, places)}f}") for n in found]


def time_marks(card: ChartCard, most: int) -> list[tuple[int, str]]:
    """At most `most` candles to name by their time, each the first of its hour, day or month."""
    opened = [utc_from_ms(candle.time) for candle in card.candles]
    found: list[tuple[int, str]] = []
    for period, label in _periods():
        periods = [period(moment) for moment in opened]
        starts = [at for at in range(1, len(opened)) if periods[at] != periods[at - 1]]
        found = [(at, label(opened[at])) for at in starts]
        if len(found) <= most:
            break
    return found or [(at, _clock(moment)) for at, moment in enumerate(opened[:1])]


def apart(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places at least `gap` from each other between `low` and `high`, near the ascending `wanted`.

    Those that would overlap share the displacement: their middle stays where it was wanted.
    """
    blocks: list[tuple[float, int]] = []
    for index, place in enumerate(wanted):
        mean, count = place - index * gap, 1
        while blocks and blocks[-1][0] > mean:
            before, many = blocks.pop()
            mean, count = (before * many + mean * count) / (many + count), many + count
        blocks.append((mean, count))
    top = high - (len(wanted) - 1) * gap
    means = [min(max(mean, low), top) for mean, count in blocks for _ in range(count)]
    return [mean + index * gap for index, mean in enumerate(means)]


def _periods() -> list[tuple[Callable[[datetime], int], Callable[[datetime], str]]]:
    """Ever longer periods of time as numbers, and how the first candle of one is named."""

    def of_seconds(step: int) -> Callable[[datetime], int]:
        return lambda moment: int(moment.timestamp()) // step

    def of_months(step: int) -> Callable[[datetime], int]:
        return lambda moment: (moment.year * 12 + moment.month - 1) // step

    return [
        *((of_seconds(step), _clock if step < _DAY else _date) for step in _TIME_STEPS),
        *((of_months(step), _month) for step in _MONTH_STEPS),
    ]


def _clock(moment: datetime) -> str:
    """The time of day; at midnight the date says more."""
    return f"{moment:%H:%M}" if moment.hour or moment.minute else _date(moment)


def _date(moment: datetime) -> str:
    return f"{moment.day} {moment:%b}"


def _month(moment: datetime) -> str:
    return f"{moment:%b %Y}"
