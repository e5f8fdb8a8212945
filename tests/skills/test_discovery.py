"""Skills are found by their folders, described truthfully, configured, and cheap to import."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import pytest

from kit_tui.commands.command import Effect
from kit_tui.domain.errors import SettingsError
from kit_tui.domain.market_data import TIMEFRAME_SECONDS
from kit_tui.skills import discovery
from kit_tui.skills.market_analysis import Timeframe

FOLDERS = list(discovery.skill_folders())
NAMES = ["exchange-connector", "market-analysis", "portfolio-tracker"]


def test_every_built_in_skill_is_found() -> None:
    assert [skill.name for skill in discovery.load_builtin_skills()] == NAMES


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_folder_has_its_three_parts_and_its_manual_says_what_the_code_says(folder: Path) -> None:
    assert (folder / "__init__.py").is_file()
    assert discovery.read_config(folder)
    manual = discovery.read_manual(folder)
    skill = next(s for s in discovery.load_builtin_skills() if s.name == manual.name)
    assert manual.name == folder.name.replace("_", "-")
    assert manual.version == skill.version
    assert manual.description == (type(skill).__doc__ or "").splitlines()[0]
    text = (folder / "SKILL.md").read_text(encoding="utf-8")
    for command in skill.commands():
        assert f"/{command.name}" in text, f"SKILL.md leaves out /{command.name}"


def test_commands_have_help_and_no_two_share_a_name() -> None:
    commands = [c for skill in discovery.load_builtin_skills() for c in skill.commands()]
    names = [name for c in commands for name in (c.name, *c.aliases)]
    assert len(names) == len(set(names))
    assert all(c.help.endswith(".") for c in commands)


def test_only_the_watchlist_is_ever_set_by_these_skills() -> None:
    commands = [c for skill in discovery.load_builtin_skills() for c in skill.commands()]
    assert {c.name for c in commands if c.effect is not Effect.READS} == {"watch", "unwatch"}
    assert {c.effect for c in commands} == {Effect.READS, Effect.SETS}


def test_the_time_frames_offered_are_the_time_frames_there_are() -> None:
    assert list(get_args(Timeframe)) == list(TIMEFRAME_SECONDS)


def test_settings_override_a_skills_defaults_key_by_key() -> None:
    settings = SimpleNamespace(skills={"market-analysis": {"candles": 250}})
    skill = next(s for s in discovery.load_builtin_skills(settings) if s.name == "market-analysis")
    assert skill.config["candles"] == 250
    assert skill.config["default_timeframe"] == "1h"


@pytest.mark.parametrize(
    ("override", "message"),
    [({"candels": 5}, "no key 'candels'"), ({"candles": "many"}, "must be of type int")],
)
def test_a_wrong_override_is_named(override: dict[str, object], message: str) -> None:
    settings = SimpleNamespace(skills={"market-analysis": override})
    with pytest.raises(SettingsError, match=message):
        discovery.load_builtin_skills(settings)


@pytest.mark.parametrize("text", ["", "# No front matter", "---\nname: x\n---\n", "---\nname: x"])
def test_a_manual_without_its_front_matter_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "SKILL.md").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"SKILL\.md"):
        discovery.read_manual(tmp_path)


@pytest.mark.parametrize("text", ["{", "[1]"])
def test_a_broken_configuration_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"config\.json"):
        discovery.read_config(tmp_path)


def test_loading_all_skills_imports_nothing_heavy() -> None:
    code = """
import sys, json
from kit_tui.skills.discovery import load_builtin_skills
load_builtin_skills()
heavy = ("numpy", "talib", "pandas", "pydantic", "ccxt", "textual")
print(json.dumps([name for name in heavy if name in sys.modules]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
