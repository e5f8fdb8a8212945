"""Text from outside made safe to show: no control characters, no bidirectional tricks."""

from __future__ import annotations

import re
import unicodedata

MAX_MARKS = 3
"""Combining marks kept after one character; more only serve to paint over other rows."""

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_SEQUENCES = re.compile(
    "\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)?"  # operating system commands
    "|\x1b[PX^_][^\x1b]*(?:\x1b\\\\)?"  # device control and privacy strings
    "|[\x1b\x9b]\\[?[0-?]*[ -/]*[@-~]"  # control sequences and two-character escapes
)
_UNSAFE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"
    "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)


def safe_text(text: str) -> str:
    """`text` without escape sequences, control, invisible and bidirectional characters.

    Line ends become newlines, tabs four spaces.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _SEQUENCES.sub("", _LINE_ENDS.sub("\n", text)).expandtabs(4)
    return _fewer_marks(_UNSAFE.sub("", text))


def safe_line(text: str) -> str:
    """The same on a single line."""
    return " ".join(safe_text(text).split("\n"))


def _fewer_marks(text: str) -> str:
    """At most `MAX_MARKS` combining marks after each character."""
    if text.isascii():
        return text
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        if marks <= MAX_MARKS:
            kept.append(character)
    return "".join(kept)
