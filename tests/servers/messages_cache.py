"""The prompt cache as the API describes it: exact prefixes up to a mark, a length, a time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

Json = dict[str, Any]
LOOK_BACK = 20
SECONDS = {"5m": 300.0, "1h": 3_600.0}
MINIMUM = {"claude-haiku-5-5": 2_048, "claude-haiku-4-5": 4_096, "claude-opus-5-5": 2_048}
DEFAULT_MINIMUM = 1_024


def tokens_in(value: object) -> int:
    """A stable estimate: about four characters of JSON for a token."""
    return max(1, len(json.dumps(value, ensure_ascii=False)) // 4)


def parts_of(body: Json) -> Iterator[tuple[Json, str]]:
    """Every block of the prompt in the order of the prefix, and the life its mark asks for."""
    for tool in body.get("tools", []):
        yield _split({"part": "tool"}, tool)
    system = body.get("system", [])
    for block in [{"type": "text", "text": system}] if isinstance(system, str) else system:
        yield _split({"part": "system"}, block)
    for message in body.get("messages", []):
        for block in blocks_of(message):
            yield _split({"part": message["role"]}, block)


def blocks_of(message: Json) -> list[Json]:
    """A message's blocks; a plain string is one text block."""
    content = message.get("content", [])
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _split(part: Json, block: Json) -> tuple[Json, str]:
    mark = block.get("cache_control") or {}
    plain = {name: value for name, value in block.items() if name != "cache_control"}
    return {**part, **plain}, mark.get("ttl", "5m") if mark else ""


class PromptCache:
    """Remembers the prefixes that were marked, and counts a prompt's tokens against them."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self._until: dict[str, tuple[float, float]] = {}  # hash -> (end of life, life in seconds)

    def count(self, body: Json) -> Json:
        """The input side of `usage` for this prompt; remembers its marked prefixes."""
        model = body["model"]
        hashes, totals, marks = self._prefixes(body)
        total = totals[-1] if totals else 0
        least = MINIMUM.get(model, DEFAULT_MINIMUM)
        able = [(at, ttl) for at, ttl in marks if totals[at] >= least]
        read_to = self._longest_hit(hashes, [at for at, _ in able])
        read = totals[read_to] if read_to >= 0 else 0
        written = {"5m": 0, "1h": 0}
        behind = read
        for at, ttl in able:
            if at > read_to:
                written[ttl] += totals[at] - behind
                behind = totals[at]
            self._until[hashes[at]] = (self.now() + SECONDS[ttl], SECONDS[ttl])
        return {
            "input_tokens": total - behind,
            "cache_read_input_tokens": read,
            "cache_creation_input_tokens": written["5m"] + written["1h"],
            "cache_creation": {
                "ephemeral_5m_input_tokens": written["5m"],
                "ephemeral_1h_input_tokens": written["1h"],
            },
        }

    def _prefixes(self, body: Json) -> tuple[list[str], list[int], list[tuple[int, str]]]:
        digest = hashlib.sha256(body["model"].encode())
        hashes: list[str] = []
        totals: list[int] = []
        marks: list[tuple[int, str]] = []
        for at, (part, ttl) in enumerate(parts_of(body)):
            digest.update(json.dumps(part, ensure_ascii=False).encode())
            hashes.append(digest.hexdigest())
            totals.append((totals[-1] if totals else 0) + tokens_in(part))
            if ttl:
                marks.append((at, ttl))
        if "cache_control" in body and hashes:
            marks.append((len(hashes) - 1, body["cache_control"].get("ttl", "5m")))
        return hashes, totals, marks

    def _longest_hit(self, hashes: list[str], marks: list[int]) -> int:
        for mark in reversed(marks):
            for at in range(mark, max(-1, mark - LOOK_BACK), -1):
                end, life = self._until.get(hashes[at], (0.0, 0.0))
                if end > self.now():
                    self._until[hashes[at]] = (self.now() + life, life)
                    return at
        return -1
