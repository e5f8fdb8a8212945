"""A reading with its message, as the rules of the second look see it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from kit_tui.ai.tokens import Token
from kit_tui.domain.intent import Action, Intent

EXITS: Final = (Action.CLOSE, Action.CLOSE_ALL)
CANCELS: Final = (Action.CANCEL, Action.CANCEL_ALL)
ORDERS: Final = (Action.BUY, Action.SELL)


class Look(NamedTuple):
    """A reading, with the message as text and as tokens without courtesies."""

    read: Intent
    text: str
    tokens: Sequence[Token]

    @property
    def is_sizeless(self) -> bool:
        """Whether it is of everything, or of no size that was said."""
        read = self.read
        sizes = (read.quote_amount, read.base_amount, read.lots)
        return all(size is None for size in sizes) and read.fraction in (None, 1)
