"""How a chart is to be drawn: everything the person can switch. Imports no numpy."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

GlyphStyle = Literal["heavy", "hollow", "ascii"]
Indicator = Literal["", "rsi", "macd"]

# From near to far: (columns a candle, candles a column).
ZOOM_LADDER: Final[tuple[tuple[int, int], ...]] = ((4, 1), (2, 1), (1, 1), (1, 2), (1, 4), (1, 8))
DEFAULT_ZOOM: Final = 2


class Crosshair(msgspec.Struct, frozen=True):
    """Where the person points: the candle of a moment, and a row of the price area if known."""

    time_ms: int
    row: int | None = None


class ChartOptions(msgspec.Struct, frozen=True):
    """One drawing's settings.

    `offset` is how many candle columns the view is moved back in time. `overlays` holds names of
    `overlays.LINES`. `decimals` caps the digits after the point at what the market trades in.
    """

    zoom: int = DEFAULT_ZOOM
    offset: int = 0
    log: bool = False
    heikin_ashi: bool = False
    volume: bool = True
    grid: bool = False
    overlays: tuple[str, ...] = ("ema20", "ema50")
    indicator: Indicator = ""
    glyphs: GlyphStyle = "heavy"
    stale: bool = False
    decimals: int | None = None
    min_gutter: int = 0
    crosshair: Crosshair | None = None

    @property
    def pitch(self) -> int:
        """Columns a candle takes."""
        return ZOOM_LADDER[self.zoom][0]

    @property
    def merge(self) -> int:
        """Candles which share one column."""
        return ZOOM_LADDER[self.zoom][1]
