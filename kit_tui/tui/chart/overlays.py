"""Lines over and under the candles: averages, bands, RSI and MACD, in braille dots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from kit_tui.tui.chart.canvas import ROLE_INDEX, SPACE, Canvas, FloatArray, IndexArray, Mask

Lines = list[FloatArray]

_BRAILLE: Final = 0x2800
# The eight dots of a cell: dot row, dot column, bit in the character's number.
_BITS: Final = (
    (0, 0, 0x01), (1, 0, 0x02), (2, 0, 0x04), (0, 1, 0x08),
    (1, 1, 0x10), (2, 1, 0x20), (3, 0, 0x40), (3, 1, 0x80),
)  # fmt: skip


def ema(values: FloatArray, period: int) -> FloatArray:
    """Exponential moving average with weight 2/(period+1), seeded by the first simple average."""
    result = np.full(len(values), np.nan)
    if len(values) < period:
        return result
    average = float(values[:period].mean())
    result[period - 1] = average
    weight = 2 / (period + 1)
    for index, value in enumerate(values[period:].tolist(), start=period):
        average += (value - average) * weight
        result[index] = average
    return result


def bollinger(values: FloatArray, period: int = 20, width: float = 2.0) -> Lines:
    """Upper and lower Bollinger band: simple average ± `width` population deviations."""
    upper, lower = np.full(len(values), np.nan), np.full(len(values), np.nan)
    if len(values) >= period:
        parts = np.lib.stride_tricks.sliding_window_view(values, period)
        middle, spread = parts.mean(axis=1), parts.std(axis=1) * width
        upper[period - 1 :], lower[period - 1 :] = middle + spread, middle - spread
    return [upper, lower]


def rsi(values: FloatArray, period: int = 14) -> FloatArray:
    """Relative strength index by Wilder's smoothing, 0 to 100; 50 where nothing moved."""
    result = np.full(len(values), np.nan)
    if len(values) <= period:
        return result
    change = np.diff(values)
    gain = float(np.maximum(change[:period], 0).mean())
    loss = float(np.maximum(-change[:period], 0).mean())
    result[period] = _strength(gain, loss)
    for index, step in enumerate(change[period:].tolist(), start=period + 1):
        gain += (max(step, 0.0) - gain) / period
        loss += (max(-step, 0.0) - loss) / period
        result[index] = _strength(gain, loss)
    return result


def _strength(gain: float, loss: float) -> float:
    return 50.0 if gain + loss == 0 else 100 * gain / (gain + loss)


def macd(values: FloatArray, fast: int = 12, slow: int = 26, signal: int = 9) -> Lines:
    """MACD line and its signal: fast minus slow average, and the average of that."""
    line = ema(values, fast) - ema(values, slow)
    known = line[slow - 1 :]
    signals = np.full(len(values), np.nan)
    if len(values) >= slow:
        signals[slow - 1 :] = ema(known, signal)
    return [line, signals]


LINES: Final[dict[str, tuple[str, Callable[[FloatArray], Lines]]]] = {
    "ema20": ("EMA20", lambda closes: [ema(closes, 20)]),
    "ema50": ("EMA50", lambda closes: [ema(closes, 50)]),
    "bollinger": ("BB20", bollinger),
}


@dataclass(frozen=True, slots=True)
class Study:
    """What a pane under the chart shows: lines between `span`, and marked heights."""

    title: str
    lines: Lines
    span: tuple[float, float]
    marks: tuple[float, ...]


def _rsi_study(closes: FloatArray) -> Study:
    line = rsi(closes)
    last = f"RSI {line[-1]:.0f}" if len(line) and np.isfinite(line[-1]) else "RSI"
    return Study(last, [line], (0.0, 100.0), (70.0, 30.0))


def _macd_study(closes: FloatArray) -> Study:
    lines = macd(closes)
    reach = max((float(np.nanmax(np.abs(x))) for x in lines if np.isfinite(x).any()), default=0.0)
    span = (-reach, reach) if reach > 0 else (-1.0, 1.0)
    return Study("MACD", lines, span, (0.0,))


STUDIES: Final[dict[str, Callable[[FloatArray], Study]]] = {
    "rsi": _rsi_study,
    "macd": _macd_study,
}


@dataclass(frozen=True, slots=True)
class Pen:
    """Where lines may be drawn: rows `area` of the first `plot` columns.

    `centers` are the columns of the visible candles and `slots` their slots, which tell gaps.
    """

    canvas: Canvas
    area: range
    plot: int
    centers: IndexArray
    slots: IndexArray
    braille: bool = True

    def line(self, position: FloatArray, role: str) -> None:
        """Draw one line behind whatever is there already.

        `position` holds for each visible candle its depth below the top of the area in rows; the
        line breaks where candles are missing and where it is not a number.
        """
        rows = len(self.area)
        dots = self._dots(position)
        bits = np.zeros((rows, self.plot), dtype=np.uint32)
        for row, column, bit in _BITS:
            bits |= np.where(dots[row::4, column::2], np.uint32(bit), np.uint32(0))
        codes = self.canvas.codes[self.area.start : self.area.stop, : self.plot]
        roles = self.canvas.roles[self.area.start : self.area.stop, : self.plot]
        drawn = (codes >= _BRAILLE) & (codes < _BRAILLE + 256)
        empty = (bits > 0) & (codes == SPACE)
        roles[empty] = ROLE_INDEX[role]
        codes[empty] = (bits + _BRAILLE if self.braille else np.full_like(codes, ord(".")))[empty]
        codes[drawn] |= bits[drawn]

    def _dots(self, position: FloatArray) -> Mask:
        """A line as lit dots, four to a row and two to a column, each joined to the next."""
        height = len(self.area) * 4
        known = np.isfinite(position)
        if not known.any():
            return np.zeros((height, self.plot * 2), dtype=np.bool_)
        x = np.arange(self.plot * 2)
        points: FloatArray = (self.centers[known] * 2 + 0.5).astype(np.float64)
        depths = np.clip(position[known] * 4, -4.0, height + 4.0)
        y = np.interp(x, points, depths, left=np.nan, right=np.nan)
        y[self._in_gap(x, points, self.slots[known])] = np.nan
        # Each dot column reaches to the depth of the next one, so steep lines stay joined.
        following = np.append(y[1:], np.nan)
        here, there = np.floor(y), np.floor(np.where(np.isnan(following), y, following))
        low = np.where(there < here, there + 1, here)
        high = np.where(there > here, there - 1, here)
        row = np.arange(height)[:, np.newaxis]
        lit: Mask = (row >= low) & (row <= high)
        return lit

    @staticmethod
    def _in_gap(x: IndexArray, points: FloatArray, slots: IndexArray) -> Mask:
        before = np.clip(np.searchsorted(points, x, side="right") - 1, 0, len(points) - 1)
        after = np.minimum(before + 1, len(points) - 1)
        gap: Mask = (slots[after] - slots[before] > 1) & (x > points[before] + 1)
        return gap
