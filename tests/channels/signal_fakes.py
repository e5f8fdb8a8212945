"""The Signal channel on a scripted daemon, with a gateway that mirrors."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

from kit_tui.channels.chat import ChatChannel
from kit_tui.channels.signal import SignalTransport
from kit_tui.domain.message import Role
from kit_tui.domain.people import Person
from kit_tui.state.deliveries import Deliveries
from tests.channels.fakes import Guests, MirrorGateway
from tests.servers.signal_book import ANN, Sent
from tests.servers.signal_cli import SignalCli
from tests.support.clock import EPOCH, FakeClock


def person(name: str, role: Role = Role.TRADER) -> Person:
    """Somebody who may speak, called by a number or a UUID."""
    return Person(channel="signal", user=name, chat=name, name="Ann", role=role, since=EPOCH)


PAIRED = person(ANN.uuid)


@asynccontextmanager
async def running(
    daemon: SignalCli,
    clock: FakeClock | None = None,
    *,
    guests: Guests | None = None,
    gateway: MirrorGateway | None = None,
    deliveries: Deliveries | None = None,
    account: str = "",
    users: tuple[str, ...] = (),
    silence_s: float = 40.0,
    **options: Any,
) -> AsyncIterator[MirrorGateway]:
    """A started channel that listens, with its gateway; stopped at the end."""
    clock = clock or FakeClock()
    codes = count(1)
    transport = SignalTransport(
        daemon.url, clock, account=account, users=users, silence_s=silence_s
    )  # fmt: skip
    values: dict[str, Any] = {"make_nonce": lambda: f"CODE{next(codes)}", **options}
    channel = ChatChannel(transport, deliveries or Deliveries(), clock, **values)
    gateway = gateway or MirrorGateway(clock, guests or Guests(PAIRED))
    await gateway.mirror_to(channel)
    try:
        yield gateway
    finally:
        await channel.stop()


def sent(daemon: SignalCli) -> list[Sent]:
    """What stands in the chats, oldest first."""
    return list(daemon.book.messages.values())
