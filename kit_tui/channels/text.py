"""Messages as lines of marked text, which every service writes in its own way.

Text from outside stays text: the marks are data beside it, never characters in it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

import msgspec

Style = Literal["", "bold", "italic", "code"]
Tone = Literal["", "good", "bad", "open"]
"""What something means: it went well, it did not, or it waits for an answer."""
_MARKS = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|\*\*(?P<bold>[^*\n]+)\*\*"
    r"|(?<![*\w])\*(?P<italic>[^*\s](?:[^*\n]*[^*\s])?)\*(?![*\w])"
    r"|\[(?P<label>[^\]\n]{1,200})\]\((?P<target>[^)\s]{1,500})\)"
)
_HEADING = re.compile(r"^#{1,6} +(.*)$")
_BULLET = re.compile(r"^(\s*)[-*] +(.*)$")


class Span(msgspec.Struct, frozen=True, array_like=True):
    """A run of characters in one style."""

    text: str
    style: Style = ""


class Line(msgspec.Struct, frozen=True, array_like=True):
    """One line. `fixed` lines keep their columns; next to each other they are one block."""

    spans: tuple[Span, ...]
    fixed: bool = False

    @property
    def plain(self) -> str:
        return "".join(span.text for span in self.spans)


BLANK = Line(())


def visible_text(text: str) -> str:
    """`text` without control, format, bidirectional and surrogate characters; tabs become spaces.

    What comes from venues, models and chats may reorder or hide parts of a line otherwise.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    return "".join(
        c for c in plain if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs")
    )


def visible_line(text: str, limit: int = 60) -> str:
    """The same on one line, cut to `limit` characters."""
    line = " ".join(visible_text(text).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def plain_line(text: str, *, fixed: bool = False) -> Line:
    """A line shown as it is; `fixed` lines keep their columns."""
    return Line((Span(text),) if text else (), fixed)


def bold_line(text: str) -> Line:
    """A line in bold."""
    return Line((Span(text, "bold"),))


def lines_of(markdown: str) -> Iterator[Line]:
    """The lines of a reply's Markdown: bold, italic, code, headings, bullets, tables, fences.

    Links are written out with their target, so that none leads elsewhere than it says.
    """
    fenced = False
    for raw in visible_text(markdown).strip("\n").split("\n"):
        if raw.strip().startswith("```"):
            fenced = not fenced
        elif fenced or raw.startswith("|"):
            yield plain_line(raw, fixed=True)
        else:
            yield _marked(raw)


def packed(
    lines: Iterable[Line], limit: int, size: Callable[[list[Line]], int]
) -> list[tuple[Line, ...]]:
    """Lines in as few messages as fit, `size` measures what a service would send.

    A message ends at the last blank line or heading of its second half, if there is one, else
    between two lines; an overlong line is cut between words, or characters if need be.
    """
    return list(parts_of(lines, limit, size))


def parts_of(
    lines: Iterable[Line], limit: int, size: Callable[[list[Line]], int]
) -> Iterator[tuple[Line, ...]]:
    """The same one after the other, for who needs only the first."""
    # Services refuse a message of nothing but space.
    return (part for part in map(_trimmed, _split(lines, limit, size)) if part)


def _split(
    lines: Iterable[Line], limit: int, size: Callable[[list[Line]], int]
) -> Iterator[tuple[Line, ...]]:
    kept: list[Line] = []
    most = 0
    """No less than the size of `kept`: all of it is measured only where this does not do, for
    measuring it at every line takes a minute for many short ones."""
    for line in _short_enough(lines, limit, size):
        alone = size([line])
        most += alone + 1
        if kept and most > limit and (most := size([*kept, line])) > limit:
            place = _break_of(kept)
            yield tuple(kept[:place])
            kept = [*kept[place:], line]
            most = size(kept)
            if most > limit:  # what was carried over leaves no room for the line
                yield tuple(kept[:-1])
                kept, most = [line], alone
        else:
            kept.append(line)
    yield tuple(kept)


def _break_of(lines: list[Line]) -> int:
    """Where a full message is best broken: before a heading, after a blank line, else at its end.

    Never within a block of fixed lines, unless the block is all there is.
    """
    for place in range(len(lines) - 1, len(lines) // 2, -1):
        opens = lines[place].spans[:1]
        if not lines[place - 1].plain.strip() or (opens and opens[0].style == "bold"):
            return place
    place = len(lines)
    while place and lines[place - 1].fixed:
        place -= 1
    return place if place > len(lines) // 2 else len(lines)


def _trimmed(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    start, end = 0, len(lines)
    while start < end and not lines[start].plain.strip():
        start += 1
    while end > start and not lines[end - 1].plain.strip():
        end -= 1
    return lines[start:end]


def _short_enough(
    lines: Iterable[Line], limit: int, size: Callable[[list[Line]], int]
) -> Iterator[Line]:
    for line in lines:
        if size([line]) <= limit:
            yield line
            continue
        # Escaping may make five characters of one, and UTF-16 two: a tenth always fits.
        step = max(1, limit // 10)
        rest = line.plain
        while rest:
            cut = len(rest) if len(rest) <= step else rest.rfind(" ", step // 2, step) + 1 or step
            yield plain_line(rest[:cut], fixed=line.fixed)
            rest = rest[cut:]


def _marked(raw: str) -> Line:
    heading = _HEADING.match(raw)
    if heading:
        return bold_line("".join(span.text for span in _spans(heading[1])))
    bullet = _BULLET.match(raw)
    if bullet:
        return Line((Span(f"{bullet[1]}• "), *_spans(bullet[2])))
    return Line(tuple(_spans(raw)))


def _spans(text: str) -> Iterator[Span]:
    """Inline marks as styles; a mark that is never closed stays as it was typed."""
    place = 0
    for found in _MARKS.finditer(text):
        if found.start() > place:
            yield Span(text[place : found.start()])
        yield _span(found)
        place = found.end()
    if place < len(text):
        yield Span(text[place:])


def _span(found: re.Match[str]) -> Span:
    if found["code"] is not None:
        return Span(found["code"], "code")
    if found["bold"] is not None:
        return Span(_bare(found["bold"]), "bold")
    if found["italic"] is not None:
        return Span(_bare(found["italic"]), "italic")
    return Span(f"{found['label']} ({found['target']})")


def _bare(text: str) -> str:
    """Marks inside marks are dropped; what they mark stays."""
    return "".join(span.text for span in _spans(text))
