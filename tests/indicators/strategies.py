"""hypothesis strategies for candle series, quiet and wild, with gaps and flat stretches."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from kit_tui.domain.candles import Candles, candles_from_rows
from tests.support.clock import EPOCH
from tests.support.market import BTC

STEP_MS = 3_600_000


@st.composite
def candle_series(draw: st.DrawFn, least: int = 0, most: int = 160) -> Candles:
    """A series of closed hourly candles: scale from dust to millions, some volume zero, gaps."""
    count = draw(st.integers(least, most))
    scale = draw(st.sampled_from([1e-6, 0.02, 1.0, 67_012.4, 3e6]))
    restless = draw(st.sampled_from([0.0, 1e-4, 0.01, 0.2]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    quiet = draw(st.booleans())
    moves = rng.normal(0.0, restless, count)
    if quiet:
        moves[rng.random(count) < 0.6] = 0.0
    close = scale * np.exp(np.cumsum(moves))
    opening = np.concatenate((close[:1], close[:-1]))
    reach = np.abs(rng.normal(0.0, restless, (2, count))) * (0 if quiet else 1)
    high = np.maximum(opening, close) * (1 + reach[0])
    low = np.minimum(opening, close) / (1 + reach[1])
    volume = np.where(rng.random(count) < 0.2, 0.0, rng.lognormal(1.0, 2.0, count))
    time = np.cumsum(np.where(rng.random(count) < 0.05, 5, 1)) * STEP_MS + 1_700_000_000_000
    rows = np.column_stack((time, opening, high, low, close, volume)).tolist()
    return candles_from_rows(
        BTC, "1h", "scripted", rows, now_ms=2_000_000_000_000, received_at=EPOCH
    )
