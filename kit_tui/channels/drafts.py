"""Answers shown while the model still writes them: one post, changed about once a second."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from kit_tui.channels.pace import Pace
from kit_tui.channels.text import lines_of, packed, plain_line
from kit_tui.channels.transport import Gone, Post, Transport
from kit_tui.domain.clock import Clock
from kit_tui.domain.message import Message, Speaker
from kit_tui.domain.turn import LiveTurn

EVERY_S = 1.0
TYPING_S = 4.5
GROWS = "…"


class Draft(msgspec.Struct):
    """A post that holds the beginning of the answer to the message `reply_to`."""

    reply_to: str
    post_id: str
    text: str


class Drafts:
    """Shows the turn that answers one chat, and hands its post to the finished answer."""

    def __init__(self, chat: str, transport: Transport, clock: Clock) -> None:
        self._chat = chat
        self._transport = transport
        self._clock = clock
        self._turn: LiveTurn | None = None
        self._draft: Draft | None = None
        self._begun = 0
        self._last = -EVERY_S
        self._typed = -TYPING_S

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

    async def show(self, pace: Pace) -> str | None:
        """Show how far the answer has come, or that it is being written; the id of a new post."""
        turn = self._turn
        if turn is None:
            return None
        if not self._grows(turn):
            self._typed = self._clock.monotonic()
            await self._transport.typing(self._chat)
            return None
        if self._is_shown(turn):
            return None
        pace.spend()
        self._last = self._clock.monotonic()
        post = self._post(turn.text)
        if self._draft is None or self._draft.reply_to != turn.reply_to:
            key = f"draft {self._begun} {turn.id} {turn.since.timestamp()}"
            post_id = await self._transport.send(self._chat, replace(post, key=key))
            self._begun += 1
            self._draft = Draft(turn.reply_to, post_id, turn.text)
            return post_id
        self._draft.text = turn.text
        try:
            await self._transport.edit(self._chat, self._draft.post_id, post)
        except Gone:
            self._draft = None
        return None

    def rest(self) -> float:
        """Seconds until the post may be changed again."""
        return max(0.0, self._last + EVERY_S - self._clock.monotonic())

    def of(self, message: Message) -> Draft | None:
        """The draft that this message finishes, if there is one."""
        draft = self._draft
        answers = message.speaker is Speaker.KIT and draft is not None
        return draft if answers and draft and draft.reply_to == message.reply_to else None

    def take(self, message: Message) -> str | None:
        """The post that is to become this message; it is no draft any more."""
        draft = self.of(message)
        if draft is None:
            return None
        self._draft = None
        return draft.post_id

    def give_back(self, message: Message, post_id: str) -> None:
        """The post could not be changed now; it will be tried again."""
        self._draft = Draft(message.reply_to or "", post_id, "")

    def drop(self) -> None:
        """Show no more of this turn: the service did not take it."""
        self._turn = None

    def _grows(self, turn: LiveTurn) -> bool:
        """Whether there is a beginning to show; where posts cannot grow, typing is all there is."""
        return bool(turn.text) and self._transport.limits.edits

    def _is_shown(self, turn: LiveTurn) -> bool:
        draft = self._draft
        return draft is not None and (draft.reply_to, draft.text) == (turn.reply_to, turn.text)

    def _post(self, text: str) -> Post:
        parts = packed(lines_of(text), self._transport.limits.text, self._transport.size)
        return Post(
            lines=(*(parts[0] if parts else ()), plain_line(GROWS)), silent=True, grows=True
        )
