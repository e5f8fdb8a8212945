"""Finds the skills which come with K.I.T. and gives each its configuration."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

from kit_tui.commands.command import Skill
from kit_tui.domain.errors import SettingsError

HERE = Path(__file__).parent


class SkillManual(msgspec.Struct, frozen=True, kw_only=True):
    """The front matter of a skill's `SKILL.md`."""

    name: str
    description: str
    version: str


def load_builtin_skills(settings: object = None) -> list[Skill]:
    """All built-in skills by folder name, configured.

    A skill's `config.json` holds its defaults; `settings.skills[NAME]`, where there is such a
    mapping, overrides them key by key.

    Raises:
        SettingsError: for a broken `config.json` or an override no skill knows.
    """
    overrides: Mapping[str, Mapping[str, Any]] = getattr(settings, "skills", None) or {}
    skills = []
    for folder in skill_folders():
        kind = _skill_class(folder)
        config = merged(read_config(folder), overrides.get(kind.name, {}), kind.name)
        skills.append(kind(config))
    return skills


def skill_folders(root: Path = HERE) -> Iterator[Path]:
    """Folders below `root` that hold a skill, by name."""
    for folder in sorted(root.iterdir()):
        if (folder / "SKILL.md").is_file():
            yield folder


def read_manual(folder: Path) -> SkillManual:
    """The front matter of `SKILL.md`: lines of `key: value` between two lines of `---`.

    Raises:
        SettingsError: when it is missing or incomplete; it names the file.
    """
    path = folder / "SKILL.md"
    lines = path.read_text(encoding="utf-8").splitlines()
    if lines[:1] != ["---"] or "---" not in lines[1:]:
        raise SettingsError(f"{path} does not begin with front matter.")
    fields = {}
    for line in lines[1 : lines.index("---", 1)]:
        key, _, value = line.partition(":")
        fields[key.strip()] = value.strip()
    try:
        return msgspec.convert(fields, SkillManual)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{path}: {error}.") from None


def read_config(folder: Path) -> dict[str, Any]:
    """A skill's `config.json`.

    Raises:
        SettingsError: naming file and line when it is not a JSON object.
    """
    path = folder / "config.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} is not usable: {error}.") from None
    if not isinstance(found, dict):
        raise SettingsError(f"{path} must hold a JSON object.")
    return found


def merged(defaults: dict[str, Any], overrides: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Defaults with overrides on top.

    Raises:
        SettingsError: for an override of a key the skill does not have, or of another type.
    """
    for key, value in overrides.items():
        if key not in defaults:
            known = ", ".join(sorted(defaults))
            raise SettingsError(f"skills.{name} has no key {key!r}.", hint=f"It has: {known}.")
        if type(value) is not type(defaults[key]):
            kind = type(defaults[key]).__name__
            raise SettingsError(f"skills.{name}.{key} must be of type {kind}, not {value!r}.")
    return {**defaults, **overrides}


def _skill_class(folder: Path) -> type[Skill]:
    module = import_module(f"kit_tui.skills.{folder.name}")
    for _, kind in inspect.getmembers(module, inspect.isclass):
        if issubclass(kind, Skill) and kind.__module__ == module.__name__:
            return kind
    raise SettingsError(f"{folder / '__init__.py'} declares no skill.")
