"""Rows of text whose spans name colour roles: what panes build and line widgets paint.

A role is a word of the theme (`fg`, `muted`, `profit` …), optionally followed by `bold`, `dim`,
`reverse`, or `on_ROLE` for the ground: `"live_text bold on_live"`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rich.cells import cell_len, set_cell_size

Span = tuple[str, str]
Row = tuple[Span, ...]

BLANK: Final[Row] = ()


def row(*parts: Span | str) -> Row:
    """A row of spans; a bare string is drawn in `fg`."""
    return tuple((part, "fg") if isinstance(part, str) else part for part in parts)


def text_of(spans: Row) -> str:
    """The plain text of a row."""
    return "".join(text for text, _ in spans)


def width_of(spans: Iterable[Span]) -> int:
    """Cells a row takes."""
    return sum(cell_len(text) for text, _ in spans)


def cut(spans: Row, width: int) -> Row:
    """At most `width` cells of a row; what had to be cut ends in `…`."""
    if width_of(spans) <= width:
        return spans
    if width <= 0:
        return BLANK
    kept: list[Span] = []
    left = width - 1
    for text, role in spans:
        size = cell_len(text)
        if size > left:
            kept.append((set_cell_size(text, left) + "…", role))
            return tuple(kept)
        kept.append((text, role))
        left -= size
    return tuple(kept)


def pad(spans: Row, width: int, align: str = "left") -> Row:
    """A row of exactly `width` cells."""
    spans = cut(spans, width)
    gap = " " * (width - width_of(spans))
    if not gap:
        return spans
    return (*spans, (gap, "fg")) if align == "left" else ((gap, "fg"), *spans)


def spread(left: Row, right: Row, width: int) -> Row:
    """`left` and `right` at the two ends of a row; `left` is cut when both do not fit."""
    right = cut(right, width)
    room = width - width_of(right)
    return (*pad(left, room), *right)


def merged(spans: Row) -> Row:
    """The same row with neighbours of one role in one span: fewer bytes on the terminal."""
    kept: list[Span] = []
    for text, role in spans:
        if kept and kept[-1][1] == role:
            kept[-1] = (kept[-1][0] + text, role)
        elif text:
            kept.append((text, role))
    return tuple(kept)


def joined(rows: Sequence[Row], gap: str = "   ") -> Row:
    """Rows in one row, parted by `gap`."""
    spans: list[Span] = []
    for part in rows:
        if part:
            spans.extend([(gap, "fg"), *part] if spans else part)
    return tuple(spans)


def restyled(spans: Row, extra: str) -> Row:
    """A row with a further word in every role, such as a ground."""
    return tuple((text, f"{role} {extra}") for text, role in spans)


def recoloured(spans: Row, role: str) -> Row:
    """A row in one role only."""
    return tuple((text, role) for text, _ in spans)


def wrapped(spans: Row, width: int, indent: int = 0) -> list[Row]:
    """A row broken at spaces into rows of at most `width` cells; later ones are indented."""
    width = max(width, indent + 2)
    rows: list[Row] = []
    line: list[Span] = []
    used = 0
    for word, role in _words(spans):
        size = cell_len(word)
        if used + size > width and word.strip():
            rows.append(_trimmed(line))
            line, used = ([(" " * indent, "fg")] if indent else []), indent
        if used + size <= width:
            line.append((word, role))
            used += size
            continue
        for piece in _chopped(word.strip(), width - indent):
            if used > indent:
                rows.append(_trimmed(line))
                line, used = ([(" " * indent, "fg")] if indent else []), indent
            line.append((piece, role))
            used += cell_len(piece)
    rows.append(_trimmed(line))
    return rows


def _words(spans: Row) -> Iterator[Span]:
    """Words and the blanks between them, each with its role."""
    for text, role in spans:
        start = 0
        for index in range(1, len(text) + 1):
            if index == len(text) or text[index].isspace() != text[start].isspace():
                # A line break inside a row would move everything behind it on the terminal.
                yield text[start:index].replace("\n", " "), role
                start = index


def _chopped(word: str, width: int) -> Iterator[str]:
    """A word longer than a row in pieces of at most `width` cells."""
    piece = ""
    for character in word:
        if piece and cell_len(piece + character) > width:
            yield piece
            piece = ""
        piece += character
    if piece:
        yield piece


def _trimmed(line: list[Span]) -> Row:
    """A row without blanks at its end."""
    while line and not line[-1][0].strip():
        line = line[:-1]
    if not line:
        return BLANK
    text, role = line[-1]
    return (*line[:-1], (text.rstrip(), role))
