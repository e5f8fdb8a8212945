"""Tables in rows: columns as wide as their content, the least important leave when it is narrow."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from rich.cells import cell_len

from kit_tui.tui.spans import Row, Span, pad, text_of, width_of


class Column(msgspec.Struct, frozen=True):
    """A column: `rank` says who leaves first (9 first, 0 never).

    `align` is left, right, or point: right, with the decimal points under each other.
    """

    key: str
    head: str
    align: str = "left"
    rank: int = 5
    least: int = 0


Cells = dict[str, Span | Row]


class Table(msgspec.Struct, frozen=True):
    """A head row and body rows which share their columns; `hidden` names columns that left."""

    head: Row
    body: list[Row]
    hidden: tuple[str, ...]


def table(columns: Sequence[Column], lines: Sequence[Cells], width: int, *, gap: int = 3) -> Table:
    """Lay cells out in at most `width` cells; no cell is ever cut while a column can leave."""
    kept = list(columns)
    lines = _pointed(columns, lines)
    sizes = {column.key: _size(column, lines) for column in columns}
    while len(kept) > 1 and _needed(kept, sizes) > width:
        leaver = max(kept, key=lambda column: (column.rank, columns.index(column)))
        if leaver.rank == 0:
            break
        kept.remove(leaver)
    spare = width - _needed(kept, sizes)
    space = 1 + min(gap - 1, spare // max(1, len(kept) - 1)) if spare > 0 else 1
    head = _line(kept, sizes, {c.key: (c.head, "muted") for c in kept}, space)
    body = [_line(kept, sizes, line, space) for line in lines]
    gone = tuple(column.key for column in columns if column not in kept)
    return Table(head, body, gone)


def _pointed(columns: Sequence[Column], lines: Sequence[Cells]) -> Sequence[Cells]:
    """The lines with blanks behind the numbers of `point` columns which have fewer decimals."""
    for column in columns:
        if column.align != "point":
            continue
        behind = [_behind_point(text_of(as_row(line.get(column.key)))) for line in lines]
        most = max(behind, default=0)
        lines = [
            {**line, column.key: (*as_row(line.get(column.key)), (" " * (most - own), "fg"))}
            for line, own in zip(lines, behind, strict=True)
        ]
    return lines


def _behind_point(text: str) -> int:
    """Cells from the decimal point on; none for a whole number."""
    _, point, rest = text.partition(".")
    return cell_len(point + rest)


def _size(column: Column, lines: Sequence[Cells]) -> int:
    widest = max((width_of(as_row(line.get(column.key))) for line in lines), default=0)
    return max(column.least, widest, cell_len(column.head))


def _needed(columns: Sequence[Column], sizes: dict[str, int]) -> int:
    return sum(sizes[column.key] for column in columns) + len(columns) - 1


def as_row(cell: Span | Row | None) -> Row:
    """A cell as the spans it consists of."""
    if not cell:
        return ()
    if isinstance(cell[0], str):
        return (cell,)
    return cell


def _line(columns: Sequence[Column], sizes: dict[str, int], line: Cells, space: int) -> Row:
    spans: list[Span] = []
    for index, column in enumerate(columns):
        if index:
            spans.append((" " * space, "fg"))
        align = "left" if column.align == "left" else "right"
        spans.extend(pad(as_row(line.get(column.key)), sizes[column.key], align))
    return tuple(spans)
