"""Running the tools that a model calls: read strictly, passed through the gates, told plainly."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from kit_tui.ai.claude.calling import Caller
from kit_tui.ai.claude.gates import Call, Gate
from kit_tui.ai.claude.grounding import Evidence
from kit_tui.ai.claude.live import LiveView
from kit_tui.ai.claude.plain_text import harmless, short
from kit_tui.ai.claude.protocol import Json, ModelTool
from kit_tui.ai.claude.quarantine import digest
from kit_tui.ai.claude.results import error_text, result_text
from kit_tui.ai.claude.schema import InvalidInputError
from kit_tui.ai.claude.tools import Tool, read_input, toolset
from kit_tui.ai.claude.turn import Toolbox, Turn
from kit_tui.domain.cards import (
    AnalysisCard,
    Card,
    OrdersCard,
    PositionsCard,
    RefusalCard,
    Reply,
    ReportCard,
    TableCard,
    TicketCard,
)
from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import KitError
from kit_tui.domain.pair import Pair
from kit_tui.domain.turn import ToolUse
from kit_tui.settings.redaction import redact

log = logging.getLogger(__name__)

READ_SECONDS: Final = 30.0
MAX_ARGUMENTS: Final = 120
MAX_RESULT: Final = 200
FAILED: Final = "The tool failed; its result is not known."
# Cards that an answer keeps: what a person has to answer, and what figures rest on.
_KEPT: Final = (TicketCard, RefusalCard, ReportCard, AnalysisCard)


class Hands:
    """The tools of one turn."""

    def __init__(
        self,
        *,
        toolbox: Toolbox,
        turn: Turn,
        pairs: Collection[Pair],
        caller: Caller,
        clock: Clock,
        live: LiveView,
        evidence: Evidence,
        small_model: str,
    ) -> None:
        self.cards: list[Card] = []
        self.told: list[str] = []
        self.last_said = ""
        self.executed = False
        self._toolbox = toolbox
        self._tools = toolset(toolbox.commands)
        self._gate = Gate(turn, pairs, self.foreign_names)
        self._caller = caller
        self._clock = clock
        self._live = live
        self._evidence = evidence
        self._small_model = small_model

    @property
    def offered(self) -> tuple[ModelTool, ...]:
        """The tools as the model sees them now: only reading ones once text from outside was."""
        allowed = self._tools.values()
        return tuple(t.offer for t in allowed if t.reads or not self._gate.read_foreign)

    @property
    def read_foreign(self) -> bool:
        """Whether this turn has read text from outside."""
        return self._gate.read_foreign

    @property
    def foreign_names(self) -> frozenset[str]:
        return frozenset(name for name, tool in self._tools.items() if tool.command.foreign)

    async def answer(self, blocks: Sequence[Json]) -> list[Json]:
        """Run the calls of one message that may run; a result for every one of them."""
        calls = [self._read(block) for block in blocks]
        refusals = self._gate.review(calls)
        return [
            await self._one(call, refusal) for call, refusal in zip(calls, refusals, strict=True)
        ]

    def _read(self, block: Json) -> Call:
        name, call_id = str(block.get("name", "")), str(block.get("id", ""))
        tool = self._tools.get(name)
        if tool is None:
            return Call(call_id, name, None)
        try:
            arguments, quote = read_input(tool, block.get("input"))
        except InvalidInputError as error:
            return Call(call_id, name, tool, problem=f"The input does not fit: {error}.")
        return Call(call_id, name, tool, arguments, quote)

    async def _one(self, call: Call, refusal: str) -> Json:
        use = ToolUse(name=short(call.name, 40), arguments=_shown(call.arguments))
        self._live.tool_begins(use)
        began = self._clock.monotonic()
        if refusal or call.tool is None:
            text, said, ok = error_text(refusal), refusal, False
        else:
            text, said, ok = await self._run(call.tool, call.arguments)
        spent_ms = max(0, round((self._clock.monotonic() - began) * 1000))
        self._live.tool_ended(
            ToolUse(
                name=use.name, arguments=use.arguments, result=short(said, MAX_RESULT), ok=ok,
                ms=spent_ms,
            )
        )  # fmt: skip
        self._evidence.add(text)
        self.told.append(f'<prepared tool="{use.name}">{use.arguments}: {text}</prepared>')
        return {
            "type": "tool_result",
            "tool_use_id": call.id,
            "content": [{"type": "text", "text": text}],
            "is_error": not ok,
        }

    async def _run(self, tool: Tool, arguments: Mapping[str, Any]) -> tuple[str, str, bool]:
        """What the model is told, what people see, and whether it went well."""
        try:
            reply = await self._reply(tool, arguments)
        except KitError as error:
            return error_text(str(error)), str(error), False
        except TimeoutError:
            slow = f"{tool.name} took longer than {READ_SECONDS:.0f} s."
            return slow, slow, False
        except Exception:
            log.exception("the tool %s failed", tool.name)
            return FAILED, FAILED, False
        if tool.command.foreign:
            return await self._digested(tool, reply)
        self._keep(tool, reply)
        return result_text(reply, self._clock.now()), reply.text, reply.ok

    async def _reply(self, tool: Tool, arguments: Mapping[str, Any]) -> Reply:
        if tool.reads:
            async with asyncio.timeout(READ_SECONDS):
                return await self._toolbox.run(tool.command, arguments)
        work = self._toolbox.run(tool.command, arguments)
        return await finished(work, lambda reply: self._keep(tool, reply))

    async def _digested(self, tool: Tool, reply: Reply) -> tuple[str, str, bool]:
        told = await digest(
            f"{reply.text}\n{_rows(reply)}", tool.name, self._clock.now(), self._small_model,
            self._caller.quietly,
        )  # fmt: skip
        return told, "digest of text from outside", reply.ok

    def _keep(self, tool: Tool, reply: Reply) -> None:
        self.cards.extend(card for card in reply.cards if isinstance(card, _KEPT))
        if not tool.reads:
            self.last_said = reply.text
            self.executed |= any(isinstance(card, ReportCard) for card in reply.cards)
        for card in reply.cards:
            self._evidence.count(_length(card))


async def finished(work: Coroutine[Any, Any, Reply], keep: Callable[[Reply], None]) -> Reply:
    """Wait for what must not be left half done, also when the turn is interrupted meanwhile.

    `keep` gets what came of it then: a ticket that is up has to be told.
    """
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():  # whoever presses Esc twice means it no more than once
            with suppress(asyncio.CancelledError):
                await asyncio.wait([task])
        if not task.cancelled() and task.exception() is None:
            keep(task.result())
        else:
            log.warning("a tool failed while its turn was interrupted: %r", task)
        raise


def _shown(arguments: Mapping[str, Any]) -> str:
    parts = (f"{name} {getattr(value, 'value', value)}" for name, value in arguments.items())
    return short(redact(harmless(", ".join(parts))), MAX_ARGUMENTS)


def _rows(reply: Reply) -> str:
    tables = (card for card in reply.cards if isinstance(card, TableCard))
    return "\n".join(" ".join(row) for table in tables for row in table.rows)


def _length(card: Card) -> int:
    match card:
        case PositionsCard():
            return len(card.positions)
        case OrdersCard():
            return len(card.orders)
        case TableCard():
            return len(card.rows)
        case _:
            return 1
