"""What waits to be told in one chat, in order; bounded while the chat takes nothing."""

from __future__ import annotations

from collections import deque
from datetime import datetime

import msgspec

from kit_tui.channels.composing import Outgoing
from kit_tui.channels.tickets import ShownPost

HELD = 50
"""So many messages are kept for a chat that takes none, the newest."""


class Change(msgspec.Struct, eq=False):
    """A post with tickets that has changed."""

    shown: ShownPost


class Note(msgspec.Struct, eq=False):
    """Something said in this chat only, outside the conversation; lost with a restart.

    `reopens` marks the one that says what a chat has missed which took nothing.
    """

    text: str
    key: str
    reopens: bool = False


class Left(msgspec.Struct, eq=False):
    """All that earlier runs had to tell is told: what they left growing ends so."""


Item = Outgoing | Change | Note | Left


class Outbox:
    """The items in their order. `shut_since` is set while the chat takes nothing."""

    def __init__(self) -> None:
        self.items: deque[Item] = deque()
        self.shut_since: datetime | None = None
        self._missed = 0

    @property
    def waiting(self) -> int:
        """How many messages are still to be delivered."""
        return sum(isinstance(item, Outgoing) for item in self.items)

    @property
    def has_notes(self) -> bool:
        return any(isinstance(item, Note) for item in self.items)

    def add(self, item: Item) -> None:
        """Take one more; while the chat is shut the oldest messages make room."""
        self.items.append(item)
        if self.shut_since is not None:
            self._make_room()

    def told(self, group: list[Outgoing]) -> None:
        """Messages went out as one: only the last of them is left, to be taken out as told."""
        for item in group[1:]:
            self.items.remove(item)
        self.items[0] = group[-1]

    def shut(self, now: datetime) -> None:
        """The chat takes nothing, from now on unless it did not before."""
        if self.items and isinstance(self.items[0], Note) and self.items[0].reopens:
            self.items.popleft()
        self.shut_since = self.shut_since or now
        self._make_room()

    def open(self) -> None:
        """The chat takes posts again."""
        self.shut_since, self._missed = None, 0

    def say_what_was_missed(self, key: str) -> None:
        """Put first what a chat that was shut has missed, to be said when it opens."""
        if self.shut_since is None:
            return
        kept = sum(isinstance(i, Outgoing) and i.manner != "off" for i in self.items)
        missed = f"{self._missed} came that are not kept for this chat; " if self._missed else ""
        text = (
            f"No message reached this chat since {self.shut_since:%d %b %H:%M} UTC: {missed}"
            f"{kept} {'follows' if kept == 1 else 'follow'}."
        )
        self.items.appendleft(Note(text, key, reopens=True))

    def _make_room(self) -> None:
        waiting = [item for item in self.items if isinstance(item, Outgoing)]
        for item in waiting[: max(0, len(waiting) - HELD)]:
            self.items.remove(item)
            self._missed += item.manner != "off"
