"""A gateway small enough to read, which mirrors as the real one does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import msgspec

from kit_tui.channels.chat import ChatChannel
from kit_tui.channels.telegram import TelegramTransport
from kit_tui.commands.command import Command
from kit_tui.domain.cards import Reply, TicketCard
from kit_tui.domain.errors import KitError
from kit_tui.domain.message import Message, Principal, Role, Speaker
from kit_tui.domain.pair import Pair
from kit_tui.domain.people import Person
from kit_tui.domain.ticket import Ticket, TicketState
from kit_tui.gateway import people
from kit_tui.gateway.channel import LateWords
from kit_tui.state.deliveries import Deliveries
from kit_tui.state.slices import Connection, Delivery
from tests.domain.examples import a_ticket
from tests.servers.telegram_api import CHAT, OWNER, TOKEN, TelegramApi
from tests.support.clock import EPOCH, FakeClock

ANN = Person(
    channel="telegram", user=str(OWNER), chat=str(CHAT), name="Ann", role=Role.TRADER, since=EPOCH
)


class Guests:
    """Who may speak: a fixed list of people, and `code` once."""

    def __init__(self, *known: Person, code: str = "") -> None:
        self.known = list(known)
        self.code = code
        self.strangers = 0
        self.places: set[str] = set()

    def admit(self, speaker: people.Speaker) -> Principal | None:
        found = next((p for p in self.known if p.user == speaker.user), None)
        if found is None or (speaker.private and found.chat != speaker.chat):
            self.strangers += 1
            return None
        user = speaker.user if speaker.private else f"{speaker.user}@{speaker.chat}"
        role = found.role if speaker.private else Role.VIEWER
        return Principal(channel=speaker.channel, user=user, name=speaker.name, role=role)

    async def redeem(self, speaker: people.Speaker, text: str) -> Person | None:
        if not self.code or text.rpartition(" ")[2] != self.code:
            return None
        self.code = ""
        person = Person(
            channel=speaker.channel, user=speaker.user, chat=speaker.chat, name=speaker.name,
            role=Role.TRADER, since=EPOCH,
        )  # fmt: skip
        self.known.append(person)
        return person

    def is_code(self, text: str) -> bool:
        return text.startswith("/start ")

    def groups(self, channel: str) -> frozenset[str]:
        return frozenset(self.places)

    def group_moved(self, channel: str, chat: str, to: str) -> None:
        self.places = {to if place == chat else place for place in self.places}

    def audience(self, channel: str) -> tuple[Person, ...]:
        return tuple(person for person in self.known if person.channel == channel)


class Watched:
    """A watchlist that nobody changes."""

    def pairs(self) -> tuple[Pair, ...]:
        return (Pair("BTC/USDT"), Pair("ETH/USDT"))

    async def add(self, pair: Pair) -> None:
        raise NotImplementedError

    async def remove(self, pair: Pair) -> None:
        raise NotImplementedError


class MirrorGateway:
    """Records what it is told, answers `reply`, and mirrors everything to its channel."""

    def __init__(self, clock: FakeClock, guests: Guests, begun_at: int = 0) -> None:
        self.clock = clock
        self.people = guests
        self._channel: ChatChannel | None = None
        self.heard: list[tuple[Principal, str]] = []
        self.late: list[list[str]] = []
        self.answers: list[tuple[str, str, bool]] = []
        self.interrupted: list[Principal] = []
        self.connections: list[Connection] = []
        self.deliveries: list[Delivery] = []
        self.tickets: dict[str, Ticket] = {}
        self.messages: list[Message] = []
        self.commands: tuple[Command, ...] = ()
        self.reply = Reply(text="Understood.")
        self.refuse_answers = False
        self.answering = asyncio.Event()
        self.answering.set()
        self.watchlist = Watched()
        self.changed = asyncio.Condition()
        self.begun_at = begun_at
        self._numbers = count(begun_at + 1)

    @property
    def channel(self) -> ChatChannel:
        assert self._channel is not None
        return self._channel

    @property
    def told(self) -> int:
        return self.messages[-1].number if self.messages else self.begun_at

    async def handle(self, principal: Principal, text: str, mark: str = "") -> None:
        self.heard.append((principal, text))
        await self.say(Speaker.PERSON, text, who=principal)
        await self.say(Speaker.KIT, self.reply.text, who=principal, reply=self.reply)
        await self._notify()

    async def came_late(self, principal: Principal, words: Sequence[LateWords]) -> None:
        self.late.append([said.text for said in words])
        await self.say(Speaker.KIT, f"{len(words)} came late.", who=principal)

    async def kept(self) -> None:
        await asyncio.sleep(0)

    async def answer(
        self, principal: Principal, ticket_id: str, ticket_hash: str, approve: bool
    ) -> Reply:
        self.answers.append((ticket_id, ticket_hash, approve))
        await self._notify()
        await self.answering.wait()
        if self.refuse_answers:
            raise KitError("The engine is busy.", hint="Try again.")
        state = TicketState.APPROVED if approve else TicketState.REJECTED
        await self.end(ticket_id, state, by=principal.name, channel=principal.channel)
        reply = Reply(text="Bought: 0.00149 BTC @ 67,012.40")
        await self.say(Speaker.KIT, reply.text, who=principal)
        return reply

    def interrupt(self, principal: Principal) -> bool:
        self.interrupted.append(principal)
        return True

    def ticket(self, ticket_id: str) -> Ticket | None:
        return self.tickets.get(ticket_id)

    def menu(self) -> tuple[Command, ...]:
        return self.commands

    def connection(self, connection: Connection) -> None:
        self.connections.append(connection)

    def delivered(self, delivery: Delivery) -> None:
        self.deliveries.append(delivery)

    async def propose(self, **changes: Any) -> Ticket:
        """Put up a ticket, as if somebody at the terminal had asked."""
        ticket = a_ticket(**{"created_at": EPOCH, **changes})
        self.tickets[ticket.id] = ticket
        reply = Reply(text=f"Ready, ticket {ticket.id}.", cards=(TicketCard(ticket),))
        await self.say(Speaker.KIT, reply.text, reply=reply)
        return ticket

    async def end(self, ticket_id: str, state: TicketState, *, by: str, channel: str) -> None:
        """A ticket is answered."""
        ticket = self.tickets[ticket_id] = msgspec.structs.replace(
            self.tickets[ticket_id], state=state, answered_by=by, answered_on=channel,
            answered_at=self.clock.now(),
        )  # fmt: skip
        if self._channel is not None:
            await self._channel.ticket_changed(ticket)

    async def say(
        self,
        speaker: Speaker,
        text: str,
        *,
        who: Principal | None = None,
        reply: Reply | None = None,
        **changes: Any,
    ) -> Message:
        """A message joins the conversation; without `who` it began at the terminal."""
        message = Message(
            id=f"m{next(self._numbers)}", at=self.clock.now(), speaker=speaker,
            channel=who.channel if who else "terminal", text=text,
            principal=who.key if who else "terminal:local", name=who.name if who else "you",
            cards=reply.cards if reply else (), **changes,
        )  # fmt: skip
        self.messages.append(message)
        if self._channel is not None:
            await self._channel.deliver(message)
        return message

    async def mirror_to(self, channel: ChatChannel) -> None:
        """Start a channel and catch it up, as the conversation does."""
        await channel.start(self)
        self._channel = channel
        for message in tuple(self.messages):
            await channel.deliver(message)

    def stopped(self) -> None:
        """The channel does not run any more; the conversation goes on without it."""
        self._channel = None

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


def telegram(
    api: TelegramApi, clock: FakeClock, deliveries: Deliveries | None = None, **options: Any
) -> ChatChannel:
    """The channel on a loopback Bot API, with nonces that count."""
    token = options.pop("token", TOKEN)
    keyboard = options.pop("keyboard", ())
    nonces = count(1)
    transport = TelegramTransport(token, clock, base_url=api.root, keyboard=keyboard)
    values = {"make_nonce": lambda: f"nonce{next(nonces)}", **options}
    return ChatChannel(transport, deliveries or Deliveries(), clock, **values)


@asynccontextmanager
async def running(
    api: TelegramApi,
    clock: FakeClock | None = None,
    *,
    guests: Guests | None = None,
    gateway: MirrorGateway | None = None,
    **options: Any,
) -> AsyncIterator[MirrorGateway]:
    """A started channel on the server with its gateway; stopped at the end."""
    clock = clock or FakeClock()
    channel = telegram(api, clock, **options)
    gateway = gateway or MirrorGateway(clock, guests or Guests(ANN))
    await gateway.mirror_to(channel)
    try:
        yield gateway
    finally:
        await channel.stop()
