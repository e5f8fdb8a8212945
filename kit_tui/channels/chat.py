"""A channel over any transport: the conversation mirrored to everybody who may read it there.

Who may speak, in which order things arrive, what a button answers and what a restart must
remember is decided here, the same for every service.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import Counter, OrderedDict
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from typing import Any

from kit_tui.channels.courier import Courier
from kit_tui.channels.manners import Manners
from kit_tui.channels.tickets import TicketButtons
from kit_tui.channels.transport import Heard, Pressed, Transport
from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import KitError
from kit_tui.domain.message import Message, Principal, Role, Speaker
from kit_tui.domain.pair import Pair
from kit_tui.domain.people import Person
from kit_tui.domain.ticket import Ticket, TicketState
from kit_tui.domain.turn import LiveTurn
from kit_tui.gateway import people
from kit_tui.gateway.channel import ChannelGateway
from kit_tui.state.deliveries import Deliveries
from kit_tui.state.slices import Connection, ConnectionState, Delivery

STOP_S = 3.0
REMEMBERED = 4_000
TEXT_ONLY = "K.I.T. reads text only."
NOT_OPEN = "This ticket is no longer open."
STOPS = frozenset({"/cancelanswer", "/esc"})
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
        self._guests: dict[str, str] = {}
        self._sending: dict[str, asyncio.Task[None]] = {}
        self._listening: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._caught_up = False
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
        self._gateway = gateway
        self._report()
        for chat in self._chats():
            self._courier(chat, since=gateway.begun_at)
        for ticket_id in set(self._tickets.waiting()):
            ticket = gateway.ticket(ticket_id)
            if ticket is not None and ticket.answered_at is not None:
                await self.ticket_changed(ticket)
        # A crash between a press and its answer leaves a ticket that still waits without buttons.
        for shown, asked in list(self._tickets.used_up()):
            self._tickets.put_back(shown, asked)
            self._courier(shown.chat).change(shown)
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
        if self._gateway is None:
            return
        now, first, self._caught_up = self._clock.now(), not self._caught_up, True
        for person in self._gateway.people.audience(self.name):
            manner = self._manners.to_person(message, person, now)
            courier = self._courier(person.chat, since=message.number - 1)
            if first and person.role >= Role.TRADER:
                courier.say_what_is_missing(message.number)
            courier.put(message, manner)
        if self._board:
            self._courier(self._board).put(message, self._manners.to_board(message, now))
        guest = self._guests.get(message.principal, "")
        if guest and message.speaker is Speaker.KIT:
            self._courier(guest, since=message.number - 1).put(message, "sound")
        place = _group_of(message, self.name)
        if place:
            self._groups.add(place)
            # What was said before this run is not repeated to a group that is not remembered.
            since = max(message.number - 1, self._gateway.begun_at)
            self._courier(place, since=since).put(message, "sound")

    async def ticket_changed(self, ticket: Ticket) -> None:
        """Take the buttons away and say who answered, or that it expired."""
        for shown in self._tickets.end(ticket):
            self._courier(shown.chat).change(shown)

    def turns_changed(self, turns: tuple[LiveTurn, ...]) -> None:
        """Let everybody who asked here see their answer grow."""
        if self._gateway is None:
            return
        running = {turn.principal: turn for turn in turns}
        audience = self._gateway.people.audience(self.name)
        chats = self._guests | {person.key: person.chat for person in audience}
        for key, chat in chats.items():
            courier = self._couriers.get(chat)
            if courier is not None:
                courier.show_turn(running.get(key))

    # -- what comes in -------------------------------------------------------------------------

    async def hear(self, heard: Heard) -> bool:
        """Hand on what an allowed person said; each on its own, so that none waits for another."""
        gateway = self._gateway
        if gateway is None or not self._is_new(heard.mark):
            return False
        if heard.ignored:
            return self._ignore(heard.ignored)
        person = await gateway.people.redeem(heard.speaker, heard.text)
        if person is not None:
            self._welcome(person)
            return True
        principal = self._admitted(heard.speaker)
        if principal is None:
            return self._ignore("a stranger")
        self._spawn(self._said(principal, heard))
        return True

    async def press(self, pressed: Pressed) -> str:
        """Answer the ticket that a button stands for; the words for whoever pressed an old one."""
        gateway = self._gateway
        if gateway is None or not self._is_new(pressed.mark):
            return ""
        principal = self._admitted(pressed.speaker)
        if principal is None or not pressed.speaker.private:
            self._ignore("a stranger's press")
            return ""
        said = self._tickets.spelled_out(pressed.speaker.chat, pressed.data, pressed.quotes)
        return "" if self._answer(principal, pressed.speaker.chat, said) else NOT_OPEN

    def watched(self, speaker: people.Speaker) -> tuple[Pair, ...]:
        """The watchlist, for somebody who may speak."""
        gateway = self._gateway
        if gateway is None or gateway.people.admit(speaker) is None:
            return ()
        return gateway.watchlist.pairs()

    def _admitted(self, speaker: people.Speaker) -> Principal | None:
        """The principal behind what was said.

        Whoever may speak only by what the service says of them, such as a role, is a guest: they
        get the answers to what they say, and nothing that they would have to be known for.
        """
        gateway = self._gateway
        principal = gateway.people.admit(speaker) if gateway is not None else None
        if gateway is None or principal is None:
            self._guests.pop(f"{speaker.channel}:{speaker.user}", None)
            return None
        known = {person.key for person in gateway.people.audience(self.name)}
        if speaker.private and principal.key not in known:
            self._guests[principal.key] = speaker.chat
        return principal

    def _answer(self, principal: Principal, chat: str, said: str) -> bool:
        """Whether a press or a code answers an open ticket; the answer itself follows."""
        found = self._tickets.take(chat, said)
        if found is None:
            return False
        shown, asked, approves = found
        gateway = self._gateway

        async def act() -> None:
            assert gateway is not None  # noqa: S101 - whoever hears has a gateway
            try:
                await gateway.answer(principal, asked.ticket, asked.hash, approves)
            except KitError as error:
                self._courier(chat).note(str(error))
            now = gateway.ticket(asked.ticket)
            if now is not None and now.state is TicketState.PENDING:  # it was refused, not answered
                self._tickets.put_back(shown, asked)
                self._courier(chat).change(shown)

        self._spawn(act())
        return True

    async def _said(self, principal: Principal, heard: Heard) -> None:
        gateway, chat, text = self._gateway, heard.speaker.chat, heard.text.strip()
        if gateway is None:
            return
        if not text:
            self._courier(chat).note(TEXT_ONLY)
        elif text.lower() in STOPS:
            if not gateway.interrupt(principal):
                self._courier(chat).note("No answer is being written.")
        elif not (heard.speaker.private and self._answered(principal, heard)):
            await self._handed_on(gateway, principal, chat, heard)

    def _answered(self, principal: Principal, heard: Heard) -> bool:
        """Whether words answer a ticket, or want to answer the one they quote, and nothing else."""
        chat, text = heard.speaker.chat, heard.text.strip()
        if self._answer(principal, chat, self._tickets.spelled_out(chat, text, heard.quotes)):
            return True
        if heard.quotes and self._tickets.is_bare_answer(text):
            self._courier(chat).note(NOT_OPEN)
            return True
        return False

    async def _handed_on(
        self, gateway: ChannelGateway, principal: Principal, chat: str, heard: Heard
    ) -> None:
        text = "/help" if heard.text.strip() == "/start" else heard.text
        try:
            await gateway.handle(principal, text, heard.mark)
        except KitError as error:
            self._courier(chat).note(str(error))

    def _welcome(self, person: Person) -> None:
        may = "ask about markets" if person.role < Role.TRADER else "ask, trade and halt"
        self._courier(person.chat).note(
            f"Paired, {person.name}: you are a {person.role.name.lower()} here and may {may}.\n"
            "Say what you want, or /help."
        )

    def _is_new(self, mark: str) -> bool:
        if mark in self._seen:
            self._ignore("seen before")
            return False
        self._seen[mark] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return True

    def _ignore(self, why: str) -> bool:
        self.ignored[why] += 1
        log.info("ignored something on %s: %s", self.name, why)
        return False

    # -- what goes out -------------------------------------------------------------------------

    def people_changed(self) -> None:
        """Somebody may not read here any more: what they were not told yet they are not told."""
        wanted = {*self._chats(), *self._groups, *self._guests.values()}
        for chat in [c for c in self._couriers if c not in wanted]:
            del self._couriers[chat]
            self._sending.pop(chat).cancel()
            self._tickets.forget_chat(chat)
            self._deliveries.forget_chat(self.name, chat)
        self._report()

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
            since=gateway.told if since is None else since, told=gateway.told,
        )  # fmt: skip
        if self._state == "up":  # nobody says so again to one that comes later
            courier.line_is_up()
        self._sending[chat] = asyncio.create_task(courier.run(), name=f"{self.name} to {chat}")
        return courier

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
            problem=next((c.problem for c in couriers if c.problem), ""),
        )

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
