"""A sentence the grammar did not understand, read by a small model into an intent."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

import msgspec

from kit_tui.ai.claude.output import without_links
from kit_tui.ai.claude.plain_text import short, untagged
from kit_tui.ai.claude.prompt import reader_block
from kit_tui.ai.claude.protocol import AiError, AiErrorKind, Json, ModelReply, ModelRequest
from kit_tui.ai.claude.turn import Turn
from kit_tui.domain.intent import Action, Intent
from kit_tui.domain.numbers import InvalidNumberError, exact
from kit_tui.domain.orders import OrderType
from kit_tui.domain.pair import Pair
from kit_tui.settings.redaction import redact

# A model that thinks first spends tokens on that as well.
MAX_TOKENS: Final = 1_500
MAX_FIELD: Final = 200
_NUMBERS: Final = ("quote_amount", "base_amount", "fraction", "price", "stop_price")
_LEVELS: Final = ("stop_loss", "take_profit", "trail")
_TEXTS: Final = (
    "direction", "condition", "timeframe", "order_id", "strategy", "period", "question",
)  # fmt: skip
_FIELDS: Final = ("pair", "order_type", *_NUMBERS, *_LEVELS, *_TEXTS)
_LEVEL: Final = re.compile(r"\d{1,20}(?:\.\d{1,20})?(?:%|atr|r)?")
_DECIMAL: Final = re.compile(r"\d{1,20}(?:\.\d{1,20})?")
# Resuming and the kill switch are a person's typed words; no reading leads there.
_READABLE: Final = tuple(a.value for a in Action if a not in (Action.RESUME, Action.KILL))
_NULLABLE: Final[Json] = {"anyOf": [{"type": "string"}, {"type": "null"}]}
SCHEMA: Final[Json] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["intent", *_FIELDS],
    "properties": {
        "intent": {"type": "string", "enum": list(_READABLE)},
        **dict.fromkeys(_FIELDS, _NULLABLE),
    },
}


def reading_request(turn: Turn, model: str) -> ModelRequest:
    """One call without tools that gives one JSON object."""
    text = f"BEGIN MESSAGE\n{untagged(turn.words)}\nEND MESSAGE"
    if turn.pending_words:
        text = f"It answers a question about: {untagged(turn.pending_words)}\n{text}"
    return ModelRequest(
        purpose="intent",
        model=model,
        system=(reader_block(),),
        messages=({"role": "user", "content": [{"type": "text", "text": text}]},),
        max_tokens=MAX_TOKENS,
        effort="low",
        output_schema=SCHEMA,
    )


def intent_of(reply: ModelReply) -> Intent:
    """The intent a reply states, checked field by field.

    Raises:
        AiError: when it is cut or anything but what was asked for.
    """
    if reply.stop_reason == "refusal":
        raise AiError(AiErrorKind.REFUSED, "The model refused to read this.")
    try:
        if reply.stop_reason != "end_turn":
            raise InvalidNumberError("the answer did not end")
        return _intent(msgspec.json.decode(reply.text, type=dict[str, str | None]))
    except (msgspec.DecodeError, ValueError, KeyError) as error:
        raise AiError(
            AiErrorKind.BAD_REPLY, "The model's reading of the message could not be used."
        ) from error


def _intent(found: dict[str, str | None]) -> Intent:
    if set(found) != {"intent", *_FIELDS}:
        raise ValueError("fields are missing or unknown")
    action = found["intent"]
    if action not in _READABLE:
        raise ValueError("an unknown intent")
    values: dict[str, Any] = {}
    for name in _FIELDS:
        text = found[name]
        if text is not None:
            values[name] = _value(name, text)
    return Intent(intent=Action(action), **values)


def _value(name: str, text: str) -> object:
    if name == "pair":
        return Pair(text)
    if name == "order_type":
        return OrderType(text).value
    if name in _NUMBERS:
        return _positive(text)
    if name in _LEVELS:
        if not _LEVEL.fullmatch(text):
            raise ValueError(f"{name} is no level")
        return text
    return short(without_links(redact(text)), MAX_FIELD)


def _positive(text: str) -> Decimal:
    if not _DECIMAL.fullmatch(text):
        raise ValueError("not a plain decimal")
    number = exact(text)
    if number <= 0:
        raise ValueError("not above zero")
    return number
