"""Themes as TOML files: the house's own and the user's, checked field by field."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from textual.color import Color, ColorParseError
from textual.theme import Theme

from kit_tui.domain.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

ROLES = (
    "background", "surface", "panel", "select", "border", "fg", "strong", "muted", "faint",
    "accent", "profit", "loss", "long", "short", "warn", "stale", "info", "paper", "live",
    "live_text", "live_tint", "halt", "halt_text", "meter", "track",
)  # fmt: skip
"""Every colour role; a house theme names all, a user's theme inherits what it leaves out."""

HOUSE_THEME = "knight"
_TOP_LEVEL = {"name": str, "dark": bool, "ansi": bool, "extends": str, "colors": dict}
_MAX_BYTES = 64_000


class ThemeFile(msgspec.Struct, frozen=True):
    """A theme as read: its Textual theme and the file it came from."""

    theme: Theme
    path: Path


def load_themes(
    directories: Iterable[Path], *, first: str | None = None
) -> tuple[dict[str, Theme], list[SettingsError]]:
    """Every theme of these directories by name, and what was wrong with the others.

    `first` names the only theme wanted right now, so that the others can wait until after the
    first paint.
    """
    themes: dict[str, Theme] = {}
    problems: list[SettingsError] = []
    for path in _files(directories, first):
        try:
            found = read_theme(path, themes)
        except SettingsError as problem:
            problems.append(problem)
        else:
            themes[found.theme.name] = found.theme
    return themes, problems


def _files(directories: Iterable[Path], first: str | None) -> Iterator[Path]:
    for directory in directories:
        if first is not None:
            for name in (HOUSE_THEME, first):
                if (path := directory / f"{name}.toml").is_file():
                    yield path
        elif directory.is_dir():
            # The house theme comes first because others build on it.
            yield from sorted(
                directory.glob("*.toml"), key=lambda path: (path.stem != HOUSE_THEME, path.name)
            )


def read_theme(path: Path, known: Mapping[str, Theme] | None = None) -> ThemeFile:
    """One theme file.

    Raises:
        SettingsError: naming file, line and field.
    """
    try:
        raw = path.read_bytes()[:_MAX_BYTES]
        text = raw.decode("utf-8")
        content = tomllib.loads(text)
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror or error}", title="Theme") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SettingsError(f"{path}: {error}", title="Theme") from error
    for key, value in content.items():
        wanted = _TOP_LEVEL.get(key)
        if wanted is None:
            raise _problem(path, text, key, "is not a theme setting", _TOP_LEVEL)
        if not isinstance(value, wanted):
            raise _problem(path, text, key, f"must be of type {wanted.__name__}")
    return ThemeFile(_theme(path, text, content, known or {}), path)


def _theme(path: Path, text: str, content: dict[str, object], known: Mapping[str, Theme]) -> Theme:
    given = content.get("colors", {})
    colours = {str(k): v for k, v in given.items()} if isinstance(given, dict) else {}
    for role, value in colours.items():
        if role not in ROLES:
            raise _problem(path, text, role, "is not a colour role", ROLES)
        if not isinstance(value, str):
            raise _problem(path, text, role, "must be a colour in quotes")
        try:
            Color.parse(value)
        except ColorParseError:
            raise _problem(path, text, role, f"{value[:40]!r} is not a colour") from None
    name = str(content.get("name", path.stem))
    base = known.get(str(content.get("extends", HOUSE_THEME)))
    missing = [role for role in ROLES if role not in colours]
    if missing and base is None:
        raise SettingsError(f"{path}: colours missing: {', '.join(missing)}", title="Theme")
    inherited = base.variables if base is not None else {}
    roles = {role: str(colours.get(role) or inherited[_variable(role)]) for role in ROLES}
    return make_theme(
        name, roles, dark=bool(content.get("dark", True)), ansi=bool(content.get("ansi"))
    )


def make_theme(name: str, roles: Mapping[str, str], *, dark: bool, ansi: bool = False) -> Theme:
    """A Textual theme from our roles, with Textual's own variables mapped onto them."""
    variables = {_variable(role): colour for role, colour in roles.items()}
    variables |= {
        "block-cursor-background": roles["select"],
        "block-cursor-foreground": roles["strong"],
        "block-cursor-text-style": "none",
        "block-hover-background": roles["panel"],
        "border-blurred": roles["border"],
        "input-cursor-background": roles["fg"],
        "input-cursor-foreground": roles["background"],
        "input-selection-background": roles["select"],
        "scrollbar": roles["border"],
        "scrollbar-hover": roles["meter"],
        "scrollbar-active": roles["muted"],
        "scrollbar-background": roles["background"],
        "scrollbar-background-hover": roles["background"],
        "scrollbar-background-active": roles["background"],
        "scrollbar-corner-color": roles["background"],
        "screen-selection-background": roles["select"],
        "text": roles["fg"],
        "text-muted": roles["muted"],
        "text-disabled": roles["faint"],
    }
    if ansi:  # Textual's own rules for terminal colours ask for these two
        variables |= {"ansi-background": roles["background"], "ansi-foreground": roles["fg"]}
    return Theme(
        name=name, primary=roles["info"], secondary=roles["muted"], warning=roles["warn"],
        error=roles["loss"], success=roles["profit"], accent=roles["accent"],
        foreground=roles["fg"], background=roles["background"], surface=roles["surface"],
        panel=roles["panel"], dark=dark, ansi=ansi, text_alpha=1.0, variables=variables,
    )  # fmt: skip


def _variable(role: str) -> str:
    return role.replace("_", "-")


def _problem(
    path: Path, text: str, key: str, what: str, choices: Iterable[str] = ()
) -> SettingsError:
    """An error with file, line and field, and the nearest known name."""
    import difflib

    pattern = re.compile(rf"^[ \t]*[\"']?{re.escape(key)}[\"']?\s*=", re.MULTILINE)
    match = pattern.search(text)
    line = text.count("\n", 0, match.start()) + 1 if match else 1
    near = difflib.get_close_matches(key, list(choices), n=1)
    hint = f"Did you mean {near[0]}?" if near else ""
    return SettingsError(f"{path}, line {line}: {key} {what}", hint=hint, title="Theme")
