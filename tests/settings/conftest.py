"""A home of its own for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit_tui.settings.locations import Locations, find_locations


@pytest.fixture
def home(tmp_path: Path) -> Locations:
    """Locations below an empty folder, made."""
    locations = find_locations({"KIT_HOME": str(tmp_path / "home")})
    locations.ensure()
    return locations
