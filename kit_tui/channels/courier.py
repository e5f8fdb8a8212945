"""One chat's courier: delivers in order, each message once, at the pace the service allows."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from kit_tui.channels.cards import (
    answer_note,
    asked_tickets,
    chart_of,
    message_lines,
    tone_of,
)
from kit_tui.channels.drafts import Drafts
from kit_tui.channels.manners import Manner
from kit_tui.channels.pace import Pace
from kit_tui.channels.text import BLANK, Line, bold_line, lines_of, packed
from kit_tui.channels.tickets import ShownPost, TicketButtons
from kit_tui.channels.transport import Gone, Post, Refused, Transport, Unreachable, Wait
from kit_tui.domain.clock import Clock
from kit_tui.domain.message import Message
from kit_tui.domain.ticket import Ticket, TicketState
from kit_tui.domain.turn import LiveTurn
from kit_tui.state.deliveries import Deliveries, Sending

NOTE_ROOM = 300
"""Characters kept free for how a ticket ends, which is written below it later."""
BEHIND = 4
"""From so many messages in wait on, those without tickets go out together."""
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
log = logging.getLogger(__name__)


class Outgoing(msgspec.Struct, eq=False):
    """A message that waits for its turn, and how it is to come."""

    message: Message
    manner: Manner


class Change(msgspec.Struct, eq=False):
    """A post with tickets that has changed."""

    shown: ShownPost


class Note(msgspec.Struct, eq=False):
    """Something said in this chat only, outside the conversation; lost with a restart."""

    text: str
    key: str


Item = Outgoing | Change | Note


class Courier:
    """Delivers to one chat. An outage holds everything back; nothing overtakes.

    A post whose answer was lost is looked for before it is sent again, also after a restart.
    `changed` is called whenever `reached`, `waiting` or `problem` did; `told` is the newest number.
    """

    def __init__(
        self,
        chat: str,
        transport: Transport,
        *,
        deliveries: Deliveries,
        tickets: TicketButtons,
        clock: Clock,
        changed: Callable[[], None],
        since: int,
        told: int,
        ticket_now: Callable[[str], Ticket | None],
    ) -> None:
        self.problem = ""
        self._chat = chat
        self._transport = transport
        self._channel = transport.name
        self._deliveries = deliveries
        self._tickets = tickets
        self._clock = clock
        self._changed = changed
        self._ticket_now = ticket_now
        known = deliveries.reached(transport.name, chat)
        # A journal that was put back from an older copy counts from a lower number again.
        if known is None or known[0] > max(told, since):
            deliveries.forget_chat(transport.name, chat)
            known = None
            deliveries.reach(transport.name, chat, since, "")
        self.reached, newest = known or (since, "")
        self._newest = newest
        self._taken = self.reached
        self._queue: deque[Item] = deque()
        self._awake = asyncio.Event()
        self._line_up = asyncio.Event()
        self._pace = Pace(clock, transport.limits.every_s, transport.limits.burst)
        self._drafts = Drafts(chat, transport, clock)
        self._wait_s = FIRST_WAIT_S
        self._notes = 0
        self._notes_said = asyncio.Event()
        self._notes_said.set()

    @property
    def waiting(self) -> int:
        """How many messages are still to be delivered."""
        return sum(isinstance(item, Outgoing) for item in self._queue)

    def put(self, message: Message, manner: Manner) -> None:
        """Take a message, unless it was taken before."""
        if message.number <= self._taken:
            return
        self._taken = message.number
        self._add(Outgoing(message, manner))

    def say_what_is_missing(self, number: int) -> None:
        """Say how many messages before this one are not kept any more, if there are any."""
        if (missing := number - 1 - self._taken) > 0:
            were = "1 message is" if missing == 1 else f"{missing} messages are"
            self.note(f"{were} missing here: too many came while this chat was not reached.")

    def note(self, text: str) -> None:
        """Say something in this chat only."""
        self._notes += 1
        self._notes_said.clear()
        self._add(Note(text, f"note {self._notes} {self._clock.now().timestamp()}"))

    async def notes_said(self) -> None:
        """Wait until no note is left to be sent."""
        await self._notes_said.wait()

    def change(self, shown: ShownPost) -> None:
        """A post with tickets has changed."""
        self._add(Change(shown))

    def show_turn(self, turn: LiveTurn | None) -> None:
        """How the turn of the model stands which answers this chat, None when none does."""
        self._drafts.follow(turn)
        self._awake.set()

    def line_is_up(self) -> None:
        """The service answers again: no need to wait any longer."""
        self._line_up.set()

    async def run(self) -> None:
        """Deliver whatever comes, until cancelled; nothing is tried before the line stands."""
        await self._line_up.wait()
        while True:
            item = await self._next()
            try:
                if item is None:
                    self._newest = await self._drafts.show(self._pace) or self._newest
                else:
                    await self._settle(item)
            except Wait as pause:
                self._pace.slow_down(pause.seconds)
                await self._clock.sleep(pause.seconds)
            except Unreachable as trouble:
                await self._wait_for_line(f"sending fails: {trouble}")
            except Refused as refusal:
                log.warning("%s refused a message: %s", self._channel, refusal)
                self._give_up(item, f"a message was refused ({refusal})")
            except Exception:
                log.exception("a message could not be written for %s", self._channel)
                self._give_up(item, "a message could not be written; see the log")
            else:
                self._well(item)

    # -- what is next --------------------------------------------------------------------------

    def _add(self, item: Item) -> None:
        self._queue.append(item)
        self._awake.set()
        self._changed()

    async def _next(self) -> Item | None:
        """The oldest item, which stays where it is; None when a draft is due instead."""
        while not self._queue:
            self._awake.clear()
            due = self._drafts.due_in(self._pace)
            if due == 0:
                return None
            await self._either(self._awake, due)
        return self._queue[0]

    async def _either(self, event: asyncio.Event, seconds: float | None) -> None:
        """Wait for an event, no longer than so many seconds."""
        waits: list[asyncio.Task[Any]] = [asyncio.create_task(event.wait())]
        if seconds is not None:
            waits.append(asyncio.create_task(self._clock.sleep(seconds)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _turn(self) -> None:
        """Wait until the chat may get one more post."""
        while (seconds := self._pace.wait()) > 0:
            await self._clock.sleep(seconds)
        self._pace.spend()

    # -- delivering ----------------------------------------------------------------------------

    async def _settle(self, item: Item) -> None:
        match item:
            case Outgoing(manner="off"):
                pass
            case Outgoing():
                await self._deliver(self._together(item))
            case Note():
                await self._turn()
                limit, size = self._transport.limits.text, self._transport.size
                for part, lines in enumerate(packed(lines_of(item.text), limit, size)):
                    post = Post(lines=lines, key=f"{item.key} {part}")
                    self._newest = await self._transport.send(self._chat, post)
            case Change():
                await self._rewrite(item.shown)

    def _together(self, first: Outgoing) -> list[Outgoing]:
        """The messages that go out as one: many that wait, or what a crash has left in doubt."""
        doubt = self._deliveries.sending(self._channel, self._chat, first.message.number)
        upto = max((sending.upto for sending in doubt.values()), default=0)
        if not upto and len(self._queue) < BEHIND:
            return [first]
        group: list[Outgoing] = []
        lines: list[Line] = []
        for item in self._queue:
            if not isinstance(item, Outgoing) or not self._may_join(item):
                break
            lines += [BLANK, *message_lines(item.message, self._clock.now())]
            too_long = self._transport.size(lines) > self._transport.limits.text - NOTE_ROOM
            if group and (item.message.number > upto if upto else too_long):
                break
            group.append(item)
        return group or [first]

    def _may_join(self, item: Outgoing) -> bool:
        message = item.message
        alone = asked_tickets(message) or chart_of(message)
        return item.manner != "off" and not alone and self._drafts.of(message) is None

    async def _deliver(self, group: Sequence[Outgoing]) -> None:
        first, upto = group[0].message, group[-1].message.number
        before = self._deliveries.sending(self._channel, self._chat, first.number)
        picture = await self._picture(first)
        for part, post in enumerate(self._posts(group, picture)):
            earlier = before.get(part)
            if earlier is not None and earlier.post is None:
                found = await self._transport.find(self._chat, post, earlier.after)
                if found is not None:
                    self._newest = found  # else the next one looked for could be written over it
                    self._arrived(first.number, part, found)
                    continue
            if earlier is None or earlier.post is None:
                await self._send(first, upto, part, post)
        for item in list(group)[1:]:
            self._queue.remove(item)
        self._queue[0] = group[-1]  # what `_well` takes as told

    async def _send(self, message: Message, upto: int, part: int, post: Post) -> None:
        """Send one part; an answer that was streamed is finished where it stands."""
        number = message.number
        await self._turn()
        draft = self._drafts.take(message) if part == 0 and post.picture is None else None
        if draft is not None:
            await self._clock.sleep(self._drafts.rest())
            try:
                await self._transport.edit(self._chat, draft, post)
            except Gone:
                log.info("the streamed answer is gone; it is sent anew")
            except (Wait, Unreachable):
                self._drafts.give_back(message, draft)
                raise
            else:
                self._deliveries.begin(
                    self._channel, self._chat, number, Sending(part, draft, self._newest, upto)
                )
                self._arrived(number, part, draft)
                return
        self._deliveries.begin(
            self._channel, self._chat, number, Sending(part, None, self._newest, upto)
        )
        try:
            post_id = await self._transport.send(self._chat, post)
        except Unreachable as trouble:
            if not trouble.in_doubt:
                self._deliveries.not_sent(self._channel, self._chat, number, part)
            raise
        except (Wait, Refused):
            self._deliveries.not_sent(self._channel, self._chat, number, part)
            raise
        self._newest = post_id
        self._arrived(number, part, post_id)

    def _arrived(self, number: int, part: int, post_id: str) -> None:
        self._deliveries.sent(self._channel, self._chat, number, part, post_id)
        self._tickets.sent(self._chat, number, post_id)

    def _posts(self, group: Sequence[Outgoing], picture: bytes | None) -> list[Post]:
        """The posts of a message, or of several that go out together; tickets are in the last.

        A picture stands first, with as much of the text as may be its caption.
        """
        lines: list[Line] = []
        for item in group:
            pictured = picture is not None
            told = message_lines(item.message, self._clock.now(), pictured=pictured)
            lines += [*([BLANK] if lines else []), *told]
        message = group[0].message
        waiting, ended = self._tickets_of(message)
        lines += [bold_line(answer_note(ticket)) for ticket in ended]
        room = self._transport.limits.text - NOTE_ROOM
        parts = packed(lines, room, self._transport.size)
        silent = all(item.manner == "silent" for item in group)
        tone = tone_of(message) if len(group) == 1 else ""
        posts = [Post(lines=part, tone=tone) for part in parts]
        if picture is not None:
            fits = posts and self._transport.size(list(parts[0])) <= self._transport.limits.caption
            caption = posts.pop(0).lines if fits else ()
            posts.insert(0, Post(lines=caption, picture=picture))
        if waiting and posts:
            posts[-1] = self._tickets.show(self._chat, message.number, parts[-1], waiting)
        # The moment tells messages apart that have the same number in another journal.
        key = f"{message.number} {group[-1].message.number} {message.at.timestamp()}"
        return [
            msgspec.structs.replace(post, silent=silent, key=f"{key} {part}")
            for part, post in enumerate(posts)
        ]

    def _tickets_of(self, message: Message) -> tuple[list[Ticket], list[Ticket]]:
        """The tickets of a message that still wait, and those that ended before it is sent."""
        now = [self._ticket_now(ticket.id) or ticket for ticket in asked_tickets(message)]
        waiting = [ticket for ticket in now if ticket.state is TicketState.PENDING]
        ended = [ticket for ticket in now if ticket.state is not TicketState.PENDING]
        return [ticket for ticket in waiting if ticket.expires_at > self._clock.now()], ended

    async def _picture(self, message: Message) -> bytes | None:
        """The chart of a message as a PNG, where there is one, and the means to draw and send."""
        from kit_tui.channels.pictures import can_draw, chart_png

        card = chart_of(message)
        if card is None or not self._transport.limits.pictures or not can_draw():
            return None
        return await asyncio.to_thread(chart_png, card)

    async def _rewrite(self, shown: ShownPost) -> None:
        if shown.post_id is None:  # it was refused, or has not been sent yet
            return
        await self._turn()
        try:
            await self._transport.edit(self._chat, shown.post_id, self._tickets.post_of(shown))
        except Gone:
            log.info("a ticket's post is gone; its answer is in the conversation")

    # -- how it goes ---------------------------------------------------------------------------

    async def _wait_for_line(self, problem: str) -> None:
        if problem != self.problem:
            self.problem = problem
            self._changed()
        self._line_up.clear()
        seconds, self._wait_s = self._wait_s, min(LONGEST_WAIT_S, self._wait_s * 2)
        await self._either(self._line_up, seconds)

    def _well(self, item: Item | None) -> None:
        self._wait_s, self.problem = FIRST_WAIT_S, ""
        if item is not None:
            self._done()
        # After drafts and notes too, else a lost post is looked for from before them.
        self._deliveries.reach(self._channel, self._chat, self.reached, self._newest)
        self._changed()

    def _done(self) -> None:
        item = self._queue.popleft()
        if not any(isinstance(left, Note) for left in self._queue):
            self._notes_said.set()
        if isinstance(item, Outgoing):
            self.reached = item.message.number
            self._deliveries.reach(self._channel, self._chat, self.reached, self._newest)

    def _give_up(self, item: Item | None, problem: str) -> None:
        """Leave out what the service will never take, for it must not hold up what comes after."""
        self.problem = problem
        if item is None:
            self._drafts.drop()
        if isinstance(item, Outgoing):
            self._tickets.forget(self._chat, item.message.number)
        if item is not None:
            self._done()
        self._changed()
