"""The real gateway, journal and engine behind a service, its channel made from settings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from kit_tui.domain.message import Message, Role, Speaker
from kit_tui.domain.people import Door, Pairing
from kit_tui.domain.ticket import Ticket
from kit_tui.runtime.channels import Channels
from kit_tui.settings.load import load_settings
from kit_tui.state.slices import DELIVERIES
from tests.channels.conversation.messenger import Messenger, Seen, Who, asked, lines, until
from tests.gateway.house import House


class Home:
    """One home with one phone; the terminal is the owner's."""

    def __init__(self, house: House, messenger: Messenger, channels: Channels) -> None:
        self.house = house
        self.messenger = messenger
        self._channels = channels

    async def restart(self) -> None:
        """A new process on the same home."""
        await self._channels.stop()
        await until(lambda: not self.messenger.listened)
        await self.house.restart()
        self._channels = await _listening(self.house, self.messenger)

    async def close(self) -> None:
        await self._channels.stop()

    # -- what people do ----------------------------------------------------------------------

    async def pairing(self, role: Role = Role.TRADER) -> Pairing:
        """The code that the terminal shows."""
        return await self.house.desk().pair(self.messenger.name, role)

    async def paired(self, who: Who, role: Role = Role.TRADER) -> None:
        """Let somebody in by a code."""
        pairing = await self.pairing(role)
        await self.messenger.says(pairing.code, by=who)
        await until(lambda: lines(self.messenger, "Paired, ", to=who))

    async def asked_to_buy(self, words: str = "Buy BTC for $100", *, by: Who = "ann") -> Seen:
        """Ask for a purchase on the phone; the post with its ticket."""
        before = len(asked(self.messenger, by))
        await self.messenger.says(words, by=by)
        await until(lambda: len(asked(self.messenger, by)) > before)
        await self.told()
        return asked(self.messenger, by)[-1]

    async def told(self) -> None:
        """Wait until the phone was told everything that was said."""
        await self.house.gateway.settle()
        store, gateway = self.house.account.store, self.house.gateway
        await until(
            lambda: [d.reached for d in store.get(DELIVERIES) or ()] == [gateway.told]
        )  # fmt: skip

    def now(self, seen: Seen, to: Who = "ann") -> Seen:
        """A post as it reads by now."""
        return next(one for one in self.messenger.posts(to) if one.id == seen.id)

    # -- what is seen ------------------------------------------------------------------------

    @property
    def spoken(self) -> list[Message]:
        """What people said, wherever that was."""
        recent = self.house.gateway.conversation.recent
        return [message for message in recent if message.speaker is Speaker.PERSON]

    @property
    def tickets(self) -> list[Ticket]:
        return list(self.house.journal.ledger.tickets.values())

    @property
    def door(self) -> Door:
        """How many were turned away."""
        return next(d for d in self.house.gateway.people.access.doors)


@asynccontextmanager
async def home(
    path: Path, messenger: Messenger, account: str = "paper", *, more: str = "",
    declared: bool = True, groups: bool = False,
) -> AsyncIterator[Home]:  # fmt: skip
    """A started home on the service's clock; `more` are lines of the channel's section."""
    house = House(path, (account,))
    house.clock = messenger.clock
    house.venues[account].clock = messenger.clock
    written = messenger.settings(declared=declared, groups=groups)
    house.locations.config_file.write_text(f"{written}{more}\n", encoding="utf-8")
    await house.start()
    opened = Home(house, messenger, await _listening(house, messenger))
    try:
        yield opened
    finally:
        await opened.close()
        await house.stop()


async def _listening(house: House, messenger: Messenger) -> Channels:
    environ = messenger.environ()
    settings = load_settings(house.locations, environ)
    channels = Channels(house.gateway, settings, house.locations, environ, house.clock)
    await channels.start()
    await messenger.ready()
    return channels
