"""Text of models and of strangers made harmless: no control characters, no look-alike tags."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

_ESCAPES: Final = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-Z\\-_]"
    r"|\x9b[0-?]*[ -/]*[@-~]"
)
# Tags by which the prompt tells the model what comes from where; nobody else may write them.
_OWN_TAGS: Final = re.compile(
    r"<(?=\s*/?\s*(?:account|external|record|said|prepared|pending|summary|system|event)\b)",
    re.IGNORECASE,
)
_TAGS: Final = re.compile(r"<[^<>]{0,400}>")


def harmless(text: str) -> str:
    """`text` without escape sequences, control, invisible and bidirectional characters.

    Line breaks stay and tabs become spaces.
    """
    text = _ESCAPES.sub("", text).replace("\r\n", "\n").replace("\t", " ")
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(c for c in text if c == "\n" or unicodedata.category(c) not in _DROPPED)


_DROPPED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def untagged(text: str) -> str:
    """Harmless text that cannot pass for a tag of the prompt's own."""
    return _OWN_TAGS.sub("‹", harmless(text))


def bare(text: str, limit: int) -> str:
    """Harmless text without any tags, on one line, at most `limit` characters."""
    return " ".join(_TAGS.sub(" ", harmless(text)).replace("<", "‹").split())[:limit]


def short(text: str, limit: int) -> str:
    """Harmless text on one line, cut with an ellipsis."""
    line = " ".join(harmless(text).split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def harmless_tree(value: Any) -> Any:
    """Every string of a JSON value made harmless and untagged."""
    if isinstance(value, str):
        return untagged(value)
    if isinstance(value, dict):
        return {untagged(str(key)): harmless_tree(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [harmless_tree(each) for each in value]
    return value
