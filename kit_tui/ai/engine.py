"""The ladder of engines that understand messages. Today it has one rung: the offline grammar."""

from __future__ import annotations

import msgspec

from kit_tui.ai.grammar import Grammar
from kit_tui.domain.intent import Intent

OFFLINE = "offline grammar"


class Understanding(msgspec.Struct, frozen=True, kw_only=True):
    """What a message means, which engine said so, and why that one answered."""

    intent: Intent
    engine: str
    note: str = ""


class AiEngine:
    """Understands one message at a time. Slash commands and halting are handled before it."""

    def __init__(self, grammar: Grammar, *, note: str = "no language model is connected") -> None:
        self._grammar = grammar
        self._note = note

    async def understand(self, text: str, pending: Intent | None = None) -> Understanding:
        """The meaning of `text`; `pending` is the question it may answer. Never raises."""
        return Understanding(
            intent=self._grammar.parse(text, pending), engine=OFFLINE, note=self._note
        )
