"""What the grammar's tests share: one offline grammar, and the intents that move money."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from kit_tui.ai.grammar import Grammar
from kit_tui.domain.intent import Action, Intent

GRAMMAR = Grammar.offline()
ORDERS = frozenset({Action.BUY, Action.SELL})
EXECUTABLE = ORDERS | {
    Action.CLOSE, Action.CLOSE_ALL, Action.CANCEL, Action.CANCEL_ALL, Action.RESUME,
}  # fmt: skip
FIELDS = ("pair", "quote_amount", "base_amount", "fraction", "order_type", "price", "stop_price")
NUMBERS = frozenset({"quote_amount", "base_amount", "fraction", "price", "stop_price"})
PHRASES = Path(__file__).with_name("phrases.jsonl")


def read(text: str, pending: Intent | None = None) -> Intent:
    return GRAMMAR.parse(text, pending)


def phrases() -> Iterator[dict[str, Any]]:
    with PHRASES.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)


def order_phrases() -> list[str]:
    return [row["text"] for row in phrases() if row["intent"] in ("buy", "sell")]


def essence(intent: Intent) -> tuple[object, ...]:
    """What an intent would do, without the words that explain it."""
    return (intent.intent, *(getattr(intent, name) for name in FIELDS), intent.stop_loss,
            intent.take_profit, intent.trail, intent.venue)  # fmt: skip


def facts(intent: Intent, names: str) -> list[object]:
    """Some fields of an intent by name, to be compared at once."""
    return [getattr(intent, name) for name in names.split()]


def same(stated: str, found: object, field: str) -> bool:
    if field in NUMBERS:
        return found is not None and found == Decimal(stated)
    return found is not None and str(found) == str(stated)
