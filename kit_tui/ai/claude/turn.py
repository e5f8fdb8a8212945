"""What the gateway hands over for one message, and what it gets back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

import msgspec

from kit_tui.ai.claude.protocol import AiError
from kit_tui.commands.command import Command
from kit_tui.domain.cards import Reply
from kit_tui.domain.events import ModelCalled
from kit_tui.domain.intent import Intent
from kit_tui.domain.message import Message, Principal
from kit_tui.domain.orders import Mode
from kit_tui.domain.turn import Spent, ToolUse
from kit_tui.state.store import StoreView


class Toolbox(Protocol):
    """The commands one person may run on one account, run on their behalf."""

    @property
    def commands(self) -> Sequence[Command]:
        """Those this person may run here; which of them become tools is decided by the engine."""
        ...

    async def run(self, command: Command, arguments: Mapping[str, Any]) -> Reply:
        """Run one with typed arguments; a KitError is a refusal that the model is told."""
        ...


class SpendBook(Protocol):
    """What models have cost, kept durably."""

    def charged(self, day: str) -> Decimal:
        """US dollars charged to the budget of this trading day so far."""
        ...

    def record(self, event: ModelCalled) -> None:
        """Keep what one call cost; never raises."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message of a person that the model is to answer.

    `words` is the message, cleaned; `said_id` its id in the conversation, `history` the messages
    before it, oldest first. `reading` is what the offline grammar made of it. `prepared` holds the
    results of reading commands that have run already. Where the message answers a question,
    `pending_words` is the message that led to that question.
    """

    id: str
    words: str
    principal: Principal
    account: str
    mode: Mode
    at: datetime
    reading: Intent
    said_id: str
    store: StoreView
    history: Sequence[Message] = ()
    prepared: tuple[Reply, ...] = ()
    pending_words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of a turn. `reply` holds the final text and the cards that matter.

    `problem` is why it is not a whole answer, None when it is one; `cut` tells that text was
    broken off. A turn that failed before any text has an empty `reply.text`.
    """

    reply: Reply
    tools: tuple[ToolUse, ...]
    spent: Spent
    model: str
    cut: bool = False
    problem: AiError | None = None


class MeterView(msgspec.Struct, frozen=True, kw_only=True):
    """Spending for the status bar, in US dollars.

    `cache_read` is the share of this run's input tokens that came from the cache, None before the
    first call.
    """

    spent_today: Decimal
    day_budget: Decimal
    cache_read: Decimal | None = None
    model: str = ""
