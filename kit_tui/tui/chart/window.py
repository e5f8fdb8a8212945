"""The part of a series a chart shows: candles by column, with blanks where candles are missing."""

from __future__ import annotations

import msgspec
import numpy as np

from kit_tui.domain.candles import Candles
from kit_tui.tui.chart.canvas import FloatArray, IndexArray
from kit_tui.tui.chart.options import ChartOptions

# Averages need candles from before the window to have settled: four times the longest period.
WARM_UP = 200


class Window(msgspec.Struct, frozen=True):
    """Candles `shown` to the end are in sight; those before only feed the averages.

    `slot` is the column each visible candle stands in, 0 at the left; slots without a candle are
    gaps. `first_ms` is when slot 0 begins and `slot_ms` how long each lasts.
    """

    slots: int
    first_ms: int
    slot_ms: int
    slot: IndexArray
    shown: int
    time: IndexArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray
    last_is_open: bool
    newest: bool

    def __len__(self) -> int:
        return len(self.slot)

    def index_at(self, slot: int) -> int | None:
        """Index (from the start of the arrays) of the candle in a slot; None in a gap."""
        where = int(np.searchsorted(self.slot, slot))
        return self.shown + where if where < len(self.slot) and self.slot[where] == slot else None

    def slot_of(self, moment_ms: int) -> int | None:
        """The slot a moment falls in, None when it is out of sight."""
        slot = (moment_ms - self.first_ms) // self.slot_ms
        return int(slot) if 0 <= slot < self.slots else None

    @property
    def gaps(self) -> IndexArray:
        """Slots between the first and the last visible candle which hold none."""
        if not len(self.slot):
            return np.empty(0, dtype=np.int64)
        empty = np.ones(self.slots, dtype=np.bool_)
        empty[self.slot] = False
        empty[: self.slot[0]] = empty[self.slot[-1] :] = False
        return np.flatnonzero(empty)


def furthest_offset(candles: Candles, options: ChartOptions) -> int:
    """How far back the view can go with one candle left in sight."""
    if not len(candles):
        return 0
    span = int(candles.time[-1]) - int(candles.time[0])
    return span // (candles.step_ms * options.merge)


def look(candles: Candles, options: ChartOptions, slots: int) -> Window:
    """The newest `slots` columns, or those `options.offset` columns earlier."""
    base, merge = candles.step_ms, options.merge
    slot_ms = base * merge
    # Venues open their days and weeks at odd hours: slots follow the candles, not the epoch.
    phase = int(candles.time[-1]) % base
    right = (int(candles.time[-1]) - phase) // slot_ms - options.offset
    left = right - slots + 1
    first_ms = left * slot_ms + phase
    begin, end = (
        int(edge) for edge in np.searchsorted(candles.time, [first_ms, first_ms + slots * slot_ms])
    )
    taken = candles.slice(max(0, begin - WARM_UP * merge), end)
    buckets = (taken.time - phase) // slot_ms
    starts = np.flatnonzero(np.diff(buckets, prepend=buckets[:1] - 1)) if len(buckets) else buckets
    opens, highs, lows, closes, volumes = _merged(taken, starts)
    kept = buckets[starts] - left
    shown = int(np.searchsorted(kept, 0))
    if options.heikin_ashi:
        opens, highs, lows, closes = heikin_ashi(opens, highs, lows, closes)
    return Window(
        slots, first_ms, slot_ms, kept[shown:], shown, taken.time[starts], opens, highs, lows,
        closes, volumes, taken.last_is_open, end == len(candles),
    )  # fmt: skip


def _merged(
    candles: Candles, starts: IndexArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """One candle of every run of candles which share a column."""
    if len(starts) == len(candles):
        return candles.open, candles.high, candles.low, candles.close, candles.volume
    ends = np.append(starts[1:], len(candles)) - 1
    return (
        candles.open[starts],
        np.maximum.reduceat(candles.high, starts),
        np.minimum.reduceat(candles.low, starts),
        candles.close[ends],
        np.add.reduceat(candles.volume, starts),
    )


def heikin_ashi(
    opens: FloatArray, highs: FloatArray, lows: FloatArray, closes: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Heikin-Ashi candles (Valcu 2004): averages, not prices anybody traded at."""
    middle = (opens + highs + lows + closes) / 4
    previous = np.empty_like(opens)
    value = float(opens[0] + closes[0]) / 2 if len(opens) else 0.0
    for index, close in enumerate(middle.tolist()):
        previous[index] = value
        value = (value + close) / 2
    top = np.maximum(highs, np.maximum(previous, middle))
    bottom = np.minimum(lows, np.minimum(previous, middle))
    return previous, top, bottom, middle
