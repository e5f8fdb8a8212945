"""Indicators against plain TA-Lib, and TA-Lib's import with and without what it drags in.

Run: python -m benchmarks.bench_indicators
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from kit_tui.domain.candles import Candles
from kit_tui.indicators import (
    levels,
    momentum,
    overlays,
    patterns,
    trend,
    volatility,
    volume,
)
from kit_tui.indicators._talib import talib
from tests.support.market import make_candles, walk

ROUNDS = 7
IMPORTS = {
    "plain": "import talib",
    "lazy": "from kit_tui.indicators._talib import talib; talib()",
    "numpy alone": "import numpy",
}
# The resident size is taken from /proc where there is one, so that parents do not count.
PROBE = """
import json, sys, time
start = time.perf_counter()
{code}
took = (time.perf_counter() - start) * 1000
try:
    pages = int(open("/proc/self/statm").read().split()[1])
    size = pages * 4096 / 1e6
except OSError:
    size = float("nan")
print(json.dumps([took, size, len(sys.modules)]))
"""


def milliseconds(call: Callable[[], object]) -> float:
    """Median time of one call."""
    call()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def pairs(c: Candles, t: Any) -> dict[str, tuple[Callable[[], object], Callable[[], object]]]:
    """Ours and the plain TA-Lib call of the same name."""
    close, bars = c.close, (c.high, c.low, c.close)
    return {
        "SMA": (lambda: trend.sma(close, 20), lambda: t.SMA(close, 20)),
        "EMA": (lambda: trend.ema(close, 20), lambda: t.EMA(close, 20)),
        "MACD": (lambda: trend.macd(close), lambda: t.MACD(close)),
        "ADX, DIs": (
            lambda: trend.adx(c),
            lambda: (t.ADX(*bars, 14), t.PLUS_DI(*bars, 14), t.MINUS_DI(*bars, 14)),
        ),
        "SAR": (lambda: trend.sar(c), lambda: t.SAR(c.high, c.low)),
        "RSI": (lambda: momentum.rsi(close), lambda: t.RSI(close)),
        "STOCH": (lambda: momentum.stochastic(c), lambda: t.STOCH(*bars, 14, 3, 0, 3, 0)),
        "CCI": (lambda: momentum.cci(c), lambda: t.CCI(*bars, 20)),
        "WILLR": (lambda: momentum.williams_r(c), lambda: t.WILLR(*bars)),
        "BBANDS": (lambda: volatility.bollinger(close), lambda: t.BBANDS(close, 20)),
        "ATR": (lambda: volatility.atr(c), lambda: t.ATR(*bars)),
        "Keltner": (lambda: volatility.keltner(c), lambda: t.KC(*bars)),
        "OBV": (lambda: volume.obv(c), lambda: t.OBV(close, c.volume)),
        "CMF": (lambda: volume.cmf(c), lambda: t.CMF(*bars, c.volume)),
        "chart lines": (
            lambda: overlays.overlays(close),
            lambda: (t.EMA(close, 20), t.EMA(close, 50), t.BBANDS(close, 20)),
        ),
    }


def ours_only(c: Candles) -> dict[str, Callable[[], object]]:
    """What TA-Lib does not have."""
    return {
        "VWAP rolling": lambda: volume.vwap_rolling(c),
        "VWAP session": lambda: volume.vwap_session(c),
        "volume profile": lambda: volume.volume_profile(c),
        "swing levels": lambda: levels.swing_levels(c, float(c.close[-1]) * 0.002),
        "patterns": lambda: patterns.patterns(c),
    }


def bench_indicators() -> None:
    """Print milliseconds at a thousand and at a hundred thousand candles."""
    series = {count: make_candles(walk(count, start=100.0)) for count in (1_000, 100_000)}
    print(f"{'':<16}{'1e3 ms':>9}{'TA-Lib':>9}{'ratio':>7}{'1e5 ms':>9}{'TA-Lib':>9}{'ratio':>7}")
    library = talib()
    tables = [pairs(c, library) for c in series.values()]
    for name in tables[0]:
        cells = []
        for table in tables:
            own, plain = (milliseconds(call) for call in table[name])
            cells.append(f"{own:>9.3f}{plain:>9.3f}{own / plain:>7.2f}")
        print(f"{name:<16}{''.join(cells)}")
    alone = [ours_only(c) for c in series.values()]
    for name in alone[0]:
        cells = [f"{milliseconds(table[name]):>9.3f}{'':>16}" for table in alone]
        print(f"{name:<16}{''.join(cells)}")


def bench_imports() -> None:
    """Print time, resident size and modules of each way to import, each in fresh processes."""
    found: dict[str, list[list[float]]] = {name: [] for name in IMPORTS}
    for _ in range(5):
        for name, code in IMPORTS.items():
            found[name].append(_probe(code))
    medians = {name: np.median(np.array(rows), axis=0) for name, rows in found.items()}
    for name, (took, size, modules) in medians.items():
        print(f"import {name:<12} {took:7.0f} ms {size:7.1f} MB {modules:6.0f} modules")
    ratio = medians["lazy"][0] / medians["plain"][0]
    print(f"lazy / plain import time: {ratio:.2f}")


def _probe(code: str) -> list[float]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(code=code)], capture_output=True, text=True, check=True
    )
    return [float(value) for value in json.loads(done.stdout)]


if __name__ == "__main__":
    bench_imports()
    bench_indicators()
