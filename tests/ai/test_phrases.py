"""A trader's day in phrases, each with the intent it must give; written before they were scored."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.ai.reading import SETS, fault, phrases, read_row

ROWS = list(phrases())


@pytest.mark.parametrize("name", SETS)
def test_every_phrase_of_a_set_is_read_as_a_trader_means_it(name: str) -> None:
    read = ((row["text"], fault(row, read_row(row))) for row in phrases(name))
    assert {text: wrong for text, wrong in read if wrong} == {}


def test_the_sets_are_broad() -> None:
    assert len(ROWS) >= 6_000
    assert [text for text, times in Counter(r["text"] for r in ROWS).items() if times > 1] == []
    assert len({row["intent"] for row in ROWS}) == 23
