"""What a chat is told, and whether with a sound: by kind of message and by the hour."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import field

from kit_tui.domain.message import URGENT, Message, Role, Speaker
from kit_tui.domain.people import Person

Manner = Literal["sound", "silent", "off"]
DEFAULTS: Mapping[str, Manner] = {"words": "silent", "answers": "silent"}
"""`words` are what somebody typed elsewhere, `answers` what K.I.T. said to them; the other topics
are the kinds of messages."""


class Manners(msgspec.Struct, frozen=True, kw_only=True):
    """How a channel tells. Between `quiet_from` and `quiet_to`, by the clock of `timezone`,
    nothing makes a sound but what is urgent and what answers somebody right there."""

    topics: Mapping[str, Manner] = field(default_factory=dict)
    quiet_from: time | None = None
    quiet_to: time | None = None
    timezone: str = "UTC"

    def to_person(self, message: Message, person: Person, now: datetime) -> Manner:
        """How a message of the conversation reaches somebody."""
        own = message.principal == person.key
        if own:
            return "off" if message.speaker is Speaker.PERSON else "sound"
        if person.role < Role.TRADER:  # what others ask and what trading does is not for viewers
            return "off"
        return self._of(message, now)

    def to_board(self, message: Message, now: datetime) -> Manner:
        """How a message reaches a chat for alerts, which only hears what nobody asked for."""
        return self._of(message, now) if message.speaker is Speaker.SYSTEM else "off"

    def _of(self, message: Message, now: datetime) -> Manner:
        topic = message.kind or ("words" if message.speaker is Speaker.PERSON else "answers")
        manner = self.topics.get(topic) or DEFAULTS.get(topic, "sound")
        if manner == "sound" and message.kind not in URGENT and self._is_quiet(now):
            return "silent"
        return manner

    def _is_quiet(self, now: datetime) -> bool:
        start, end = self.quiet_from, self.quiet_to
        if start is None or end is None or start == end:
            return False
        clock = now.astimezone(ZoneInfo(self.timezone)).time()
        inside = start <= clock < end
        return inside if start < end else clock >= start or clock < end
