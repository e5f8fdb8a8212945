"""Lines as Discord's Markdown, in which nothing from outside can mark, link, mention or hide."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from kit_tui.channels.text import Line, Span

LIMIT = 2_000
_MARKS = {"bold": "**", "italic": "*"}
_ADDRESS = re.compile(r"https?://[^\s<>]*[^\s<>.,;:!?'\")\]]")
# Any punctuation may be escaped; these signs mean something somewhere in a line.
_SIGNS = re.compile(r"([\\*_~|`<>@#\[\]()])")
_LIST = re.compile(r"^(\s*\d*)([-+.])(?=\s)")
_LIKE_A_TICK = "\u02cb"
_NOTHING = "\u200b"


def as_markdown(lines: Iterable[Line]) -> str:
    """The lines as Discord's Markdown; what is fixed stands in fences it cannot break out of."""
    listed = list(lines)
    written: list[str] = []
    for index, line in enumerate(listed):
        opens = line.fixed and (index == 0 or not listed[index - 1].fixed)
        closes = line.fixed and (index + 1 == len(listed) or not listed[index + 1].fixed)
        inner = line.plain.replace("`", _LIKE_A_TICK) if line.fixed else "".join(_marked(line))
        # The name of a language would stand behind the opening fence, hence a line of its own.
        written.append(
            f"{'```' + chr(10) if opens else ''}{inner}{chr(10) + '```' if closes else ''}"
        )
    return "\n".join(written)


def size(lines: Iterable[Line]) -> int:
    """Length in UTF-16 units: never less than Discord counts."""
    return len(as_markdown(lines).encode("utf-16-le")) // 2


def escaped(text: str) -> str:
    """Text as it reads, on one line or several; addresses stay links and get no preview."""
    return "\n".join(map(_escaped_line, text.split("\n")))


def _marked(line: Line) -> Iterator[str]:
    ended_in_mark = False
    for place, span in enumerate(line.spans):
        marked = bool(span.style) and bool(span.text.strip())
        if marked and ended_in_mark:  # two runs of marks would be read as one
            yield _NOTHING
        yield _span(span, opening=place == 0) if marked else _escaped(span.text, opening=place == 0)
        ended_in_mark = marked


def _span(span: Span, *, opening: bool) -> str:
    if span.style == "code":
        return f"`{span.text.replace('`', _LIKE_A_TICK)}`"
    mark = _MARKS[span.style]
    return f"{mark}{_escaped(span.text, opening=False)}{mark}"


def _escaped_line(text: str) -> str:
    return _escaped(text, opening=True)


def _escaped(text: str, *, opening: bool) -> str:
    parts: list[str] = []
    place = 0
    for found in _ADDRESS.finditer(text):
        parts.append(_SIGNS.sub(r"\\\1", text[place : found.start()]))
        parts.append(f"<{found[0]}>")
        place = found.end()
    parts.append(_SIGNS.sub(r"\\\1", text[place:]))
    whole = "".join(parts)
    return _LIST.sub(r"\1\\\2", whole) if opening else whole
