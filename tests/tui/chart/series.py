"""Candle series for chart tests: rows in, `Candles` out, and a seeded random walk."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from kit_tui.domain.candles import Candles
from kit_tui.domain.market_data import TIMEFRAME_SECONDS
from kit_tui.domain.pair import Pair

# 2026-11-22 00:00 UTC.
MIDNIGHT_MS = 1_795_305_600_000
RECEIVED = datetime(2026, 11, 22, 14, 3, tzinfo=UTC)

Row = tuple[float, float, float, float]


def candles(
    rows: Sequence[Row],
    *,
    slots: Sequence[int] | None = None,
    timeframe: str = "15m",
    volume: Sequence[float] | None = None,
    last_is_open: bool = False,
) -> Candles:
    """Candles of open, high, low, close; candle 0 (or slot 0) begins at `MIDNIGHT_MS`."""
    step = TIMEFRAME_SECONDS[timeframe] * 1000
    table = np.array(rows, dtype=np.float64).reshape(-1, 4)
    places = np.array(range(len(rows)) if slots is None else slots, dtype=np.int64)
    volumes = np.ones(len(rows)) if volume is None else np.array(volume, dtype=np.float64)
    return Candles(
        Pair("BTC/USDT"), timeframe, "test", MIDNIGHT_MS + places * step,
        table[:, 0].copy(), table[:, 1].copy(), table[:, 2].copy(), table[:, 3].copy(),
        volumes, last_is_open, RECEIVED,
    )  # fmt: skip


def walk(count: int, *, seed: int = 7, start: float = 67_000.0, timeframe: str = "15m") -> Candles:
    """A random walk with volume; the same for the same arguments."""
    chance = random.Random(seed)
    rows: list[Row] = []
    close = start
    for _ in range(count):
        opened, close = close, close * (1 + chance.gauss(0, 0.0015))
        high = max(opened, close) * (1 + abs(chance.gauss(0, 0.0007)))
        low = min(opened, close) * (1 - abs(chance.gauss(0, 0.0007)))
        rows.append((round(opened, 1), round(high, 1), round(low, 1), round(close, 1)))
    volume = [chance.gammavariate(2, 50) for _ in range(count)]
    return candles(rows, timeframe=timeframe, volume=volume, last_is_open=True)
