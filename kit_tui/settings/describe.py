"""Describes every setting from the model itself: the page in `docs/` is made from this.

`python -m kit_tui.settings.describe > docs/settings.md` writes the page anew.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

from kit_tui.domain.numbers import plain
from kit_tui.settings.model import Settings
from kit_tui.settings.section import Section

HEAD = """# Settings

`config.toml` in the folder that `kit locate config` prints. The seed's JSON shape (`config.json`,
camelCase) loads as well. A fraction may be written `0.05` or `"5%"`. Secrets never go here: see
[keys.md](keys.md). This page is generated from the settings' own descriptions.
"""


class SettingRow(NamedTuple):
    """One setting: its section in the file (empty for the top), name, default and meaning."""

    section: str
    name: str
    default: str
    help: str


def setting_rows(model: type[Section] = Settings, section: str = "") -> Iterator[SettingRow]:
    """Every setting, top level first, then section by section."""
    meanings = docstrings(model)
    nested: list[tuple[str, type[Section]]] = []
    defaults = model()
    for name, kind in model.keys().items():
        if isinstance(kind, type) and issubclass(kind, Section):
            nested.append((f"{section}.{name}".lstrip("."), kind))
        else:
            yield SettingRow(section, name, _shown(getattr(defaults, name)), meanings.get(name, ""))
    for path, part in nested:
        yield from setting_rows(part, path)


def docstrings(model: type[Section]) -> dict[str, str]:
    """The string below each field of a section and of those it extends, read from their source."""
    found: dict[str, str] = {}
    for part in reversed(model.__mro__):
        if issubclass(part, Section):
            found |= _own_docstrings(part)
    return found


def _own_docstrings(model: type[Section]) -> dict[str, str]:
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    assert isinstance(body, ast.ClassDef)  # noqa: S101 - a class's source is a class
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in pairwise(body.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


def _shown(value: Any) -> str:
    if value is None or value == {}:
        return "none"
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def page() -> str:
    """The settings page as Markdown."""
    lines = [HEAD]
    section: str | None = None
    for row in setting_rows():
        if row.section != section:
            section = row.section
            title = f"`[{section}]`" if section else "Top level"
            lines.append(f"\n## {title}\n\n| setting | default | meaning |\n|---|---|---|")
        lines.append(f"| `{row.name}` | `{row.default}` | {row.help} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
