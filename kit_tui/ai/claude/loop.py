"""The loop of one turn: ask, run the tools that may run, ask again, until there is an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from kit_tui.ai.claude.calling import INTERRUPTED, Caller
from kit_tui.ai.claude.context import account_block
from kit_tui.ai.claude.grounding import Evidence, grounded
from kit_tui.ai.claude.hands import Hands
from kit_tui.ai.claude.history import MAX_TOKENS as HISTORY_TOKENS
from kit_tui.ai.claude.history import before_answers, history_messages, joined
from kit_tui.ai.claude.live import LiveView
from kit_tui.ai.claude.output import truth_line, without_links
from kit_tui.ai.claude.plain_text import harmless, untagged
from kit_tui.ai.claude.prompt import system_blocks
from kit_tui.ai.claude.protocol import AiError, AiErrorKind, Json, ModelReply, ModelRequest
from kit_tui.ai.claude.results import result_text
from kit_tui.ai.claude.turn import Answer, Turn
from kit_tui.domain.cards import Reply
from kit_tui.domain.clock import Clock
from kit_tui.domain.pair import Pair
from kit_tui.settings.model import EngineSettings
from kit_tui.settings.redaction import redact

MAX_ROUNDS: Final = 6
MAX_OUTPUT: Final = 4_096
"""Most tokens of one call, thoughts included."""
TRIMMED_HISTORY: Final = 2_000
MAX_TEXT: Final = 24_000
"""Most characters of an answer; every one of them is journalled, sent and painted."""
_LAST_ROUND: Final = "Answer now with what you have: no further tool runs in this answer."
_NOT_RUN: Final = "Not run: the message was not whole."
_REFUSED: Final = "The model refused to answer this."


@dataclass(frozen=True, slots=True)
class TurnParts:
    """What one turn works with."""

    turn: Turn
    settings: EngineSettings
    pairs: Collection[Pair]
    clock: Clock
    caller: Caller
    live: LiveView
    hands: Hands
    evidence: Evidence


class TurnLoop:
    """Runs one turn to its answer; whatever goes wrong becomes part of it."""

    def __init__(self, parts: TurnParts) -> None:
        self._parts = parts
        self._added: list[Json] = []
        self._problem: AiError | None = None
        self._history_tokens = HISTORY_TOKENS
        turn, settings = parts.turn, parts.settings
        self._system = system_blocks(turn, parts.pairs, settings.context)
        self._newest = self._newest_texts()

    async def run(self) -> Answer:
        """The answer. When the task is cancelled, what there is of it."""
        try:
            await self._rounds()
        except AiError as error:
            self._problem = error
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None:
                task.uncancel()
            self._problem = AiError(AiErrorKind.INTERRUPTED, INTERRUPTED)
        return self._answer()

    # -- rounds ------------------------------------------------------------------------------

    async def _rounds(self) -> None:
        for left in range(MAX_ROUNDS - 1, -1, -1):
            reply = await self._call()
            if reply.stop_reason == "model_context_window_exceeded":
                self._trim(reply)
                continue
            self._parts.live.call_ended(harmless(reply.text))
            if len(self._parts.live.text) > MAX_TEXT:
                raise AiError(AiErrorKind.CUT, "The answer became too long.")
            if reply.blocks:
                self._added.append({"role": "assistant", "content": list(reply.blocks)})
            if reply.stop_reason == "tool_use" and reply.tool_calls:
                await self._run_tools(reply, left)
            elif reply.stop_reason == "pause_turn" and reply.blocks:
                self._go_on(reply)
            else:
                return self._ended(reply)
        raise AiError(AiErrorKind.CUT, f"No answer within {MAX_ROUNDS} calls of the model.")

    async def _call(self) -> ModelReply:
        live = self._parts.live
        live.call_begins()
        return await self._parts.caller.call(self._request(), live.on_event)

    async def _run_tools(self, reply: ModelReply, left: int) -> None:
        if left == 0:
            raise AiError(AiErrorKind.CUT, f"No answer within {MAX_ROUNDS} calls of the model.")
        hands = self._parts.hands
        could_propose = not hands.read_foreign
        results = await hands.answer(reply.tool_calls)
        if left == 1:
            results.append({"type": "text", "text": _LAST_ROUND})
        self._added.append({"role": "user", "content": results})
        if could_propose and hands.read_foreign:
            self._begin_anew()

    def _go_on(self, reply: ModelReply) -> None:
        """A pause of the service: nothing of it is run, and the model is asked to go on."""
        results: list[Json] = [
            {"type": "tool_result", "tool_use_id": call["id"], "content": _NOT_RUN,
             "is_error": True}
            for call in reply.tool_calls
        ]  # fmt: skip
        self._added.append({"role": "user", "content": [*results, _text("Go on.")]})

    def _begin_anew(self) -> None:
        """The same question with what the tools gave so far, as a conversation of its own.

        Thoughts are bound to the tools and the history they were made with, so that neither can
        change behind them.
        """
        self._newest = [*self._newest_texts(), *self._parts.hands.told]
        self._added = []

    def _ended(self, reply: ModelReply) -> None:
        """An answer that ended properly, or the error that it did not."""
        if reply.stop_reason in ("end_turn", "stop_sequence"):
            return
        if reply.stop_reason == "refusal":
            raise AiError(AiErrorKind.REFUSED, _REFUSED)
        if reply.stop_reason == "max_tokens":
            raise AiError(AiErrorKind.CUT, "The answer reached its length limit.")
        raise AiError(AiErrorKind.CUT, "The answer ended in an unknown way.")

    def _trim(self, reply: ModelReply) -> None:
        """Once, a conversation that has become too long goes on with less of it."""
        if self._history_tokens == TRIMMED_HISTORY:
            self._parts.live.call_ended(harmless(reply.text))
            raise AiError(AiErrorKind.CUT, "The conversation is too long for the model.")
        self._history_tokens = TRIMMED_HISTORY
        self._begin_anew()

    # -- what is asked -----------------------------------------------------------------------

    def _request(self) -> ModelRequest:
        parts = self._parts
        history = history_messages(
            before_answers(parts.turn.history, parts.turn.said_id),
            parts.turn.principal,
            parts.hands.foreign_names,
            max_tokens=self._history_tokens,
        )
        return ModelRequest(
            purpose="chat",
            model=parts.settings.model,
            system=self._system,
            messages=tuple(joined([*history, self._newest_message(), *_marked(self._added)])),
            tools=parts.hands.offered,
            max_tokens=MAX_OUTPUT,
        )

    def _newest_message(self) -> Json:
        return {"role": "user", "content": [_text(text) for text in self._newest]}

    def _newest_texts(self) -> list[str]:
        """The account block, what was prepared, and the person's words: all beyond the cache."""
        parts = self._parts
        turn, now = parts.turn, parts.clock.now()
        texts = [account_block(turn, parts.settings.context, now)]
        texts += [f"<prepared>{result_text(each, now)}</prepared>" for each in turn.prepared]
        if turn.pending_words:
            texts.append(f"<pending>{untagged(turn.pending_words)}</pending>")
        texts.append(untagged(turn.words))
        for text in (*texts, str(self._system[1]["text"])):
            parts.evidence.add(text)
        parts.evidence.add_words(f"{turn.pending_words} {turn.words}")
        return texts

    # -- what comes of it --------------------------------------------------------------------

    def _answer(self) -> Answer:
        parts = self._parts
        if self._problem is not None and self._problem.said and not parts.live.call_text:
            parts.live.call_ended(harmless(self._problem.said[:MAX_TEXT]))
        text = without_links(redact(harmless(parts.live.text[:MAX_TEXT]))).strip()
        text = text or parts.hands.last_said  # what a tool did is told, whatever came after it
        if not text and self._problem is None:
            self._problem = AiError(AiErrorKind.BAD_REPLY, "The model answered nothing.")
        cut = self._problem is not None and bool(text)
        spent, cards = parts.caller.purse.spent, tuple(parts.hands.cards)
        return Answer(
            reply=Reply(text=self._worded(text), cards=cards, ok=self._problem is None),
            tools=parts.live.tools,
            spent=spent,
            model=spent.model or parts.settings.model,
            cut=cut,
            problem=self._problem,
        )

    def _worded(self, text: str) -> str:
        """The text with what code adds: marks, the truth about orders, and where it broke off."""
        if not text:
            refused = self._problem is not None and self._problem.kind is AiErrorKind.REFUSED
            return _REFUSED if refused else ""
        hands = self._parts.hands
        truth = "" if hands.executed else truth_line(text, hands.cards)
        lines = [grounded(text, self._parts.evidence), truth, _ending(self._problem)]
        return "\n\n".join(line for line in lines if line)


def _ending(problem: AiError | None) -> str:
    if problem is None:
        return ""
    if problem.kind is AiErrorKind.INTERRUPTED:
        return "(interrupted)"
    return f"(broken off: {problem.message.rstrip('.')})"


def _text(text: str) -> Json:
    return {"type": "text", "text": text}


def _marked(added: list[Json]) -> list[Json]:
    """The turn so far, its last block marked so that the next call reads it from the cache."""
    if not added or added[-1]["role"] != "user":
        return added
    *blocks, last = added[-1]["content"]
    marked = {**last, "cache_control": {"type": "ephemeral"}}
    return [*added[:-1], {"role": "user", "content": [*blocks, marked]}]
