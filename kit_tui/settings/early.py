"""The few settings the first paint needs, read without pydantic and without ever failing.

What is wrong with the file is said by `load.load_settings` a moment later, when there is a screen
to say it on; until then the defaults serve.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from types import MappingProxyType

import msgspec
from msgspec import field

from kit_tui.settings.locations import Locations

DEFAULT_THEME = "knight"
MOTIONS = ("auto", "full", "none")
_NOTHING: Mapping[str, object] = MappingProxyType({})


class EarlyUi(msgspec.Struct, frozen=True):
    """How the screen looks and listens, known before anything heavy is imported.

    `motion` is auto (none over SSH), full or none; `keymap` maps binding ids to keys.
    """

    theme: str = DEFAULT_THEME
    keymap: Mapping[str, str] = field(default_factory=dict)
    motion: str = "auto"
    mouse: bool = True
    timezone: str = "UTC"


def read_ui(locations: Locations) -> EarlyUi:
    """The screen's settings; what is missing, unreadable or of the wrong type is the default."""
    try:
        content = _read(locations)
    except (OSError, ValueError, RecursionError):
        return EarlyUi()
    ui = _table(content, "ui")
    keymap = _table(ui, "keymap")
    motion = _text(ui, "motion", "auto")
    mouse = ui.get("mouse", True)
    return EarlyUi(
        theme=_text(ui, "theme", DEFAULT_THEME),
        keymap={key: value for key, value in keymap.items() if isinstance(value, str)},
        motion=motion if motion in MOTIONS else "auto",
        mouse=mouse if isinstance(mouse, bool) else True,
        timezone=_text(content, "timezone", "UTC"),
    )


def real_accounts(locations: Locations) -> tuple[str, ...]:
    """Accounts that trade at a venue by the settings, testnets included; none if unreadable."""
    try:
        venues = _table(_read(locations), "exchanges")
    except (OSError, ValueError, RecursionError):
        return ()
    found = []
    for venue in venues:
        own = _table(venues, venue)
        named = _table(own, "accounts")
        found += [(venue, own), *((f"{venue}-{name}", _table(named, name)) for name in named)]
    return tuple(name for name, table in found if table.get("mode") in ("sandbox", "live"))


def wants_model(locations: Locations) -> bool:
    """Whether a language model is to be asked by the settings; yes if they are unreadable."""
    try:
        return _table(_read(locations), "engine").get("enabled", True) is not False
    except (OSError, ValueError, RecursionError):
        return True


def bots(locations: Locations) -> tuple[str, ...]:
    """Channels with a token that were set up and not switched off by the settings.

    One without a section of its own may be set up all the same, and is left out: its engine then
    says that the vault is locked.
    """
    try:
        sections = _table(_read(locations), "channels")
    except (OSError, ValueError, RecursionError):
        return ()
    return tuple(
        name
        for name in ("telegram", "discord")
        if name in sections and _table(sections, name).get("enabled", True) is not False
    )


def _read(locations: Locations) -> Mapping[str, object]:
    if locations.config_file.exists():
        return tomllib.loads(locations.config_file.read_text(encoding="utf-8"))
    if locations.config_json.exists():
        content = json.loads(locations.config_json.read_text(encoding="utf-8"))
        return content if isinstance(content, dict) else _NOTHING
    return _NOTHING


def _table(parent: Mapping[str, object], key: str) -> Mapping[str, object]:
    found = parent.get(key)
    return found if isinstance(found, dict) else _NOTHING


def _text(parent: Mapping[str, object], key: str, default: str) -> str:
    found = parent.get(key)
    return found if isinstance(found, str) and found else default
