"""The Discord channel on the loopback server, and how its messages read."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

from kit_tui.channels.chat import ChatChannel
from kit_tui.channels.discord import DiscordTransport
from kit_tui.domain.message import Role
from kit_tui.domain.people import Person
from kit_tui.state.deliveries import Deliveries
from tests.channels.fakes import Guests, MirrorGateway
from tests.servers import discord_types
from tests.servers.discord_api import TOKEN, DiscordApi
from tests.servers.discord_types import Sent
from tests.support.clock import EPOCH, FakeClock

_ESCAPED = re.compile(r"\\([^0-9A-Za-z\s])")
_MARKS = re.compile(r"(?<!\\)\*\*|```\n|\n```")


def known(person: discord_types.Person, role: Role = Role.TRADER) -> Person:
    """Somebody of the server who may speak."""
    return Person(
        channel="discord", user=str(person.id), chat=f"user:{person.id}", name=person.name,
        role=role, since=EPOCH,
    )  # fmt: skip


def reads(sent: Sent) -> str:
    """A message as Discord's client shows it, without its marks."""
    return _ESCAPED.sub(r"\1", _MARKS.sub("", sent.text))


def private(api: DiscordApi) -> list[Sent]:
    """The bot's lasting messages to the owner."""
    where = api.direct(api.owner)
    return [
        m for m in api.messages.values()
        if m.author is api.bot and m.channel is where and not m.ephemeral
    ]  # fmt: skip


def said(api: DiscordApi) -> list[str]:
    """What the owner reads, message by message."""
    return [reads(sent) for sent in private(api)]


def lines(api: DiscordApi) -> list[str]:
    """Every line the owner reads that is not blank."""
    return [line for text in said(api) for line in text.split("\n") if line]


@asynccontextmanager
async def running(
    api: DiscordApi,
    clock: FakeClock | None = None,
    *,
    guests: Guests | None = None,
    gateway: MirrorGateway | None = None,
    deliveries: Deliveries | None = None,
    token: str = TOKEN,
    approve_live: bool = False,
    board: str = "",
    ready: bool = True,
    **options: Any,
) -> AsyncIterator[MirrorGateway]:
    """A started channel with its gateway, listening when `ready`; stopped at the end."""
    clock = clock or FakeClock()
    nonces = count(1)
    channel = ChatChannel(
        DiscordTransport(token, clock, api_url=api.api, **options), deliveries or Deliveries(),
        clock, make_nonce=lambda: f"nonce{next(nonces)}", approve_live=approve_live, board=board,
    )  # fmt: skip
    gateway = gateway or MirrorGateway(clock, guests or Guests(known(api.owner)))
    await gateway.mirror_to(channel)
    if ready:
        await api.until(lambda: api.gateway.connected and None in api.commands)
    try:
        yield gateway
    finally:
        await channel.stop()
