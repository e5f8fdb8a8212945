"""Turns of the language model: one at a time for each person, shown while they run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from msgspec.structs import replace

from kit_tui.ai.claude.protocol import AiError, AiErrorKind
from kit_tui.ai.engine import OFFLINE, Understanding
from kit_tui.ai.ladder import Rung
from kit_tui.domain.cards import Reply
from kit_tui.domain.errors import KitError
from kit_tui.domain.intent import Action, Intent
from kit_tui.domain.message import Message, Principal, Speaker
from kit_tui.domain.turn import LiveTurn
from kit_tui.gateway.answering import Answering, Asked, Given
from kit_tui.gateway.conversation import Source
from kit_tui.gateway.live_board import LiveBoard
from kit_tui.gateway.model_state import LastCall, closed_connection, model_connection
from kit_tui.gateway.outcomes import joined, outcome_of
from kit_tui.gateway.toolbox import GatewayToolbox
from kit_tui.gateway.viewing import history_for, store_for
from kit_tui.state.slices import Connection

if TYPE_CHECKING:
    from kit_tui.ai.claude.anthropic_backend import AnthropicBackend
    from kit_tui.ai.claude.engine import ClaudeEngine
    from kit_tui.ai.claude.turn import Answer, Turn
    from kit_tui.gateway.gateway import Gateway

T = TypeVar("T")
log = logging.getLogger(__name__)
REQUESTS_ONLY: Final = (
    "Requests are understood without it: try `buy BTC for $100`, `analyze ETH`, "
    "`show my portfolio`, or /help."
)
# These say nothing about whether the model works.
_NOT_THE_MODEL: Final = frozenset(
    {
        AiErrorKind.INTERRUPTED,
        AiErrorKind.BUDGET,
        AiErrorKind.RESTING,
        AiErrorKind.REFUSED,
        AiErrorKind.BUSY,
        AiErrorKind.OFF,
    }
)
STOPPED: Final = "Stopped before it said anything."
MOST_WAITING: Final = 5
"""Messages of one person that may wait for the model; a flood is not paid for one by one."""


class OpenModel(msgspec.Struct, frozen=True):
    """A model that can be asked, and the client behind it."""

    engine: ClaudeEngine
    client: AnthropicBackend


Opener = Callable[[], Awaitable[OpenModel]]
"""Opens the model when it is first needed; raises a KitError (AiError mostly) that says why not."""


class ModelTurns:
    """Has a model answer what code did not; whatever it does, code's answer is the fallback."""

    def __init__(self, gateway: Gateway, answering: Answering) -> None:
        self.opener: Opener | None = None
        self._opening = asyncio.Lock()
        self._open: OpenModel | None = None
        self._closed: AiError | None = None
        self._gateway = gateway
        self._answering = answering
        self._board = LiveBoard(gateway.conversation.show_turns)
        self._running: dict[str, set[asyncio.Task[Any]]] = {}
        self._stopping = False
        self._last: LastCall | None = None
        self._line: Connection | None = None

    def interrupt(self, principal: Principal) -> bool:
        """Break off the turns of a person, on every account; whether there was one."""
        broken = [task.cancel() for task in self._running.get(principal.key, ())]
        return any(broken)

    async def begin(self) -> None:
        """Load the client and see whether the key works, before anybody needs it.

        Without a key nothing is loaded and nobody is asked.
        """
        try:
            model = await self._model()
        except AiError as error:
            log.info("no model: %s", error)
            self._show_closed(error)
            return
        await model.client.warm()
        began = self._gateway.clock.monotonic()
        try:
            await model.client.models()
        except AiError as error:
            self._note(error)
        else:
            took = (self._gateway.clock.monotonic() - began) * 1_000
            self._last = LastCall(at=self._gateway.clock.now(), latency_ms=took)
        self.show()

    async def forget(self) -> None:
        """The key has changed: open the model anew when it is needed next."""
        async with self._opening:  # one that is being opened has read the key before
            before, self._open, self._closed, self._last = self._open, None, None, None
        if before is not None:
            await before.client.close()

    async def stop(self) -> None:
        """Break off every turn, begin none of those that wait, and let go of the client."""
        self._stopping = True
        for tasks in self._running.values():
            for task in tasks:
                task.cancel()
        # One that is being opened is not waited for: a vault may keep it for long.
        before, self._open = self._open, None
        if before is not None:
            await before.client.close()

    async def climb(self, asked: Asked) -> Given:
        """Answer a message which the grammar hands up. It tells every part of it itself, and
        never fails for the model's sake."""
        prepared = await self._prepared(asked)
        session = asked.session
        if session.waiting >= MOST_WAITING:
            why = f"The model has {session.waiting} messages of yours to answer first."
            return await self._without(asked, AiError(AiErrorKind.BUSY, why), prepared)
        session.waiting += 1
        try:
            return await self._queued(asked, prepared)
        finally:
            session.waiting -= 1

    async def _queued(self, asked: Asked, prepared: Given | None) -> Given:
        """The answer, once the messages before it have theirs."""
        try:
            await self._breakable(asked.principal, self._ready())
        except AiError as error:
            return await self._without(asked, error, prepared)
        if prepared is not None:
            asked.tell(prepared.outcome.reply, prepared.source)
        async with asked.session.turn:
            return await self._taken(asked, prepared)

    def show(self) -> None:
        """Publish how the model stands among the connections."""
        if self._open is not None:
            engine = self._open.engine
            self._line = model_connection(engine.meter(), engine.ready(), self._last)
            self._gateway.connection(self._line)

    def _show_closed(self, error: AiError) -> None:
        """Take back what the connections say of a model whose key was removed."""
        if self._line is not None:
            self._line = closed_connection(self._line, error)
            self._gateway.connection(self._line)

    async def _ready(self) -> ClaudeEngine:
        """The model, if it would be asked now.

        Raises:
            AiError: when it would not.
        """
        engine = (await self._model()).engine
        problem = engine.ready()
        if problem is not None:
            raise problem
        return engine

    async def _model(self) -> OpenModel:
        """The model, opened now if it was not yet.

        Raises:
            AiError: when there is none.
        """
        async with self._opening:
            if self._stopping:
                raise AiError(AiErrorKind.OFF, "K.I.T. is stopping.")
            if self._open is None:
                self._open = await self._opened()
                self.show()
            return self._open

    async def _opened(self) -> OpenModel:
        if self.opener is None:
            raise AiError(AiErrorKind.NO_KEY, "No language model is connected.")
        if self._closed is not None:
            raise self._closed.with_traceback(None)  # else each raising would add to it
        try:
            return await self.opener()
        except AiError as error:
            self._closed = error
            raise
        except KitError as error:
            self._closed = AiError(AiErrorKind.OFF, error.message, hint=error.hint)
            raise self._closed from error

    def _note(self, problem: AiError | None) -> None:
        """How the newest call ended; what says nothing about the model changes nothing."""
        if problem is None or problem.kind not in _NOT_THE_MODEL:
            kind = problem.kind if problem is not None else None
            self._last = LastCall(at=self._gateway.clock.now(), problem=kind)

    # -- with a model --------------------------------------------------------------------------

    async def _taken(self, asked: Asked, prepared: Given | None) -> Given:
        """The answer of a message whose turn it is; whatever fails, code answers."""
        heard = prepared is not None
        try:
            # While it waited its turn the key may have changed, or K.I.T. begun to stop.
            return await self._with(await self._ready(), asked, prepared)
        except AiError as error:
            self._note(error)
            return await self._without(asked, error, prepared, heard=heard)
        except Exception:
            log.exception("a turn of the model failed in an unknown way")
            unusable = AiError(AiErrorKind.BAD_REPLY, "The model's answer could not be used.")
            return await self._without(asked, unusable, prepared, heard=heard)
        finally:
            self._board.end(asked.said.id)
            self.show()

    async def _with(self, engine: ClaudeEngine, asked: Asked, prepared: Given | None) -> Given:
        turn = self._turn(asked, prepared)
        if asked.rung is Rung.READ:
            intent = await self._breakable(asked.principal, self._read(engine, turn))
            if intent.intent is not Action.CHAT:
                read = Understanding(intent=intent, engine=engine.small_model)
                return self._told(asked, await self._answering.offline(asked.read_as(read)))
        toolbox = GatewayToolbox(self._gateway, self._answering, asked, engine.model)
        answering = engine.answer(turn, toolbox, self._board.show)
        answer = await self._breakable(asked.principal, answering)
        self._note(answer.problem)
        self.show()
        return await self._given(asked, prepared, answer)

    async def _breakable(self, principal: Principal, work: Coroutine[Any, Any, T]) -> T:
        """Run what this person may break off.

        Raises:
            AiError: of kind INTERRUPTED, when it was broken off and gives nothing.
        """
        task = asyncio.create_task(work)
        running = self._running.setdefault(principal.key, set())
        running.add(task)
        try:
            return await task
        except asyncio.CancelledError:
            me = asyncio.current_task()
            if me is not None and me.cancelling():
                raise
            raise AiError(AiErrorKind.INTERRUPTED, STOPPED) from None
        finally:
            running.discard(task)
            if not running and self._running.get(principal.key) is running:
                del self._running[principal.key]

    async def _read(self, engine: ClaudeEngine, turn: Turn) -> Intent:
        """A model's reading of a sentence, shown as a turn while it is awaited.

        Raises:
            AiError: when none came.
        """
        self._board.show(
            LiveTurn(
                id=turn.id, principal=turn.principal.key, channel=turn.principal.channel,
                reply_to=turn.said_id, model=engine.small_model, since=turn.at,
            )
        )  # fmt: skip
        return await engine.read(turn)

    async def _given(self, asked: Asked, prepared: Given | None, answer: Answer) -> Given:
        problem = answer.problem
        source = Source(
            engine=answer.model, tools=answer.tools, spent=answer.spent, cut=answer.cut,
            why=problem.kind.value if problem is not None else "",
        )  # fmt: skip
        said = answer.reply
        stopped = problem is not None and problem.kind is AiErrorKind.INTERRUPTED
        if stopped and not said.text:
            said = Reply(text=STOPPED, cards=said.cards, ok=False)
        if said.text or said.cards:
            asked.tell(said, source)
        self._board.end(asked.said.id)
        parts = [prepared.outcome.reply] if prepared is not None else []
        if problem is not None and not stopped:
            rest = await self._without(asked, problem, prepared, heard=prepared is not None)
            said, source = joined([said, rest.outcome.reply]), rest.source
        outcome = outcome_of(joined([*parts, said]), asked.intent)
        if prepared is not None:  # what was asked for is there, whatever became of the rest
            whole = replace(outcome.reply, ok=prepared.outcome.reply.ok)
            outcome = replace(outcome, reply=whole, added=said.text)
        return Given(outcome=outcome, source=source, told=True)

    # -- without one ---------------------------------------------------------------------------

    async def _prepared(self, asked: Asked) -> Given | None:
        """What code answers at once, for a model to add to."""
        if asked.intent.intent is not Action.ANALYZE:
            return None
        return await self._answering.offline(asked)

    async def _without(
        self, asked: Asked, problem: AiError, prepared: Given | None, *, heard: bool = False
    ) -> Given:
        """Code's own answer, with the reason why no model gave one."""
        if problem.kind is AiErrorKind.INTERRUPTED:
            source = Source(engine=asked.understood.engine, why=problem.kind.value, cut=True)
            return self._told(asked, Given(outcome_of(Reply(text=STOPPED, ok=False)), source))
        unanswered = asked.intent.intent is Action.CHAT and not asked.intent.note
        if heard:
            given = _plain(f"Nothing was added: {problem.message}")
        elif prepared is not None:
            given = prepared
        elif unanswered:
            given = _plain(f"{problem} {REQUESTS_ONLY}".strip(), asked.intent)
        else:
            given = await self._answering.offline(asked)
        source = Source(engine=given.source.engine or OFFLINE, why=problem.kind.value)
        told = self._told(asked, replace(given, source=source))
        return _unanswered(told) if unanswered else told

    def _told(self, asked: Asked, given: Given) -> Given:
        asked.tell(given.outcome.reply, given.source)
        self._board.end(asked.said.id)
        return replace(given, told=True)

    # -- the turn ------------------------------------------------------------------------------

    def _turn(self, asked: Asked, prepared: Given | None) -> Turn:
        from kit_tui.ai.claude.turn import Turn

        recent = history_for(asked.principal, self._gateway.conversation.recent)
        history = tuple(message for message in recent if message.id != asked.said.id)
        return Turn(
            id=asked.said.id, said_id=asked.said.id, words=asked.said.text,
            pending_words=_pending_words(asked, history), principal=asked.principal,
            account=asked.account.name, mode=asked.account.mode, at=asked.said.at,
            reading=asked.intent, history=history,
            store=store_for(asked.principal, asked.account.store),
            prepared=(prepared.outcome.reply,) if prepared is not None else (),
        )  # fmt: skip


def _plain(text: str, intent: Intent | None = None) -> Given:
    return Given(outcome=outcome_of(Reply(text=text), intent))


def _unanswered(given: Given) -> Given:
    """For whoever waits for the outcome, a question without its answer has failed."""
    reply = replace(given.outcome.reply, ok=False)
    return replace(given, outcome=replace(given.outcome, reply=reply))


def _pending_words(asked: Asked, history: Sequence[Message]) -> str:
    """What was asked for before, if the newest answer to this person was a model's question."""
    mine = [m for m in history if m.speaker is Speaker.KIT and m.principal == asked.principal.key]
    newest = mine[-1] if mine else None
    is_question = newest is not None and newest.text.rstrip().endswith("?")
    return asked.wanted if is_question else ""
