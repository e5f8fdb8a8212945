"""Small aligned tables for a terminal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from kit_tui.cli.style import Style

RIGHT, LEFT = "right", "left"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], style: Style) -> str:
    """Aligned columns; a column whose cells all look like numbers stands to the right."""
    if not rows:
        return ""
    sides = [_side([row[index] for row in rows]) for index in range(len(columns))]
    widths = [max(width(row[index]) for row in (columns, *rows)) for index in range(len(columns))]
    head = style.dim(_row(columns, widths, sides))
    return "\n".join([head, *(_row(row, widths, sides) for row in rows)])


def width(text: str) -> int:
    """Columns a text takes on a terminal: colour codes none, wide characters two."""
    shown = re.sub(r"\x1b\[[0-9;]*m", "", text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in shown
    )


def _row(cells: Sequence[str], widths: Sequence[int], sides: Sequence[str]) -> str:
    padded = []
    for cell, wanted, side in zip(cells, widths, sides, strict=True):
        space = " " * (wanted - width(cell))
        padded.append(space + cell if side == RIGHT else cell + space)
    return "  ".join(padded).rstrip()


def _side(cells: Sequence[str]) -> str:
    numbers = re.compile(r"^(\x1b\[[0-9;]*m)*[+−–]?[\d.,]*\s*[%×]?( stale)?(\x1b\[0m)?$|^unpriced$")
    return RIGHT if all(numbers.match(cell) for cell in cells) else LEFT


def pairs(rows: Sequence[tuple[str, str]], style: Style) -> str:
    """Names and values, a line each."""
    longest = max(len(name) for name, _ in rows)
    return "\n".join(f"{style.dim(name.ljust(longest))}  {value}" for name, value in rows)
