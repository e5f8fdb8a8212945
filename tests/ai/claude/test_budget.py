"""What calls may cost is set aside before them, and everything they did cost is recorded."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from kit_tui.ai.claude.budget import DayBudget, Purse, request_tokens, total
from kit_tui.ai.claude.protocol import (
    AiError,
    AiErrorKind,
    ModelReply,
    ModelRequest,
    OnEvent,
    Usage,
)
from kit_tui.settings.model import EngineSettings
from tests.ai.claude.stage import Book, FlatPrices, ScriptedModel, Stage, use, whole
from tests.gateway.house import House

REQUEST = ModelRequest(
    purpose="chat", model="m", system=(), messages=({"role": "user", "content": "x" * 3_000},)
)


def purse(house: House, day: DayBudget, cap: str = "1") -> Purse:
    stage = Stage(house, ScriptedModel())
    return Purse(stage.turn("x"), day, FlatPrices(), house.clock, Decimal(cap))


def day_of(book: Book, limit: str) -> DayBudget:
    return DayBudget(book, Decimal(limit), lambda: "2026-11-22")


async def test_the_answer_is_shortened_to_what_is_affordable(house: House) -> None:
    day = day_of(Book(), "1")
    tokens = request_tokens(REQUEST)
    affordable = Decimal(tokens + 10 * 500) / 1_000_000
    limited, reserved = purse(house, day, str(affordable)).reserve(REQUEST)
    assert limited.max_tokens == 500
    assert reserved.amount == affordable
    assert day.left == 1 - affordable


@pytest.mark.parametrize("cap", ["0.0001", "0.002"])
async def test_what_is_not_affordable_is_not_asked(house: House, cap: str) -> None:
    with pytest.raises(AiError) as refused:
        purse(house, day_of(Book(), "1"), cap).reserve(REQUEST)
    assert refused.value.kind is AiErrorKind.BUDGET
    assert "cap of one answer" in refused.value.message


async def test_the_days_end_is_told_apart(house: House) -> None:
    book = Book(before=Decimal("0.999"))
    with pytest.raises(AiError, match="day's budget"):
        purse(house, day_of(book, "1")).reserve(REQUEST)


async def test_calls_at_the_same_time_share_the_day(house: House) -> None:
    day = day_of(Book(), "0.022")
    purse(house, day).reserve(REQUEST)
    with pytest.raises(AiError):
        purse(house, day).reserve(REQUEST)


async def test_what_was_set_aside_comes_back(house: House) -> None:
    day = day_of(Book(), "1")
    made = purse(house, day)
    limited, reserved = made.reserve(REQUEST)
    made.paid(limited, reserved, whole("x", usage=Usage(input_tokens=100, output_tokens=10)))
    assert day.left == 1 - Decimal("0.0002")
    limited, reserved = made.reserve(REQUEST)
    made.failed(limited, reserved, AiError(AiErrorKind.RATE, "slow down"), "")
    assert day.left == 1 - Decimal("0.0002")
    assert made.spent.cost == Decimal("0.0002")


async def test_a_call_that_broke_without_figures_counts_as_an_estimate(house: House) -> None:
    book = Book()
    made = purse(house, day_of(book, "1"))
    limited, reserved = made.reserve(REQUEST)
    made.failed(limited, reserved, AiError(AiErrorKind.CUT, "cut"), "abc" * 10)
    event = book.events[0]
    assert event.spent.input_tokens == reserved.input_tokens
    assert event.spent.output_tokens == 10
    assert event.spent.estimated
    assert event.charged == Decimal(reserved.input_tokens + 100) / 1_000_000


async def test_an_unknown_price_is_unknown_and_charged_at_its_bound(house: House) -> None:
    prices = FlatPrices()
    prices.known = False
    stage = Stage(house, ScriptedModel(whole("Hello.")), prices=prices)
    answer = await stage.say("hello, dear")
    assert answer.spent.cost is None
    assert stage.book.events[0].charged == Decimal("0.0015")


async def test_the_day_is_never_overspent_by_many_at_once(house: House) -> None:
    class Slow(ScriptedModel):
        async def call(self, request: ModelRequest, on_event: OnEvent) -> ModelReply:
            await asyncio.sleep(0)
            most = Usage(input_tokens=request_tokens(request), output_tokens=request.max_tokens)
            return whole("x", use("get_positions"), usage=most)

    settings = EngineSettings(turn_budget=Decimal("0.2"), day_budget=Decimal("0.3"))
    stage = Stage(house, Slow(), settings=settings)
    answers = await asyncio.gather(*(stage.say(f"question {n}, dear") for n in range(6)))
    assert stage.engine.meter().spent_today <= Decimal("0.3")
    assert all(answer.problem is not None for answer in answers)
    assert sum(e.charged for e in stage.book.events) == stage.engine.meter().spent_today


async def test_the_meter(house: House) -> None:
    usage = Usage(input_tokens=100, cache_read=900, output_tokens=10)
    stage = Stage(house, ScriptedModel(whole("Hello.", usage=usage)))
    assert stage.engine.meter().cache_read is None
    await stage.say("hello, dear")
    meter = stage.engine.meter()
    assert meter.cache_read == Decimal("0.9")
    assert meter.spent_today == Decimal("0.0011")
    assert meter.day_budget == 2
    assert meter.model == "claude-sonnet-5-5"


async def test_why_it_would_not_be_asked(house: House) -> None:
    off = Stage(house, ScriptedModel(), settings=EngineSettings(enabled=False))
    problem = off.engine.ready()
    assert problem is not None
    assert problem.kind is AiErrorKind.OFF
    answer = await off.say("hello, dear")
    assert answer.problem is not None
    assert answer.problem.kind is AiErrorKind.OFF
    resting = AiError(AiErrorKind.RESTING, "rests")
    assert Stage(house, ScriptedModel(), problem=resting).engine.ready() is resting
    assert Stage(house, ScriptedModel()).engine.ready() is None


def test_no_calls_cost_nothing() -> None:
    assert total(()).cost == 0
