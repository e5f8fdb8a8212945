"""A turn of the language model: what it is doing now, which tools it used, what it cost."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec


class ToolUse(msgspec.Struct, frozen=True, kw_only=True):
    """One tool call as a person may see it. `ms` is None while it runs.

    `arguments` and `result` are short plain text, safe to show and to keep.
    """

    name: str
    arguments: str = ""
    result: str = ""
    ok: bool = True
    ms: int | None = None


Phase = Literal["waiting", "thinking", "answering", "working"]


class LiveTurn(msgspec.Struct, frozen=True, kw_only=True):
    """A turn under way. `phase` "working" means that a tool runs.

    `thinking` is the model's own summary of its thoughts, `text` the answer so far: both grow,
    and neither is kept. `reply_to` is the id of the message that is being answered.
    """

    id: str
    principal: str
    channel: str
    reply_to: str
    model: str
    since: datetime
    phase: Phase = "waiting"
    thinking: str = ""
    text: str = ""
    tools: tuple[ToolUse, ...] = ()


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """What calls of a model took. `cost` is in US dollars, None when the model has no known price.

    Input tokens are counted apart: `input_tokens` uncached, `cache_read`, `cache_write`.
    `estimated` tells that a call was cut, so that its own last figures stand for the whole.
    """

    model: str
    input_tokens: int = 0
    cache_read: int = 0
    cache_write: int = 0
    output_tokens: int = 0
    cost: Decimal | None = None
    estimated: bool = False
