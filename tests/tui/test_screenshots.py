"""The pictures in `screenshots/` show the program as it is now."""

from __future__ import annotations

import pytest

from benchmarks.screenshots import FOLDER, PICTURES, take

MAIN = next(picture for picture in PICTURES if picture[0] == "main-120x40")


async def test_the_main_picture_is_not_stale() -> None:
    """Taken anew it is the same; if not, `make screenshots` and look at the difference."""
    path = FOLDER / "main-120x40.svg"
    if path.read_text(encoding="utf-8") != await take(MAIN):
        pytest.fail("screenshots/main-120x40.svg is stale: run `make screenshots`")


def test_every_picture_is_there() -> None:
    assert {path.stem for path in FOLDER.glob("*.svg")} == {picture[0] for picture in PICTURES}
