"""Lines as Telegram HTML with balanced tags, and as plain text for when HTML is refused."""

from __future__ import annotations

import html
from collections.abc import Iterable

from kit_tui.channels.text import Line, Span

LIMIT = 4_096
_TAGS = {"bold": "b", "italic": "i", "code": "code"}


def as_html(lines: Iterable[Line]) -> str:
    """The lines as HTML; every character from outside is escaped."""
    listed = list(lines)
    marked: list[str] = []
    for index, line in enumerate(listed):
        opens = line.fixed and (index == 0 or not listed[index - 1].fixed)
        closes = line.fixed and (index + 1 == len(listed) or not listed[index + 1].fixed)
        inner = "".join(_escaped(s) if line.fixed else _tagged(s) for s in line.spans)
        marked.append(f"{'<pre>' if opens else ''}{inner}{'</pre>' if closes else ''}")
    return "\n".join(marked)


def as_plain(lines: Iterable[Line]) -> str:
    """The lines as they read."""
    return "\n".join(line.plain for line in lines)


def size(lines: Iterable[Line]) -> int:
    """Length as Telegram counts it, in UTF-16 units; the longer of both forms, to be safe."""
    listed = list(lines)
    return max(len(form.encode("utf-16-le")) // 2 for form in (as_html(listed), as_plain(listed)))


def _tagged(span: Span) -> str:
    tag = _TAGS.get(span.style)
    # Telegram refuses tags around nothing but space.
    return f"<{tag}>{_escaped(span)}</{tag}>" if tag and span.text.strip() else _escaped(span)


def _escaped(span: Span) -> str:
    return html.escape(span.text, quote=False)
