"""Principals and the messages of the one conversation."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum, StrEnum

import msgspec

from kit_tui.domain.cards import Card
from kit_tui.domain.turn import Spent, ToolUse


class Role(IntEnum):
    """What a person may do; higher includes lower."""

    VIEWER = 1
    TRADER = 2
    OWNER = 3


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Who speaks, on which channel, with which role. `local` is true only at this machine.

    `approves_live` lets somebody who is elsewhere approve orders with real money.
    """

    channel: str
    user: str
    name: str
    role: Role
    local: bool = False
    approves_live: bool = False

    @property
    def key(self) -> str:
        return f"{self.channel}:{self.user}"


class Speaker(StrEnum):
    """Whose words a message holds."""

    PERSON = "person"
    KIT = "kit"
    SYSTEM = "system"


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the conversation. `engine` names what answered: offline grammar, a model, …

    `why` says why that one answered, where it was not the first choice. An answer of a model
    carries the `tools` it used and what it `spent`; `cut` tells that it was broken off.
    """

    id: str
    at: datetime
    speaker: Speaker
    channel: str
    principal: str
    name: str
    text: str
    cards: tuple[Card, ...] = ()
    reply_to: str | None = None
    engine: str = ""
    ok: bool = True
    account: str = ""
    why: str = ""
    tools: tuple[ToolUse, ...] = ()
    spent: Spent | None = None
    cut: bool = False
