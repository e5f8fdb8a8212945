"""The little Markdown that replies use, as rows: headings, lists, bold, code and tables."""

from __future__ import annotations

import re

from kit_tui.tui.cards.markdown_table import table_rows
from kit_tui.tui.safe_text import safe_text
from kit_tui.tui.spans import BLANK, Row, Span, wrapped

_INLINE = re.compile(
    r"\*\*(.+?)\*\*|`([^`]+)`|(?<![\w*])\*([^*\s][^*]*)\*(?!\w)|(\[\?\])"  # [?]: not grounded
)
_BULLET = re.compile(r"^(\s*)(?:[-*+•]|(\d{1,3}[.)]))\s+(.*)$")
_RULE = re.compile(r"^\s*([-*_])(?:\s*\1){2,}\s*$")
_HALF_MARK = re.compile(r"(?<![*`])[*`]{1,3}$")
FENCE = "```"
MAX_CHARACTERS = 20_000


def markdown_rows(text: str, width: int) -> list[Row]:
    """Rows of at most `width` cells; anything that is not understood is shown as it is."""
    layout = _Layout(width)
    for line in safe_text(text[:MAX_CHARACTERS].strip()).split("\n"):
        layout.add(line)
    rows = layout.all_rows()
    if len(text) > MAX_CHARACTERS:
        rows.append((("… the rest is in the journal", "muted"),))
    return rows


class GrowingMarkdown:
    """Markdown that is still being written: lines that are complete are laid out only once.

    Once the text is complete its rows are those of `markdown_rows`.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self._layout = _Layout(width)
        self._taken = ""

    def rows(self, text: str) -> list[Row]:
        """Rows of the text so far, which begins with what it was before."""
        text = text[:MAX_CHARACTERS].lstrip()
        if not text.startswith(self._taken):
            self._layout, self._taken = _Layout(self.width), ""
        end = text.rstrip().rfind("\n") + 1
        if end > len(self._taken):
            for line in safe_text(text[len(self._taken) : end]).split("\n")[:-1]:
                self._layout.add(line)
            self._taken = text[:end]
        return self._layout.all_rows(*safe_text(text[end:].rstrip()).split("\n"))


class _Layout:
    """Lines taken one after the other; a table waits until it is complete."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._rows: list[Row] = []
        self._table: list[str] = []
        self._fenced = False

    def add(self, line: str) -> None:
        """Take a complete line."""
        if not self._fenced and line.lstrip().startswith("|"):
            self._table.append(line)
            return
        self._rows += table_rows(self._table, self._width, inline)
        self._table = []
        if line.lstrip().startswith(FENCE):
            self._fenced = not self._fenced
        elif self._fenced:
            self._rows += wrapped(((line, "fg"),), self._width)
        else:
            self._rows += _line(line, self._width)

    def all_rows(self, *unfinished: str) -> list[Row]:
        """Every row so far, with lines at the end that may still change."""
        ahead = _Layout(self._width)
        ahead._table, ahead._fenced = [*self._table], self._fenced
        for line in unfinished:
            if line and not (not ahead._fenced and _HALF_MARK.fullmatch(line.strip())):
                ahead.add(line if ahead._fenced else _closed(line))
        return [*self._rows, *ahead._rows, *table_rows(ahead._table, self._width, inline)]


def _closed(line: str) -> str:
    """A line that breaks off, with the marks closed which it opened: `**bo` is bold already."""
    if line.lstrip().startswith((FENCE, "|")):
        return line
    line = _HALF_MARK.sub("", line) if _opens(_HALF_MARK.search(line), line) else line
    if line.count("`") % 2:
        return f"{line}`"
    return f"{line}**" if line.count("**") % 2 else line


def _opens(mark: re.Match[str] | None, line: str) -> bool:
    """Whether the marks a line ends in open something rather than close it."""
    if mark is None:
        return False
    kind = mark.group()
    before = line[: mark.start()]
    whole = "**" if kind.startswith("*") else "`"
    return before.count(whole) % 2 == 0 or (kind == "*" and whole == "**")


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
    """A line's spans: `**bold**`, `` `code` ``, `[?]` behind a doubtful figure, plain text."""
    spans: list[Span] = []
    at = 0
    for match in _INLINE.finditer(text):
        if match.start() > at:
            spans.append((text[at : match.start()], role))
        spans.append(_marked(match, role))
        at = match.end()
    if at < len(text):
        spans.append((text[at:], role))
    return tuple(spans)


def _marked(match: re.Match[str], role: str) -> Span:
    """What stands between marks, and the mark of a figure that no tool gave."""
    bold, code, slanted, doubtful = match.groups()
    if bold:
        return bold, "strong bold"
    if code:
        return code, "info"
    return (doubtful, "warn") if doubtful else (slanted, role)
