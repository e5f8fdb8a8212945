"""Word lists as they are best read: plain text, words apart by blanks."""

from __future__ import annotations

import re

_APART = re.compile(r"\|(?![^()]*\))")  # a stroke within brackets parts no phrases


def words(text: str) -> frozenset[str]:
    """The words of a text, each once."""
    return frozenset(text.split())


def either(text: str) -> str:
    """A pattern for one of the phrases of a text, which stand apart by `|`, the longest first."""
    phrases = {phrase.strip() for phrase in _APART.split(text)}
    return "(?:" + "|".join(sorted(filter(None, phrases), key=len, reverse=True)) + ")"
