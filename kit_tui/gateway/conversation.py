"""The one conversation: journalled, published to every account's store, mirrored to channels."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterable

import msgspec

from kit_tui.domain.cards import Reply, kept_cards
from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import JournalError
from kit_tui.domain.events import MessageSaid
from kit_tui.domain.message import Message, Principal, Speaker
from kit_tui.domain.ticket import Ticket
from kit_tui.domain.turn import LiveTurn, Spent, ToolUse
from kit_tui.gateway.channel import Channel
from kit_tui.state.journal import Journal
from kit_tui.state.slices import CONVERSATION, TURNS
from kit_tui.state.store import Store

log = logging.getLogger(__name__)


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where an answer came from: which engine, why that one, and what a model did for it."""

    engine: str = ""
    why: str = ""
    tools: tuple[ToolUse, ...] = ()
    spent: Spent | None = None
    cut: bool = False


NOWHERE = Source()
SHOWN = 200
CAUGHT_UP = 20


class Mirror:
    """Feeds one channel in order, so that a slow channel holds up nobody else."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self._queue: asyncio.Queue[Message | Ticket] = asyncio.Queue()
        self._task = asyncio.create_task(self._run(), name=f"mirror {channel.name}")

    def put(self, item: Message | Ticket) -> None:
        self._queue.put_nowait(item)

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            item = await self._queue.get()
            try:
                if isinstance(item, Message):
                    await self.channel.deliver(item)
                else:
                    await self.channel.ticket_changed(item)
            except Exception:
                log.exception("channel %s did not take a message", self.channel.name)


class Conversation:
    """Adds lines to the conversation and shows them everywhere; channels get cards whole.

    When the journal takes nothing any more, the lines of this run are kept in memory: whoever
    halts or closes during a full disk still gets an answer.
    """

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self.mirrors: list[Mirror] = []
        self.turns: tuple[LiveTurn, ...] = ()
        self._journal = journal
        self._clock = clock
        self._stores: list[Store] = []
        self._unkept: list[Message] = []
        self._told: deque[Message] = deque(maxlen=CAUGHT_UP)
        self._count = journal.ledger.message_count

    @property
    def recent(self) -> tuple[Message, ...]:
        """The newest messages, oldest first."""
        return (*self._journal.ledger.messages, *self._unkept)[-SHOWN:]

    def show_in(self, store: Store) -> None:
        """Publish the conversation to one more store, now and from here on."""
        self._stores.append(store)
        store.publish(CONVERSATION, self.recent)
        store.publish(TURNS, self.turns)

    def show_turns(self, turns: tuple[LiveTurn, ...]) -> None:
        """Publish how the model's turns under way stand."""
        self.turns = turns
        for store in self._stores:
            store.publish(TURNS, turns)

    def mirror_to(self, channel: Channel) -> None:
        """Feed one more channel, first with what K.I.T. told by itself since it was started."""
        mirror = Mirror(channel)
        for message in self._told:
            mirror.put(message)
        self.mirrors.append(mirror)

    def person_said(self, principal: Principal, text: str, account: str) -> Message:
        """Record a person's words."""
        return self._add(principal, Speaker.PERSON, text, account=account)

    def kit_said(
        self,
        principal: Principal,
        reply: Reply,
        *,
        account: str,
        reply_to: str | None = None,
        source: Source = NOWHERE,
    ) -> Message:
        """Record an answer to a person."""
        return self._add(
            principal, Speaker.KIT, reply.text, account=account, reply=reply,
            reply_to=reply_to, source=source,
        )  # fmt: skip

    def system_said(self, text: str, *, account: str, reply: Reply | None = None) -> Message:
        """Record something nobody asked for: a fill, a guard, a lost connection."""
        message = self._add(None, Speaker.SYSTEM, text, account=account, reply=reply)
        self._told.append(message)
        return message

    def ticket_changed(self, tickets: Iterable[Ticket]) -> None:
        """Tell every channel that these tickets were answered or ran out."""
        for ticket in tickets:
            for mirror in self.mirrors:
                mirror.put(ticket)

    def _add(
        self,
        principal: Principal | None,
        speaker: Speaker,
        text: str,
        *,
        account: str,
        reply: Reply | None = None,
        reply_to: str | None = None,
        source: Source = NOWHERE,
    ) -> Message:
        now = self._clock.now()
        self._count += 1
        message = Message(
            id=f"m{self._count}",
            at=now,
            speaker=speaker,
            channel=principal.channel if principal else "kit",
            principal=principal.key if principal else "",
            name=principal.name if principal and speaker is Speaker.PERSON else "kit",
            text=text,
            cards=reply.cards if reply else (),
            ok=reply.ok if reply else True,
            reply_to=reply_to,
            engine=source.engine,
            account=account,
            why=source.why,
            tools=source.tools,
            spent=source.spent,
            cut=source.cut,
        )
        self._keep(message)
        for store in self._stores:
            store.publish(CONVERSATION, self.recent)
        for mirror in self.mirrors:
            mirror.put(message)
        return message

    def _keep(self, said: Message) -> None:
        message = msgspec.structs.replace(said, cards=kept_cards(said.cards))
        try:
            self._journal.post(MessageSaid(message=message, at=message.at))
        except JournalError as error:
            log.warning("message %s is kept in memory only: %s", message.id, error.message)
            self._unkept.append(message)
            del self._unkept[:-SHOWN]
