"""Replies as Telegram HTML: every character from outside escaped, messages cut to size."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kit_tui.channels.base import visible_text

LIMIT = 4_096
# Room for what is added to a message later: who answered a ticket, and when.
NOTE_ROOM = 300
_CODE = re.compile(r"`([^`\n]+)`")
_BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
_ITALIC = re.compile(r"(?<![*\w])\*([^*\s](?:[^*\n]*[^*\s])?)\*(?![*\w])")
_LINK = re.compile(r"\[([^\]\n]{1,200})\]\(([^)\s]{1,500})\)")
_HEADING = re.compile(r"^#{1,6} +(.*)$")
_BULLET = re.compile(r"^(\s*)[-*] +(.*)$")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a message: as HTML with balanced tags, and as plain text."""

    html: str
    plain: str
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One Telegram message of at most 4,096 characters, with its form for when HTML is refused."""

    html: str
    plain: str


def plain_line(text: str, *, fixed: bool = False) -> Line:
    """A line shown as it is; `fixed` lines keep their columns."""
    return Line(html.escape(text, quote=False), text, fixed)


def bold_line(text: str) -> Line:
    """A line in bold."""
    return Line(f"<b>{html.escape(text, quote=False)}</b>", text)


def lines_of(markdown: str) -> Iterator[Line]:
    """The lines of a reply's Markdown: bold, italic, code, headings, bullets, fenced blocks.

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


def parts_of(lines: Iterable[Line], *, first_room: int = 0) -> list[Part]:
    """Pack lines into as few messages as fit; an overlong line is cut between characters."""
    limit = LIMIT - NOTE_ROOM - first_room
    packed: list[list[Line]] = [[]]
    size = 0
    for line in _cut(lines, limit):
        width = _width(line) + 1
        if packed[-1] and size + width > limit:
            packed.append([])
            size = 0
        packed[-1].append(line)
        size += width
    # Telegram refuses a message of nothing but space.
    return [_joined(group) for group in packed if any(line.plain.strip() for line in group)]


def _marked(raw: str) -> Line:
    heading = _HEADING.match(raw)
    if heading:
        return bold_line(_unmarked(heading[1]))
    bullet = _BULLET.match(raw)
    if bullet:
        inner = _marked_inline(bullet[2])
        return Line(f"{bullet[1]}• {inner}", f"{bullet[1]}• {_unmarked(bullet[2])}")
    return Line(_marked_inline(raw), _unmarked(raw))


def _marked_inline(text: str) -> str:
    """Inline marks as tags. Code spans are taken out first: nothing inside them is a mark."""
    pieces = _CODE.split(text)
    for index, piece in enumerate(pieces):
        safe = html.escape(piece, quote=False)
        if index % 2:
            pieces[index] = f"<code>{safe}</code>"
        else:
            safe = _LINK.sub(r"\1 (\2)", safe)
            safe = _BOLD.sub(r"<b>\1</b>", safe)
            # A mark that would reach across a tag stays as it was typed.
            pieces[index] = _ITALIC.sub(
                lambda m: m[0] if "<b>" in m[1] or "</b>" in m[1] else f"<i>{m[1]}</i>", safe
            )
    return "".join(pieces)


def _unmarked(text: str) -> str:
    pieces = _CODE.split(text)
    for index in range(0, len(pieces), 2):
        bare = _LINK.sub(r"\1 (\2)", pieces[index])
        pieces[index] = _ITALIC.sub(r"\1", _BOLD.sub(r"\1", bare))
    return "".join(pieces)


def _width(line: Line) -> int:
    """Length as Telegram counts it, in UTF-16 units; the longer of both forms, to be safe."""
    return max(len(form.encode("utf-16-le")) // 2 for form in (line.html, line.plain))


def _cut(lines: Iterable[Line], limit: int) -> Iterator[Line]:
    for line in lines:
        if _width(line) < limit:
            yield line
            continue
        # Escaping makes a character five at most and UTF-16 makes it two: a tenth always fits.
        step = limit // 10
        for start in range(0, len(line.plain), step):
            yield plain_line(line.plain[start : start + step], fixed=line.fixed)


def _joined(lines: list[Line]) -> Part:
    marked: list[str] = []
    for index, line in enumerate(lines):
        opens = line.fixed and (index == 0 or not lines[index - 1].fixed)
        closes = line.fixed and (index + 1 == len(lines) or not lines[index + 1].fixed)
        marked.append(f"{'<pre>' if opens else ''}{line.html}{'</pre>' if closes else ''}")
    return Part("\n".join(marked), "\n".join(line.plain for line in lines))
