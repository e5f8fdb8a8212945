"""Waiting between attempts."""

from __future__ import annotations


class Backoff:
    """Seconds to wait before the next attempt: 1, 2, 4 … up to a minute, until it works again."""

    def __init__(self, first: float = 1.0, most: float = 60.0) -> None:
        self._first = first
        self._most = most
        self._next = first

    def next(self) -> float:
        """How long to wait now; the wait after that is twice as long."""
        seconds = self._next
        self._next = min(self._most, seconds * 2)
        return seconds

    def reset(self) -> None:
        """It worked."""
        self._next = self._first
