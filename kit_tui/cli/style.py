"""A little emphasis for terminals, none for pipes and under NO_COLOR."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TextIO

_RESET = "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Style:
    """Wraps text in the terminal's own colours, so that they fit whatever theme it has.

    `weight` allows bold and dim, `colour` hues; neither ever carries a meaning alone.
    """

    weight: bool = False
    colour: bool = False

    @classmethod
    def for_stream(cls, stream: TextIO, environ: Mapping[str, str]) -> Style:
        """What this stream can show."""
        terminal = stream.isatty() and environ.get("TERM", "dumb") not in ("", "dumb")
        return cls(weight=terminal, colour=terminal and not environ.get("NO_COLOR"))

    def bold(self, text: str) -> str:
        return self._wrap("1", text, self.weight)

    def dim(self, text: str) -> str:
        return self._wrap("2", text, self.weight)

    def good(self, text: str) -> str:
        return self._wrap("32", text, self.colour)

    def bad(self, text: str) -> str:
        return self._wrap("31", text, self.colour)

    def signed(self, value: Decimal | None, text: str) -> str:
        """`text` as profit or loss by the sign of `value`."""
        if not value:
            return text
        return self.good(text) if value > 0 else self.bad(text)

    @staticmethod
    def _wrap(code: str, text: str, wanted: bool) -> str:
        return f"\x1b[{code}m{text}{_RESET}" if wanted and text else text
