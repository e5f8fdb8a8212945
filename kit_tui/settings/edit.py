"""Changes single values of the settings file and leaves the rest, comments included, as it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kit_tui.domain.errors import SettingsError
from kit_tui.settings.files import write_atomic
from kit_tui.settings.load import load_settings
from kit_tui.settings.locations import Locations

KeyPath = tuple[str, ...]
Plain = str | int | bool


def set_values(
    locations: Locations, changes: Mapping[KeyPath, Plain], environ: Mapping[str, str]
) -> Path:
    """Write values at their paths into the settings file of a home and return that file.

    A file that was not readable before, or would not be afterwards, stays as it is.

    Raises:
        SettingsError: naming what is wrong with the file, or that it cannot be written.
    """
    load_settings(locations, environ)
    path = locations.config_json if locations.config_json.exists() else locations.config_file
    before = path.read_bytes() if path.exists() else None
    change = _json if path.suffix == ".json" else _toml
    try:
        text = change(before.decode("utf-8-sig") if before is not None else "", changes)
        write_atomic(path, text.encode())
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror or error}.") from None
    try:
        load_settings(locations, environ)
    except SettingsError:
        if before is None:
            path.unlink()
        else:
            write_atomic(path, before)
        raise
    return path


def _toml(text: str, changes: Mapping[KeyPath, Plain]) -> str:
    import tomlkit
    from tomlkit.items import InlineTable

    document = tomlkit.parse(text)
    for path, value in changes.items():
        table: Any = document
        for depth, name in enumerate(path[:-1]):
            if name not in table:
                inline = isinstance(table, InlineTable)
                # `[exchanges.binance]` needs no empty `[exchanges]` above it.
                is_super = depth < len(path) - 2
                fresh = tomlkit.inline_table() if inline else tomlkit.table(is_super_table=is_super)
                table[name] = fresh
            table = table[name]
        table[path[-1]] = value
    return tomlkit.dumps(document)


def _json(text: str, changes: Mapping[KeyPath, Plain]) -> str:
    content = json.loads(text) if text else {}
    for path, value in changes.items():
        table = content
        for name in path[:-1]:
            table = table.setdefault(name, {})
        table[path[-1]] = value
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
