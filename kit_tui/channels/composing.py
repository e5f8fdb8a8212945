"""The posts that messages become: several in one when a chat is behind, long ones in parts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

import msgspec

from kit_tui.channels.cards import answer_note, asked_tickets, chart_of, message_lines, tone_of
from kit_tui.channels.drafts import Drafts
from kit_tui.channels.manners import Manner
from kit_tui.channels.text import BLANK, Line, bold_line, packed
from kit_tui.channels.tickets import TicketButtons
from kit_tui.channels.transport import Post, Refused, Transport, Unreachable
from kit_tui.domain.clock import Clock
from kit_tui.domain.message import Message
from kit_tui.domain.ticket import Ticket, TicketState

UPLOADS = 3
"""So often a picture is tried that may be too much for the line."""
NOTE_ROOM = 300
"""Characters kept free for how a ticket ends, which is written below it later."""


class Outgoing(msgspec.Struct, eq=False):
    """A message that waits for its turn, and how it is to come.

    `lost` counts how often its picture did not arrive; `drawn` tells that the chart comes in
    characters instead.
    """

    message: Message
    manner: Manner
    lost: int = 0
    drawn: bool = False

    def gives_up_picture(self, failure: Refused | Unreachable) -> bool:
        """Whether the chart is drawn from here on, now that its picture did not arrive again."""
        if isinstance(failure, Unreachable):
            self.lost += failure.in_doubt
            self.drawn = self.lost >= UPLOADS
        else:
            self.drawn = True
        return self.drawn


class Composer:
    """Writes one chat's posts. `asks` tells in which tickets can be answered."""

    def __init__(
        self,
        chat: str,
        transport: Transport,
        *,
        tickets: TicketButtons,
        drafts: Drafts,
        clock: Clock,
        ticket_now: Callable[[str], Ticket | None],
        asks: Callable[[str], bool],
    ) -> None:
        self.chat = chat
        self._transport = transport
        self._tickets = tickets
        self._drafts = drafts
        self._clock = clock
        self._ticket_now = ticket_now
        self._asks = asks

    def together(self, queue: Iterable[object], upto: int = 0) -> list[Outgoing]:
        """The first messages of a queue that go out as one: as many as fit, or those up to `upto`,
        which a crash has left in doubt."""
        group: list[Outgoing] = []
        lines: list[Line] = []
        for item in queue:
            if not isinstance(item, Outgoing) or not self._may_join(item):
                break
            lines += [BLANK, *message_lines(item.message, self._clock.now())]
            too_long = self._transport.size(lines) > self._transport.limits.text - NOTE_ROOM
            if group and (item.message.number > upto if upto else too_long):
                break
            group.append(item)
        return group

    async def posts(self, group: Sequence[Outgoing]) -> list[Post]:
        """The posts of a message, or of several that go out together; tickets are in the last.

        A picture stands first, with as much of the text as may be its caption.
        """
        message = group[0].message
        picture = None if group[0].drawn else await self._picture(message)
        told, waiting = self._told(group, pictured=picture is not None)
        parts = packed(told, self._transport.limits.text - NOTE_ROOM, self._transport.size)
        tone = tone_of(message) if len(group) == 1 else ""
        posts = [Post(lines=part, tone=tone) for part in parts]
        if picture is not None:
            # A ticket's post is changed when it ends: it stands below the picture, as text.
            alone = waiting and len(parts) == 1
            fits = posts and self._transport.size(list(parts[0])) <= self._transport.limits.caption
            caption = posts.pop(0).lines if fits and not alone else ()
            posts.insert(0, Post(lines=caption, picture=picture))
        if waiting and posts:
            posts[-1] = self._tickets.show(
                self.chat, message.number, parts[-1], waiting, asks=self._asks(self.chat)
            )
        silent = all(item.manner == "silent" for item in group)
        # The moment tells messages apart that have the same number in another journal.
        key = f"{message.number} {group[-1].message.number} {message.at.timestamp()}"
        return [
            msgspec.structs.replace(post, silent=silent, key=f"{key} {part}")
            for part, post in enumerate(posts)
        ]

    # -- inside --------------------------------------------------------------------------------

    def _may_join(self, item: Outgoing) -> bool:
        message = item.message
        alone = asked_tickets(message) or chart_of(message)
        return item.manner != "off" and not alone and self._drafts.of(message) is None

    def _told(
        self, group: Sequence[Outgoing], *, pictured: bool
    ) -> tuple[list[Line], list[Ticket]]:
        """The lines of messages, and the tickets among them that wait."""
        lines: list[Line] = []
        for item in group:
            said = message_lines(item.message, self._clock.now(), pictured=pictured)
            lines += [*([BLANK] if lines else []), *said]
        asked = asked_tickets(group[0].message)
        now = [self._ticket_now(ticket.id) or ticket for ticket in asked]
        waiting = [ticket for ticket in now if ticket.state is TicketState.PENDING]
        ended = [ticket for ticket in now if ticket.state is not TicketState.PENDING]
        told = [*lines, *(bold_line(answer_note(ticket)) for ticket in ended)]
        return told, [ticket for ticket in waiting if ticket.expires_at > self._clock.now()]

    async def _picture(self, message: Message) -> bytes | None:
        """The chart of a message as a PNG, where there is one, and the means to draw and send."""
        from kit_tui.channels.pictures import can_draw, chart_png

        card = chart_of(message)
        if card is None or not self._transport.limits.pictures or not can_draw():
            return None
        return await asyncio.to_thread(chart_png, card)
