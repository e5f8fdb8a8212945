"""A turn as people see it while it runs: phase, thoughts, the answer so far, the tools at work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from kit_tui.ai.claude.plain_text import harmless
from kit_tui.ai.claude.protocol import ModelEvent, TextDelta, ThinkingDelta, ToolNamed
from kit_tui.ai.claude.turn import Turn
from kit_tui.domain.turn import LiveTurn, ToolUse

MAX_THINKING: Final = 4_000


class LiveView:
    """Keeps the newest state of one turn and shows every change of it."""

    def __init__(self, turn: Turn, model: str, show: Callable[[LiveTurn], None]) -> None:
        self._show = show
        self._closed_text = ""
        self._call_text = ""
        self._now = LiveTurn(
            id=turn.id, principal=turn.principal.key, channel=turn.principal.channel,
            reply_to=turn.said_id, model=model, since=turn.at,
        )  # fmt: skip
        show(self._now)

    @property
    def text(self) -> str:
        """Everything the model has said so far."""
        return _joined(self._closed_text, self._call_text)

    @property
    def call_text(self) -> str:
        """What it has said in the call under way."""
        return self._call_text

    @property
    def tools(self) -> tuple[ToolUse, ...]:
        return self._now.tools

    def on_event(self, event: ModelEvent) -> None:
        """Something arrived of the call under way."""
        match event:
            case ThinkingDelta(text):
                thinking = (self._now.thinking + harmless(text))[-MAX_THINKING:]
                self._change(phase="thinking", thinking=thinking)
            case TextDelta(text):
                self._call_text += harmless(text)
                self._change(phase="answering", text=self.text)
            case ToolNamed():
                self._change(phase="working")

    def call_begins(self) -> None:
        """The model is asked once more."""
        self._call_text = ""
        self._change(phase="waiting", text=self.text)

    def call_ended(self, said: str) -> None:
        """What a call said is settled; it stands for the pieces that were shown."""
        self._closed_text = _joined(self._closed_text, said)
        self._call_text = ""
        self._change(text=self.text)

    def tool_begins(self, use: ToolUse) -> None:
        self._change(phase="working", tools=(*self._now.tools, use))

    def tool_ended(self, use: ToolUse) -> None:
        """The newest tool line is settled."""
        self._change(tools=(*self._now.tools[:-1], use))

    def _change(self, **changes: object) -> None:
        self._now = msgspec.structs.replace(self._now, **changes)
        self._show(self._now)


def _joined(first: str, second: str) -> str:
    return "\n\n".join(part for part in (first.strip(), second.strip()) if part)
