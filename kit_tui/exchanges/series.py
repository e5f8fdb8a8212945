"""Joining two pieces of one candle series."""

from __future__ import annotations

from kit_tui.domain.candles import Candles


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
