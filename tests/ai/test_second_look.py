"""Orders that say less, or another thing, than the message: each is asked about first.

The attacks were found by somebody who tried to have the grammar place a wrong order: every one of
them was an order once.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from kit_tui.ai.assets import offline_pairs
from kit_tui.ai.second_look import NOTE
from kit_tui.ai.stated import speaks_of_order
from kit_tui.domain.intent import Action
from tests.ai.reading import EXECUTABLE, HERE, grammar_with, read


def attacks(name: str = "attacks.jsonl") -> list[dict[str, Any]]:
    with (HERE / name).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def is_order(row: dict[str, Any]) -> bool:
    grammar = grammar_with(*row.get("markets", ()))
    pending = grammar.parse(row["pending"]) if "pending" in row else None
    return grammar.parse(row["text"], pending).intent in EXECUTABLE


def test_no_attack_becomes_an_order() -> None:
    assert not [row for row in attacks() if is_order(row)]
    assert len(attacks()) > 800


def test_the_attacks_that_are_not_answered_yet_are_these() -> None:
    """What the attackers would ask about, `sure` or not. One that asks now moves to the rest."""
    mended = [row["text"] for row in attacks("attacks_open.jsonl") if not is_order(row)]
    assert not mended, "move these to attacks.jsonl"
    assert sum(row["sure"] for row in attacks("attacks_open.jsonl")) <= 50


def test_what_the_second_look_asks_no_model_may_answer() -> None:
    """The grammar understood every word; a model cannot know better which order was meant."""
    pairs = offline_pairs()
    asked = [
        row["text"] for row in attacks()
        if "pending" not in row and (read(row["text"]).note or "").startswith(NOTE)
    ]  # fmt: skip
    assert len(asked) > 550
    assert not [text for text in asked if speaks_of_order(text, pairs).may_order]


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("close all my positions", Action.CLOSE_ALL), ("sell all my BTC", Action.SELL),
        ("trim my btc by half", Action.SELL), ("cancel all bids and asks", Action.CANCEL_ALL),
        ("cancel all resting orders", Action.CANCEL_ALL),
        ("sell 1 btc if it drops to 55k", Action.SELL),
        ("stop me out of ETH if it hits 2350", Action.SELL), ("buy 1 btc now", Action.BUY),
        ("get $100 of btc", Action.BUY), ("sell $100 of btc", Action.SELL),
        ("swap 200 USDT into SOL", Action.BUY), ("take profit on btc at 75k", Action.SELL),
        ("limit buy 0.1 btc 60000", Action.BUY),
        ("if btc drops to 55k then buy 0.1 btc", Action.BUY),
        ("move my stop on btc up to 66k", Action.SELL), ("cancel order 8841", Action.CANCEL),
        ("kaufe 0,5 ETH zu 2.500", Action.BUY), ("buy 1,000 XRP at 2.35", Action.BUY),
    ],
)  # fmt: skip
def test_a_plain_order_beside_each_rule_stays_one(text: str, intent: Action) -> None:
    assert read(text).intent is intent
