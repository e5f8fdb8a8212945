"""Candles and volume as characters: two units per row, nine glyphs, wicks joined to bodies."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from kit_tui.tui.chart.canvas import (
    ROLE_INDEX,
    SPACE,
    Canvas,
    Codes,
    FloatArray,
    IndexArray,
    Roles,
)
from kit_tui.tui.chart.options import GlyphStyle
from kit_tui.tui.chart.scale import PriceScale
from kit_tui.tui.chart.window import Window

# A cell is (upper half, lower half), each empty, wick or body; its glyph stands at 3*upper+lower:
#         ee ew eb we ww wb be bw bb
_HEAVY = " ╷╻╵│╽╹╿┃"
_HOLLOW = " ╷║╵│║║║║"
_ASCII_UP = " |o||oooo"
_ASCII_DOWN = " |#||####"
# Bodies three columns wide; an end snaps to a full cell where a wick goes on beyond it.
_WIDE = ("  ▗  ▐▝▐▐", " ╷▄╵│█▀██", "  ▖  ▌▘▌▌")
_WIDE_HOLLOW = ("  ▐  ▐▐▐▐", " ╷ ╵│    ", "  ▌  ▌▌▌▌")
_EIGHTHS = " ▁▂▃▄▅▆▇█"
_ASCII_VOLUME = " ..::||##"


def _codes(text: str) -> Codes:
    return np.array([ord(letter) for letter in text], dtype=np.uint32)


class GlyphSet(msgspec.Struct, frozen=True):
    """The characters of one style; `up` and `down` hold one table a column of the candle."""

    up: tuple[Codes, ...]
    down: tuple[Codes, ...]
    wide_up: tuple[Codes, ...]
    wide_down: tuple[Codes, ...]
    volume: Codes
    level: str
    grid: str
    axis: str
    tick: str
    last: str
    above: str
    below: str
    gap: str
    cross: str
    bought: str
    sold: str
    braille: bool


def _set(up: str, down: str, wide_up: tuple[str, ...], wide_down: tuple[str, ...]) -> GlyphSet:
    return GlyphSet(
        (_codes(up),), (_codes(down),),
        tuple(_codes(part) for part in wide_up), tuple(_codes(part) for part in wide_down),
        _codes(_EIGHTHS), "╌", "┈", "│", "┤", "◂", "↑", "↓", "┊", "┆", "▲", "▼", True,
    )  # fmt: skip


GLYPHS: Final[dict[GlyphStyle, GlyphSet]] = {
    "heavy": _set(_HEAVY, _HEAVY, _WIDE, _WIDE),
    "hollow": _set(_HOLLOW, _HEAVY, _WIDE_HOLLOW, _WIDE),
    "ascii": GlyphSet(
        (_codes(_ASCII_UP),), (_codes(_ASCII_DOWN),),
        tuple(_codes(part) for part in ("  o  oooo", _ASCII_UP, "  o  oooo")),
        tuple(_codes(part) for part in ("  #  ####", _ASCII_DOWN, "  #  ####")),
        _codes(_ASCII_VOLUME), "-", ".", "|", "+", "<", "^", "v", ":", ":", "^", "v", False,
    ),
}  # fmt: skip

_UP, _DOWN, _FLAT = 0, 1, 2
_SOLID = np.array([ROLE_INDEX[name] for name in ("profit", "loss", "muted")], dtype=np.uint8)
_DIM = np.array([ROLE_INDEX[f"{name}:dim"] for name in ("profit", "loss", "muted")], dtype=np.uint8)
_HALF = np.array(
    [ROLE_INDEX[f"{name}:half"] for name in ("profit", "loss", "muted")], dtype=np.uint8
)


class Columns(msgspec.Struct, frozen=True):
    """Where candles stand: `x` is the left column of each visible candle."""

    x: IndexArray
    pitch: int

    @property
    def center(self) -> IndexArray:
        return self.x + (1 if self.pitch >= 4 else 0)


def directions(window: Window) -> IndexArray:
    """0 for candles that rose, 1 for those that fell, 2 for those that closed where they opened."""
    opens, closes = window.open[window.shown :], window.close[window.shown :]
    return np.where(closes > opens, _UP, np.where(closes < opens, _DOWN, _FLAT))


def half_cells(window: Window, scale: PriceScale) -> IndexArray:
    """For every row and visible candle the index of its glyph in a table of nine."""
    opens, closes = window.open[window.shown :], window.close[window.shown :]
    top = _units(np.maximum(opens, closes), scale)
    bottom = _units(np.minimum(opens, closes), scale)
    # A body is at least one unit, and the last unit is the lowest it can begin in.
    top = np.minimum(top, scale.units - 1)
    bottom = np.maximum(bottom, top + 1)
    wick_top = _units(window.high[window.shown :], scale)
    wick_bottom = _units(window.low[window.shown :], scale)
    unit = np.arange(scale.units)[:, np.newaxis]
    body = (unit >= top) & (unit < bottom)
    wick = (unit >= wick_top) & (unit < wick_bottom)
    state = np.where(body, 2, np.where(wick, 1, 0))
    cells: IndexArray = state[0::2] * 3 + state[1::2]
    return cells


def _units(prices: FloatArray, scale: PriceScale) -> IndexArray:
    values = np.log(prices) if scale.log else prices
    units = (scale.high - values) / (scale.high - scale.low) * scale.units
    return np.clip(np.rint(units), 0, scale.units).astype(np.int64)


def draw_candles(
    canvas: Canvas, window: Window, scale: PriceScale, columns: Columns, glyphs: GlyphSet
) -> None:
    """Put the visible candles into rows 0 to `scale.rows`; the forming one is dim."""
    cells = half_cells(window, scale)
    direction = directions(window)
    roles = _SOLID[direction]
    if window.last_is_open and len(roles):
        roles[-1] = _DIM[direction[-1]]
    wide = columns.pitch >= 4
    ups = glyphs.wide_up if wide else glyphs.up
    downs = glyphs.wide_down if wide else glyphs.down
    rising = direction == _UP
    for part, (up, down) in enumerate(zip(ups, downs, strict=True)):
        codes = np.where(rising, up[cells], down[cells])
        _put(canvas, 0, columns.x + part, codes, roles)


def draw_volume(
    canvas: Canvas, area: range, window: Window, columns: Columns, glyphs: GlyphSet
) -> float:
    """Bars of volume in half-strength colours on the rows `area`; returns the largest volume."""
    top, rows = area.start, len(area)
    volume = window.volume[window.shown :]
    largest = float(volume.max()) if len(volume) else 0.0
    if rows <= 0 or largest <= 0:
        return largest
    eighths = np.where(volume > 0, np.maximum(1, np.rint(volume / largest * rows * 8)), 0)
    floor = (rows - 1 - np.arange(rows))[:, np.newaxis] * 8
    codes = glyphs.volume[np.clip(eighths - floor, 0, 8).astype(np.int64)]
    roles = _HALF[directions(window)]
    for part in range(3 if columns.pitch >= 4 else 1):
        _put(canvas, top, columns.x + part, codes, roles)
    return largest


def _put(canvas: Canvas, top: int, x: IndexArray, codes: Codes, roles: Roles) -> None:
    """Write a block of columns, leaving what it does not cover."""
    inside = (x >= 0) & (x < canvas.width)
    x, codes, roles = x[inside], codes[:, inside], roles[inside]
    bottom = min(canvas.height, top + len(codes))
    codes = codes[: bottom - top]
    inked = codes != SPACE
    area_codes = canvas.codes[top:bottom]
    area_roles = canvas.roles[top:bottom]
    area_codes[:, x] = np.where(inked, codes, area_codes[:, x])
    area_roles[:, x] = np.where(inked, roles, area_roles[:, x])
