"""On which line of a settings file each key stands.

The parsers of the standard library check the text but keep no positions; these scanners run over
text which those parsers accepted, so they need no errors of their own.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from json.decoder import scanstring  # type: ignore[attr-defined]  # undocumented but public name

Path = tuple[str, ...]
Lines = dict[Path, int]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_WHITE = re.compile(r"[ \t\r\n]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_TOML_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}' r"|'''.*?'{3,5}" r'|"(?:\\.|[^"\\])*"' r"|'[^']*'", re.DOTALL
)
_SCALAR = re.compile(r"[^,\]}#\r\n]*")


class _Scanner:
    """A place in a text, and the line numbers found so far."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._breaks = [found.start() for found in re.finditer("\n", text)]
        self.lines: Lines = {}

    def _line(self, start: int) -> int:
        return bisect_left(self._breaks, start) + 1


class TomlLines(_Scanner):
    """Scans TOML text once; `lines` maps key paths to line numbers counted from 1."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        table: Path = ()
        while self._skip(_BLANK) < len(text):
            if text[self._at] == "[":
                table = self._header()
            else:
                self._entry(table)

    def _skip(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._at

    def _note(self, path: Path, start: int) -> None:
        line = self._line(start)
        for depth in range(1, len(path) + 1):
            self.lines.setdefault(path[:depth], line)

    def _header(self) -> Path:
        start = self._at
        while self._text[self._at] == "[":
            self._at += 1
        path = self._key()
        while self._at < len(self._text) and self._text[self._at] == "]":
            self._at += 1
        self._note(path, start)
        return path

    def _key(self) -> Path:
        parts: list[str] = []
        while True:
            self._skip(_SPACE)
            start = self._at
            quoted = self._text[start] in "\"'"
            self._skip(_TOML_STRING if quoted else _BARE)
            parts.append(self._text[start : self._at].strip("\"'" if quoted else ""))
            self._skip(_SPACE)
            if self._at >= len(self._text) or self._text[self._at] != ".":
                return tuple(parts)
            self._at += 1

    def _entry(self, table: Path) -> None:
        start = self._at
        path = (*table, *self._key())
        self._note(path, start)
        self._at += 1  # the equals sign
        self._skip(_SPACE)
        self._value(path)

    def _value(self, path: Path) -> None:
        opening = self._text[self._at]
        if opening in "\"'":
            self._skip(_TOML_STRING)
        elif opening == "[":
            self._items("]", path, keyed=False)
        elif opening == "{":
            self._items("}", path, keyed=True)
        else:
            self._skip(_SCALAR)

    def _items(self, closing: str, path: Path, *, keyed: bool) -> None:
        self._at += 1
        number = 0
        while self._text[self._skip(_BLANK)] != closing:
            if self._text[self._at] == ",":
                self._at += 1
                number += 1
            elif keyed:
                self._entry(path)
            else:
                item = (*path, str(number))
                self._note(item, self._at)
                self._value(item)
        self._at += 1


class JsonLines(_Scanner):
    """Scans JSON text once; `repeated` holds keys which one object has twice."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.repeated: list[Path] = []
        self._value(())

    def _blank(self) -> str:
        found = _WHITE.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._text[self._at]

    def _value(self, path: Path) -> None:
        opening = self._blank()
        if opening == "{":
            self._object(path)
        elif opening == "[":
            self._array(path)
        elif opening == '"':
            _, self._at = scanstring(self._text, self._at + 1)
        else:
            found = _SCALAR.match(self._text, self._at)
            self._at = found.end() if found else self._at

    def _object(self, path: Path) -> None:
        self._at += 1
        while self._blank() != "}":
            if self._text[self._at] == ",":
                self._at += 1
                continue
            line = self._line(self._at)
            key, self._at = scanstring(self._text, self._at + 1)
            inner = (*path, key)
            if inner in self.lines:
                self.repeated.append(inner)
            self.lines[inner] = line
            self._blank()
            self._at += 1  # the colon
            self._value(inner)
        self._at += 1

    def _array(self, path: Path) -> None:
        self._at += 1
        number = 0
        while self._blank() != "]":
            if self._text[self._at] == ",":
                self._at += 1
                number += 1
                continue
            inner = (*path, str(number))
            self.lines[inner] = self._line(self._at)
            self._value(inner)
        self._at += 1
