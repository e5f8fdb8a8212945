"""What each model takes and gives, by the beginning of its name; and which models are gone.

A model that is not listed gets the conservative choices: nothing optional is sent to it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import msgspec

from kit_tui.ai.claude.protocol import Effort

Thinking = Literal["adaptive", "between tools", "unasked"]
"""How a call speaks of thinking; "unasked" sends nothing about it."""

_DATE = re.compile(r"-(\d{8}|latest)$")


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What one model takes.

    `thinking` is for conversation, `quiet` for calls that must be short: single sentences and
    digests. Lengths are in tokens. Prompts shorter than `cache_minimum` are never cached.
    """

    thinking: Thinking = "unasked"
    quiet: Thinking = "unasked"
    efforts: tuple[Effort, ...] = ()
    structured: bool = False
    cache_minimum: int = 4_096
    context_window: int = 200_000
    max_output: int = 8_192


class Retired(msgspec.Struct, frozen=True):
    """A model that answers no more since the day `on` (ISO), and the one to use instead."""

    on: str
    instead: str


_EFFORTS: tuple[Effort, ...] = ("low", "medium", "high")
_UNKNOWN = Capabilities()
_ADAPTIVE = Capabilities(
    thinking="adaptive", efforts=_EFFORTS, structured=True, cache_minimum=2_048,
    context_window=1_000_000, max_output=128_000,
)  # fmt: skip
_EXTENDED = Capabilities(structured=True, max_output=64_000)

CAPABILITIES: Mapping[str, Capabilities] = MappingProxyType(
    {
        # Forced tools and switched-off thinking are errors here; `between tools` is its short form.
        "claude-sonnet-5-5": msgspec.structs.replace(_ADAPTIVE, quiet="between tools"),
        "claude-haiku-5-5": _ADAPTIVE,
        "claude-opus-5-5": _ADAPTIVE,
        "claude-fable-5-2": _ADAPTIVE,
        "claude-fable-5-1": _ADAPTIVE,
        "claude-mythos-5-2": _ADAPTIVE,
        "claude-mythos-5-1": _ADAPTIVE,
        "claude-fable-5": _ADAPTIVE,
        "claude-mythos-5": _ADAPTIVE,
        "claude-sonnet-5": _ADAPTIVE,
        "claude-opus-5": _ADAPTIVE,
        "claude-opus-4-8": _ADAPTIVE,
        "claude-opus-4-7": _ADAPTIVE,
        "claude-opus-4-6": msgspec.structs.replace(
            _ADAPTIVE, cache_minimum=4_096, context_window=200_000
        ),
        "claude-sonnet-4-6": msgspec.structs.replace(
            _ADAPTIVE, context_window=200_000, max_output=64_000
        ),
        "claude-opus-4-5": _EXTENDED,
        "claude-haiku-4-5": _EXTENDED,
        "claude-sonnet-4-5": msgspec.structs.replace(_EXTENDED, cache_minimum=2_048),
    }
)

_SONNET, _HAIKU, _OPUS = "claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-5-5"
RETIRED: Mapping[str, Retired] = MappingProxyType(
    {
        "claude-sonnet-4-5": Retired("2026-11-30", _SONNET),
        "claude-mythos-preview": Retired("2026-06-30", "claude-mythos-5-1"),
        "claude-sonnet-4": Retired("2026-06-15", _SONNET),
        "claude-sonnet-4-0": Retired("2026-06-15", _SONNET),
        "claude-opus-4": Retired("2026-06-15", _OPUS),
        "claude-opus-4-0": Retired("2026-06-15", _OPUS),
        "claude-3-7-sonnet": Retired("2026-02-19", _SONNET),
        "claude-3-5-haiku": Retired("2026-02-19", _HAIKU),
        "claude-3-opus": Retired("2026-01-05", _OPUS),
        "claude-3-sonnet": Retired("2025-07-21", _SONNET),
        "claude-3-5-sonnet": Retired("2025-10-22", _SONNET),
        "claude-3-haiku": Retired("2026-04-19", _HAIKU),
    }
)


def family(model: str) -> str:
    """A model's name without the date or `latest` at its end."""
    return _DATE.sub("", model)


def capabilities(model: str) -> Capabilities:
    """What a model takes; the conservative choices for one that is not known."""
    return CAPABILITIES.get(family(model), _UNKNOWN)


def retired(model: str) -> Retired | None:
    """When a model was retired and what to use instead, or None."""
    return RETIRED.get(family(model))
