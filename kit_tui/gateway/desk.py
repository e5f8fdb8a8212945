"""The Desk port: everything a terminal, a command line or a phone may ask of a running engine.

Two things implement it: the desk of the engine in this process, and the one that forwards over
the owner's socket. Nothing behind the desk is visible to whoever holds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from kit_tui.domain.cards import Reply
from kit_tui.domain.intent import Intent
from kit_tui.domain.message import Role
from kit_tui.domain.orders import Order
from kit_tui.domain.pair import Pair
from kit_tui.domain.people import Pairing, Person
from kit_tui.domain.risk import Verdict
from kit_tui.domain.ticket import OrderDraft, OrderRequest, Ticket
from kit_tui.gateway.key_forms import ConnectRequest, KeyReport
from kit_tui.state.store import StoreView


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one message: the reply, and what it led to where that applies.

    `added` is the part of the reply's text that a model added to what code had answered.
    """

    reply: Reply
    intent: Intent | None = None
    verdict: Verdict | None = None
    ticket: Ticket | None = None
    order: Order | None = None
    added: str = ""


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """How a request would fare now. `problem` says why it cannot even be built."""

    draft: OrderDraft | None = None
    verdict: Verdict | None = None
    problem: str = ""


class CommandInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A command as palettes, completion and help list it."""

    name: str
    help: str
    detail: str
    usage: str
    effect: str
    owner: str
    aliases: tuple[str, ...] = ()


class Desk(Protocol):
    """One account's desk. All methods may be awaited at once; halt waits for nothing else."""

    @property
    def store(self) -> StoreView:
        """The newest snapshots, kept current while the desk is open.

        APPROVALS holds the tickets that wait, then the newest that were answered.
        """
        ...

    @property
    def lost(self) -> bool:
        """Whether the engine behind the desk is gone; then open another desk."""
        ...

    async def send(self, text: str, *, approve: bool = False) -> Outcome:
        """One message through the whole pipeline.

        `approve` answers the ticket on paper and demo only, and only when the offline grammar
        read the message.
        """
        ...

    async def run(self, command: str, arguments: Mapping[str, str]) -> Reply:
        """One command by name with its arguments as text.

        What it says joins the conversation unless it only reads.
        """
        ...

    async def propose(self, request: OrderRequest, *, instead_of: str = "") -> Outcome:
        """Put up a ticket from the order form.

        `instead_of` names the ticket it is a change of; such a one is never sent unasked.
        """
        ...

    async def preview(self, request: OrderRequest) -> Preview:
        """The verdict on a request without putting up a ticket."""
        ...

    async def approve(
        self, ticket_id: str, ticket_hash: str | None = None, typed: str = ""
    ) -> Outcome:
        """Approve a pending ticket; live orders need the hash, large ones the pair `typed`."""
        ...

    async def reject(self, ticket_id: str) -> Outcome:
        """Reject a pending ticket."""
        ...

    async def halt(self, reason: str = "") -> Reply:
        """Halt trading at once, on every account."""
        ...

    async def watch_chart(self, pair: Pair, timeframe: str) -> None:
        """Keep candles (and depth) of this pair fresh in the store."""
        ...

    async def connect_account(self, request: ConnectRequest) -> KeyReport:
        """Test an account's keys and keep them; only for the owner at this machine.

        Nothing of it enters the journal or the conversation.
        """
        ...

    async def pair(self, channel: str, role: Role = Role.TRADER) -> Pairing:
        """Show a code that lets one person in on a channel; only for the owner at this machine.

        The code enters neither the journal nor the conversation. ACCESS tells when it was used; it
        is void when this desk is closed.
        """
        ...

    async def void_code(self, channel: str) -> None:
        """Make the code that is open on a channel worth nothing, if one is."""
        ...

    async def unpair(self, key: str) -> Person:
        """Let somebody who was paired in no more; only for the owner at this machine."""
        ...

    async def commands(self) -> tuple[CommandInfo, ...]:
        """Every command this desk offers."""
        ...

    async def interrupt(self) -> bool:
        """Break off the model's turn for whoever holds this desk; whether there was one.

        What it had said is kept and marked. Orders and commands under way go on.
        """
        ...

    async def close(self) -> None:
        """Let go of the desk; an engine in this process stops."""
        ...
