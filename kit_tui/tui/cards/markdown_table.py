"""Tables written in Markdown: aligned where they fit, else one wrapped line for each row."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from kit_tui.tui.spans import BLANK, Row, joined, pad, recoloured, width_of, wrapped

_RULER = re.compile(r"^[\s|:]*-[\s|:-]*$")
_FIGURE = re.compile(r"^[+\-−]?[$€]?[\d.,]+\s*(?:%|x|×|[A-Z]{0,5})$")
GAP = 2


def table_rows(lines: Sequence[str], width: int, inline: Callable[[str], Row]) -> list[Row]:
    """The rows of a table; `inline` reads the marks inside a cell."""
    cells = [_cells(line) for line in lines if not _RULER.match(line)]
    if not cells:
        return []
    columns = max(map(len, cells))
    cells = [[*line, *[""] * (columns - len(line))] for line in cells]
    drawn = [[inline(cell) for cell in line] for line in cells]
    widths = [max(width_of(line[at]) for line in drawn) for at in range(columns)]
    if sum(widths) + GAP * (columns - 1) > width:
        return _stacked(drawn, width)
    right = [all(_is_figure(line[at]) for line in cells[1:]) for at in range(columns)]
    return [
        joined(
            [
                pad(recoloured(cell, "muted") if index == 0 else cell, size, _side(figures))
                or BLANK
                for cell, size, figures in zip(line, widths, right, strict=True)
            ],
            " " * GAP,
        )
        for index, line in enumerate(drawn)
    ]


def _side(figures: bool) -> str:
    return "right" if figures else "left"


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _is_figure(cell: str) -> bool:
    plain = cell.strip("*` ")
    return not plain or bool(_FIGURE.match(plain))


def _stacked(drawn: Sequence[Sequence[Row]], width: int) -> list[Row]:
    """The first cell, then every other one behind the head of its column."""
    head, *body = drawn
    if not body:
        return wrapped(joined([recoloured(cell, "muted") for cell in head]), width, 2)
    rows: list[Row] = []
    for line in body:
        named = [
            (*recoloured(name, "muted"), (" ", "fg"), *cell)
            for name, cell in zip(head[1:], line[1:], strict=True)
            if cell
        ]
        rows += wrapped(joined([recoloured(line[0], "strong"), *named], " · "), width, 2)
    return rows
