"""Joining pieces of candle series, and short candles into longer ones."""

from __future__ import annotations

from collections.abc import Sequence

from kit_tui.domain.candles import Candles
from kit_tui.domain.market_data import TIMEFRAME_SECONDS

_MONDAY_MS = 4 * 86_400_000  # Unix time began on a Thursday


def merged(known: Candles, fresh: Candles, keep: int) -> Candles:
    """`known` continued by `fresh`, which wins where both have a candle; the newest `keep`.

    When `fresh` begins after a hole that `known` does not fill, the hole stays: gaps are real.
    """
    import numpy as np

    if not len(fresh):
        return known
    before = int(np.searchsorted(known.time, fresh.time[0]))
    head = known.slice(0, before)
    after = int(np.searchsorted(known.time, fresh.time[-1], side="right"))
    if after < len(known):  # an older answer that came late must not undo newer candles
        return known
    joined = Candles(
        fresh.pair, fresh.timeframe, fresh.venue,
        np.concatenate([head.time, fresh.time]),
        np.concatenate([head.open, fresh.open]),
        np.concatenate([head.high, fresh.high]),
        np.concatenate([head.low, fresh.low]),
        np.concatenate([head.close, fresh.close]),
        np.concatenate([head.volume, fresh.volume]),
        fresh.last_is_open, fresh.received_at,
    )  # fmt: skip
    return joined.tail(keep)


def newest_hole(series: Candles) -> int | None:
    """The opening time, in Unix milliseconds, of the last candle before the newest hole."""
    import numpy as np

    holes = np.flatnonzero(np.diff(series.time) > series.step_ms)
    return int(series.time[holes[-1]]) if len(holes) else None


def aggregated_rows(rows: Sequence[Sequence[float | None]], seconds: int) -> list[list[float]]:
    """Rows `[ms, open, high, low, close, volume]` joined into candles of `seconds`.

    Weeks begin on Monday. The oldest candle is left out, as its beginning may be missing.
    """
    step, shift = seconds * 1000, _MONDAY_MS if seconds == TIMEFRAME_SECONDS["1w"] else 0
    joined: dict[int, list[float]] = {}
    for row in sorted((row for row in rows if None not in row[:6]), key=lambda row: row[0] or 0):
        at, opening, high, low, close, volume = (float(cell or 0) for cell in row[:6])
        start = (int(at) - shift) // step * step + shift
        whole = joined.get(start)
        if whole is None:
            joined[start] = [start, opening, high, low, close, volume]
            continue
        whole[2], whole[3] = max(whole[2], high), min(whole[3], low)
        whole[4], whole[5] = close, whole[5] + volume
    return [joined[start] for start in sorted(joined)][1:]
