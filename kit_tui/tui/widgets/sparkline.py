"""A row of seven block heights that shows the shape of a short series."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

# Seven heights, not eight: a full block would touch the sparkline of the row above.
BLOCKS = "▁▂▃▄▅▆▇"
EMPTY = "·"


def sparkline(values: Sequence[float | Decimal | None], width: int) -> str:
    """`values`, oldest first, as exactly `width` cells scaled from their own low to their high.

    More values than cells are averaged, fewer are put to the right. Missing values are `·`, a flat
    series is drawn at middle height.
    """
    if width <= 0:
        return ""
    cells = _resampled([_finite(value) for value in values], width)
    known = [value for value in cells if value is not None]
    if not known:
        return EMPTY * width
    low, high = min(known), max(known)
    return "".join(EMPTY if value is None else _block(value, low, high) for value in cells)


def _finite(value: float | Decimal | None) -> float | None:
    number = math.nan if value is None else float(value)
    return number if math.isfinite(number) else None


def _resampled(values: list[float | None], width: int) -> list[float | None]:
    """Exactly `width` values: averages of equal shares, or padded on the left."""
    count = len(values)
    if count <= width:
        return [None] * (width - count) + values
    cells: list[float | None] = []
    for cell in range(width):
        share = values[cell * count // width : (cell + 1) * count // width]
        known = [value for value in share if value is not None]
        cells.append(math.fsum(value / len(known) for value in known) if known else None)
    return cells


def _block(value: float, low: float, high: float) -> str:
    # Halves keep the span finite even for the largest floats.
    span = high / 2 - low / 2
    if span <= 0:
        return BLOCKS[len(BLOCKS) // 2]
    share = (value / 2 - low / 2) / span
    return BLOCKS[min(len(BLOCKS) - 1, max(0, int(share * len(BLOCKS))))]
