"""Puts a streamed answer together, event by event, and lets out only what is whole."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import msgspec

from kit_tui.ai.claude.errors import Heard, bad_reply, broken_off, from_event, refused
from kit_tui.ai.claude.protocol import (
    AiError,
    Json,
    ModelEvent,
    ModelReply,
    TextDelta,
    ThinkingDelta,
    ToolNamed,
    Usage,
)
from kit_tui.ai.claude.strict_json import read_object

_CALLS = {"tool_use", "server_tool_use"}
_CHARACTERS_A_TOKEN = 3  # rather too many tokens than too few
# No real answer comes near these. Beyond them a server is broken or hostile, and what it sends
# would fill memory, screen and journal.
_MOST_DATA = 4_000_000
_MOST_WRITTEN = 100_000
_MOST_BLOCKS = 100
_MOST_CALLS = 8
_MOST_TOKENS = 100_000_000
_NAME = re.compile(r"[\w.:@/-]{1,80}")
_CUT_SHORT = {"max_tokens", "model_context_window_exceeded"}


class Assembly:
    """One answer. `take` every event, then ask for the `reply` when `ended`."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.request_id = ""
        self.began = False
        self.ended = False
        self._data = 0
        self._blocks: dict[int, _Block] = {}
        self._usage: Usage | None = None
        self._stop_reason: str | None = None
        self._stop_details: Json = {}

    @property
    def heard(self) -> Heard:
        """What had arrived so far, for an error."""
        said = "".join(block.text for block in self._in_order() if block.kind == "text")
        return Heard(self.model, said, self._billed(), self.request_id)

    def _billed(self) -> Usage | None:
        """The tokens so far. The output is counted at the end only, but charged when it is cut."""
        if self._usage is None or self._stop_reason is not None:
            return self._usage
        written = sum(block.size for block in self._blocks.values()) // _CHARACTERS_A_TOKEN
        most = max(self._usage.output_tokens, written)
        return msgspec.structs.replace(self._usage, output_tokens=most)

    def take(self, name: str | None, data: str) -> list[ModelEvent]:
        """The next event of the stream; returns what of it may be shown.

        Raises:
            AiError: for an error told in the stream.
            Exception: of the kinds of broken data: ValueError, KeyError, TypeError.
        """
        if not name or name == "ping" or not data:
            return []
        self._data += len(data)
        if self._data > _MOST_DATA:
            raise ValueError("an answer without end")
        event = json.loads(data)
        handler = self._handlers.get(name)
        return handler(self, event) if handler is not None else []  # new kinds of events may come

    def reply(self, ms: int) -> ModelReply:
        """The whole answer.

        Raises:
            AiError: when it is not whole, was refused, or holds a call that is not whole.
        """
        heard = self.heard
        blocks = self._in_order()
        reason = self._stop_reason
        if not self.began:
            raise bad_reply(heard, "There was nothing in it.")
        if not self.ended or reason is None or any(block.is_open for block in blocks):
            raise broken_off(heard)
        if reason == "refusal":
            raise refused(heard, str(self._stop_details.get("category") or ""))
        self._check_calls(blocks, reason, heard)
        return ModelReply(
            blocks=tuple(block.content for block in blocks), stop_reason=reason,
            usage=self._usage or Usage(), model=self.model, request_id=self.request_id, ms=ms,
        )  # fmt: skip

    def _check_calls(self, blocks: list[_Block], reason: str, heard: Heard) -> None:
        """A call is let out only from an answer that ended in order to make it."""
        calls = [block for block in blocks if block.kind == "tool_use"]
        if calls and reason in _CUT_SHORT:
            raise broken_off(heard, "Its length limit came in the middle of a tool call.")
        if bool(calls) != (reason == "tool_use"):
            raise bad_reply(heard, "It does not say clearly whether it calls a tool.")
        if any(block.broken for block in blocks):
            raise bad_reply(heard, "The arguments of a tool call in it are not valid.")
        if len(calls) > _MOST_CALLS:
            raise bad_reply(heard, "It calls too many tools at once.")
        if len({block.content["id"] for block in calls}) != len(calls):
            raise bad_reply(heard, "Two tool calls in it have one id.")

    def _in_order(self) -> list[_Block]:
        return [self._blocks[index] for index in sorted(self._blocks)]

    # -- events ---------------------------------------------------------------------------------

    def _on_start(self, event: Json) -> list[ModelEvent]:
        if self.began:
            raise ValueError("a second start")
        message = event["message"]
        self.began = True
        self._usage = counted(Usage(), message["usage"])
        self.model = named(message.get("model")) or self.model
        return []

    def _on_block_start(self, event: Json) -> list[ModelEvent]:
        index = event["index"]
        if not self.began or index in self._blocks or len(self._blocks) >= _MOST_BLOCKS:
            raise ValueError("a block out of order")
        block = _Block(event["content_block"])
        self._blocks[index] = block
        if block.kind == "tool_use":
            return [ToolNamed(block.content["name"])]
        return [TextDelta(block.text)] if block.text else []

    def _on_delta(self, event: Json) -> list[ModelEvent]:
        events = self._blocks[event["index"]].add(event["delta"])
        if sum(block.size for block in self._blocks.values()) > _MOST_WRITTEN:
            raise ValueError("an answer without end")
        return events

    def _on_block_stop(self, event: Json) -> list[ModelEvent]:
        self._blocks[event["index"]].close()
        return []

    def _on_message_delta(self, event: Json) -> list[ModelEvent]:
        delta = event["delta"]
        self._stop_reason = delta.get("stop_reason") or self._stop_reason
        self._stop_details = delta.get("stop_details") or {}
        self._usage = counted(self._usage or Usage(), event.get("usage") or {})
        return []

    def _on_stop(self, event: Json) -> list[ModelEvent]:
        del event
        self.ended = True
        return []

    def _on_error(self, event: Json) -> list[ModelEvent]:
        raise self.failure(event)

    def failure(self, event: Json) -> AiError:
        """The error that an `error` event tells."""
        return from_event(event, self.heard)

    _handlers: dict[str, Callable[[Assembly, Json], list[ModelEvent]]] = {  # noqa: RUF012
        "message_start": _on_start,
        "content_block_start": _on_block_start,
        "content_block_delta": _on_delta,
        "content_block_stop": _on_block_stop,
        "message_delta": _on_message_delta,
        "message_stop": _on_stop,
        "error": _on_error,
    }


class _Block:
    """One block as it grows. Kinds and deltas that are not known leave it as it is."""

    def __init__(self, start: Json) -> None:
        self.content = dict(start)
        self.kind: str = start["type"]
        self.is_open = True
        self.broken = False
        self._pieces: list[str] = [_string(start.get(self._field, ""))] if self._field else []
        self.size = sum(map(len, self._pieces))
        """Characters the model has written into it."""
        if self.kind == "tool_use" and not (_string(start["id"]) and _string(start["name"])):
            raise ValueError("a tool call without a name")

    @property
    def _field(self) -> str:
        return {"text": "text", "thinking": "thinking"}.get(self.kind, "")

    @property
    def text(self) -> str:
        """The text so far, for a block of text or thinking."""
        return clean("".join(self._pieces)) if self._field else ""

    def add(self, delta: Json) -> list[ModelEvent]:
        if not self.is_open:
            raise ValueError("more of a block that was closed")
        kind = delta["type"]
        if kind == "text_delta" and self.kind == "text":
            return self._grown(TextDelta, delta["text"])
        if kind == "thinking_delta" and self.kind == "thinking":
            return self._grown(ThinkingDelta, delta["thinking"])
        if kind == "signature_delta" and self.kind == "thinking":
            self.content["signature"] = _string(delta["signature"])
        elif kind == "input_json_delta" and self.kind in _CALLS:
            self._write(_string(delta["partial_json"]))
        elif kind == "citations_delta" and self.kind == "text":
            self.content["citations"] = [*(self.content.get("citations") or []), delta["citation"]]
        return []

    def close(self) -> None:
        self.is_open = False
        if self._field:
            self.content[self._field] = self.text
        elif self.kind in _CALLS:
            self._read_input("".join(self._pieces))

    def _grown(self, event: type[TextDelta | ThinkingDelta], text: object) -> list[ModelEvent]:
        piece = _string(text)
        self._write(piece)
        return [event(clean(piece))] if piece else []

    def _write(self, piece: str) -> None:
        self._pieces.append(piece)
        self.size += len(piece)

    def _read_input(self, source: str) -> None:
        """The arguments, read again as a whole; a tool without any sends no JSON at all."""
        try:
            self.content["input"] = read_object(source if source.strip() else "{}")
        except ValueError:
            self.broken = True


def counted(before: Usage, figures: Json) -> Usage:
    """Usage after more figures, which are totals: they replace what was known before.

    Raises:
        ValueError: for a figure that is no count.
    """
    written = figures.get("cache_creation") or {}
    details = figures.get("output_tokens_details") or {}
    long = _count(written, "ephemeral_1h_input_tokens", before.cache_write_1h)
    total = _count(
        figures, "cache_creation_input_tokens", before.cache_write_5m + before.cache_write_1h
    )
    return Usage(
        input_tokens=_count(figures, "input_tokens", before.input_tokens),
        cache_read=_count(figures, "cache_read_input_tokens", before.cache_read),
        cache_write_5m=max(0, total - long),
        cache_write_1h=long,
        output_tokens=_count(figures, "output_tokens", before.output_tokens),
        thinking_tokens=_count(details, "thinking_tokens", before.thinking_tokens),
    )


def named(value: object) -> str:
    """A name that a server gives itself, if it looks like one; else empty."""
    return value if isinstance(value, str) and _NAME.fullmatch(value) else ""


def clean(text: str) -> str:
    """Text whose surrogate pairs are joined, and halves of pairs replaced, so that it encodes."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _count(figures: Json, name: str, otherwise: int) -> int:
    value: Any = figures.get(name)
    if value is None:
        return otherwise
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST_TOKENS:
        raise ValueError(f"{name} is not a count")
    return value


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("text expected")  # noqa: TRY004 - one error for all that is unreadable
    return value
