"""What comes in on a channel: who said it, whether it is new, and when it is safe to forget it.

A service is asked to forget what it told only when the journal has it, or it was refused: what a
crash takes comes again then, and is known by its mark, by its ticket, or by the code it was.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any

from kit_tui.channels.courier import Courier
from kit_tui.channels.late import Lateness
from kit_tui.channels.tickets import TicketButtons
from kit_tui.channels.transport import Heard, Pressed
from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import JournalError, KitError
from kit_tui.domain.message import Message, Principal, Role
from kit_tui.domain.pair import Pair
from kit_tui.domain.people import Person
from kit_tui.domain.ticket import Ticket, TicketState
from kit_tui.gateway.channel import ChannelGateway
from kit_tui.gateway.people import Speaker

REMEMBERED = 4_000
TRIES = 5
TEXT_ONLY = "K.I.T. reads text only."
NOT_TAKEN_IN = "Something you sent could not be taken in; the log says why. Send it again."
MAY_NOT_ANSWER = "Tickets are answered by those who may trade here."
STOPS = frozenset({"/cancelanswer", "/esc"})
log = logging.getLogger(__name__)


class Hearing:
    """Takes in words and presses of one channel. `courier` finds the one of a chat, `opened` is
    told where somebody spoke, `spawn` runs work on its own.

    `guests` are the chats of those who may speak only by what the service says of them.
    """

    def __init__(
        self,
        name: str,
        gateway: ChannelGateway,
        tickets: TicketButtons,
        clock: Clock,
        *,
        ignored: Counter[str],
        courier: Callable[[str], Courier],
        opened: Callable[[str], None],
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        self.guests: dict[str, str] = {}
        self._name = name
        self._gateway = gateway
        self._tickets = tickets
        self._ignored = ignored
        self._courier = courier
        self._opened = opened
        self._spawn = spawn
        self._lateness = Lateness(gateway, clock)
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._tries: Counter[str] = Counter()
        self._works: OrderedDict[str, asyncio.Task[None]] = OrderedDict()
        self._durable: dict[str, asyncio.Event] = {}

    async def hear(self, heard: Heard) -> bool:
        """As `Ear.hear`; each on its own, so that none waits for another's answer."""
        if not self._is_new(heard.mark):
            return False
        if heard.ignored:
            return self._ignore(heard.ignored)
        speaker, people = heard.speaker, self._gateway.people
        try:
            person = await people.redeem(speaker, heard.text)
        except BaseException as error:
            if self._comes_again(heard.mark, error):
                raise
            return False
        if person is not None:
            self._courier(person.chat).note(_welcome(person))
            return True
        principal = self._admitted(speaker)
        if principal is None:
            return self._ignore("a stranger")
        self._opened(speaker.chat)
        if speaker.private and people.is_code(heard.text):
            self._courier(speaker.chat).note(_paired_already(principal))
        elif self._lateness.is_late(heard):
            self._begin(heard.mark, heard.mark, speaker.chat, self._lateness.tell(principal, heard))
        elif speaker.private and self._answered(principal, heard):
            pass
        else:
            self._begin(heard.mark, heard.mark, speaker.chat, self._said(principal, heard))
        return True

    async def press(self, pressed: Pressed) -> str:
        """As `Ear.press`."""
        if not self._is_new(pressed.mark):
            return ""
        principal = self._admitted(pressed.speaker)
        if principal is None or not pressed.speaker.private:
            self._ignore("a stranger's press")
            return ""
        if principal.role < Role.TRADER:
            return MAY_NOT_ANSWER
        chat, quotes = pressed.speaker.chat, pressed.quotes
        said = self._tickets.spelled_out(chat, pressed.data, quotes)
        if self._answer(principal, chat, said, pressed.mark):
            return ""
        return self._why_not(chat, said, quotes)

    async def kept(self, mark: str) -> None:
        """As `Ear.kept`."""
        work = self._works.get(mark)
        if work is None:
            return
        try:
            await asyncio.shield(work)
        finally:
            if work.done():
                self._works.pop(mark, None)

    def came_by(self, message: Message) -> None:
        """Words joined the conversation."""
        self._is_there(message.mark)

    def ticket_changed(self, ticket: Ticket) -> None:
        """A ticket is answered, or has expired."""
        self._is_there(f"ticket {ticket.id}")

    def watched(self, speaker: Speaker) -> tuple[Pair, ...]:
        """The watchlist, for somebody who may speak."""
        if self._gateway.people.admit(speaker) is None:
            return ()
        return self._gateway.watchlist.pairs()

    # -- who, and whether it is new ------------------------------------------------------------

    def _admitted(self, speaker: Speaker) -> Principal | None:
        """The principal behind what was said.

        Whoever may speak only by what the service says of them, such as a role, is a guest: they
        get the answers to what they say, and nothing that they would have to be known for.
        """
        people = self._gateway.people
        principal = people.admit(speaker)
        if principal is None:
            self.guests.pop(f"{speaker.channel}:{speaker.user}", None)
            return None
        known = {person.key for person in people.audience(self._name)}
        if speaker.private and principal.key not in known:
            self.guests[principal.key] = speaker.chat
        return principal

    def _is_new(self, mark: str) -> bool:
        if mark in self._seen:
            self._ignore("seen before")
            return False
        self._seen[mark] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return True

    def _comes_again(self, mark: str, error: BaseException) -> bool:
        """Whether what could not be taken in is to be told again; not for ever."""
        if isinstance(error, Exception):
            log.error("something on %s could not be taken in", self._name, exc_info=error)
            self._tries[mark] += 1
            if self._tries[mark] >= TRIES:
                del self._tries[mark]
                return False
        self._seen.pop(mark, None)
        return True

    def _ignore(self, why: str) -> bool:
        self._ignored[why] += 1
        count = self._ignored[why]
        if str(count).strip("0") == "1":  # else a flood would push everything else out of the log
            log.info("ignored on %s: %s, %s so far", self._name, why, count)
        return False

    # -- until it is in the journal ------------------------------------------------------------

    def _begin(self, mark: str, sign: str, chat: str, work: Coroutine[Any, Any, None]) -> None:
        """Carry something out; it is kept once its `sign` came by, or when it is done."""
        there = self._durable[sign] = asyncio.Event()
        task = self._spawn(self._carried_out(mark, chat, work))
        self._works[mark] = asyncio.create_task(self._settled(sign, there, task), name=self._name)
        self._works[mark].add_done_callback(_looked_at)
        while len(self._works) > REMEMBERED:
            self._works.popitem(last=False)

    async def _carried_out(self, mark: str, chat: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except BaseException as error:
            if self._comes_again(mark, error):
                raise
            self._courier(chat).note(NOT_TAKEN_IN)

    async def _settled(self, sign: str, there: asyncio.Event, task: asyncio.Task[None]) -> None:
        waiting = asyncio.create_task(there.wait())
        try:
            await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            if self._durable.get(sign) is there:
                del self._durable[sign]
        # Without a journal, what can still be done is done before it is forgotten.
        if task.done() or not await self._is_written():
            await asyncio.shield(task)

    async def _is_written(self) -> bool:
        try:
            await self._gateway.kept()
        except JournalError:
            log.warning("what was said on %s is in no journal", self._name)
            return False
        return True

    def _is_there(self, sign: str) -> None:
        there = self._durable.get(sign) if sign else None
        if there is not None:
            there.set()

    # -- what is done about it -----------------------------------------------------------------

    def _answer(self, principal: Principal, chat: str, said: str, mark: str) -> bool:
        """Whether a press or a code answers an open ticket; the answer itself follows."""
        found = self._tickets.take(chat, said)
        if found is None:
            return False
        shown, asked, approves = found
        gateway = self._gateway

        async def act() -> None:
            try:
                await gateway.answer(principal, asked.ticket, asked.hash, approves)
            except KitError as error:
                self._courier(chat).note(str(error))
            except BaseException:
                self._tickets.let_go(asked)
                raise
            now = gateway.ticket(asked.ticket)
            if now is not None and now.state is TicketState.PENDING:  # it was refused, not answered
                self._tickets.put_back(shown, asked)
                self._courier(chat).change(shown)

        self._begin(mark, f"ticket {asked.ticket}", chat, act())
        return True

    def _why_not(self, chat: str, said: str, quotes: str) -> str:
        return self._tickets.why_not(chat, said, quotes, self._gateway.ticket)

    async def _said(self, principal: Principal, heard: Heard) -> None:
        gateway, chat, text = self._gateway, heard.speaker.chat, heard.text.strip()
        if not text:
            self._courier(chat).note(TEXT_ONLY)
        elif text.lower() in STOPS:
            if not gateway.interrupt(principal):
                self._courier(chat).note("No answer is being written.")
        else:
            await self._handed_on(principal, chat, heard)

    def _answered(self, principal: Principal, heard: Heard) -> bool:
        """Whether words answer a ticket, or want to answer the one they quote, and nothing else."""
        chat, text = heard.speaker.chat, heard.text.strip()
        said = self._tickets.spelled_out(chat, text, heard.quotes)
        if self._answer(principal, chat, said, heard.mark):
            return True
        if heard.quotes and self._tickets.is_bare_answer(text):
            self._courier(chat).note(self._why_not(chat, said, heard.quotes))
            return True
        return False

    async def _handed_on(self, principal: Principal, chat: str, heard: Heard) -> None:
        text = heard.text
        if text.strip() == "/start":  # what a phone says first of all, by itself
            self._courier(chat).note(_greeting(principal))
            text = "/help"
        try:
            await self._gateway.handle(principal, text, heard.mark)
        except KitError as error:
            self._courier(chat).note(str(error))


def _welcome(person: Person) -> str:
    return f"Paired, {person.name}: {_may(person.role)}"


def _greeting(principal: Principal) -> str:
    return f"{principal.name}: {_may(principal.role)}"


def _paired_already(principal: Principal) -> str:
    return f"You are paired already, as a {principal.role.name.lower()}. No code was used."


def _may(role: Role) -> str:
    may = "ask about markets" if role < Role.TRADER else "ask, trade and halt"
    return f"you are a {role.name.lower()} here and may {may}.\nSay what you want, or /help."


def _looked_at(task: asyncio.Task[None]) -> None:
    if not task.cancelled():
        task.exception()  # whoever asks gets it; where nobody does, the log has it
