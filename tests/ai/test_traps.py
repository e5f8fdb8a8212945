"""Fifteen hundred traps: not one is an order, and hardly one may lead a model to one.

Each is an order spoiled by a negation, a condition, a question, hearsay, a tense, a joke, a second
order, a hidden or foreign letter, or a number that is none. Where `may_order` is set, a model may
propose what the words state, for only the size or the market is said loosely.
"""

from __future__ import annotations

import json
from typing import Any

from kit_tui.ai.assets import offline_pairs
from kit_tui.ai.stated import speaks_of_order
from tests.ai.reading import EXECUTABLE, HERE, read

PAIRS = offline_pairs()


def traps() -> list[dict[str, Any]]:
    with (HERE / "traps.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def test_there_are_many_traps() -> None:
    assert len(traps()) > 1_500


def test_no_trap_is_an_order() -> None:
    sprung = [row["text"] for row in traps() if read(row["text"]).intent in EXECUTABLE]
    assert not sprung


def test_no_trap_lets_a_model_order() -> None:
    wrong = [
        row["text"]
        for row in traps()
        if speaks_of_order(row["text"], PAIRS).may_order and not row.get("may_order")
    ]
    assert not wrong
