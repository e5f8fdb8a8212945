"""A home of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kit_tui.settings import redaction
from kit_tui.settings.locations import Locations, find_locations


@pytest.fixture
def home(tmp_path: Path) -> Locations:
    """Locations below an empty folder, made."""
    locations = find_locations({"KIT_HOME": str(tmp_path / "home")})
    locations.ensure()
    return locations


@pytest.fixture(autouse=True)
def _other_tests_keep_their_words() -> Iterator[None]:
    """What a test has blacked out must not be missing in the texts of the next."""
    before = redaction._known
    yield
    redaction._known = before
