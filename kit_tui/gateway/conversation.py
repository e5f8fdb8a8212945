"""The one conversation: journalled, published to every account's store, mirrored to channels."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from kit_tui.domain.cards import Reply, kept_cards
from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import JournalError
from kit_tui.domain.events import MessageSaid
from kit_tui.domain.message import Kind, Message, Principal, Speaker
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
UNANSWERED = (
    "K.I.T. was stopped before its answer to this was written down. See what it did (/pending, "
    "/orders), and say it again if it is still wanted."
)


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
    halts or closes during a full disk still gets an answer. `begun_at` is the number of the last
    message before this run.
    """

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self.mirrors: list[Mirror] = []
        self.turns: tuple[LiveTurn, ...] = ()
        self._journal = journal
        self._clock = clock
        self._stores: list[Store] = []
        self._unkept: list[Message] = []
        self._count = self.begun_at = journal.ledger.message_count

    @property
    def told(self) -> int:
        """The number of the newest message."""
        return self._count

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
        for mirror in self.mirrors:
            mirror.channel.turns_changed(turns)

    def close_unanswered(self) -> None:
        """Say of what an earlier run was asked, and has not answered, that it will not be."""
        kept = self._journal.ledger.messages
        answered = {message.reply_to for message in kept if message.reply_to}
        for said in [m for m in kept if m.speaker is Speaker.PERSON and m.id not in answered]:
            told = self._message(None, Speaker.KIT, UNANSWERED, said.account)
            self._add(
                replace(told, channel=said.channel, principal=said.principal, reply_to=said.id,
                        ok=False)
            )  # fmt: skip

    def mirror_to(self, channel: Channel) -> None:
        """Feed one more channel, first with all that is kept: it knows how far it was told."""
        mirror = Mirror(channel)
        for message in (*self._journal.ledger.messages, *self._unkept):
            mirror.put(message)
        self.mirrors.append(mirror)

    def person_said(
        self, principal: Principal, text: str, account: str, *, mark: str = ""
    ) -> Message:
        """Record a person's words; `mark` is a service's own number of them."""
        said = self._message(principal, Speaker.PERSON, text, account)
        return self._add(replace(said, mark=mark))

    async def kept(self) -> None:
        """Wait until everything said so far is durable.

        Raises:
            JournalError: when nothing can be written any more.
        """
        await self._journal.flush()

    def holds(self, principal: Principal, mark: str) -> bool:
        """Whether a person's words of this mark, or their refusal, are recorded already."""
        kept = (*self._journal.ledger.messages, *self._unkept)
        return any(m.mark == mark and m.principal == principal.key for m in reversed(kept))

    def kit_said(
        self,
        principal: Principal,
        reply: Reply,
        *,
        account: str,
        reply_to: str | None = None,
        source: Source = NOWHERE,
        mark: str = "",
    ) -> Message:
        """Record an answer to a person; `mark` is that of words it refuses, which are not kept."""
        said = self._message(principal, Speaker.KIT, reply.text, account)
        said = replace(
            said, cards=reply.cards, ok=reply.ok, reply_to=reply_to, engine=source.engine,
            why=source.why, tools=source.tools, spent=source.spent, cut=source.cut, mark=mark,
        )  # fmt: skip
        return self._add(said)

    def system_said(
        self, text: str, *, account: str, kind: Kind = "notice", reply: Reply | None = None
    ) -> Message:
        """Record something nobody asked for: a fill, a guard, a lost connection."""
        told = reply or Reply(text=text)
        said = self._message(None, Speaker.SYSTEM, text, account)
        return self._add(replace(said, cards=told.cards, ok=told.ok, kind=kind))

    def ticket_changed(self, tickets: Iterable[Ticket]) -> None:
        """Tell every channel that these tickets were answered or ran out."""
        for ticket in tickets:
            for mirror in self.mirrors:
                mirror.put(ticket)

    def _message(
        self, principal: Principal | None, speaker: Speaker, text: str, account: str
    ) -> Message:
        """The next message of the conversation, without what only some have."""
        self._count += 1
        return Message(
            id=f"m{self._count}",
            at=self._clock.now(),
            speaker=speaker,
            channel=principal.channel if principal else "kit",
            principal=principal.key if principal else "",
            name=principal.name if principal and speaker is Speaker.PERSON else "kit",
            text=text,
            account=account,
        )

    def _add(self, message: Message) -> Message:
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
