"""What a scripted Messages API answers: replies built of blocks, faults, and how they go out."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Wire:
    """One server-sent event; `name` empty leaves the `event:` line out, as no real server does."""

    name: str
    data: Json | str

    def encoded(self) -> bytes:
        data = self.data if isinstance(self.data, str) else json.dumps(self.data)
        head = f"event: {self.name}\n" if self.name else ""
        return f"{head}data: {data}\n\n".encode()


@dataclass(frozen=True, slots=True)
class Gate:
    """Holds the stream until the test sets `opened`; `reached` tells that it got here."""

    opened: asyncio.Event = field(default_factory=asyncio.Event)
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    async def passed(self) -> None:
        self.reached.set()
        await self.opened.wait()


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes put on the wire as they are."""

    content: bytes


def event(name: str, **data: Any) -> Wire:
    """Any event by name."""
    return Wire(name, {"type": name, **data})


class Cut:
    """The connection breaks in the middle of the body."""


class Eof:
    """The body ends properly although the message has not."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Real seconds; only for the demo, tests use a `Gate`."""

    seconds: float


Step = Wire | Gate | Raw | Cut | Eof | Pause
Part = str | Gate | Pause | Cut | Eof | Wire


@dataclass(frozen=True, slots=True)
class Block:
    """One content block: how it starts, what is added, and what it is in the end."""

    start: Json
    deltas: tuple[Json | Gate | Pause | Cut | Eof | Wire, ...]
    whole: Json
    stopped: bool = True

    def steps(self, index: int) -> Iterator[Step]:
        yield event("content_block_start", index=index, content_block=self.start)
        for delta in self.deltas:
            if isinstance(delta, dict):
                yield event("content_block_delta", index=index, delta=delta)
            else:
                yield delta
        if self.stopped:
            yield event("content_block_stop", index=index)


def text(*parts: Part, stopped: bool = True) -> Block:
    """A text block, one delta for each string; gates and faults may stand between them."""
    said = "".join(part for part in parts if isinstance(part, str))
    deltas = tuple(
        {"type": "text_delta", "text": part} if isinstance(part, str) else part for part in parts
    )
    return Block({"type": "text", "text": ""}, deltas, {"type": "text", "text": said}, stopped)


def thinking(*parts: Part, signature: str = "") -> Block:
    """A summarised thought with a signature, which the server wants back unchanged."""
    signed = signature or f"EqQB{next(_numbers):08d}=="
    thought = "".join(part for part in parts if isinstance(part, str))
    deltas: list[Any] = [
        {"type": "thinking_delta", "thinking": part} if isinstance(part, str) else part
        for part in parts
    ]
    deltas.append({"type": "signature_delta", "signature": signed})
    whole = {"type": "thinking", "thinking": thought, "signature": signed}
    return Block({"type": "thinking", "thinking": "", "signature": ""}, tuple(deltas), whole)


def tool(
    name: str,
    arguments: Mapping[str, Any] | None = None,
    *,
    raw: str | None = None,
    pieces: int = 3,
    tool_id: str = "",
    stopped: bool = True,
) -> Block:
    """A tool call; `raw` is put out instead of the arguments' JSON, `pieces` are its deltas.

    An empty `raw` sends one empty delta, as the API does for a tool without arguments.
    """
    source = json.dumps(dict(arguments or {}), ensure_ascii=False) if raw is None else raw
    size = max(1, -(-len(source) // pieces))
    cuts = [source[at : at + size] for at in range(0, len(source), size)]
    deltas = tuple({"type": "input_json_delta", "partial_json": cut} for cut in ("", *cuts))
    start = {"type": "tool_use", "id": tool_id or f"toolu_{next(_numbers):06d}", "name": name}
    whole = {**start, "input": dict(arguments or {})}
    return Block({**start, "input": {}}, deltas, whole, stopped)


def block(kind: str, **fields: Any) -> Block:
    """A block that comes whole, such as a kind nobody knows yet."""
    whole = {"type": kind, **fields}
    return Block(whole, (), whole)


def ping(count: int = 1) -> Raw:
    """Some pings in one go."""
    return Raw(event("ping").encoded() * count)


def error_event(kind: str = "overloaded_error", message: str = "Overloaded") -> Wire:
    """The way a failure is told after the answer has begun."""
    error = {"type": kind, "message": message}
    return Wire("error", {"type": "error", "error": error, "request_id": "req_stream"})


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. `items` are blocks, and steps that go out between them.

    `stop_reason` follows from the blocks unless given; None means that none is ever sent. `chunk`
    cuts the whole body into pieces of so many bytes, wherever that falls. `usage` replaces what
    the server counted itself.
    """

    items: tuple[Block | Step, ...]
    stop_reason: str | None = ""
    stop_details: Json | None = None
    usage: Mapping[str, Any] = field(default_factory=dict)
    output_tokens: int | None = None
    chunk: int | None = None
    model: str = ""
    ends: bool = True

    @property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(item for item in self.items if isinstance(item, Block))

    @property
    def reason(self) -> str | None:
        if self.stop_reason != "":
            return self.stop_reason
        called = any(block.start["type"] == "tool_use" for block in self.blocks)
        return "tool_use" if called else "end_turn"

    @property
    def tokens_out(self) -> int:
        if self.output_tokens is not None:
            return self.output_tokens
        return sum(len(json.dumps(block.whole)) // 4 + 1 for block in self.blocks)

    def message(self, model: str, usage: Json) -> Json:
        """The plain form of the answer."""
        counted = {**usage, "output_tokens": self.tokens_out, **self.usage}
        return self._message(model, counted) | {
            "content": [block.whole for block in self.blocks],
            "stop_reason": self.reason,
        }

    def steps(self, model: str, usage: Json) -> Iterator[Step]:
        """The streamed form of the answer."""
        counted = {**usage, **self.usage}
        first = self._message(model, counted | {"output_tokens": 1})
        yield event("message_start", message=first)
        index = 0
        for item in self.items:
            if isinstance(item, Block):
                yield from item.steps(index)
                index += 1
            else:
                yield item
        if not self.ends:
            return
        delta = {"stop_reason": self.reason, "stop_sequence": None}
        if self.stop_details is not None:
            delta["stop_details"] = self.stop_details  # type: ignore[assignment]
        final = {"output_tokens": self.tokens_out} | {
            name: value for name, value in self.usage.items() if name.startswith("output")
        }
        yield event("message_delta", delta=delta, usage=final)
        yield event("message_stop")

    def _message(self, model: str, usage: Json) -> Json:
        return {
            "id": f"msg_{next(_numbers):06d}", "type": "message", "role": "assistant",
            "model": self.model or model, "content": [], "stop_reason": None,
            "stop_sequence": None, "usage": {**usage, "service_tier": "standard"},
        }  # fmt: skip


def reply(*items: Block | Step | str, **more: Any) -> Reply:
    """An answer; a bare string is a text block of one delta."""
    return Reply(tuple(text(item) if isinstance(item, str) else item for item in items), **more)


@dataclass(frozen=True, slots=True)
class Status:
    """An HTTP error in the API's form, or any other body with `body`."""

    status: int
    kind: str = ""
    message: str = "the test says so"
    details: Json | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    content_type: str = "application/json"

    def content(self, request_id: str) -> str:
        if self.body is not None:
            return self.body
        error: Json = {"type": self.kind or KINDS.get(self.status, "api_error")}
        error["message"] = self.message
        if self.details is not None:
            error["details"] = self.details
        return json.dumps({"type": "error", "error": error, "request_id": request_id})


KINDS = {
    400: "invalid_request_error", 401: "authentication_error", 402: "billing_error",
    403: "permission_error", 404: "not_found_error", 413: "request_too_large",
    429: "rate_limit_error", 500: "api_error", 504: "timeout_error", 529: "overloaded_error",
}  # fmt: skip


def html(status: int = 200) -> Status:
    """What a captive portal or a proxy answers."""
    return Status(status, body="<html><body>Sign in</body></html>", content_type="text/html")


def redirect(location: str) -> Status:
    """A redirect that keeps method and body."""
    return Status(307, body="", headers={"Location": location})


class Hang:
    """No answer at all until the server goes down or the client leaves."""


class Drop:
    """The connection closed before any answer."""


Entry = Reply | Status | Hang | Drop
Answering = Callable[[Json], Entry | Awaitable[Entry]]
Scripted = Entry | Answering
