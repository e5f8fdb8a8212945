"""Missing candles: how many, in how many gaps, where the last one is."""

from __future__ import annotations

from typing import NamedTuple

from kit_tui.domain.candles import Candles


class Gaps(NamedTuple):
    """`missing` candles in `holes` gaps; `last` is the index of the candle after the newest gap."""

    missing: int
    holes: int
    last: int | None


def find_gaps(candles: Candles) -> Gaps:
    """Holes between candles, by opening times and the time frame.

    A hole may be an outage or a quiet market; the arrays cannot tell which.
    """
    import numpy as np

    steps = np.diff(candles.time) // candles.step_ms - 1
    at = np.flatnonzero(steps > 0)
    last = int(at[-1]) + 1 if len(at) else None
    return Gaps(int(steps[at].sum()), len(at), last)
