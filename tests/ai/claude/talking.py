"""Asks a backend and keeps what came of it."""

from __future__ import annotations

from typing import Any

import pytest

from kit_tui.ai.claude.anthropic_backend import AnthropicBackend, Patience
from kit_tui.ai.claude.protocol import (
    AiError,
    ModelEvent,
    ModelReply,
    ModelRequest,
    ModelTool,
    TextDelta,
)
from tests.servers.messages_api import KEY, MessagesServer
from tests.support.clock import FakeClock

PROMPT = "a-word-of-the-prompt-that-nobody-may-repeat"
PRICE = ModelTool(
    name="get_price",
    description="The latest price of a pair.",
    schema={
        "type": "object", "additionalProperties": False, "required": ["pair"],
        "properties": {"pair": {"type": "string"}},
    },
)  # fmt: skip


def request(**changes: Any) -> ModelRequest:
    """A small conversation with one tool."""
    fields: dict[str, Any] = {
        "purpose": "chat", "model": "claude-sonnet-5-5",
        "system": ({"type": "text", "text": "You help a trader."},),
        "messages": ({"role": "user", "content": PROMPT},), "tools": (PRICE,),
    }  # fmt: skip
    return ModelRequest(**(fields | changes))


class Talk:
    """A backend at a server, and the events of its calls."""

    def __init__(
        self, server: MessagesServer, *, key: str = KEY, patience: Patience | None = None
    ) -> None:
        self.server = server
        self.clock = FakeClock()
        self.events: list[ModelEvent] = []
        self.backend = AnthropicBackend(
            key, clock=self.clock, base_url=server.url, patience=patience or Patience()
        )

    async def ask(self, *scripted: Any, **changes: Any) -> ModelReply:
        """One call, answered by what is scripted."""
        self.server.answer(*scripted)
        return await self.backend.call(request(**changes), self.events.append)

    async def fails(self, *scripted: Any, **changes: Any) -> AiError:
        """One call which must fail."""
        with pytest.raises(AiError) as failed:
            await self.ask(*scripted, **changes)
        return failed.value

    @property
    def said(self) -> str:
        """All text that was handed on."""
        return "".join(event.text for event in self.events if isinstance(event, TextDelta))
