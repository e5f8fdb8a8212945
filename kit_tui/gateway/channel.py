"""What a channel is to the gateway, and the gateway to a channel.

A channel carries words and answers, nothing else: it knows no exchange, no risk and no journal.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from kit_tui.commands.command import Command, Watchlist
from kit_tui.domain.cards import Reply
from kit_tui.domain.message import Message, Principal
from kit_tui.domain.people import Person
from kit_tui.domain.ticket import Ticket
from kit_tui.domain.turn import LiveTurn
from kit_tui.gateway.people import Speaker
from kit_tui.state.slices import Connection, Delivery


class LateWords(msgspec.Struct, frozen=True):
    """Words that came long after they were said; `mark` is the service's own number of them."""

    text: str
    at: datetime
    mark: str


class Admission(Protocol):
    """Who may speak; `gateway.people.People` is one."""

    def admit(self, speaker: Speaker) -> Principal | None:
        """The principal behind what was said; None for strangers, who are counted."""
        ...

    async def redeem(self, speaker: Speaker, text: str) -> Person | None:
        """Let in whoever says the code that is open; None for anything else."""
        ...

    def is_code(self, text: str) -> bool:
        """Whether words are a code for pairing, open or not, which nothing may write down."""
        ...

    def groups(self, channel: str) -> frozenset[str]:
        """The chats of several people in which K.I.T. answers."""
        ...

    def group_moved(self, channel: str, chat: str, to: str) -> None:
        """One of those chats goes by another name from here on."""
        ...

    def audience(self, channel: str) -> tuple[Person, ...]:
        """Everybody who may speak on a channel and is written to."""
        ...


class ChannelGateway(Protocol):
    """The gateway as a channel sees it."""

    @property
    def people(self) -> Admission: ...

    @property
    def begun_at(self) -> int:
        """The number of the last message before this run of the engine."""
        ...

    @property
    def told(self) -> int:
        """The number of the newest message."""
        ...

    @property
    def watchlist(self) -> Watchlist:
        """The markets that are watched."""
        ...

    async def handle(self, principal: Principal, text: str, mark: str = "") -> None:
        """Take in one message; the reply arrives by `Channel.deliver`.

        `mark` is the service's own number of it: one that was taken in before is left out.
        """
        ...

    async def came_late(self, principal: Principal, words: Sequence[LateWords]) -> None:
        """Words that came so long after they were said that they must not be acted on.

        Whoever said them is told so; only what halts is done. Returns when that is kept.
        """
        ...

    async def kept(self) -> None:
        """Wait until everything said so far is in the journal for good.

        Raises:
            JournalError: when nothing can be written any more.
        """
        ...

    async def answer(
        self, principal: Principal, ticket_id: str, ticket_hash: str, approve: bool
    ) -> Reply:
        """Approve or reject a ticket; whoever was first wins, the reply says so."""
        ...

    def interrupt(self, principal: Principal) -> bool:
        """Break off the model's turn for this person; whether there was one."""
        ...

    def ticket(self, ticket_id: str) -> Ticket | None:
        """A ticket as it stands now."""
        ...

    def menu(self) -> tuple[Command, ...]:
        """The commands that can be run from elsewhere, by name."""
        ...

    def connection(self, connection: Connection) -> None:
        """Report how the channel's own connection stands."""
        ...

    def delivered(self, delivery: Delivery) -> None:
        """Report how far the channel's people were told."""
        ...


class Channel(Protocol):
    """A way to and from people beside the terminal."""

    @property
    def name(self) -> str:
        """The name messages from here carry in `Message.channel`."""
        ...

    async def start(self, gateway: ChannelGateway) -> None:
        """Begin to listen. Returns at once; an unreachable service is retried in the background."""
        ...

    async def stop(self) -> None:
        """Stop listening and sending; what is not delivered yet is delivered by the next run."""
        ...

    async def deliver(self, message: Message) -> None:
        """Take one message of the conversation, in order.

        Every message comes by, also those that began here and those a run before has delivered:
        the channel leaves them out.
        """
        ...

    async def ticket_changed(self, ticket: Ticket) -> None:
        """A ticket was answered or expired, wherever that was."""
        ...

    def people_changed(self) -> None:
        """Somebody was let in here, or is let in no more."""
        ...

    def turns_changed(self, turns: tuple[LiveTurn, ...]) -> None:
        """How the turns of the model stand that are under way now."""
        ...
