"""What the grammar's tests share: one offline grammar, and the intents that move money."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from kit_tui.ai.assets import offline_pairs
from kit_tui.ai.grammar import Grammar
from kit_tui.domain.intent import Action, Intent
from kit_tui.domain.pair import Pair

GRAMMAR = Grammar.offline()
ORDERS = frozenset({Action.BUY, Action.SELL})
EXECUTABLE = ORDERS | {
    Action.CLOSE, Action.CLOSE_ALL, Action.CANCEL, Action.CANCEL_ALL, Action.RESUME,
}  # fmt: skip
FIELDS = ("pair", "quote_amount", "base_amount", "fraction", "order_type", "price", "stop_price")
EXTRAS = ("stop_loss", "take_profit", "trail", "venue", "leverage", "post_only", "time_in_force",
          "lots", "timeframe", "order_id")  # fmt: skip
NUMBERS = frozenset({"quote_amount", "base_amount", "fraction", "price", "stop_price", "lots"})
HERE = Path(__file__).parent
SETS = tuple(sorted(path.name for path in HERE.glob("phrases*.jsonl")))


def read(text: str, pending: Intent | None = None) -> Intent:
    return GRAMMAR.parse(text, pending)


def phrases(*names: str) -> Iterator[dict[str, Any]]:
    """The rows of some sets of phrases, or of all of them."""
    for name in names or SETS:
        with (HERE / name).open(encoding="utf-8") as lines:
            yield from (json.loads(line) for line in lines)


@cache
def grammar_with(*markets: str) -> Grammar:
    """The offline grammar where some more markets are listed."""
    listed = offline_pairs() | {Pair(market) for market in markets}
    return Grammar(lambda: listed)


def read_row(row: dict[str, Any]) -> Intent:
    return grammar_with(*row.get("markets", ())).parse(row["text"])


def fault(row: dict[str, Any], intent: Intent) -> str:
    """What is wrong about how a phrase was read, or an empty string."""
    if intent.intent.value != row["intent"]:
        fine = intent.intent.value in row.get("also", ())
        unsafe = "UNSAFE " if intent.intent in EXECUTABLE else ""
        return "" if fine else f"{unsafe}{intent.intent.value} instead of {row['intent']}"
    for field, stated in row.items():
        if field not in ("text", "intent", "also", "markets"):
            found = getattr(intent, field)
            if not same(stated, found, field):
                return f"{field} is {found} instead of {stated}"
    if intent.intent in ORDERS:
        for field in (*FIELDS, *EXTRAS):
            if field not in row and getattr(intent, field) is not None:
                return f"{field} is {getattr(intent, field)}, which was not stated"
    return ""


def order_phrases() -> list[str]:
    """Orders to be varied: every one of the older sets, every third of the broad ones."""
    broad = [name for name in SETS if "breadth" in name or "strangers" in name]
    rows = [
        *phrases(*(name for name in SETS if name not in broad)), *list(phrases(*broad))[::3],
    ]  # fmt: skip
    return [row["text"] for row in rows if row["intent"] in ("buy", "sell")]


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
