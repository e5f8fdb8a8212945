"""Lines over and under the candles: averages, bands, RSI and MACD, in braille dots."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
import numpy as np

from kit_tui.indicators.overlays import bands, moving
from kit_tui.tui.chart.canvas import ROLE_INDEX, SPACE, Canvas, FloatArray, IndexArray, Mask

Lines = list[FloatArray]

_BRAILLE: Final = 0x2800
# Bits of the eight dots of a cell, by dot row and dot column.
_BITS: Final = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], dtype=np.uint32)


def _bands(closes: FloatArray) -> Lines:
    upper, _, lower = bands(closes)
    return [upper, lower]


LINES: Final[dict[str, Callable[[FloatArray], Lines]]] = {
    "ema20": lambda closes: [moving(closes, 20)],
    "ema50": lambda closes: [moving(closes, 50)],
    "bollinger": _bands,
}


class Study(msgspec.Struct, frozen=True):
    """What a pane under the chart shows: lines between `span`, and marked heights."""

    title: str
    lines: Lines
    span: tuple[float, float]
    marks: tuple[float, ...]


def _rsi_study(closes: FloatArray) -> Study:
    # TA-Lib is loaded when a study is first asked for, not with the chart.
    from kit_tui.indicators.momentum import rsi

    line = rsi(closes)
    last = f"RSI {line[-1]:.0f}" if len(line) and np.isfinite(line[-1]) else "RSI"
    return Study(last, [line], (0.0, 100.0), (70.0, 30.0))


def _macd_study(closes: FloatArray) -> Study:
    from kit_tui.indicators.trend import macd

    lines: Lines = list(macd(closes)[:2])
    reach = max((float(np.nanmax(np.abs(x))) for x in lines if np.isfinite(x).any()), default=0.0)
    span = (-reach, reach) if reach > 0 else (-1.0, 1.0)
    return Study("MACD", lines, span, (0.0,))


STUDIES: Final[dict[str, Callable[[FloatArray], Study]]] = {
    "rsi": _rsi_study,
    "macd": _macd_study,
}


class Pen(msgspec.Struct, frozen=True):
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
        dot_x, dot_y = self._dots(position)
        bits = np.zeros((len(self.area), self.plot), dtype=np.uint32)
        np.bitwise_or.at(bits, (dot_y >> 2, dot_x >> 1), _BITS[dot_y & 3, dot_x & 1])
        codes = self.canvas.codes[self.area.start : self.area.stop, : self.plot]
        roles = self.canvas.roles[self.area.start : self.area.stop, : self.plot]
        drawn = (codes >= _BRAILLE) & (codes < _BRAILLE + 256)
        empty = (bits > 0) & (codes == SPACE)
        roles[empty] = ROLE_INDEX[role]
        codes[empty] = bits[empty] + _BRAILLE if self.braille else ord(".")
        codes[drawn] |= bits[drawn]

    def _dots(self, position: FloatArray) -> tuple[IndexArray, IndexArray]:
        """Columns and rows of the dots of a line: two to a cell across and four down."""
        height = len(self.area) * 4
        known = np.isfinite(position)
        nothing = np.zeros(0, dtype=np.int64)
        if not known.any():
            return nothing, nothing
        x = np.arange(self.plot * 2)
        points: FloatArray = (self.centers[known] * 2 + 0.5).astype(np.float64)
        depths = np.clip(position[known] * 4, -4.0, height + 4.0)
        y = np.interp(x, points, depths, left=np.nan, right=np.nan)
        y[self._in_gap(x, points, self.slots[known])] = np.nan
        # Each dot column reaches to the depth of the next one, so steep lines stay joined.
        following = np.append(y[1:], np.nan)
        here, there = np.floor(y), np.floor(np.where(np.isnan(following), y, following))
        low = np.maximum(np.where(there < here, there + 1, here), 0)
        high = np.minimum(np.where(there > here, there - 1, here), height - 1)
        count = np.where(high >= low, high - low + 1, 0).astype(np.int64)
        before = np.cumsum(count) - count
        first = np.where(count > 0, low, 0).astype(np.int64)
        dots = np.arange(int(count.sum()))
        return np.repeat(x, count), np.repeat(first - before, count) + dots

    @staticmethod
    def _in_gap(x: IndexArray, points: FloatArray, slots: IndexArray) -> Mask:
        before = np.clip(np.searchsorted(points, x, side="right") - 1, 0, len(points) - 1)
        after = np.minimum(before + 1, len(points) - 1)
        gap: Mask = (slots[after] - slots[before] > 1) & (x > points[before] + 1)
        return gap
