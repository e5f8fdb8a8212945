"""The settings of a home: the defaults, or what its file says.

A file is read by `reader.py`, which needs pydantic; without one nothing of that is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping

from kit_tui.domain.errors import SettingsError
from kit_tui.settings.locations import Locations
from kit_tui.settings.model import Settings


def load_settings(locations: Locations, environ: Mapping[str, str]) -> Settings:
    """The settings of a home; a missing file means the defaults.

    `environ` is only looked at to say whether a secret found in the file is set there already.

    Raises:
        SettingsError: naming file, line and field of the first thing wrong, and the nearest key.
    """
    toml, as_json = locations.config_file, locations.config_json
    if toml.exists() and as_json.exists():
        raise SettingsError(
            f"There are two settings files: {toml} and {as_json}.",
            hint="Keep one and move the other away; nothing is read while it is not clear which.",
        )
    path = as_json if as_json.exists() else toml
    if not path.exists():
        return Settings()
    from kit_tui.settings.reader import read_settings

    return read_settings(path, environ)
