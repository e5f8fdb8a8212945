"""The ladder of engines that understand messages. Today it has one rung: the offline grammar."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from kit_tui.domain.intent import Intent
from kit_tui.domain.pair import Pair

if TYPE_CHECKING:
    from kit_tui.ai.grammar import Grammar

OFFLINE = "offline grammar"
Markets = Callable[[], Collection[Pair]]
"""The pairs that can be traded now."""


class Understanding(msgspec.Struct, frozen=True, kw_only=True):
    """What a message means, which engine said so, and why that one answered."""

    intent: Intent
    engine: str
    note: str = ""


class AiEngine:
    """Understands one message at a time. Slash commands and halting are handled before it."""

    def __init__(self, markets: Markets, *, note: str = "no language model is connected") -> None:
        self._markets = markets
        self._note = note

    @cached_property
    def _grammar(self) -> Grammar:
        """Loaded with the first message, because an engine opens without one."""
        from kit_tui.ai.grammar import Grammar

        return Grammar(self._markets)

    async def understand(self, text: str, pending: Intent | None = None) -> Understanding:
        """The meaning of `text`; `pending` is the question it may answer. Never raises."""
        return Understanding(
            intent=self._grammar.parse(text, pending), engine=OFFLINE, note=self._note
        )
