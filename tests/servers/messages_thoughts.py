"""Thinking that a server gave out: it must come back unchanged, behind the same conversation.

The models of the 5.5 family bind each thought to everything before it: system prompt, tools and
earlier turns. Whoever trims or rewrites history has to leave out the thoughts behind the change.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.servers.messages_cache import blocks_of, parts_of

Json = dict[str, Any]
_THOUGHT = {"thinking", "redacted_thinking"}


class Issued(NamedTuple):
    """A thought, whose it is, and what was before it."""

    block: Json
    model: str
    before: str


class Thoughts:
    """All thinking blocks given out so far."""

    def __init__(self) -> None:
        self._issued: dict[str, Issued] = {}
        self._of_call: dict[str, list[Json]] = {}

    def issue(self, body: Json, blocks: list[Json]) -> None:
        """Remember the thoughts of a reply to `body`."""
        thoughts = [block for block in blocks if block["type"] == "thinking"]
        before = [*_start(body), *_said(body["messages"])]
        for at, block in enumerate(blocks):
            if block["type"] == "thinking":
                behind = [*before, *_plain("assistant", blocks[:at])]
                self._issued[block["signature"]] = Issued(block, body["model"], _hash(behind))
            if block["type"] == "tool_use":
                self._of_call[block["id"]] = thoughts

    def problems(self, body: Json) -> Iterator[str]:
        """What the API says about thoughts that were changed, moved or left out."""
        messages = body.get("messages", [])
        for at, message in enumerate(messages):
            for place, block in enumerate(blocks_of(message)):
                if block.get("type") != "thinking":
                    continue
                where = f"messages.{at}.content.{place}: Invalid `signature` in `thinking` block"
                known = self._issued.get(block["signature"])
                if known is None or known.block != block:
                    yield where
                    continue
                before = [
                    *_start(body), *_said(messages[:at]),
                    *_plain("assistant", blocks_of(message)[:place]),
                ]  # fmt: skip
                if known.before != _hash(before):
                    yield f"{where}. The block is bound to a different conversation."
        yield from self._left_out(body.get("model", ""), messages)

    def _left_out(self, model: str, messages: list[Json]) -> Iterator[str]:
        """A turn whose tool calls are just being answered must still carry its thoughts."""
        if len(messages) < 2 or messages[-2]["role"] != "assistant":
            return
        blocks = blocks_of(messages[-2])
        for block in blocks:
            for thought in self._of_call.get(block.get("id", ""), []):
                foreign = self._issued[thought["signature"]].model != model
                if thought not in blocks and not foreign:
                    yield (
                        f"messages.{len(messages) - 2}: `thinking` blocks of the latest assistant"
                        " message must remain as they were in the original response"
                    )


def _start(body: Json) -> list[Json]:
    return [part for part, _ in parts_of({**body, "messages": []})]


def _said(messages: list[Json]) -> list[Json]:
    return [part for one in messages for part in _plain(one["role"], blocks_of(one))]


def _plain(role: str, blocks: list[Json]) -> list[Json]:
    return [
        {"part": role, **{name: value for name, value in block.items() if name != "cache_control"}}
        for block in blocks
        if block.get("type") not in _THOUGHT
    ]


def _hash(parts: list[Json]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
