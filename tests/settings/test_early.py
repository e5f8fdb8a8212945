"""The settings read before the first paint: tolerant, and without pydantic."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from kit_tui.settings.early import EarlyUi, read_ui
from kit_tui.settings.locations import Locations
from kit_tui.settings.model import Settings


def test_the_screens_settings_are_read_from_toml(home: Locations) -> None:
    home.config_file.write_text(
        'timezone = "Europe/Berlin"\n[ui]\ntheme = "daylight"\nmotion = "none"\nmouse = false\n'
        '[ui.keymap]\nhalt = "f12"\n'
    )
    assert read_ui(home) == EarlyUi(
        theme="daylight",
        keymap={"halt": "f12"},
        motion="none",
        mouse=False,
        timezone="Europe/Berlin",
    )


def test_the_seeds_json_is_read_as_well(home: Locations) -> None:
    home.config_json.write_text('{"ui": {"theme": "daylight"}}')
    assert read_ui(home).theme == "daylight"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[ui",
        b"ui = 3",
        b"[ui]\ntheme = 3\nkeymap = 1\nmotion = 'x'",
        b"[" * 9999,
    ],
)
def test_whatever_is_wrong_the_defaults_serve(home: Locations, content: bytes) -> None:
    home.config_file.write_bytes(content)
    assert read_ui(home) == EarlyUi()


def test_its_defaults_are_those_of_the_model(home: Locations) -> None:
    early, full = read_ui(home), Settings()
    assert (early.theme, early.motion, early.mouse) == (
        full.ui.theme,
        full.ui.motion,
        full.ui.mouse,
    )
    assert early.timezone == full.timezone


def test_pydantic_is_not_imported() -> None:
    code = (
        "import sys; from kit_tui.settings import early, files, locations;"
        "early.read_ui(locations.find_locations({'KIT_HOME': '/nonexistent'}));"
        "sys.exit('pydantic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_a_file_even_all_settings_need_no_pydantic(home: Locations) -> None:
    """Loading it takes longer than anything else between the first paint and the full panes."""
    code = (
        "import os, sys; from kit_tui.settings import load, locations;"
        "load.load_settings(locations.find_locations(os.environ), {});"
        "sys.exit('pydantic' in sys.modules)"
    )
    environ = {**os.environ, "KIT_HOME": str(home.config.parent)}
    done = subprocess.run([sys.executable, "-c", code], check=False, env=environ)
    assert done.returncode == 0
