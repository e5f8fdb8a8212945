"""Word lists as they are best read: plain text, words apart by blanks."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The words of a text, each once."""
    return frozenset(text.split())
