"""A model's turn on a real house: real accounts and commands, a scripted model or a real client."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from kit_tui.ai.assets import offline_pairs
from kit_tui.ai.claude.budget import Prices
from kit_tui.ai.claude.engine import ClaudeEngine
from kit_tui.ai.claude.protocol import (
    AiError,
    Json,
    ModelBackend,
    ModelReply,
    ModelRequest,
    OnEvent,
    TextDelta,
    ThinkingDelta,
    ToolNamed,
    Usage,
)
from kit_tui.ai.claude.turn import Answer, Turn
from kit_tui.ai.grammar import Grammar
from kit_tui.commands.command import Command, Context, Effect, command, commands_of
from kit_tui.domain.cards import Reply
from kit_tui.domain.events import ModelCalled
from kit_tui.domain.message import Message, Principal, Speaker
from kit_tui.domain.turn import LiveTurn, Spent
from kit_tui.gateway.access import NotAllowedError, require_may_run
from kit_tui.settings.model import EngineSettings
from kit_tui.state.slices import APPROVALS
from tests.gateway.house import ANN, BTC, House
from tests.support.market import ScriptedMarket, make_ticker, walk

PAIRS = offline_pairs()
GRAMMAR = Grammar(lambda: PAIRS)
_ids = itertools.count(1)

ORDER: Json = {
    "side": "buy", "pair": "BTC/USDT", "type": "market", "quote_amount": "100",
    "base_amount": None, "fraction": None, "price": None, "stop_price": None, "stop_loss": None,
    "take_profit": None, "trail_percent": None, "post_only": None, "time_in_force": None,
    "user_quote": "buy",
}  # fmt: skip


def order(**changes: Any) -> Json:
    """The input of propose_order: a purchase for 100 USDT, with changes."""
    return {**ORDER, **changes}


def use(name: str, given: Any = None, call_id: str = "") -> Json:
    """A tool_use block."""
    return {
        "type": "tool_use", "id": call_id or f"toolu_{next(_ids)}", "name": name,
        "input": {} if given is None else given,
    }  # fmt: skip


def said(text: str) -> Json:
    return {"type": "text", "text": text}


def whole(*blocks: Json | str, stop: str = "", usage: Usage | None = None) -> ModelReply:
    """A reply of blocks; the stop reason follows from them unless it is given."""
    found = tuple(said(each) if isinstance(each, str) else each for each in blocks)
    calls = any(block["type"] == "tool_use" for block in found)
    return ModelReply(
        blocks=found,
        stop_reason=stop or ("tool_use" if calls else "end_turn"),
        usage=usage or Usage(input_tokens=1_000, output_tokens=50),
        model="claude-sonnet-5-5",
        request_id="req_1",
        ms=120,
    )


Scripted = ModelReply | AiError | BaseException | Callable[[ModelRequest], ModelReply]


class ScriptedModel:
    """A `ModelBackend` that says what a test tells it to, and keeps what it was asked."""

    def __init__(self, *script: Scripted) -> None:
        self.script = list(script)
        self.always: Callable[[ModelRequest], ModelReply] | None = None
        self.asked: list[ModelRequest] = []

    async def call(self, request: ModelRequest, on_event: OnEvent) -> ModelReply:
        self.asked.append(request)
        if not self.script and self.always is not None:
            return self._told(self.always(request), on_event)
        found = self.script.pop(0)
        if isinstance(found, BaseException):
            if isinstance(found, AiError) and found.said:
                on_event(TextDelta(found.said))
            raise found
        return self._told(found(request) if callable(found) else found, on_event)

    def _told(self, reply: ModelReply, on_event: OnEvent) -> ModelReply:
        for block in reply.blocks:
            if block["type"] == "thinking":
                on_event(ThinkingDelta(block["thinking"]))
            elif block["type"] == "tool_use":
                on_event(ToolNamed(block["name"]))
            elif block["type"] == "text":
                for piece in block["text"].splitlines(keepends=True):
                    on_event(TextDelta(piece))
        return reply

    async def models(self) -> Mapping[str, str]:
        return {"claude-sonnet-5-5": "Claude Sonnet 5.5"}

    async def close(self) -> None:
        return None


class FlatPrices:
    """A dollar for a million tokens in and ten out, so that sums are easy to follow."""

    known = True

    def cost(self, model: str, usage: Usage) -> Decimal | None:
        del model
        whole_input = (
            usage.input_tokens + usage.cache_read + usage.cache_write_5m + usage.cache_write_1h
        )
        return self._at(whole_input, usage.output_tokens) if self.known else None

    def worst_case(self, model: str, input_tokens: int, max_tokens: int) -> Decimal:
        del model
        return self._at(input_tokens, max_tokens)

    def _at(self, tokens: int, output: int) -> Decimal:
        return Decimal(tokens + 10 * output) / 1_000_000


@dataclass
class Book:
    """A `SpendBook` in memory."""

    events: list[ModelCalled] = field(default_factory=list)
    before: Decimal = Decimal(0)

    def charged(self, day: str) -> Decimal:
        return self.before + sum((e.charged for e in self.events if e.day == day), start=Decimal(0))

    def record(self, event: ModelCalled) -> None:
        self.events.append(event)

    @property
    def spent(self) -> list[Spent]:
        return [event.spent for event in self.events]


class News:
    """A command whose answer is text from outside."""

    def __init__(self, text: str = "Bitcoin rose after a report.") -> None:
        self.text = text

    @command("news", effect=Effect.READS, foreign=True)
    async def news(self, ctx: Context) -> Reply:
        """Headlines about a market."""
        del ctx
        return Reply(text=self.text)


class HouseToolbox:
    """A `Toolbox` over a house's real commands, as one person on one account."""

    def __init__(self, house: House, who: Principal, words: str, news: News | None) -> None:
        self._house = house
        self._who = who
        self._words = words
        self._extra = tuple(commands_of(news, "test")) if news is not None else ()
        self.ran: list[tuple[str, dict[str, Any]]] = []
        self.failure: BaseException | None = None

    @property
    def commands(self) -> Sequence[Command]:
        return [c for c in (*self._house.account.registry.all(), *self._extra) if self._may(c)]

    async def run(self, command: Command, arguments: Mapping[str, Any]) -> Reply:
        self.ran.append((command.name, dict(arguments)))
        if self.failure is not None:
            raise self.failure
        context = self._house.gateway.context(
            self._who, self._words, self._house.account, read_by="claude-sonnet-5-5"
        )
        if command.owner == "market-analysis" and command.name == "analyze":
            context = msgspec.structs.replace(context, market=charted(self._house.clock.now()))
        return await command.handler(context, **arguments)

    def _may(self, command: Command) -> bool:
        try:
            require_may_run(self._who, command)
        except NotAllowedError:
            return False
        return True


def charted(now: datetime) -> ScriptedMarket:
    """A market with a year of hourly candles, since the scripted venue has none."""
    market = ScriptedMarket(now)
    market.closes[BTC] = walk(400, start=50_000, drift=0.001)
    market.tickers[BTC] = make_ticker(BTC, "50000", at=now)
    return market


class Stage:
    """One house with an engine: `say` runs a whole turn and keeps history as a gateway would."""

    def __init__(
        self,
        house: House,
        backend: ModelBackend,
        *,
        settings: EngineSettings | None = None,
        prices: Prices | None = None,
        problem: AiError | None = None,
        news: News | None = None,
    ) -> None:
        self.house = house
        self.backend = backend
        self.book = Book()
        self.news = news
        self.shown: list[LiveTurn] = []
        self.history: list[Message] = []
        self._awaited: list[tuple[str, asyncio.Event]] = []
        self.toolbox: HouseToolbox
        self.engine = ClaudeEngine(
            settings or EngineSettings(turn_budget=Decimal(1)),
            backend=lambda: backend,
            clock=house.clock,
            book=self.book,
            markets=lambda _: PAIRS,
            today=lambda: "2026-11-22",
            prices=prices or FlatPrices(),
            problem=lambda: problem,
        )

    def turn(self, words: str, who: Principal = ANN, **changes: Any) -> Turn:
        number = len(self.history) + 1
        turn = Turn(
            id=f"turn{number}", words=words, principal=who, account="paper",
            mode=self.house.account.mode, at=self.house.clock.now(),
            reading=GRAMMAR.parse(words), said_id=f"m{number}",
            store=self.house.account.store, history=tuple(self.history),
        )  # fmt: skip
        return replace(turn, **changes)

    async def say(self, words: str, who: Principal = ANN, **changes: Any) -> Answer:
        turn = self.turn(words, who, **changes)
        self.toolbox = HouseToolbox(self.house, who, words, self.news)
        answer = await self.engine.answer(turn, self.toolbox, self._show)
        self.remember(turn, answer)
        return answer

    def remember(self, turn: Turn, answer: Answer) -> None:
        """Keep both sides of a turn, as the conversation does."""
        at, who = self.house.clock.now(), turn.principal
        self.history.append(
            Message(
                id=turn.said_id,
                at=at,
                speaker=Speaker.PERSON,
                channel=who.channel,
                principal=who.key,
                name=who.name,
                text=turn.words,
                account="paper",
            )
        )
        self.history.append(
            Message(
                id=f"m{len(self.history) + 1}",
                at=at,
                speaker=Speaker.KIT,
                channel=who.channel,
                principal=who.key,
                name="kit",
                text=answer.reply.text,
                cards=answer.reply.cards,
                account="paper",
                tools=answer.tools,
                reply_to=turn.said_id,
            )
        )

    def _show(self, live: LiveTurn) -> None:
        self.shown.append(live)
        for text, seen in self._awaited:
            if live.text == text:
                seen.set()

    async def until_shown(self, text: str) -> None:
        """Wait until the answer so far reads so."""
        seen = asyncio.Event()
        self._awaited.append((text, seen))
        if self.shown and self.shown[-1].text == text:
            seen.set()
        await seen.wait()

    @property
    def tickets(self) -> int:
        """How many tickets wait."""
        waiting = self.house.account.store.get(APPROVALS)
        return len(waiting or ())


def results_of(request: ModelRequest) -> list[Json]:
    """The tool results of the newest message of a request."""
    content: Iterable[Json] = request.messages[-1]["content"]
    return [block for block in content if block["type"] == "tool_result"]


def texts_of(request: ModelRequest) -> str:
    """Everything a request holds as text."""
    return str([request.system, request.messages])
