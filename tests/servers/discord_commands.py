"""Slash commands as Discord registers them, and how its own client fills one in."""

from __future__ import annotations

import unicodedata
from typing import Any

from tests.servers.discord_rules import DiscordError, Form, Json
from tests.servers.discord_types import Channel, Person, Role

COMMANDS, OPTIONS, CHOICES, COMMAND_SIZE = 100, 25, 25, 8_000
SUB, GROUP = 1, 2
_ADMINISTRATOR = 1 << 3
KINDS: dict[int, tuple[type, ...]] = {
    3: (str,), 4: (int,), 5: (bool,), 6: (Person,), 7: (Channel,), 8: (Role,),
    9: (Person, Role), 10: (int, float), 11: (str,),
}  # fmt: skip


class NotOfferedError(Exception):
    """Discord's client would not let this person send this."""


def check_commands(commands: list[Json]) -> None:
    """Refuse what a bulk overwrite refuses.

    Raises:
        DiscordError: 50035 with every fault at its place, or 30032 for more than 100.
    """
    form = Form()
    seen: set[tuple[int, str]] = set()
    for index, command in enumerate(commands):
        _check_command(form, index, command)
        key = (command.get("type", 1), str(command.get("name")))
        if key in seen:
            words = "Application command names must be unique"
            form.wrong((index,), "APPLICATION_COMMANDS_DUPLICATE_NAME", words)
        seen.add(key)
    form.refuse()
    if len([command for command in commands if command.get("type", 1) == 1]) > COMMANDS:
        raise DiscordError(30032)


def _check_command(form: Form, index: int, command: Json) -> None:
    if command.get("type", 1) == 1:
        _check_name(form, (index, "name"), command.get("name"))
        form.between((index, "description"), command.get("description"), 1, 100)
        _check_options(form, (index,), command.get("options") or [], deep=2)
    else:
        form.between((index, "name"), command.get("name"), 1, 32)
    if _size(command) > COMMAND_SIZE:
        words = f"Command exceeds maximum size ({COMMAND_SIZE})"
        form.wrong((index,), "APPLICATION_COMMAND_TOO_LARGE", words)


def _check_name(form: Form, place: tuple[str | int, ...], name: str | None) -> None:
    if form.between(place, name, 1, 32) and not is_command_name(str(name)):
        form.wrong(place, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def is_command_name(name: str) -> bool:
    """Letters, numbers, `-`, `_` and `'`, none of them with a lower-case form it is not in."""
    if name != name.lower():
        return False
    return all(sign in "-_'" or unicodedata.category(sign)[0] in "LN" for sign in name)


def _check_options(
    form: Form, place: tuple[str | int, ...], options: list[Json], *, deep: int
) -> None:
    form.at_most((*place, "options"), options, OPTIONS)
    seen: set[str] = set()
    optional = False
    for index, option in enumerate(options[:OPTIONS]):
        spot = (*place, "options", index)
        _check_option(form, spot, option, deep)
        if option.get("required") and optional:
            words = "Required options must be placed before non-required options"
            form.wrong(spot, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", words)
        optional = optional or not option.get("required")
        if option.get("name") in seen:
            words = "Option names must be unique"
            form.wrong((*spot, "name"), "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATED", words)
        seen.add(str(option.get("name")))
    kinds = {option.get("type") in (SUB, GROUP) for option in options}
    if len(kinds) > 1:
        words = "Sub-command and sub-command group option types are mutually exclusive to others"
        form.wrong((*place, "options"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", words)


def _check_option(form: Form, spot: tuple[str | int, ...], option: Json, deep: int) -> None:
    _check_name(form, (*spot, "name"), option.get("name"))
    form.between((*spot, "description"), option.get("description"), 1, 100)
    kind = option.get("type")
    if kind in (SUB, GROUP) and deep >= kind:
        _check_options(form, spot, option.get("options") or [], deep=kind - 1)
    elif kind not in KINDS:
        words = f"Value must be one of {{{', '.join(map(str, (SUB, GROUP, *KINDS)))}}}."
        form.wrong((*spot, "type"), "BASE_TYPE_CHOICES", words)
    choices = option.get("choices") or []
    form.at_most((*spot, "choices"), choices, CHOICES)
    for index, choice in enumerate(choices):
        form.between((*spot, "choices", index, "name"), choice.get("name"), 1, 100)
    if choices and option.get("autocomplete"):
        words = "Autocomplete is not allowed together with choices"
        form.wrong(spot, "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID", words)


def _size(part: Json) -> int:
    own = sum(len(str(part.get(key) or "")) for key in ("name", "description", "value"))
    return own + sum(
        _size(inner) for key in ("options", "choices") for inner in part.get(key) or []
    )


# -- filling one in ------------------------------------------------------------------------------


def find_offered(commands: list[Json], path: str, person: Person, channel: Channel) -> Json:
    """The command this person sees in this channel under the first word of `path`.

    Raises:
        NotOfferedError: if it is not there, not for direct messages, or not for this person.
    """
    name = path.split(maxsplit=1)[0]
    found = [command for command in commands if command["name"] == name]
    if not found:
        raise NotOfferedError(f"/{name} is not registered here")
    command = found[0]
    contexts = command.get("contexts")
    here = 0 if channel.guild else 1
    if contexts is not None and here not in contexts:
        raise NotOfferedError(f"/{name} is not offered in this kind of channel")
    if channel.guild is None and (command.get("guild_id") or command.get("dm_permission") is False):
        raise NotOfferedError(f"/{name} is not offered in direct messages")
    needed = command.get("default_member_permissions")
    if channel.guild and needed is not None:
        held = person.permissions(channel.guild)
        enough = needed != "0" and held & int(needed) == int(needed)
        if not (enough or held & _ADMINISTRATOR):
            raise NotOfferedError(f"/{name} is not offered to {person.name}")
    return command


def fill_in(command: Json, path: str, given: dict[str, Any], *, focused: str = "") -> Json:
    """The `data` of the interaction; `focused` is the option being typed, when it is.

    Raises:
        NotOfferedError: for options that are unknown, missing, of a wrong type or out of range.
    """
    resolved: Json = {}
    level, nest = command, []
    for word in path.split()[1:]:
        level = _named(level, word)
        nest.append(level)
    wanted = {option["name"]: option for option in level.get("options") or []}
    if any(option["type"] in (SUB, GROUP) for option in wanted.values()):
        raise NotOfferedError(f"/{path} needs a sub-command: {', '.join(wanted)}")
    _check_given(path, wanted, given, partial=bool(focused))
    options = [
        {"name": name, "type": wanted[name]["type"]}
        | {"value": _value(wanted[name], value, resolved, partial=bool(focused))}
        | ({"focused": True} if name == focused else {})
        for name, value in given.items()
    ]
    for option in reversed(nest):
        options = [{"name": option["name"], "type": option["type"], "options": options}]
    data: Json = {"id": command["id"], "name": command["name"], "type": 1, "options": options}
    if "guild_id" in command:
        data["guild_id"] = command["guild_id"]
    return data | ({"resolved": resolved} if resolved else {})


def _named(level: Json, word: str) -> Json:
    for option in level.get("options") or []:
        if option["name"] == word and option["type"] in (SUB, GROUP):
            found: Json = option
            return found
    raise NotOfferedError(f"{word} is no sub-command of {level['name']}")


def _check_given(path: str, wanted: Json, given: dict[str, Any], *, partial: bool) -> None:
    unknown = given.keys() - wanted.keys()
    if unknown:
        raise NotOfferedError(f"/{path} has no option {', '.join(sorted(unknown))}")
    missing = {name for name, option in wanted.items() if option.get("required")} - given.keys()
    if missing and not partial:
        raise NotOfferedError(f"/{path} requires {', '.join(sorted(missing))}")


def _value(option: Json, value: Any, resolved: Json, *, partial: bool) -> Any:
    name, kind = option["name"], option["type"]
    if partial:
        return value
    if not isinstance(value, KINDS[kind]) or (isinstance(value, bool) and kind != 5):
        raise NotOfferedError(f"{name} takes no {type(value).__name__}")
    if option.get("choices") and value not in [choice["value"] for choice in option["choices"]]:
        raise NotOfferedError(f"{name} is none of its choices: {value}")
    size = len(value) if isinstance(value, str) else value
    low, high = ("min_length", "max_length") if isinstance(value, str) else _RANGE
    if (option.get(low) is not None and size < option[low]) or (
        option.get(high) is not None and size > option[high]
    ):
        raise NotOfferedError(f"{name} is out of range: {value}")
    if isinstance(value, Person | Role | Channel):
        value.resolve_into(resolved)
        return str(value.id)
    return value


_RANGE = ("min_value", "max_value")
