"""The page about a day on the phone is what happens, but for its figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.channels.day_on_the_phone import DAY, masked, record

PAGE = Path(__file__).parents[2] / "docs" / "day-on-the-phone.md"


def test_the_page_tells_of_everything_that_is_said() -> None:
    page = PAGE.read_text(encoding="utf-8")
    told = [line for line in page.split("\n") if line.startswith(("**You:**", "##"))]
    assert told == [f"#{said}" if said[0] == "#" else f"**You:** {said}" for said in DAY]


@pytest.mark.long
async def test_the_page_is_what_happens() -> None:
    told, page = masked(await record()), masked(PAGE.read_text(encoding="utf-8"))
    assert [line for line in told if line not in page] == []
    assert len(told) == len(page)
