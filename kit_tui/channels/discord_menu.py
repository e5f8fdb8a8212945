"""Commands of the registry as Discord's slash commands, and an invocation as the typed line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Literal, get_args, get_origin

from kit_tui.channels.text import visible_line
from kit_tui.commands.command import Command, Parameter
from kit_tui.commands.registry import plain_type, typed
from kit_tui.domain.pair import Pair

MENU, OPTIONS, CHOICES, HELP = 100, 25, 25, 100
ASK, PAIR = "ask", "pair"
STRING, BOOLEAN = 3, 5
IN_GUILDS, IN_DIRECT_MESSAGES = 0, 1
Json = dict[str, Any]
_NAME = re.compile(r"[a-z0-9_-]{1,32}")


def menu_of(commands: Iterable[Command], contexts: Sequence[int]) -> list[Json]:
    """What is to be registered: every command Discord can offer, and two of our own.

    `/ask` takes free words, `/pair` the code that lets somebody in.
    """
    offered = [c for c in commands if _NAME.fullmatch(c.name)]
    names = {command.name for command in offered}
    own = [one for one in (_ask(), _pair()) if one["name"] not in names]
    bodies = [*own, *map(_command, offered)][:MENU]
    return [body | {"type": 1, "contexts": list(contexts)} for body in bodies]


def same(registered: Iterable[Json], wanted: Iterable[Json], *, contexts: bool) -> bool:
    """Whether what is registered is what is wanted; Discord leaves out what is usual."""
    return _known(registered, contexts=contexts) == _known(wanted, contexts=contexts)


def line_of(commands: Mapping[str, Command], data: Mapping[str, Any]) -> str:
    """The line a person would have typed for an invocation."""
    name = str(data.get("name", ""))
    values = {o["name"]: _text(o.get("value")) for o in data.get("options") or ()}
    command = commands.get(name)
    if command is not None:
        return typed(command, {p.name: _quoted(command, p, values[p.name])
                               for p in command.parameters if p.name in values})  # fmt: skip
    if name == ASK:
        return values.get("text", "")
    return " ".join([f"/{name}", *values.values()])


def pair_option(commands: Mapping[str, Command], data: Mapping[str, Any]) -> str | None:
    """What was typed so far into an option that takes a market; None when another is focused."""
    command = commands.get(str(data.get("name", "")))
    for option in data.get("options") or ():
        if option.get("focused") and command is not None:
            kinds = {p.name: plain_type(p.type) for p in command.parameters}
            return str(option.get("value", "")) if kinds.get(option["name"]) is Pair else None
    return None


def completions(watched: Iterable[Pair], begun: str) -> list[Json]:
    """The watched markets that hold what was typed so far."""
    wanted = begun.strip().upper().replace("-", "/")
    found = [str(pair) for pair in watched if wanted in str(pair)]
    return [{"name": name, "value": name} for name in found[:CHOICES]]


# -- inside ----------------------------------------------------------------------------------------


def _command(command: Command) -> Json:
    needed_first = sorted(command.parameters, key=lambda p: not p.required)
    body: Json = {"name": command.name, "description": _words(command.help or command.name)}
    if needed_first:
        body["options"] = [_option(p) for p in needed_first[:OPTIONS]]
    return body


def _option(parameter: Parameter) -> Json:
    kind = plain_type(parameter.type)
    option: Json = {
        "name": parameter.name, "description": _described(parameter), "type": STRING,
        "required": parameter.required,
    }  # fmt: skip
    if kind is bool:
        return option | {"type": BOOLEAN}
    if kind is Pair:
        return option | {"autocomplete": True}
    words = _choices(kind)
    if 0 < len(words) <= CHOICES:
        option["choices"] = [{"name": word, "value": word} for word in words]
    return option


def _choices(kind: Any) -> tuple[str, ...]:
    if get_origin(kind) is Literal:
        return tuple(map(str, get_args(kind)))
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return tuple(member.value for member in kind)
    return ()


def _described(parameter: Parameter) -> str:
    words = parameter.name.replace("_", " ")
    if plain_type(parameter.type) is Pair:
        words = "market, such as BTC/USDT"
    if parameter.required or parameter.default is None:
        return _words(words)
    return _words(f"{words}; {_text(parameter.default)} unless given")


def _words(text: str) -> str:
    return visible_line(text, HELP)


def _ask() -> Json:
    text = {"name": "text", "description": "in your own words", "type": STRING, "required": True}
    return {"name": ASK, "description": "Say or ask something in your own words.",
            "options": [text]}  # fmt: skip


def _pair() -> Json:
    code = {"name": "code", "description": "the code shown at the terminal", "type": STRING,
            "required": True}  # fmt: skip
    return {"name": PAIR, "description": "Let K.I.T. know you by the code its terminal shows.",
            "options": [code]}  # fmt: skip


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _quoted(command: Command, parameter: Parameter, value: str) -> str:
    """A value of several words stays one, so that none of them slips into the next parameter."""
    takes_rest = parameter is command.parameters[-1] and parameter.type is str
    if takes_rest or not re.search(r"\s", value):
        return value
    return '"' + value.replace("\\", " ").replace('"', " ") + '"'


def _known(commands: Iterable[Json], *, contexts: bool) -> list[Json]:
    return sorted((_kept(c, contexts=contexts) for c in commands), key=lambda c: str(c["name"]))


def _kept(command: Json, *, contexts: bool) -> Json:
    kept: Json = {key: command.get(key) for key in ("name", "description", "type")}
    kept["options"] = [
        {key: option.get(key) for key in ("name", "description", "type")}
        | {key: bool(option.get(key)) for key in ("required", "autocomplete")}
        | {"choices": [(c["name"], c["value"]) for c in option.get("choices") or ()]}
        for option in command.get("options") or ()
    ]
    if contexts:
        kept["contexts"] = sorted(command.get("contexts") or ())
    return kept
