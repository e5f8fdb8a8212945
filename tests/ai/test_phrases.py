"""A trader's day in phrases, each with the intent it must give; written before they were scored."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ai.reading import fault, phrases, read_row

ROWS = list(phrases())


@pytest.mark.parametrize("row", ROWS, ids=[row["text"][:60] for row in ROWS])
def test_phrase_is_read_as_a_trader_means_it(row: dict[str, Any]) -> None:
    assert not fault(row, read_row(row))


def test_the_sets_are_broad() -> None:
    assert len(ROWS) >= 1_300
    assert len({row["text"] for row in ROWS}) == len(ROWS)
    assert len({row["intent"] for row in ROWS}) == 23
