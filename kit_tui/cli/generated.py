"""Commands the engine declares, on the command line under their own names."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from kit_tui.cli.notes import notice_of
from kit_tui.cli.output import show_reply
from kit_tui.cli.shell import Shell
from kit_tui.domain.cards import Reply
from kit_tui.domain.errors import UsageError
from kit_tui.gateway.desk import CommandInfo

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
    reply, name = asyncio.run(_run(shell, name, words, demo=demo))
    return show_reply(shell, name, reply, datetime.now(UTC), as_json=as_json)


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


async def _run(shell: Shell, name: str, words: list[str], *, demo: bool) -> tuple[Reply, str]:
    desk = await shell.desk(demo=demo)
    try:
        info = next((each for each in await desk.commands() if each.name == name), None)
        arguments = spread(info, words) if info else {}
        reply = await desk.run(name, arguments)
        note = notice_of(desk, demo=demo)
        if note:
            shell.complain(note)
        return reply, name
    finally:
        await desk.close()
