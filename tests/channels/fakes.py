"""A gateway small enough to read, which mirrors as the real one does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import msgspec

from kit_tui.channels.telegram import TelegramChannel
from kit_tui.domain.cards import Reply, TicketCard
from kit_tui.domain.errors import KitError
from kit_tui.domain.message import Message, Principal, Speaker
from kit_tui.domain.ticket import Ticket, TicketState
from kit_tui.state.slices import Connection
from tests.domain.examples import a_ticket
from tests.servers.telegram_api import CHAT, OWNER, TOKEN, TelegramApi
from tests.support.clock import EPOCH, FakeClock


class MirrorGateway:
    """Records what it is told, answers `reply`, and mirrors everything to the channel."""

    def __init__(self, channel: TelegramChannel, clock: FakeClock) -> None:
        self.channel = channel
        self.clock = clock
        self.heard: list[tuple[Principal, str]] = []
        self.answers: list[tuple[str, str, bool]] = []
        self.connections: list[Connection] = []
        self.tickets: dict[str, Ticket] = {}
        self.reply = Reply(text="Understood.")
        self.refuse_answers = False
        self.changed = asyncio.Condition()
        self._numbers = count(1)

    async def handle(self, principal: Principal, text: str) -> None:
        self.heard.append((principal, text))
        await self.say(Speaker.PERSON, text, channel=principal.channel)
        await self.say(Speaker.KIT, self.reply.text, channel=principal.channel, reply=self.reply)
        await self._notify()

    async def answer(
        self, principal: Principal, ticket_id: str, ticket_hash: str, approve: bool
    ) -> Reply:
        self.answers.append((ticket_id, ticket_hash, approve))
        await self._notify()
        if self.refuse_answers:
            raise KitError("The engine is busy.", hint="Try again.")
        state = TicketState.APPROVED if approve else TicketState.REJECTED
        await self.end(ticket_id, state, by=principal.name, channel=principal.channel)
        reply = Reply(text="Bought: 0.00149 BTC @ 67,012.40")
        await self.say(Speaker.KIT, reply.text, channel=principal.channel)
        return reply

    def connection(self, connection: Connection) -> None:
        self.connections.append(connection)

    async def propose(self, **changes: Any) -> Ticket:
        """Put up a ticket, as if somebody at the terminal had asked."""
        ticket = a_ticket(**{"created_at": EPOCH, **changes})
        self.tickets[ticket.id] = ticket
        reply = Reply(text=f"Ready, ticket {ticket.id}.", cards=(TicketCard(ticket),))
        await self.say(Speaker.KIT, reply.text, channel="terminal", reply=reply)
        return ticket

    async def end(self, ticket_id: str, state: TicketState, *, by: str, channel: str) -> None:
        """A ticket is answered."""
        ticket = msgspec.structs.replace(
            self.tickets[ticket_id], state=state, answered_by=by, answered_on=channel,
            answered_at=self.clock.now(),
        )  # fmt: skip
        await self.channel.ticket_changed(ticket)

    async def say(
        self, speaker: Speaker, text: str, *, channel: str = "terminal", reply: Reply | None = None
    ) -> None:
        """A message joins the conversation."""
        message = Message(
            id=f"m{next(self._numbers)}", at=self.clock.now(), speaker=speaker, channel=channel,
            principal=f"{channel}:me", name="me", text=text, cards=reply.cards if reply else (),
        )  # fmt: skip
        await self.channel.deliver(message)

    async def until_heard(self, number: int) -> None:
        """Wait until so many messages came in."""
        async with asyncio.timeout(10), self.changed:
            await self.changed.wait_for(lambda: len(self.heard) >= number)

    @property
    def states(self) -> list[str]:
        """The connection states in the order they were reported."""
        return [connection.state for connection in self.connections]

    async def _notify(self) -> None:
        async with self.changed:
            self.changed.notify_all()


@asynccontextmanager
async def running(
    api: TelegramApi, clock: FakeClock | None = None, **settings: Any
) -> AsyncIterator[MirrorGateway]:
    """A started channel on the server with its gateway; stopped at the end."""
    clock = clock or FakeClock()
    nonces = count(1)
    values: dict[str, Any] = {
        "token": TOKEN, "chat_id": CHAT, "user_id": OWNER, "base_url": api.root,
        "make_nonce": lambda: f"nonce{next(nonces)}",
    }  # fmt: skip
    channel = TelegramChannel(clock=clock, **{**values, **settings})
    gateway = MirrorGateway(channel, clock)
    await channel.start(gateway)
    try:
        yield gateway
    finally:
        await channel.stop()
