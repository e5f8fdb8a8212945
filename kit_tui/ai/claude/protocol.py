"""What the engine asks of a language model and what it gets back; no client library is seen here.

Blocks and messages are plain dictionaries in the form of the Messages API, because a turn has to
be handed back unchanged, blocks of unknown kinds included.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Literal, Protocol

import msgspec

from kit_tui.domain.errors import KitError

Json = dict[str, Any]
Purpose = Literal["chat", "intent", "digest"]
Effort = Literal["low", "medium", "high"]


class AiErrorKind(StrEnum):
    """Why a model did not answer."""

    NO_KEY = "no key"
    OFF = "switched off"
    AUTH = "key refused"
    BILLING = "spending limit reached"
    RATE = "rate limited"
    OVERLOADED = "overloaded"
    TIMEOUT = "timed out"
    NETWORK = "not reachable"
    MODEL_GONE = "model not available"
    BAD_REQUEST = "request refused"
    BAD_REPLY = "unreadable reply"
    REFUSED = "refused to answer"
    CUT = "broken off"
    BUDGET = "budget used up"
    RESTING = "resting after failures"
    INTERRUPTED = "interrupted"
    BUSY = "still answering"


class AiError(KitError):
    """A model did not answer. `said` is the text that had arrived, `usage` the tokens so far."""

    title = "Model"

    def __init__(
        self,
        kind: AiErrorKind,
        message: str,
        *,
        hint: str = "",
        said: str = "",
        usage: Usage | None = None,
        request_id: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.kind = kind
        self.said = said
        self.usage = usage
        self.request_id = request_id
        self.retry_after_s = retry_after_s


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens of one call. Input is counted in four parts that add up to the whole prompt."""

    input_tokens: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    output_tokens: int = 0
    thinking_tokens: int = 0


class ModelTool(msgspec.Struct, frozen=True, kw_only=True):
    """A tool as the model sees it; `schema` is a JSON schema with every property required."""

    name: str
    description: str
    schema: Json


class ModelRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One call of a model.

    `system` blocks and `messages` carry their own cache marks. `output_schema` asks for one JSON
    object instead of prose. `effort` is left out where the model does not take it.
    """

    purpose: Purpose
    model: str
    system: tuple[Json, ...]
    messages: tuple[Json, ...]
    tools: tuple[ModelTool, ...] = ()
    max_tokens: int = 2_048
    effort: Effort = "medium"
    output_schema: Json | None = None


StopReason = Literal[
    "end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal",
    "model_context_window_exceeded",
]  # fmt: skip


class ModelReply(msgspec.Struct, frozen=True, kw_only=True):
    """A whole answer: only what was closed properly gets here. `blocks` go back unchanged."""

    blocks: tuple[Json, ...]
    stop_reason: str
    usage: Usage
    model: str
    request_id: str = ""
    ms: int = 0

    @property
    def text(self) -> str:
        """Every text block, one after the other."""
        return "".join(b.get("text", "") for b in self.blocks if b.get("type") == "text")

    @property
    def tool_calls(self) -> tuple[Json, ...]:
        return tuple(b for b in self.blocks if b.get("type") == "tool_use")


class ThinkingDelta(msgspec.Struct, frozen=True):
    """More of the model's summary of its thoughts."""

    text: str


class TextDelta(msgspec.Struct, frozen=True):
    """More of the answer."""

    text: str


class ToolNamed(msgspec.Struct, frozen=True):
    """The model began to write a call of this tool; nothing may be done about it yet."""

    name: str


ModelEvent = ThinkingDelta | TextDelta | ToolNamed
OnEvent = Callable[[ModelEvent], None]


class ModelBackend(Protocol):
    """A language model behind a client library."""

    async def call(self, request: ModelRequest, on_event: OnEvent) -> ModelReply:
        """One streamed call; events come as they arrive, the reply when it is whole.

        Raises:
            AiError: for every failure, whatever the client library or the server did. An answer
                that was cut, or ended without a stop reason, is one too.
            asyncio.CancelledError: when the caller is cancelled; the connection is closed.
        """
        ...

    async def models(self) -> Mapping[str, str]:
        """Ids and names of the models the key may use; raises AiError."""
        ...

    async def close(self) -> None:
        """Let go of the connection."""
        ...
