"""`kit people` and `kit unpair`: who may speak from elsewhere, and letting somebody in no more."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from kit_tui.cli.failures import DONE, FAILED
from kit_tui.cli.generated import in_shell
from kit_tui.cli.output import show_reply, write_json
from kit_tui.cli.owner import owner_of
from kit_tui.cli.pair import access_of, person_json
from kit_tui.cli.shell import Shell
from kit_tui.cli.words import parser_for
from kit_tui.commands.contract import Json
from kit_tui.domain.cards import Reply
from kit_tui.domain.people import Door
from kit_tui.gateway.desk import Desk
from kit_tui.gateway.people_commands import people_reply


def people(shell: Shell, words: list[str]) -> int:
    """`kit people [--json]`."""
    parser = parser_for("people", "Who may speak from elsewhere, and who was turned away.")
    given = parser.parse_args(words)
    access = asyncio.run(access_of(shell, demo=given.demo))
    if given.json:
        doors = [_door_json(door) for door in access.doors]
        write_json(shell, {"people": list(map(person_json, access.people)), "channels": doors})
        return DONE
    reply = in_shell(people_reply(access), ("pair", "people", "unpair"))
    return show_reply(shell, "people", reply, datetime.now(UTC), as_json=False)


def unpair(shell: Shell, words: list[str]) -> int:
    """`kit unpair KEY [--json]`."""
    parser = parser_for("unpair", "Let somebody in no more.")
    parser.add_argument("key", metavar="KEY", help="as kit people shows it: telegram:123456789")
    given = parser.parse_args(words)
    reply = asyncio.run(_unpaired(shell, given.key, demo=given.demo))
    if given.json:
        write_json(shell, {"key": given.key, "removed": reply.ok, "reply": reply.text})
        return DONE if reply.ok else FAILED
    told = in_shell(reply, ("people",))
    return show_reply(shell, "unpair", told, datetime.now(UTC), as_json=False)


async def _unpaired(shell: Shell, key: str, *, demo: bool) -> Reply:
    desk = await _desk(shell, demo=demo)
    try:
        return await desk.run("unpair", {"key": key})
    finally:
        await desk.close()


async def _desk(shell: Shell, *, demo: bool) -> Desk:
    """A desk; an engine that is started only for this asks no venue."""
    is_own = owner_of(shell.locations) is None
    return await replace(shell, account=None).desk(demo=demo or is_own)


def _door_json(door: Door) -> Json:
    until = door.pairing_until
    return {
        "channel": door.channel, "pairing_until": until.isoformat() if until else None,
        "strangers": door.strangers, "turned_away": door.turned_away,
    }  # fmt: skip
