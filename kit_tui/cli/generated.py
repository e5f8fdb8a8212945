"""Commands the engine declares, on the command line under their own names."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from kit_tui.cli.failures import DONE
from kit_tui.cli.notes import notice_of
from kit_tui.cli.output import show_reply
from kit_tui.cli.owner import owner_of
from kit_tui.cli.render import plain_words
from kit_tui.cli.shell import Shell
from kit_tui.domain.cards import Reply, TableCard
from kit_tui.domain.errors import UsageError
from kit_tui.gateway.desk import CommandInfo

HELP: Final = frozenset({"--help", "-h"})
_OPTIONAL = re.compile(r"(?: \[[A-Z][A-Z0-9_]*\])+$")
_PLACE = re.compile(r"(\[)?([A-Z][A-Z0-9_]*)\]?")


def run_command(shell: Shell, name: str, words: list[str]) -> int:
    """`kit NAME ARGUMENTS [--json] [--demo]` for any command of the engine.

    Raises:
        UsageError: when there is no such command or the arguments do not fit it.
    """
    if name.startswith("-"):
        raise UsageError(f"kit does not know the option {name[:30]}.", hint="kit --help lists all.")
    as_json, demo = "--json" in words, "--demo" in words
    words = [word for word in words if word not in ("--json", "--demo")]
    if any(word in HELP for word in words):
        shell.say(asyncio.run(_help(shell, name)))
        return DONE
    reply, name = asyncio.run(_run(shell, name, words, demo=demo, as_json=as_json))
    return show_reply(shell, name, reply, datetime.now(UTC), as_json=as_json)


def in_shell(reply: Reply, names: Collection[str]) -> Reply:
    """An answer whose slash commands are written as a shell takes them."""
    known = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    slash = re.compile(rf"(?<![^\s`(])/({known})(?![\w/])")

    def told(text: str) -> str:
        return slash.sub(r"kit \1", text)

    cards = tuple(
        msgspec.structs.replace(card, rows=tuple(tuple(map(told, row)) for row in card.rows))
        if isinstance(card, TableCard)
        else card
        for card in reply.cards
    )
    return msgspec.structs.replace(reply, text=told(reply.text), cards=cards)


def _brief(reply: Reply) -> Reply:
    """The list of commands with their optional arguments left out; --help of each has them."""
    cards = tuple(
        msgspec.structs.replace(
            card, rows=tuple((_OPTIONAL.sub(" …", first), *rest) for first, *rest in card.rows)
        )
        if isinstance(card, TableCard)
        else card
        for card in reply.cards
    )
    return msgspec.structs.replace(reply, cards=cards)


def _named(commands: Sequence[CommandInfo], name: str) -> CommandInfo | None:
    """The command with this name or alias."""
    return next((each for each in commands if name in (each.name, *each.aliases)), None)


def places_of(usage: str) -> dict[str, bool]:
    """Parameter names of a usage line and whether each is required, in order."""
    _, _, rest = usage.partition(" ")
    return {name.lower(): not optional for optional, name in _PLACE.findall(rest)}


def first_parameter(commands: Sequence[CommandInfo], name: str) -> str | None:
    """The name of a command's first parameter."""
    found = next((info for info in commands if info.name == name), None)
    return next(iter(places_of(found.usage)), None) if found else None


def spread(info: CommandInfo, words: Sequence[str]) -> dict[str, str]:
    """Words by parameter: `--name value`, `--name=value`, `name=value`, the rest by place.

    Raises:
        UsageError: for missing, surplus or unknown ones.
    """
    places = places_of(info.usage)
    usage = f"kit {info.usage.lstrip('/')}"
    given: dict[str, str] = {}
    loose: list[str] = []
    left = list(words)
    while left:
        word = left.pop(0)
        if not word.startswith("--"):
            name, equals, value = word.partition("=")
            if equals and name in places:
                given[name] = value
            else:
                loose.append(word)
            continue
        name, equals, value = word[2:].replace("-", "_").partition("=")
        value = word.partition("=")[2]
        if name not in places or (not equals and not left):
            raise UsageError(f"kit {info.name} cannot use {word[:30]}.", hint=f"Use {usage}")
        given[name] = value if equals else left.pop(0)
    free = [name for name in places if name not in given]
    if len(loose) > len(free):
        surplus = loose[len(free)][:30]
        raise UsageError(f"kit {info.name} does not take {surplus!r}.", hint=f"Use {usage}")
    given.update(zip(free, loose, strict=False))
    missing = [name for name, required in places.items() if required and name not in given]
    if missing:
        raise UsageError(f"kit {info.name} needs {missing[0].upper()}.", hint=f"Use {usage}")
    return given


async def _help(shell: Shell, name: str) -> str:
    """What a command takes and does. An engine started only for this asks no venue."""
    desk = await shell.desk(demo=owner_of(shell.locations) is None)
    try:
        commands = await desk.commands()
        info = _named(commands, name)
        if info is None:  # the engine says which is nearest
            found = await desk.run("help", {"name": name})
            if not found.ok:
                raise UsageError(found.text)
            return plain_words(in_shell(found, {each.name for each in commands}).text)
        text = "\n\n".join(part for part in (info.help, info.detail) if part)
        said = in_shell(Reply(text=text), {each.name for each in commands}).text
        usage = f"usage: kit {info.usage.lstrip('/')} [--json] [--demo] [--account NAME]"
        return f"{usage}\n\n{plain_words(said)}"
    finally:
        await desk.close()


async def _run(
    shell: Shell, name: str, words: list[str], *, demo: bool, as_json: bool
) -> tuple[Reply, str]:
    desk = await shell.desk(demo=demo)
    try:
        commands = await desk.commands()
        info = _named(commands, name)
        arguments = spread(info, words) if info else {}
        reply = await desk.run(name, arguments)
        if not as_json:
            reply = in_shell(reply, {each.name for each in commands})
            reply = _brief(reply) if name == "help" else reply
        note = notice_of(desk, demo=demo)
        if note:
            shell.complain(note)
        return reply, name
    finally:
        await desk.close()
