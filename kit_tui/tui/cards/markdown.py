"""The little Markdown that replies use, as rows: headings, lists, bold, code and tables."""

from __future__ import annotations

import re

from kit_tui.tui.safe_text import safe_text
from kit_tui.tui.spans import BLANK, Row, Span, cut, wrapped

_INLINE = re.compile(r"\*\*(.+?)\*\*|`([^`]+)`|(?<![\w*])\*([^*\s][^*]*)\*(?!\w)")
_BULLET = re.compile(r"^(\s*)(?:[-*+•]|(\d{1,3}[.)]))\s+(.*)$")
_RULE = re.compile(r"^\s*([-*_])(?:\s*\1){2,}\s*$")
MAX_CHARACTERS = 20_000


def markdown_rows(text: str, width: int) -> list[Row]:
    """Rows of at most `width` cells; anything that is not understood is shown as it is."""
    rows: list[Row] = []
    fenced = False
    for line in safe_text(text[:MAX_CHARACTERS]).strip().split("\n"):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif fenced or line.lstrip().startswith("|"):
            rows.append(cut(((line, "fg"),), width))
        else:
            rows.extend(_line(line, width))
    if len(text) > MAX_CHARACTERS:
        rows.append((("… the rest is in the journal", "muted"),))
    return rows


def _line(line: str, width: int) -> list[Row]:
    if not line.strip():
        return [BLANK]
    if _RULE.match(line):
        return [(("─" * width, "border"),)]
    stripped = line.strip()
    if stripped.startswith("#"):
        return wrapped(((stripped.lstrip("# "), "strong bold"),), width)
    bullet = _BULLET.match(line)
    if bullet:
        lead, number, rest = bullet.groups()
        mark = f"{' ' * min(len(lead), 4)}{number or '·'} "
        return wrapped(((mark, "muted"), *inline(rest)), width, len(mark))
    return wrapped(inline(line.rstrip()), width)


def inline(text: str, role: str = "fg") -> Row:
    """A line's spans: `**bold**`, `` `code` `` and plain text."""
    spans: list[Span] = []
    at = 0
    for match in _INLINE.finditer(text):
        if match.start() > at:
            spans.append((text[at : match.start()], role))
        bold, code, slanted = match.groups()
        spans.append((bold, "strong bold") if bold else (code, "info") if code else (slanted, role))
        at = match.end()
    if at < len(text):
        spans.append((text[at:], role))
    return tuple(spans)
