"""What the README tells people to type exists."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit_tui.cli.main import COMMANDS, HELP
from tests.project.sources import ROOT

README = (ROOT / "README.md").read_text()
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
GENERATED = {"portfolio", "positions", "orders", "risk", "price", "analyze", "help", "fills"}


def typed() -> Iterator[list[str]]:
    """Each command line of the shell blocks, as words."""
    for kind, block in FENCE.findall(README):
        if kind in ("sh", "bash", "shell", "console"):
            for line in block.splitlines():
                words = shlex.split(line.removeprefix("$ "), comments=True)
                if words:
                    yield words


def test_the_readme_shows_commands() -> None:
    assert ["make", "run"] in list(typed())
    assert ["make", "test"] in list(typed())


@pytest.mark.parametrize("words", list(typed()), ids=" ".join)
def test_a_command_of_the_readme_exists(words: list[str]) -> None:
    while words and "=" in words[0]:
        words = words[1:]
    program, *rest = words
    if Path(program).name == "kit":
        name = next((word for word in rest if not word.startswith("-")), None)
        assert name is None or name in COMMANDS or name in GENERATED
        assert all(word in README for word in rest)
    elif program == "make":
        targets = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        assert set(rest) <= targets
    else:
        assert program in ("git", "cd", "export", "python3", "pip", "tmux", "ssh")


def test_the_toml_of_the_readme_is_accepted(tmp_path: Path) -> None:
    from kit_tui.settings.load import load_settings
    from kit_tui.settings.locations import find_locations

    blocks = [block for kind, block in FENCE.findall(README) if kind == "toml"]
    assert blocks
    for block in blocks:
        home = find_locations({"KIT_HOME": str(tmp_path)})
        home.ensure()
        home.config_file.write_text(block)
        load_settings(home, {})


def test_pictures_and_pages_the_readme_shows_are_there() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    missing = [link for link in links if "://" not in link and not (ROOT / link).exists()]
    assert missing == []


def test_generated_commands_in_the_help_are_those_the_skills_declare() -> None:
    for name in ("portfolio", "positions", "orders", "risk", "price", "analyze"):
        assert name in HELP
