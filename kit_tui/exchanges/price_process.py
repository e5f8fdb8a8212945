"""The price process of the simulated market: a pure function of (seed, coin, time).

A day is drawn from a hashed random walk; a block (day, 4 h, 1 h, 15 min, 5 min, 1 min, 1 s) is then
split into its children inside its own open, high, low and close. So any candle is found without
history in a few steps, and the candles of one timeframe add up exactly to those of the next.
Values are natural logarithms of prices; arrays have the shape (series, blocks).
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from typing import TYPE_CHECKING

import msgspec

from kit_tui.exchanges.hashed_numbers import Stream

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Tents = tuple[NDArray[np.int64], Floats, Floats]

# Seconds of a block of each level and into how many children the level above is split.
LEVELS: tuple[tuple[int, int], ...] = (
    (86_400, 1),
    (14_400, 6),
    (3_600, 4),
    (900, 4),
    (300, 3),
    (60, 5),
    (1, 60),
)
LEVEL_OF_SECONDS = {seconds: level for level, (seconds, _) in enumerate(LEVELS)}
_GAP_LEVELS = frozenset({3, 4})
_MARKET_VOLATILITY = 0.021
_WALK_OCTAVES = 9  # the slowest swing lasts 2^9 days, so levels stay near those of the coin table
_CLUSTERED = 5  # of the octaves; slower swings are the same in calm and wild weeks
_KEPT_RANGES = 16  # of each level


class Coin(msgspec.Struct, frozen=True):
    """How one coin moves against the dollar: share in the market's moves and own daily noise."""

    name: str
    beta: float
    own_volatility: float

    @property
    def volatility(self) -> float:
        """Standard deviation of a day's log return."""
        return math.hypot(self.beta * _MARKET_VOLATILITY, self.own_volatility)


class Series(msgspec.Struct, frozen=True):
    """One traded series: `base` priced in `quote` (None is the dollar), `noise` its own stream."""

    base: Coin
    quote: Coin | None
    noise: str
    day_volume: float

    @property
    def volatility(self) -> float:
        """Standard deviation of a day's log return."""
        other = self.quote.volatility if self.quote is not None else 0.0
        # Coins move together, so a cross moves less than its legs would if they were independent.
        return (
            self.base.volatility if other < 0.01 else 0.6 * math.hypot(self.base.volatility, other)
        )


class Blocks(msgspec.Struct, frozen=True, eq=False):
    """Neighbouring blocks of one level: the first one's index, logs of prices, base volume.

    `sigma` is how far a block's price usually moves; its children inherit it in part, so that quiet
    and wild hours follow each other softly.
    """

    first: int
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    sigma: Floats

    @property
    def stop(self) -> int:
        """The index behind the last block."""
        return self.first + len(self.open[0])

    def cut(self, start: int, stop: int) -> Blocks:
        """The blocks with indexes from `start` to before `stop`."""
        part = (slice(None), slice(start - self.first, stop - self.first))
        return Blocks(
            start, self.open[part], self.high[part], self.low[part], self.close[part],
            self.volume[part], self.sigma[part],
        )  # fmt: skip


class PriceProcess:
    """Blocks of every level for a fixed list of series, from nothing but the seed."""

    def __init__(self, seed: int, series: tuple[Series, ...]) -> None:

        self._series = series
        self._coins = tuple({c: None for s in series for c in (s.base, s.quote) if c is not None})
        self._own = Stream(seed, [s.noise for s in series])
        self._coin = Stream(seed, ["coin " + coin.name for coin in self._coins])
        self._market = Stream(seed, ["market"])
        self._known: defaultdict[int, deque[Blocks]] = defaultdict(
            lambda: deque(maxlen=_KEPT_RANGES)
        )

    def blocks(self, level: int, first: int, stop: int) -> Blocks:
        """The blocks of `level` with indexes (Unix seconds / length) from `first` to `stop`."""
        for known in self._known[level]:
            if known.first <= first and stop <= known.stop:
                return known.cut(first, stop)
        found = self._days(first, stop) if level == 0 else self._children(level, first, stop)
        self._known[level].appendleft(found)
        return found.cut(first, stop)

    def span(self, start: int, stop: int) -> list[Blocks]:
        """The fewest blocks that exactly cover the seconds from `start` to before `stop`.

        `start` must be aligned to the largest block that fits.
        """
        parts: list[Blocks] = []
        at = start
        for level, (seconds, _) in enumerate(LEVELS):
            count = (stop - at) // seconds if at % seconds == 0 else 0
            if count > 0:
                parts.append(self.blocks(level, at // seconds, at // seconds + count))
                at += count * seconds
        return parts

    # -- days ------------------------------------------------------------------------------------

    def _days(self, first: int, stop: int) -> Blocks:
        import numpy as np

        days = np.arange(first, stop + 1, dtype=np.int64)
        levels = self._coin_levels(days)
        edges = np.stack([_level_of(series, levels) for series in self._series])
        index = days[:-1]
        calm = self._cluster(index)[None, :]
        sigma = np.array([[s.volatility] for s in self._series]) * calm
        opening = edges[:, :-1]
        # Some days end with a jump to the next day's open.
        jumps = (self._own.uniform(1, index) < 0.04) * self._own.normal(2, index)
        close = edges[:, 1:] + 0.35 * sigma * jumps
        betas = np.array([[s.base.beta if s.quote is None else 0.0] for s in self._series])
        up, down = 0.45 * sigma * self._own.exponential((3, 4), index)
        down = down + 0.5 * betas * self._shock(index)[None, :]
        high = np.maximum(opening, close) + up
        low = np.minimum(opening, close) - down
        activity = 0.5 + 0.35 * (high - low) / sigma
        volume = np.array([[s.day_volume] for s in self._series]) * calm * activity
        volume *= np.exp(0.15 * self._own.normal(5, index))
        return Blocks(first, opening, high, low, close, volume, sigma)

    def _coin_levels(self, days: NDArray[np.int64]) -> dict[str, Floats]:
        """Log level of every coin at the start of each day."""
        tents = self._tents(days)
        walks, market = self._walk(self._coin, tents), self._market_level(days, tents)
        return {
            coin.name: coin.own_volatility * walk + coin.beta * market
            for coin, walk in zip(self._coins, walks, strict=True)
        }

    def _market_level(self, days: NDArray[np.int64], tents: Tents) -> Floats:
        """What all coins share, at a beta of 1: the market's walk less its crashes."""
        import numpy as np

        value: Floats = _MARKET_VOLATILITY * self._walk(self._market, tents)[0]
        # A crash is sold through within a day and bought back slowly.
        ages = np.arange(24)[:, None]
        shocks = self._shock((days[None, :] - 1 - ages).ravel()).reshape(24, -1)
        sold: Floats = (shocks * np.exp(-ages / 7)).sum(axis=0)
        return value - 0.7 * sold

    def _tents(self, days: NDArray[np.int64]) -> Tents:
        """For the swings of every power of two: which one a day is in, how far, and how calm."""
        import numpy as np

        lengths = [1 << octave for octave in range(1, _WALK_OCTAVES + 1)]
        indexes = np.stack([days // length for length in lengths])
        tents: list[Floats] = []
        for length, index in zip(lengths, indexes, strict=True):
            place = (days - index * length) / length
            tents.append(math.sqrt(length) / 2.0 * (1.0 - np.abs(2.0 * place - 1.0)))
        calm = np.ones((len(lengths), len(days)))
        spans = np.array(lengths[:_CLUSTERED])[:, None]
        middles = indexes[:_CLUSTERED] * spans + spans // 2
        calm[:_CLUSTERED] = self._cluster(middles.ravel()).reshape(_CLUSTERED, -1)
        return indexes, np.stack(tents), calm

    def _walk(self, stream: Stream, tents: Tents) -> Floats:
        """Brownian motion by Lévy's construction: hashed tents of every power of two.

        One row for each of its keys.
        """
        import numpy as np

        indexes, weights, calms = tents
        heights = stream.normal(tuple(range(17, 17 + len(indexes))), indexes)
        total = np.zeros(heights.shape[1:])
        for weight, height, calm in zip(weights, heights, calms, strict=True):
            total += weight * height * calm
        return total

    def _cluster(self, days: NDArray[np.int64]) -> Floats:
        """Volatility of the whole market on each day, 1 on average: calm weeks, wild weeks."""
        import numpy as np

        total = np.zeros(len(days))
        for lane, (length, weight) in enumerate(((4, 0.30), (15, 0.35))):
            index = days // length
            place = (days - index * length) / length
            before = self._market.normal(40 + lane, index)[0]
            after = self._market.normal(40 + lane, index + 1)[0]
            total += weight * (before + (after - before) * place)
        return np.exp(np.clip(total, -1.0, 0.9) - 0.08)

    def _shock(self, days: NDArray[np.int64]) -> Floats:
        """How much a market-wide crash takes on each day, in log price; zero on most days."""
        hit = self._market.uniform(50, days)[0] < 1 / 70
        size: Floats = hit * (0.05 + 0.08 * self._market.uniform(51, days)[0])
        return size

    # -- splitting -------------------------------------------------------------------------------

    def _children(self, level: int, first: int, stop: int) -> Blocks:
        """All children of the blocks that hold these: neighbours are asked for next."""
        parts = LEVELS[level][1]
        return self._split(level, self.blocks(level - 1, first // parts, (stop - 1) // parts + 1))

    def _split(self, level: int, parents: Blocks) -> Blocks:
        import numpy as np

        parts = LEVELS[level][1]
        count = parents.open.shape[1]
        index = np.arange(parents.first, parents.first + count, dtype=np.int64)
        children = np.arange(parents.first * parts, (parents.first + count) * parts, dtype=np.int64)
        width = np.maximum(parents.high - parents.low, 1e-9)
        lane = level * 64
        wildness = np.exp(0.25 * self._mixed(lane + 1, index))
        # How wild a block is comes mostly from those above it, a little from its own range. The
        # constants were fitted to real minute candles: range, body, tails and clustering.
        sigma = parents.sigma**0.75 * (width / 1.6) ** 0.25 * wildness / math.sqrt(parts)
        step = 0.9 * sigma
        points = self._points(level, parents, children, width, step)
        opening, close = points[:, :, :-1], points[:, :, 1:].copy()
        if level in _GAP_LEVELS:
            self._add_gaps(lane, parents, children, close)
        shape = opening.shape
        top, bottom = np.maximum(opening, close), np.minimum(opening, close)
        reach = 0.35 * sigma[:, :, None]
        tails = self._own.exponential((lane + 2, lane + 3), children)
        up, down = reach * tails[0].reshape(shape), reach * tails[1].reshape(shape)
        high = np.minimum(top + up, parents.high[:, :, None])
        low = np.maximum(bottom - down, parents.low[:, :, None])
        # The parent's extremes are reached in exactly one child each, where the path came nearest.
        np.put_along_axis(high, top.argmax(2)[:, :, None], parents.high[:, :, None], 2)
        np.put_along_axis(low, bottom.argmin(2)[:, :, None], parents.low[:, :, None], 2)
        share = 0.3 + (high - low) / width[:, :, None]
        share *= np.exp(0.45 * self._own.normal(lane + 4, children).reshape(shape))
        volume = parents.volume[:, :, None] * share / share.sum(2, keepdims=True)
        flat = (len(self._series), count * parts)
        return Blocks(
            parents.first * parts, opening.reshape(flat), high.reshape(flat), low.reshape(flat),
            close.reshape(flat), volume.reshape(flat), np.repeat(sigma, parts, 1),
        )  # fmt: skip

    def _points(
        self,
        level: int,
        parents: Blocks,
        children: NDArray[np.int64],
        width: Floats,
        step: Floats,
    ) -> Floats:
        """The path at the edges of the children: a skeleton through the extremes, plus noise."""
        import numpy as np

        parts = LEVELS[level][1]
        skeleton = self._skeleton(level, parents, children[::parts] // parts, width)
        shocks = self._mixed(level * 64 + 5, children).reshape(*step.shape, parts)
        walk = np.concatenate([np.zeros((*step.shape, 1)), np.cumsum(shocks, 2)], 2)
        edge = np.arange(parts + 1) / parts
        bridge = walk - edge * walk[:, :, -1:]
        low, span = parents.low[:, :, None], width[:, :, None]
        place = np.abs((skeleton + step[:, :, None] * bridge - low) / span)
        place = np.clip(1.0 - np.abs(1.0 - place), 0.0, 1.0)  # folded back at both extremes
        points: Floats = low + place * span
        points[:, :, 0], points[:, :, -1] = parents.open, parents.close
        return points

    def _skeleton(
        self, level: int, parents: Blocks, index: NDArray[np.int64], width: Floats
    ) -> Floats:
        import numpy as np

        parts, lane = LEVELS[level][1], level * 64
        rising = parents.close > parents.open
        high_draw, low_draw, turn_draw = self._shared((lane + 6, lane + 7, lane + 8), index)
        at_high = 1 + np.floor(high_draw * (parts - 1))
        shift = 1 + np.floor(low_draw * (parts - 2))
        at_low = 1 + (at_high - 1 + shift) % (parts - 1)
        # A block that ends higher has mostly seen its low first, and the other way round.
        turned = (rising == (at_high < at_low)) & (turn_draw < 0.6)
        at_high, at_low = np.where(turned, at_low, at_high), np.where(turned, at_high, at_low)
        near = 0.25 * width / math.sqrt(parts)
        top_draw, bottom_draw = self._own.uniform((lane + 9, lane + 10), index)
        top, bottom = parents.high - near * top_draw, parents.low + near * bottom_draw
        top = self._knot(parents, at_high / parts, top, parents.high, width)
        bottom = self._knot(parents, at_low / parts, bottom, parents.low, width)
        high_first = at_high < at_low
        a, b = np.minimum(at_high, at_low)[:, :, None], np.maximum(at_high, at_low)[:, :, None]
        first = np.where(high_first, top, bottom)[:, :, None]
        second = np.where(high_first, bottom, top)[:, :, None]
        edge = np.arange(parts + 1, dtype=np.float64)
        start, end = parents.open[:, :, None], parents.close[:, :, None]
        rest = second + (end - second) * (edge - b) / (parts - b)
        middle = first + (second - first) * (edge - a) / (b - a)
        leading = start + (first - start) * edge / a
        skeleton: Floats = np.where(edge <= a, leading, np.where(edge <= b, middle, rest))
        return skeleton

    @staticmethod
    def _knot(
        parents: Blocks, place: Floats, value: Floats, extreme: Floats, width: Floats
    ) -> Floats:
        """Pull the straight line to an extreme only as far as the extreme lies outside of it."""
        import numpy as np

        line: Floats = parents.open + (parents.close - parents.open) * place
        beyond = np.minimum(np.abs(extreme - parents.open), np.abs(extreme - parents.close))
        line += np.clip(beyond / width, 0.0, 1.0) * (value - line)
        return line

    def _add_gaps(
        self, lane: int, parents: Blocks, children: NDArray[np.int64], close: Floats
    ) -> None:
        import numpy as np

        chance = self._own.uniform(lane + 11, children).reshape(close.shape)
        chance[:, :, -1] = 1.0  # the last child ends where the parent does
        way = self._own.uniform(lane + 12, children).reshape(close.shape)
        goal = np.where(way < 0.5, parents.low[:, :, None], parents.high[:, :, None])
        close += np.where(chance < 1 / 200, 0.5 * way * (goal - close), 0.0)

    # -- hashed randomness -----------------------------------------------------------------------

    def _mixed(self, lane: int, index: NDArray[np.int64]) -> Floats:
        """Normal numbers which the series share in part, so that pairs move together."""
        return 0.8 * self._market.normal(lane, index) + 0.6 * self._own.normal(lane, index)

    def _shared(self, lanes: tuple[int, ...], index: NDArray[np.int64]) -> Floats:
        """Uniform numbers of each lane, mostly the market's, sometimes the series' own."""
        import numpy as np

        own, chance = np.split(self._own.uniform((*lanes, *(n + 32 for n in lanes)), index), 2)
        return np.where(chance < 0.75, self._market.uniform(lanes, index), own)


def _level_of(series: Series, levels: dict[str, Floats]) -> Floats:
    base = levels[series.base.name]
    return base if series.quote is None else base - levels[series.quote.name]
