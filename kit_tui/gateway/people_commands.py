"""Commands about the people who speak from elsewhere: who they are, letting in, sending away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from kit_tui.commands.command import Context, Effect, command
from kit_tui.domain.cards import Reply, TableCard
from kit_tui.domain.people import Access, Door, Person
from kit_tui.gateway.key_forms import CHANNELS

if TYPE_CHECKING:
    from kit_tui.gateway.gateway import Gateway

NO_CHANNEL: Final = (
    "No channel runs here now: `kit connect telegram` sets one up, `kit pair telegram` lets "
    "somebody in."
)
COLUMNS: Final = ("name", "channel", "role", "since", "let in by", "key")


class PeopleCommands:
    """People on the channels; a part of the gateway's commands."""

    _gateway: Gateway

    @command("people", effect=Effect.READS, model=False, private=True)
    async def people(self, ctx: Context) -> Reply:
        """List who may speak from elsewhere, in which role, and who was turned away."""
        del ctx
        return people_reply(self._gateway.people.access)

    @command("unpair", effect=Effect.ADMIN)
    async def unpair(self, ctx: Context, key: str) -> Reply:
        """Let somebody in no more; `/people` shows their key, such as telegram:123456789."""
        gone = await self._gateway.people.remove(key.strip(), ctx.principal)
        name = f"{gone.name} ({gone.key})" if gone.name else gone.key
        return Reply(text=f"{name} is not let in any more and is told nothing from now on.")

    @command("pair", effect=Effect.ADMIN)
    async def pair(self, ctx: Context, channel: str = "") -> Reply:
        """Let somebody in on a channel by a code that works once, shown at the terminal."""
        del ctx
        name = channel.strip().lower()
        name = name if name in CHANNELS else CHANNELS[0]
        return Reply(
            text=f"A code is shown only at this machine's terminal: type `/pair {name}` in the "
            f"full-screen terminal, or run `kit pair {name}` in a shell.",
            ok=False,
        )


def people_reply(access: Access) -> Reply:
    """Everybody who may speak, as a table, and a sentence for every door."""
    text = " ".join(_sentences(access)) or NO_CHANNEL
    if not access.people:
        return Reply(text=f"Nobody may speak from elsewhere. {text}")
    rows = tuple(_row(person) for person in access.people)
    return Reply(text=text, cards=(TableCard(title="People", columns=COLUMNS, rows=rows),))


def _row(person: Person) -> tuple[str, ...]:
    since = person.since.strftime("%Y-%m-%d %H:%M") if person.since is not None else "–"
    how = "settings" if person.declared else "pairing"
    return (
        person.name or "–", person.channel, person.role.name.lower(), since, how, person.key,
    )  # fmt: skip


def _sentences(access: Access) -> Iterator[str]:
    open_doors = {door.channel for door in access.doors}
    for door in access.doors:
        yield _sentence(door)
    for channel in sorted({person.channel for person in access.people} - open_doors):
        yield f"{channel} does not run here now."


def _sentence(door: Door) -> str:
    code = ""
    if door.pairing_until is not None:
        code = f" A code is open until {door.pairing_until:%H:%M:%S} UTC."
    if not door.turned_away:
        return f"Nobody was turned away on {door.channel} since the start.{code}"
    strangers = "1 stranger" if door.strangers == 1 else f"{door.strangers} strangers"
    times = "1 message" if door.turned_away == 1 else f"{door.turned_away} messages"
    return f"{strangers} with {times} turned away on {door.channel} since the start.{code}"
