"""A trader's day in phrases, each with the intent it must give; written before they were scored."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ai.reading import EXECUTABLE, FIELDS, ORDERS, phrases, read, same

ROWS = list(phrases())


@pytest.mark.parametrize("row", ROWS, ids=[row["text"][:60] for row in ROWS])
def test_phrase_is_read_as_a_trader_means_it(row: dict[str, Any]) -> None:
    intent = read(row["text"])
    assert intent.intent.value in (row["intent"], *row.get("also", ()))
    if intent.intent.value != row["intent"]:
        assert intent.intent not in EXECUTABLE or intent.intent.value in row["also"]
        return
    for field, stated in row.items():
        if field not in ("text", "intent", "also"):
            assert same(stated, getattr(intent, field), field), field
    if intent.intent in ORDERS:
        unstated = [field for field in FIELDS if field not in row]
        assert [getattr(intent, field) for field in unstated] == [None] * len(unstated)


def test_the_set_is_broad() -> None:
    assert len(ROWS) >= 500
    assert len({row["text"] for row in ROWS}) == len(ROWS)
    assert len({row["intent"] for row in ROWS}) >= 18
