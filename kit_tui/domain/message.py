"""Principals and the messages of the one conversation."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Literal

import msgspec

from kit_tui.domain.cards import Card
from kit_tui.domain.numbers import ZERO
from kit_tui.domain.turn import Spent, ToolUse


class Role(IntEnum):
    """What a person may do; higher includes lower."""

    VIEWER = 1
    TRADER = 2
    OWNER = 3


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Who speaks, on which channel, with which role. `local` is true only at this machine.

    `approves_live_up_to` is how much real money, in an order's quote currency, somebody who is
    elsewhere may approve; nothing unless the owner allowed it.
    """

    channel: str
    user: str
    name: str
    role: Role
    local: bool = False
    approves_live_up_to: Decimal = ZERO

    @property
    def key(self) -> str:
        return f"{self.channel}:{self.user}"


class Speaker(StrEnum):
    """Whose words a message holds."""

    PERSON = "person"
    KIT = "kit"
    SYSTEM = "system"


Kind = Literal["", "fill", "order", "notice", "guard", "halt", "report", "alert"]
"""What K.I.T. tells by itself; empty for what somebody said and for answers."""
URGENT: frozenset[Kind] = frozenset({"guard", "halt"})


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the conversation. `engine` names what answered: offline grammar, a model, …

    `why` says why that one answered, where it was not the first choice. An answer of a model
    carries the `tools` it used and what it `spent`; `cut` tells that it was broken off. `kind` says
    what a message is about which nobody asked for. `mark` is the number a service gave it, by which
    one that is delivered twice is known again.
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
    kind: Kind = ""
    mark: str = ""

    @property
    def number(self) -> int:
        """Its place in the conversation, counted from one; zero when it is not part of it."""
        return int(self.id[1:]) if self.id[1:].isdigit() else 0
