"""A channel over any transport: the conversation mirrored to everybody who may read it there.

Who may speak, in which order things arrive, what a button answers and what a restart must
remember is decided here, the same for every service.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from typing import Any

from kit_tui.channels.courier import Courier
from kit_tui.channels.hearing import Hearing
from kit_tui.channels.manners import Manners
from kit_tui.channels.tickets import TicketButtons
from kit_tui.channels.transport import Heard, Pressed, Transport
from kit_tui.domain.clock import Clock
from kit_tui.domain.message import Message, Role, Speaker
from kit_tui.domain.pair import Pair
from kit_tui.domain.people import Person
from kit_tui.domain.ticket import Ticket
from kit_tui.domain.turn import LiveTurn
from kit_tui.gateway import people
from kit_tui.gateway.channel import ChannelGateway
from kit_tui.state.deliveries import Deliveries
from kit_tui.state.slices import Connection, ConnectionState, Delivery

STOP_S = 3.0
log = logging.getLogger(__name__)


class ChatChannel:
    """The conversation on one messaging service; a gateway's `Channel` and a transport's `Ear`."""

    def __init__(
        self,
        transport: Transport,
        deliveries: Deliveries,
        clock: Clock,
        *,
        manners: Manners | None = None,
        approve_live: bool = False,
        board: str = "",
        make_nonce: Callable[[], str] = lambda: secrets.token_urlsafe(12),
    ) -> None:
        self.ignored: Counter[str] = Counter()
        self._transport = transport
        self._deliveries = deliveries
        self._clock = clock
        self._manners = manners or Manners()
        self._board = board
        self._tickets = TicketButtons(
            transport.name, deliveries, make_nonce,
            approve_live=approve_live, typed=not transport.limits.buttons,
        )  # fmt: skip
        self._gateway: ChannelGateway | None = None
        self._couriers: dict[str, Courier] = {}
        self._groups: set[str] = set()
        self._hearing: Hearing | None = None
        self._sending: dict[str, asyncio.Task[None]] = {}
        self._listening: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._first = True
        self._behind: int | None = None
        self._state: ConnectionState = "connecting"
        self._detail = ""
        self._latency_ms: float | None = None
        self._reported: tuple[object, ...] = ()

    # -- the channel, as the gateway sees it ---------------------------------------------------

    @property
    def name(self) -> str:
        return self._transport.name

    async def start(self, gateway: ChannelGateway) -> None:
        """Begin to listen in the background; returns at once, whether the service answers or not.

        Tickets that ended while nobody looked lose their buttons.
        """
        self._gateway, self._behind = gateway, gateway.told
        self._hearing = Hearing(
            self.name, gateway, self._tickets, self._clock, ignored=self.ignored,
            courier=self._courier, opened=self.opened, spawn=self._spawn,
        )  # fmt: skip
        self._follow_moves(gateway)
        self._report()
        for chat in (*self._chats(), *self._deliveries.drafting_chats(self.name)):
            self._courier(chat, since=gateway.begun_at)
        for ticket_id in set(self._tickets.waiting()):
            ticket = gateway.ticket(ticket_id)
            if ticket is None:
                self._tickets.lose(ticket_id)
            elif ticket.answered_at is not None:
                self._tickets.end(ticket)
        for shown in self._tickets.stale():
            self._courier(shown.chat).change(shown)
        self._catch_up(0)
        self._listening = self._spawn(self._transport.run(self, gateway.menu()))

    async def stop(self) -> None:
        """Stop listening and sending; answers in progress get a moment to finish."""
        if self._state == "up":  # notes are kept nowhere, such as the welcome to who was paired
            with suppress(TimeoutError):
                async with asyncio.timeout(STOP_S):
                    await asyncio.gather(*(c.notes_said() for c in self._couriers.values()))
        stopping = [*self._sending.values(), *([self._listening] if self._listening else [])]
        for task in stopping:
            task.cancel()
        await asyncio.gather(*stopping, return_exceptions=True)
        # An answer that is on its way to a venue is not cut off for the sake of a quick exit.
        if self._tasks:
            _, late = await asyncio.wait(tuple(self._tasks), timeout=STOP_S)
            for task in late:
                task.cancel()
        self.state("off")

    async def deliver(self, message: Message) -> None:
        """Queue a message for everybody who is to read it here."""
        if self._gateway is None or self._hearing is None:
            return
        now, first, self._first = self._clock.now(), self._first, False
        self._hearing.came_by(message)
        for person in self._gateway.people.audience(self.name):
            manner = self._manners.to_person(message, person, now)
            courier = self._courier(person.chat, since=message.number - 1)
            if first and person.role >= Role.TRADER:
                courier.say_what_is_missing(message.number)
            courier.put(message, manner)
        if self._board:
            self._courier(self._board).put(message, self._manners.to_board(message, now))
        guest = self._hearing.guests.get(message.principal, "")
        if guest and message.speaker is Speaker.KIT:
            self._courier(guest, since=message.number - 1).put(message, "sound")
        place = _group_of(message, self.name)
        if place:
            self._groups.add(place)
            # What was said before this run is not repeated to a group that is not remembered.
            since = max(message.number - 1, self._gateway.begun_at)
            self._courier(place, since=since).put(message, "sound")
        self._catch_up(message.number)

    def _catch_up(self, number: int) -> None:
        """When all that was said before this run was put, what still grows there ends so."""
        if self._behind is not None and number >= self._behind:
            self._behind = None
            for courier in self._couriers.values():
                courier.caught_up()

    async def ticket_changed(self, ticket: Ticket) -> None:
        """Take the buttons away and say who answered, or that it expired."""
        if self._hearing is not None:
            self._hearing.ticket_changed(ticket)
        for shown in self._tickets.end(ticket):
            self._courier(shown.chat).change(shown)

    def turns_changed(self, turns: tuple[LiveTurn, ...]) -> None:
        """Let everybody who asked here see their answer grow."""
        if self._gateway is None or self._hearing is None:
            return
        running = {turn.principal: turn for turn in turns}
        audience = self._gateway.people.audience(self.name)
        chats = self._hearing.guests | {person.key: person.chat for person in audience}
        for key, chat in chats.items():
            courier = self._couriers.get(chat)
            if courier is not None:
                courier.show_turn(running.get(key))

    # -- what comes in -------------------------------------------------------------------------

    async def hear(self, heard: Heard) -> bool:
        """Hand on what an allowed person said."""
        return await self._hearing.hear(heard) if self._hearing is not None else False

    async def press(self, pressed: Pressed) -> str:
        """Answer the ticket that a button stands for; else the words for whoever pressed it."""
        return await self._hearing.press(pressed) if self._hearing is not None else ""

    async def kept(self, mark: str) -> None:
        """Wait until what came in is in the journal for good, or was refused."""
        if self._hearing is not None:
            await self._hearing.kept(mark)

    def watched(self, speaker: people.Speaker) -> tuple[Pair, ...]:
        """The watchlist, for somebody who may speak."""
        return self._hearing.watched(speaker) if self._hearing is not None else ()

    def opened(self, chat: str) -> None:
        """Somebody takes posts again who did not."""
        courier = self._couriers.get(chat)
        if courier is not None:
            courier.is_open()

    # -- what goes out -------------------------------------------------------------------------

    def people_changed(self) -> None:
        """Somebody may not read here any more: what they were not told yet they are not told."""
        guests = self._hearing.guests.values() if self._hearing is not None else ()
        wanted = {*self._chats(), *self._groups, *guests}
        for chat in [c for c in self._couriers if c not in wanted]:
            del self._couriers[chat]
            self._sending.pop(chat).cancel()
            self._tickets.forget_chat(chat)
            self._deliveries.forget_chat(self.name, chat)
        self._report()

    def moved(self, chat: str, to: str) -> None:
        """A group became another one, as Telegram does with groups that grow: all goes on there."""
        gateway = self._gateway
        if gateway is None or chat == to or chat not in self._known_chats(gateway):
            return
        gateway.people.group_moved(self.name, chat, to)
        self._deliveries.set_bookmark(f"moved {self.name} {chat}", to)
        self._board = to if chat == self._board else self._board
        self._groups = {to if known == chat else known for known in self._groups}
        courier, sending = self._couriers.pop(chat, None), self._sending.pop(chat, None)
        if courier is None or sending is None:
            return
        log.warning("the chat %s on %s is %s now; the settings should say so", chat, self.name, to)
        newer = self._sending.pop(to, None)
        if newer is not None:
            newer.cancel()
        courier.move_to(to)
        self._couriers[to], self._sending[to] = courier, sending

    def _known_chats(self, gateway: ChannelGateway) -> set[str]:
        """Where K.I.T. speaks or answers: anybody may put the bot into more groups."""
        return {*self._chats(), *self._couriers, *gateway.people.groups(self.name)}

    def _follow_moves(self, gateway: ChannelGateway) -> None:
        """Groups that became others in an earlier run, and are still named as before."""
        for chat in {self._board, *gateway.people.groups(self.name)} - {""}:
            to = self._deliveries.bookmark(f"moved {self.name} {chat}")
            if to:
                self.moved(chat, to)

    def _chats(self) -> list[str]:
        gateway = self._gateway
        known = gateway.people.audience(self.name) if gateway is not None else ()
        return [*(person.chat for person in known), *([self._board] if self._board else [])]

    def _courier(self, chat: str, *, since: int | None = None) -> Courier:
        """The courier of a chat; one that is new is told what comes after message `since`."""
        found = self._couriers.get(chat)
        if found is not None:
            return found
        gateway = self._gateway
        assert gateway is not None  # noqa: S101 - nothing is delivered before the start
        courier = self._couriers[chat] = Courier(
            chat, self._transport, deliveries=self._deliveries, tickets=self._tickets,
            clock=self._clock, changed=self._report, ticket_now=gateway.ticket,
            moved=self.moved, asks=self._asks,
            since=gateway.told if since is None else since, told=gateway.told,
        )  # fmt: skip
        if self._state == "up":  # nobody says so again to one that comes later
            courier.line_is_up()
        self._sending[chat] = asyncio.create_task(courier.run(), name=f"{self.name} to {chat}")
        return courier

    def _asks(self, chat: str) -> bool:
        """Whether tickets can be answered in a chat: only who is alone with K.I.T. answers."""
        gateway, hearing = self._gateway, self._hearing
        known = gateway.people.audience(self.name) if gateway is not None else ()
        guests = hearing.guests.values() if hearing is not None else ()
        return chat in guests or any(person.chat == chat for person in known)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=self.name)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("work of the channel %s failed", self.name, exc_info=task.exception())
            self.state("degraded", "an internal error is in the log")

    # -- how it stands -------------------------------------------------------------------------

    def state(
        self, state: ConnectionState, detail: str = "", latency_ms: float | None = None
    ) -> None:
        """Take in how the line stands; what waits is sent when it is up."""
        self._state, self._detail = state, detail
        self._latency_ms = latency_ms if latency_ms is not None else self._latency_ms
        if state == "up":
            for courier in self._couriers.values():
                courier.line_is_up()
        self._report()

    def _report(self) -> None:
        """Tell the gateway how things stand, when that changed."""
        gateway = self._gateway
        if gateway is None:
            return
        told = self._told(gateway)
        state, detail = self._summed_up(told.waiting, told.problem)
        now = (state, detail, told)
        if now == self._reported:
            return
        before, self._reported = self._reported, now
        gateway.delivered(told)
        if before[:2] == now[:2]:
            return
        moment = self._clock.now()
        gateway.connection(
            Connection(
                name=self.name, kind="channel", state=state, latency_ms=self._latency_ms,
                since=moment, last_ok_at=moment if state == "up" else None, detail=detail,
            )
        )  # fmt: skip

    def _told(self, gateway: ChannelGateway) -> Delivery:
        """How far everybody was told who is told everything."""
        told = [p for p in gateway.people.audience(self.name) if p.role >= Role.TRADER]
        couriers = list(self._readers(told))
        return Delivery(
            channel=self.name,
            reached=min((courier.reached for courier in couriers), default=0),
            waiting=sum(courier.waiting for courier in couriers),
            problem=next((c.problem for c in couriers if c.problem), self._unkept()),
        )

    def _unkept(self) -> str:
        problem = self._deliveries.problem
        return f"what was told is not kept ({problem})" if problem else ""

    def _readers(self, told: list[Person]) -> Iterator[Courier]:
        return (self._couriers[p.chat] for p in told if p.chat in self._couriers)

    def _summed_up(self, waiting: int, problem: str) -> tuple[ConnectionState, str]:
        state, detail = self._state, self._detail
        if state == "up" and problem:
            state, detail = "degraded", problem
        if state == "up" and self._gateway and not self._gateway.people.audience(self.name):
            detail = "closed: nobody is paired"
        if state != "up" and waiting:
            detail = f"{detail}; {waiting} waiting" if detail else f"{waiting} waiting"
        return state, detail


def _group_of(message: Message, channel: str) -> str:
    """The chat of several people that an answer belongs to; empty for most messages."""
    prefix, at, place = message.principal.rpartition("@")
    ours = prefix.startswith(f"{channel}:") and at and message.speaker.value == "kit"
    return place if ours else ""
