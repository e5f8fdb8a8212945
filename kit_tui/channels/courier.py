"""One chat's courier: delivers in order, each message once, at the pace the service allows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from kit_tui.channels.composing import Composer, Outgoing
from kit_tui.channels.drafts import Drafts
from kit_tui.channels.manners import Manner
from kit_tui.channels.outbox import Change, Item, Left, Note, Outbox
from kit_tui.channels.pace import Pace
from kit_tui.channels.text import lines_of, packed
from kit_tui.channels.tickets import ShownPost, TicketButtons
from kit_tui.channels.transport import (
    Gone,
    Moved,
    Post,
    Refused,
    Shut,
    Transport,
    Unreachable,
    Wait,
)
from kit_tui.domain.clock import Clock
from kit_tui.domain.message import Message
from kit_tui.domain.ticket import Ticket
from kit_tui.domain.turn import LiveTurn
from kit_tui.state.deliveries import Deliveries, Sending

BEHIND = 4
"""From so many messages in wait on, those without tickets go out together."""
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
SHUT_AGAIN_S = 600.0
"""So often such a chat is tried again, unless it is known to be open before."""
log = logging.getLogger(__name__)


class Courier:
    """Delivers to one chat. An outage holds everything back; nothing overtakes.

    A post whose answer was lost is looked for before it is sent again, also after a restart.
    `changed` is called whenever `reached`, `waiting` or `problem` did, `moved` with the old and the
    new name of the chat; `told` is the newest number, `asks` tells where tickets are answered.
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
        moved: Callable[[str, str], None],
        asks: Callable[[str], bool],
    ) -> None:
        self.problem = ""
        self._chat = chat
        self._transport = transport
        self._channel = transport.name
        self._deliveries = deliveries
        self._tickets = tickets
        self._clock = clock
        self._changed = changed
        self._moved = moved
        self.reached, self._newest = self._known(since, told)
        self._taken = self.reached
        self._outbox = Outbox()
        self._awake, self._line_up, self._opened = (asyncio.Event() for _ in range(3))
        self._pace = Pace(clock, transport.limits.every_s, transport.limits.burst)
        self._drafts = Drafts(chat, transport, clock, deliveries)
        self._composer = Composer(
            chat, transport, tickets=tickets, drafts=self._drafts, clock=clock,
            ticket_now=ticket_now, asks=asks,
        )  # fmt: skip
        self._wait_s = FIRST_WAIT_S
        if self._newest:
            self._keep_to_rest()
        self._notes = 0
        self._notes_said = asyncio.Event()
        self._notes_said.set()

    def _known(self, since: int, told: int) -> tuple[int, str]:
        """How far the chat was told, and the newest id in it; a new one is told from `since` on."""
        known = self._deliveries.reached(self._channel, self._chat)
        # A journal that was put back from an older copy counts from a lower number again.
        if known is None or known[0] > max(told, since):
            self._deliveries.forget_chat(self._channel, self._chat)
            self._deliveries.reach(self._channel, self._chat, since, "")
            return since, ""
        return known

    @property
    def waiting(self) -> int:
        """How many messages are still to be delivered."""
        return self._outbox.waiting

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
        self._notes_said.clear()
        self._add(Note(text, self._note_key()))

    def _note_key(self) -> str:
        self._notes += 1
        return f"note {self._notes} {self._clock.now().timestamp()}"

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

    def caught_up(self) -> None:
        """Everything that was said before this run has been put."""
        if self._drafts.are_left:
            self._add(Left())

    def line_is_up(self) -> None:
        """The service answers again: no need to wait any longer."""
        self._line_up.set()

    def is_open(self) -> None:
        """Somebody spoke here: posts are taken again, if they were not."""
        self._opened.set()

    def move_to(self, chat: str) -> None:
        """The service calls this chat something else from here on; ids in it start anew."""
        self._deliveries.move_chat(self._channel, self._chat, chat)
        self._tickets.forget_chat(self._chat)
        self._chat = self._drafts.chat = self._composer.chat = chat
        self._newest = ""

    async def run(self) -> None:
        """Deliver whatever comes, until cancelled; nothing is tried before the line stands."""
        await self._line_up.wait()
        while True:
            item = await self._next()
            try:
                if self._drafts.in_doubt:
                    await self._turn()
                    self._newest = await self._drafts.settle() or self._newest
                if item is None:
                    after = self._transport.newest(self._chat, self._newest)
                    shown = await self._drafts.show(self._pace, after)
                    self._newest = shown or self._newest
                else:
                    await self._settle(item)
            except Wait as pause:
                self._rest(pause.seconds)
                await self._clock.sleep(pause.seconds)
            except Shut as shut:
                await self._wait_until_open(item, str(shut))
            except Moved as moved:
                self._moved(self._chat, moved.chat)
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
        self._outbox.add(item)
        self._awake.set()
        self._changed()

    async def _next(self) -> Item | None:
        """The oldest item, which stays where it is; None when a draft is due instead."""
        while not self._outbox.items:
            self._awake.clear()
            due = self._drafts.due_in(self._pace)
            if due == 0:
                return None
            await self._either(self._awake, due)
        return self._outbox.items[0]

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

    def _rest(self, seconds: float) -> None:
        """The service asked for a pause, which the next run keeps to as well."""
        self._pace.slow_down(seconds)
        until = self._clock.now().timestamp() + seconds
        self._deliveries.set_bookmark(f"rest {self._channel} {self._chat}", f"{until} {seconds}")

    def _keep_to_rest(self) -> None:
        kept = self._deliveries.bookmark(f"rest {self._channel} {self._chat}")
        until, asked = map(float, kept.split()) if " " in kept else (0.0, 0.0)
        # A clock that was set back meanwhile makes no longer pause of it.
        left = min(until - self._clock.now().timestamp(), asked)
        # What the run before has used up of the chat's allowance is not known: one post, no burst.
        self._pace.slow_down(max(left, 0.0))

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
                await self._deliver(self._group(item))
            case Note():
                await self._turn()
                limit, size = self._transport.limits.text, self._transport.size
                for part, lines in enumerate(packed(lines_of(item.text), limit, size)):
                    post = Post(lines=lines, key=f"{item.key} {part}", note=True)
                    self._newest = await self._transport.send(self._chat, post)
            case Change():
                await self._rewrite(item.shown)
            case Left():
                await self._turn()
                await self._drafts.finish_left()

    def _group(self, first: Outgoing) -> list[Outgoing]:
        """The messages that go out as one: many that wait, or what a crash has left in doubt."""
        doubt = self._deliveries.sending(self._channel, self._chat, first.message.number)
        upto = max((sending.upto for sending in doubt.values()), default=0)
        if not upto and len(self._outbox.items) < BEHIND:
            return [first]
        return self._composer.together(self._outbox.items, upto) or [first]

    async def _deliver(self, group: list[Outgoing]) -> None:
        first, upto = group[0].message, group[-1].message.number
        before = self._deliveries.sending(self._channel, self._chat, first.number)
        for part, post in enumerate(await self._composer.posts(group)):
            earlier = before.get(part)
            if earlier is not None and earlier.post is None:
                await self._turn()
                found = await self._transport.find(self._chat, post, earlier.after)
                if found is not None:
                    self._newest = found  # else the next one looked for could be written over it
                    self._arrived(first.number, part, found)
                    continue
            if earlier is not None and earlier.post is not None:
                self._tickets.sent(self._chat, first.number, earlier.post)
            else:
                try:
                    await self._send(first, upto, part, post)
                except (Refused, Unreachable) as failure:
                    if post.picture is None or not group[0].gives_up_picture(failure):
                        raise
                    log.warning("a chart comes in characters, not as a picture: %s", failure)
                    return await self._deliver(group)
        return self._outbox.told(group)

    async def _send(self, message: Message, upto: int, part: int, post: Post) -> None:
        """Send one part; an answer that was streamed is finished where it stands."""
        number = message.number
        await self._turn()
        draft = self._drafts.of(message) if part == 0 and post.picture is None else None
        if draft is not None and draft.post is not None:
            await self._clock.sleep(self._drafts.rest())
            try:
                await self._transport.edit(self._chat, draft.post, post)
            except Gone:
                log.info("the streamed answer is gone; it is sent anew")
                self._drafts.finished(draft)
            else:
                sending = Sending(part, draft.post, self._newest, upto)
                self._deliveries.begin(self._channel, self._chat, number, sending)
                self._drafts.finished(draft)
                self._arrived(number, part, draft.post)
                return
        after = self._transport.newest(self._chat, self._newest)
        self._deliveries.begin(self._channel, self._chat, number, Sending(part, None, after, upto))
        try:
            post_id = await self._transport.send(self._chat, post)
        except Unreachable as trouble:
            if not trouble.in_doubt:
                self._deliveries.not_sent(self._channel, self._chat, number, part)
            raise
        except (Wait, Refused, Shut, Moved):
            self._deliveries.not_sent(self._channel, self._chat, number, part)
            raise
        self._newest = post_id
        self._arrived(number, part, post_id)

    def _arrived(self, number: int, part: int, post_id: str) -> None:
        self._deliveries.sent(self._channel, self._chat, number, part, post_id)
        self._tickets.sent(self._chat, number, post_id)

    async def _rewrite(self, shown: ShownPost) -> None:
        if shown.post_id is not None:  # else it was refused, or has not been sent yet
            await self._turn()
            try:
                await self._transport.edit(self._chat, shown.post_id, self._tickets.post_of(shown))
            except Gone:
                log.info("a ticket's post is gone; its answer is in the conversation")
        self._tickets.rewritten(shown)

    # -- how it goes ---------------------------------------------------------------------------

    async def _wait_for_line(self, problem: str) -> None:
        if problem != self.problem:
            self.problem = problem
            self._changed()
        self._line_up.clear()
        seconds, self._wait_s = self._wait_s, min(LONGEST_WAIT_S, self._wait_s * 2)
        await self._either(self._line_up, seconds)

    async def _wait_until_open(self, item: Item | None, problem: str) -> None:
        """The chat takes nothing now, such as when a person has blocked the bot."""
        if item is None:
            self._drafts.drop()
        self._outbox.shut(self._clock.now())
        self.problem = problem
        self._changed()
        self._opened.clear()
        await self._either(self._opened, SHUT_AGAIN_S)
        self._outbox.say_what_was_missed(self._note_key())

    def _well(self, item: Item | None) -> None:
        self._wait_s, self.problem = FIRST_WAIT_S, ""
        self._outbox.open()
        if item is not None:
            self._done()
        # After drafts and notes too, else a lost post is looked for from before them.
        self._deliveries.reach(self._channel, self._chat, self.reached, self._newest)
        self._changed()

    def _done(self) -> None:
        item = self._outbox.items.popleft()
        if not self._outbox.has_notes:
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
        if isinstance(item, Change):
            self._tickets.rewritten(item.shown)
        if item is not None:
            self._done()
        self._changed()
