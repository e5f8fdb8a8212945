"""What a candle chart costs: ours against plotext (and textual-plotext where it is installed).

Run: python -m benchmarks.bench_chart [--candles 1000] [--size 120x35] [--frames 40]
"""

from __future__ import annotations

import argparse
import importlib
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

WARM_UP = 3


def milliseconds(work: Callable[[int], object], frames: int) -> tuple[float, float]:
    """Median and worst time of a frame, after a few frames that do not count."""
    for number in range(WARM_UP):
        work(number)
    taken = []
    for number in range(frames):
        start = time.perf_counter()
        work(number)
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken), max(taken)


def report(name: str, timing: tuple[float, float]) -> None:
    print(f"{name:<58} {timing[0]:9.2f} ms   worst {timing[1]:9.2f}")


def ours(count: int, size: tuple[int, int], frames: int) -> dict[str, float]:
    """Our frames: newest candles, all candles on one sight, and one moved last candle."""
    from kit_tui.tui.chart.frame import Frame, draw
    from kit_tui.tui.chart.options import ZOOM_LADDER, ChartOptions
    from kit_tui.tui.widgets.candle_chart import changed_regions
    from tests.tui.chart.series import walk

    series = walk(count)
    closes = series.close
    last = float(closes[-1])

    def frame(number: int, zoom: int = 2) -> Frame:
        closes[-1] = last * (1 + 0.0001 * (number % 7))
        return draw(series, size, ChartOptions(zoom=zoom))

    def whole(number: int, zoom: int = 2) -> object:
        drawn = frame(number, zoom)
        return [drawn.canvas.runs(y) for y in range(size[1])]

    kept = frame(0)

    def update(number: int) -> object:
        nonlocal kept
        drawn = frame(number)
        rows = [drawn.canvas.runs(region.y) for region in changed_regions(kept, drawn)]
        kept = drawn
        return rows

    far = len(ZOOM_LADDER) - 1
    timings = {
        f"ours, newest of {count}, EMA20/50, volume": milliseconds(whole, frames),
        f"ours, all of {count} at 8 a column": milliseconds(lambda n: whole(n, far), frames),
        "ours, last candle moved (changed rows only)": milliseconds(update, frames),
    }
    for name, timing in timings.items():
        report(name, timing)
    return {name: timing[0] for name, timing in timings.items()}


def columns_of(count: int) -> dict[str, list[float]]:
    """The same walk as lists, by the names plotext wants."""
    from tests.tui.chart.series import walk

    series = walk(count)
    return {
        "Open": series.open.tolist(), "Close": series.close.tolist(),
        "High": series.high.tolist(), "Low": series.low.tolist(),
    }  # fmt: skip


def dates(count: int) -> list[datetime]:
    first = datetime(2026, 11, 22, tzinfo=UTC)
    return [first + timedelta(minutes=15 * index) for index in range(count)]


def plotext_six(count: int, size: tuple[int, int], frames: int) -> float | None:
    """plotext 6: `figure.candlestick`; it clamps to COLUMNS and LINES."""
    import plotext

    if not hasattr(plotext, "figure"):
        return None
    data = {name.lower(): values for name, values in columns_of(count).items()}
    data["date"] = list(range(count))

    def build(_: int) -> object:
        figure = plotext.figure
        for name in ("clear", "clear_data"):
            if hasattr(figure, name):
                getattr(figure, name)()
                break
        figure.plot_size(*size)
        figure.draw(figure.candlestick(data))
        return figure.build().string()

    lines = str(build(0)).splitlines()
    widest = max(len(line) for line in lines)
    timing = milliseconds(build, frames)
    report(f"plotext {plotext.__version__}, {count} candles ({len(lines)} rows built)", timing)
    return timing[0] if widest >= size[0] else None


def plotext_widget(count: int, size: tuple[int, int], frames: int) -> float | None:
    """textual-plotext, which builds on plotext 5 and cannot be installed beside plotext 6."""
    try:
        plot = importlib.import_module("textual_plotext").Plot()
    except (ImportError, AttributeError):
        print("textual-plotext: not importable here; it builds on plotext 5 (needs plotext <6)")
        return None
    data = columns_of(count)
    stamps = plot.datetimes_to_string(dates(count))

    def build(_: int) -> object:
        plot.clear_figure()
        plot.date_form("d/m/Y H:M")
        plot.plotsize(*size)
        plot.candlestick(stamps, data)
        return plot.build()

    timing = milliseconds(build, frames)
    report(f"textual-plotext, {count} candles", timing)
    return timing[0]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candles", type=int, default=1000)
    parser.add_argument("--size", default="120x35")
    parser.add_argument("--frames", type=int, default=40)
    chosen = parser.parse_args()
    width, _, height = chosen.size.partition("x")
    size = (int(width), int(height))
    # plotext asks the terminal for its size and draws no larger, so it is told.
    os.environ["COLUMNS"], os.environ["LINES"] = str(size[0]), str(size[1] + 1)
    print(f"{chosen.candles} candles at {chosen.size}, median of {chosen.frames} frames")
    mine = ours(chosen.candles, size, chosen.frames)
    whole, _, update = mine.values()
    few = max(3, chosen.frames // 10)
    for name, other in (
        ("plotext", plotext_six(chosen.candles, size, few)),
        ("textual-plotext", plotext_widget(chosen.candles, size, few)),
    ):
        if other is not None:
            print(f"{name} / ours: {other / whole:.0f}x a frame, {other / update:.0f}x an update")
    held = whole < 5 and update < 2
    print(f"frame < 5 ms and update < 2 ms: {'held' if held else 'MISSED'}")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
