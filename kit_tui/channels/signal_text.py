"""Lines as Signal has them: plain text, and beside it which stretches are in which style."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kit_tui.channels.text import Line

LIMIT = 2_000
"""Bytes of UTF-8; what is longer travels as an attachment."""
_STYLES = {"bold": "BOLD", "italic": "ITALIC", "code": "MONOSPACE"}


def as_text(lines: Iterable[Line]) -> str:
    """The lines as they read."""
    return "\n".join(line.plain for line in lines)


def size(lines: Iterable[Line]) -> int:
    """Length as Signal counts it, in bytes of UTF-8."""
    return len(as_text(lines).encode())


def styles(lines: Iterable[Line]) -> list[str]:
    """`start:length:STYLE` for each stretch, counted in UTF-16 units."""
    merged: list[tuple[int, int, str]] = []
    for start, length, style in _stretches(lines):
        before = merged[-1] if merged else None
        # Lines that keep their columns are one block, the break between them included.
        if before and before[2] == style and before[0] + before[1] >= start - 1:
            merged[-1] = (before[0], start + length - before[0], style)
        else:
            merged.append((start, length, style))
    return [f"{start}:{length}:{style}" for start, length, style in merged]


def _stretches(lines: Iterable[Line]) -> Iterator[tuple[int, int, str]]:
    place = 0
    for line in lines:
        for span in line.spans:
            length = len(span.text.encode("utf-16-le")) // 2
            style = "MONOSPACE" if line.fixed else _STYLES.get(span.style)
            if style and length:
                yield place, length, style
            place += length
        place += 1
