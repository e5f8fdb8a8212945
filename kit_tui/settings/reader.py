"""Reads the settings file and says what is wrong with it: file, line, field, nearest key."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn, get_args

from pydantic import TypeAdapter, ValidationError

from kit_tui.domain.errors import SettingsError
from kit_tui.settings import secrets
from kit_tui.settings.lines import JsonLines, Lines, TomlLines
from kit_tui.settings.model import Settings
from kit_tui.settings.section import Section
from kit_tui.settings.translate import Translated, camel, is_named_table, translate

KeyPath = tuple[str, ...]
LARGEST_FILE = 1_000_000


def read_settings(path: Path, environ: Mapping[str, str]) -> Settings:
    """The settings of one file, `.toml` or `.json`.

    Raises:
        SettingsError: naming file, line and field of the first thing wrong, and the nearest key.
    """
    try:
        return _Reader(path, environ).settings()
    except RecursionError:
        raise SettingsError(f"{path} is nested too deeply to be a settings file.") from None


@dataclass(slots=True)
class _Reader:
    """One file on its way to `Settings`."""

    path: Path
    environ: Mapping[str, str]

    @property
    def from_json(self) -> bool:
        return self.path.suffix == ".json"

    def settings(self) -> Settings:
        text = self._text()
        content, lines = self._json(text) if self.from_json else self._toml(text)
        self._refuse_secrets(content, (), lines)
        found = translate(content, from_json=self.from_json)
        for first, second in found.clashes:
            self._fail(lines, second, f"says the same as {'.'.join(first)}", "Keep one of the two.")
        self._refuse_unknown(Settings, found.content, (), found, lines)
        try:
            settings = TypeAdapter(Settings).validate_python(found.content)
            return settings.with_notes(tuple(found.notes))
        except ValidationError as error:
            self._explain(error, found, lines)

    def _text(self) -> str:
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise SettingsError(f"{self.path} cannot be read: {error.strerror}.") from None
        if len(data) > LARGEST_FILE:
            raise SettingsError(f"{self.path} is larger than a settings file can be (1 MB).")
        try:
            return data.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise SettingsError(
                f"{self.path}, line {line}: byte 0x{data[error.start]:02x} is not UTF-8.",
                hint="Save the file as UTF-8.",
            ) from None

    def _toml(self, text: str) -> tuple[dict[str, object], Lines]:
        try:
            content = tomllib.loads(text, parse_float=Decimal)
        except (ValueError, ArithmeticError) as error:
            message, line = _toml_trouble(str(error), text)
            raise SettingsError(f"{self.path}, line {line}: not TOML: {message}.") from None
        return content, TomlLines(text).lines

    def _json(self, text: str) -> tuple[dict[str, object], Lines]:
        try:
            content = json.loads(text, parse_float=Decimal)
        except json.JSONDecodeError as error:
            raise SettingsError(
                f"{self.path}, line {error.lineno}: not JSON: {error.msg.lower()}."
            ) from None
        except (ArithmeticError, ValueError):
            raise SettingsError(f"{self.path}, line 1: not JSON that can be read.") from None
        if not isinstance(content, dict):
            raise SettingsError(f"{self.path}, line 1: must be an object: {{ … }}.")
        scan = JsonLines(text)
        for path in scan.repeated:
            self._fail(scan.lines, path, "stands here for the second time", "Keep one of the two.")
        return content, scan.lines

    def _refuse_secrets(self, table: Mapping[str, object], path: KeyPath, lines: Lines) -> None:
        for key, value in table.items():
            inner = (*path, key)
            if secrets.is_secret_name(key) or secrets.is_secret_value(value):
                hint = secrets.where_instead(inner, self.environ)
                self._fail(lines, inner, "is a secret, and secrets do not belong in a file", hint)
            if isinstance(value, dict):
                self._refuse_secrets(value, inner, lines)

    def _refuse_unknown(
        self,
        model: type[Section],
        table: Mapping[str, object],
        path: KeyPath,
        found: Translated,
        lines: Lines,
    ) -> None:
        known = model.keys()
        for key, value in table.items():
            if key not in known:
                self._fail_unknown(key, model, path, found, lines)
            inner = _section_of(known[key])
            if inner is None or not isinstance(value, dict):
                continue
            named = is_named_table((*path, key))
            for prefix, part in (
                [((*path, key, n), v) for n, v in value.items()]
                if named
                else [((*path, key), value)]
            ):
                if isinstance(part, dict):
                    self._refuse_unknown(inner, part, prefix, found, lines)

    def _fail_unknown(
        self,
        key: str,
        model: type[Section],
        path: KeyPath,
        found: Translated,
        lines: Lines,
    ) -> NoReturn:
        known = list(model.keys())
        near = difflib.get_close_matches(key.lower().replace("-", "_"), known, n=1, cutoff=0.5)
        spell = camel if self.from_json else str
        hint = (
            f"Did you mean {spell(near[0])}?"
            if near
            else f"Known here: {', '.join(spell(name) for name in known)}."
        )
        self._fail(lines, found.spelled((*path, key)), "is not a setting", hint)

    def _explain(self, error: ValidationError, found: Translated, lines: Lines) -> NoReturn:
        detail: Any = min(
            error.errors(include_url=False),
            key=lambda each: _line_of(lines, found.spelled(_path_of(each["loc"]))),
        )
        path = found.spelled(_path_of(detail["loc"]))
        message, hint = _plain_words(detail)
        if detail["type"] == "value_error" and detail["loc"] == ("risk_manager",):
            path = (*path, camel("drawdown_halt") if self.from_json else "drawdown_halt")
        self._fail(lines, path, message, hint)

    def _fail(self, lines: Lines, path: KeyPath, message: str, hint: str = "") -> NoReturn:
        where = f"{self.path}, line {_line_of(lines, path)}"
        raise SettingsError(f"{where}: {'.'.join(path)} {message}.", hint=hint)


def _path_of(location: tuple[int | str, ...]) -> KeyPath:
    return tuple(str(part) for part in location if part != "[key]")


def _line_of(lines: Lines, path: KeyPath) -> int:
    """The line of a path, or of the nearest table around it that has one."""
    for depth in range(len(path), 0, -1):
        if path[:depth] in lines:
            return lines[path[:depth]]
    return 1


def _section_of(annotation: object) -> type[Section] | None:
    """The section behind a field's annotation, inside `dict[…, Model]` too."""
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, Section):
            return candidate
    return None


_TYPES = {
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "string_type": "must be a text in quotes",
    "dict_type": "must be a table",
    "tuple_type": "must be a list",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "string_too_long": "is too long",
}


def _plain_words(detail: Mapping[str, Any]) -> tuple[str, str]:
    """A pydantic error as the end of a sentence, and a hint."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error":
        message = str(context["error"])
        if not message.startswith("must"):
            return f"is not usable: {message}", ""
    elif kind == "literal_error":
        message = f"must be {context['expected'].replace(chr(39), chr(34))}"
    elif kind in {"greater_than_equal", "less_than_equal"}:
        bound = context.get("ge", context.get("le"))
        message = f"must be at {'least' if kind == 'greater_than_equal' else 'most'} {bound}"
    else:
        message = _TYPES.get(kind, str(detail["msg"]).lower())
    return message + _shown(detail["input"]), _hint(detail)


def _shown(value: object) -> str:
    if isinstance(value, dict | list | tuple):
        return ""
    text = "true" if value is True else "false" if value is False else str(value)
    return f", not {text[:40]!r}" if isinstance(value, str) else f", not {text[:40]}"


def _hint(detail: Mapping[str, Any]) -> str:
    if detail["type"] != "literal_error" or not isinstance(detail["input"], str):
        return ""
    choices = re.findall(r"'([^']+)'", detail["ctx"]["expected"])
    near = difflib.get_close_matches(detail["input"], choices, n=1, cutoff=0.5)
    return f"Did you mean {near[0]}?" if near else ""


def _toml_trouble(message: str, text: str) -> tuple[str, int]:
    """The standard library's complaint without its position, and the line."""
    found = re.search(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$", message)
    if found is None:
        return "it cannot be read", 1
    line = int(found[1]) if found[1] else text.count("\n") + 1
    return message[: found.start()].lower(), line
