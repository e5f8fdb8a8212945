"""What a channel is to the gateway, and the gateway to a channel.

A channel carries words and answers, nothing else: it knows no exchange, no risk and no journal.
"""

from __future__ import annotations

from typing import Protocol

from kit_tui.domain.cards import Reply
from kit_tui.domain.message import Message, Principal
from kit_tui.domain.ticket import Ticket
from kit_tui.state.slices import Connection


class ChannelGateway(Protocol):
    """The gateway as a channel sees it."""

    async def handle(self, principal: Principal, text: str) -> None:
        """Take in one message; the reply arrives by `Channel.deliver`."""
        ...

    async def answer(
        self, principal: Principal, ticket_id: str, ticket_hash: str, approve: bool
    ) -> Reply:
        """Approve or reject a ticket; whoever was first wins, the reply says so."""
        ...

    def connection(self, connection: Connection) -> None:
        """Report how the channel's own connection stands."""
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
        """Stop listening and sending; what is not delivered yet is dropped."""
        ...

    async def deliver(self, message: Message) -> None:
        """Take one message of the conversation, in order.

        Every message comes by, also those that began here: the channel leaves out the words a
        person typed on itself.
        """
        ...

    async def ticket_changed(self, ticket: Ticket) -> None:
        """A ticket was answered or expired, wherever that was."""
        ...
