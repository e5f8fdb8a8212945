"""Answers shown while the model still writes them: one post each, changed about once a second.

Every post is remembered on disk, so that the next run finishes what this one left growing.
"""

from __future__ import annotations

import logging

from msgspec.structs import replace

from kit_tui.channels.pace import Pace
from kit_tui.channels.text import lines_of, parts_of, plain_line
from kit_tui.channels.transport import Gone, Post, Refused, Transport, Unreachable, Wait
from kit_tui.domain.clock import Clock
from kit_tui.domain.message import Message, Speaker
from kit_tui.domain.turn import LiveTurn
from kit_tui.state.deliveries import Deliveries, Growing

EVERY_S = 1.0
TYPING_S = 4.5
GROWS = "…"
ENDED = "Broken off: K.I.T. was stopped while it wrote this."
log = logging.getLogger(__name__)


class Drafts:
    """Shows the turns that answer one chat, and hands their posts to the finished answers."""

    def __init__(
        self, chat: str, transport: Transport, clock: Clock, deliveries: Deliveries
    ) -> None:
        self.chat = chat
        self._transport = transport
        self._clock = clock
        self._deliveries = deliveries
        self._turn: LiveTurn | None = None
        self._drafts = {d.reply_to: d for d in deliveries.drafts(transport.name, chat)}
        self._left = set(self._drafts)
        self._begun = 0
        self._last = -EVERY_S
        self._typed = -TYPING_S

    @property
    def are_left(self) -> bool:
        """Whether an earlier run left answers growing that nothing has finished yet."""
        return bool(self._left)

    @property
    def in_doubt(self) -> bool:
        """Whether there is a post whose answer was lost."""
        return any(draft.post is None for draft in self._drafts.values())

    def follow(self, turn: LiveTurn | None) -> None:
        """How the turn stands now, None when it is over."""
        self._turn = turn

    def due_in(self, pace: Pace) -> float | None:
        """Seconds until there is something to show; None while nothing changes."""
        turn = self._turn
        if turn is None:
            return None
        now = self._clock.monotonic()
        if not self._grows(turn):
            return max(0.0, self._typed + TYPING_S - now)
        if self._is_shown(turn):
            return None
        return max(self.rest(), pace.wait())

    async def show(self, pace: Pace, newest: str) -> str | None:
        """Show how far the answer has come, or that it is being written; the id of a new post.

        `newest` is the newest id that is known in the chat.
        """
        turn = self._turn
        if turn is None:
            return None
        if not self._grows(turn):
            self._typed = self._clock.monotonic()
            await self._transport.typing(self.chat)
            return None
        if self._is_shown(turn):
            return None
        pace.spend()
        self._last = self._clock.monotonic()
        draft = self._drafts.get(turn.reply_to)
        if draft is None:
            key = f"draft {self._begun} {turn.id} {turn.since.timestamp()}"
            return await self._begin(Growing(turn.reply_to, None, newest, turn.text), key)
        await self._grow(draft, turn.text)
        return None

    async def settle(self) -> str | None:
        """Look for the posts whose answers were lost, before anything else is sent; the newest.

        One that is not found was never there.
        """
        newest = None
        for draft in [d for d in self._drafts.values() if d.post is None]:
            found = await self._transport.find(self.chat, self._post(draft.text), draft.after)
            if found is None:
                self._forget(draft.reply_to)
            else:
                draft.post = newest = found
                self._keep(draft)
        return newest

    async def finish_left(self) -> None:
        """Say below what an earlier run left growing, and nothing has finished, that it ends so."""
        for draft in [d for d in self._drafts.values() if d.reply_to in self._left]:
            if draft.post is not None:
                lines = (*self._post(draft.text).lines[:-1], plain_line(ENDED))
                try:
                    await self._transport.edit(self.chat, draft.post, Post(lines=lines))
                except Refused as refusal:  # somebody deleted it, or it is too old to be changed
                    log.info("an answer that was broken off stays as it is: %s", refusal)
            self._forget(draft.reply_to)

    def rest(self) -> float:
        """Seconds until a post may be changed again."""
        return max(0.0, self._last + EVERY_S - self._clock.monotonic())

    def of(self, message: Message) -> Growing | None:
        """The draft that this message finishes, if there is one."""
        if message.speaker is not Speaker.KIT or message.reply_to is None:
            return None
        return self._drafts.get(message.reply_to)

    def finished(self, draft: Growing) -> None:
        """Its post has become the whole answer, or is gone."""
        self._forget(draft.reply_to)

    def drop(self) -> None:
        """Show no more of this turn: the service did not take it."""
        self._turn = None

    # -- inside --------------------------------------------------------------------------------

    async def _begin(self, draft: Growing, key: str) -> str:
        """Send the first of an answer: in doubt until it is known to be there, or not."""
        self._drafts[draft.reply_to] = draft
        self._keep(draft)
        try:
            draft.post = await self._transport.send(
                self.chat, replace(self._post(draft.text), key=key)
            )
        except (Wait, Refused):
            self._forget(draft.reply_to)
            raise
        except Unreachable as trouble:
            if not trouble.in_doubt:
                self._forget(draft.reply_to)
            raise
        self._begun += 1
        self._keep(draft)
        return draft.post

    async def _grow(self, draft: Growing, text: str) -> None:
        if draft.post is None:
            return
        draft.text = text
        try:
            await self._transport.edit(self.chat, draft.post, self._post(text))
        except Gone:
            self._forget(draft.reply_to)
        else:
            self._keep(draft)

    def _keep(self, draft: Growing) -> None:
        self._deliveries.keep_draft(self._transport.name, self.chat, draft)

    def _forget(self, reply_to: str) -> None:
        self._drafts.pop(reply_to, None)
        self._left.discard(reply_to)
        self._deliveries.drop_draft(self._transport.name, self.chat, reply_to)

    def _grows(self, turn: LiveTurn) -> bool:
        """Whether there is a beginning to show; where posts cannot grow, typing is all there is."""
        return bool(turn.text) and self._transport.limits.edits

    def _is_shown(self, turn: LiveTurn) -> bool:
        draft = self._drafts.get(turn.reply_to)
        return draft is not None and draft.text == turn.text

    def _post(self, text: str) -> Post:
        room = self._transport.limits.text - len(ENDED) - 1
        beginning = next(parts_of(lines_of(text), room, self._transport.size), ())
        return Post(lines=(*beginning, plain_line(GROWS)), silent=True, grows=True)
