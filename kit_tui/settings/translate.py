"""From the words of a settings file to the names of the model.

The seed's JSON is camelCase, and the project it comes from spelled some keys and actions in other
ways; all of them are read, and the model knows one name for each thing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from kit_tui.settings.model import ALL_CHECKS, DEFAULT_MODEL

Path = tuple[str, ...]
RETIRED_MODELS = MappingProxyType({"claude-sonnet-4-20250514": DEFAULT_MODEL})

_NAMED_TABLES = (("exchanges",), ("exchanges", "*", "accounts"), ("ui", "keymap"))
_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")
_SECTIONS = MappingProxyType({"risk": "risk_manager"})
_RISK_KEYS = MappingProxyType(
    {
        "max_daily_loss": "daily_loss_limit",
        "max_open_positions": "open_position_limit",
        "max_leverage": "leverage_limit",
        "max_drawdown": "drawdown_halt",
    }
)
_ACTION_KEYS = MappingProxyType(
    {"on_daily_loss_reached": "on_daily_loss", "on_drawdown_reached": "on_drawdown"}
)
_ACTIONS = MappingProxyType(
    {
        "halt": "halt_trading",
        "haltTrading": "halt_trading",
        "reduce": "reduce_exposure",
        "reduceExposure": "reduce_exposure",
        "warn": "reject",
    }
)


@dataclass(slots=True)
class Translated:
    """Content under the model's names; `written` gives each path as the file spells it."""

    content: dict[str, object] = field(default_factory=dict)
    written: dict[Path, Path] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    clashes: list[tuple[Path, Path]] = field(default_factory=list)

    def spelled(self, path: Path) -> Path:
        """A path in the file's own words, as far as the file has it."""
        for depth in range(len(path), 0, -1):
            if path[:depth] in self.written:
                return (*self.written[path[:depth]], *path[depth:])
        return path


def is_named_table(path: Path) -> bool:
    """Whether the keys of the table at this path are a user's names, not names of settings."""
    return any(
        len(path) == len(table) and all(a in ("*", b) for a, b in zip(table, path, strict=True))
        for table in _NAMED_TABLES
    )


def snake(name: str) -> str:
    """`riskManager` as `risk_manager`; snake_case stays as it is."""
    return _HUMP.sub(lambda hump: "_" + hump[1].lower(), name)


def camel(name: str) -> str:
    """`risk_manager` as `riskManager`."""
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def translate(content: Mapping[str, object], *, from_json: bool) -> Translated:
    """Rename what is spelled in another way and substitute what is retired, with a note each."""
    result = Translated()
    result.content = _renamed(content, (), (), result, from_json=from_json)
    _substitute_model(result)
    _read_risk(result)
    return result


def _renamed(
    table: Mapping[str, object], path: Path, written: Path, result: Translated, *, from_json: bool
) -> dict[str, object]:
    renamed: dict[str, object] = {}
    for key, value in table.items():
        name = key if is_named_table(path) else _name(key, path, from_json=from_json)
        inner, inner_written = (*path, name), (*written, key)
        if name in renamed:
            result.clashes.append((result.written[inner], inner_written))
            continue
        result.written[inner] = inner_written
        renamed[name] = (
            _renamed(value, inner, inner_written, result, from_json=from_json)
            if isinstance(value, dict)
            else value
        )
    return renamed


def _name(key: str, path: Path, *, from_json: bool) -> str:
    name = snake(key) if from_json else key
    if not path:
        return _SECTIONS.get(name, name)
    if path == ("risk_manager",):
        return _RISK_KEYS.get(name, name)
    if path == ("risk_manager", "actions"):
        return _ACTION_KEYS.get(name, name)
    return name


def _substitute_model(result: Translated) -> None:
    engine = result.content.get("engine")
    if not isinstance(engine, dict):
        return
    model = engine.get("model")
    if isinstance(model, str) and model in RETIRED_MODELS:
        engine["model"] = RETIRED_MODELS[model]
        result.notes.append(f"The model {model} is retired; {RETIRED_MODELS[model]} is used.")


def _read_risk(result: Translated) -> None:
    risk = result.content.get("risk_manager")
    if not isinstance(risk, dict):
        return
    actions = risk.get("actions")
    if isinstance(actions, dict):
        _read_actions(actions, result)
    checks = risk.get("checks")
    if not isinstance(checks, list):
        return
    names = {snake(name): name for name in ALL_CHECKS}
    checks = [names.get(check, check) if isinstance(check, str) else check for check in checks]
    # The seed lists four checks and states an action on drawdown: whoever states the action wants
    # the guard, so it is on although the list does not name it.
    if isinstance(actions, dict) and "on_drawdown" in actions and "drawdown" not in checks:
        checks.append("drawdown")
    risk["checks"] = checks
    off = [name for name in ALL_CHECKS if name not in checks]
    if off:
        result.notes.append(f"Checks that are off: {', '.join(off)}.")


def _read_actions(actions: dict[str, object], result: Translated) -> None:
    for key, action in actions.items():
        if not isinstance(action, str) or action not in _ACTIONS:
            continue
        actions[key] = _ACTIONS[action]
        if action == "warn":
            written = ".".join(result.spelled(("risk_manager", "actions", key)))
            result.notes.append(f"{written}: no limit only warns; warn is read as reject.")
