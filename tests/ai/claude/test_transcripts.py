"""Whole turns through the real client library: a loopback API, real commands, real accounts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from kit_tui.ai.claude.anthropic_backend import AnthropicBackend
from kit_tui.ai.claude.prices import load_prices
from kit_tui.ai.claude.protocol import AiErrorKind
from kit_tui.domain.cards import AnalysisCard, TicketCard
from kit_tui.settings.model import EngineSettings
from tests.ai.claude.stage import News, Stage, order
from tests.gateway.house import BTC, PHONE, House
from tests.servers.messages_api import (
    KEY,
    Cut,
    Eof,
    Gate,
    MessagesServer,
    Status,
    error_event,
    reply,
    text,
    thinking,
    tool,
)

WORDS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
]
BUY = "i fancy $100 worth of bitcoin, buy it please, my friend"
DRAFT = order(user_quote="buy it please")


@pytest.fixture
async def stage(house: House, server: MessagesServer) -> AsyncIterator[Stage]:
    backend = AnthropicBackend(KEY, clock=house.clock, base_url=server.url)
    yield Stage(house, backend, prices=load_prices(), news=News())
    await backend.close()
    assert server.refused == []


def told(server: MessagesServer, call: int) -> str:
    """The tool results that a call carried."""
    return str([b for b in server.bodies[call]["messages"][-1]["content"] if "content" in b])


async def test_buying(stage: Stage, server: MessagesServer) -> None:
    server.answer(
        reply(thinking("They want BTC."), "I draft it.", tool("propose_order", DRAFT)),
        reply("A ticket waits for you. Nothing was sent yet."),
    )
    answer = await stage.say(BUY)
    assert answer.reply.text == "I draft it.\n\nA ticket waits for you. Nothing was sent yet."
    assert isinstance(answer.reply.cards[0], TicketCard)
    assert answer.reply.cards[0].ticket.words == BUY
    assert stage.tickets == 1
    assert answer.spent.cost is not None
    assert answer.spent.cost > 0
    assert [e.purpose for e in stage.book.events] == ["chat", "chat"]
    phases = [live.phase for live in stage.shown]
    assert [p for i, p in enumerate(phases) if i == 0 or p != phases[i - 1]] == [
        "waiting", "thinking", "answering", "working", "waiting", "answering",
    ]  # fmt: skip


async def test_analysing(stage: Stage, server: MessagesServer) -> None:
    server.answer(
        reply(tool("get_analysis", {"pair": "BTC/USDT", "timeframe": "1h"})),
        reply("Bitcoin trades at 99,999.99 USDT and RSI 14 is flat."),
    )
    answer = await stage.say("what do you make of bitcoin these days")
    assert isinstance(answer.reply.cards[0], AnalysisCard)
    assert answer.reply.text == (
        "Bitcoin trades at 99,999.99 [?] USDT and RSI 14 is flat.\n\n[?] no tool gave this figure."
    )


async def test_clarifying_and_completing(stage: Stage, server: MessagesServer) -> None:
    server.answer("How much of it, in USDT?")
    first = await stage.say("buy me a bit of bitcoin, you know")
    assert first.reply.text.endswith("?")
    server.answer(
        reply(tool("propose_order", order(user_quote="100 USDT"))), reply("A ticket waits.")
    )
    await stage.say("make it 100 USDT", pending_words="buy me a bit of bitcoin, you know")
    assert stage.tickets == 1


async def test_a_refusal_of_the_model(stage: Stage, server: MessagesServer) -> None:
    server.answer(reply(stop_reason="refusal", stop_details={"category": "cyber"}))
    answer = await stage.say("help me spoof the book")
    assert answer.problem is not None
    assert answer.problem.kind is AiErrorKind.REFUSED
    assert answer.reply.text == "The model refused to answer this."


async def test_several_tools_one_after_the_other(stage: Stage, server: MessagesServer) -> None:
    server.answer(
        reply(thinking("a"), tool("get_price", {"pair": "BTC/USDT"})),
        reply(thinking("b"), tool("get_price", {"pair": "ETH/USDT"})),
        reply(tool("get_portfolio")),
        reply("All read."),
    )
    answer = await stage.say("tell me about everything i have and see")
    assert [use.name for use in answer.tools] == ["get_price", "get_price", "get_portfolio"]
    assert all(use.ok and use.ms is not None for use in answer.tools)
    assert answer.reply.text == "All read."


async def test_interrupting(stage: Stage, server: MessagesServer) -> None:
    gate = Gate()
    server.answer(reply(text("The first half", gate, " and the second")))
    task = asyncio.create_task(stage.say("a long story please"))
    await gate.reached.wait()
    await stage.until_shown("The first half")
    task.cancel()
    answer = await task
    assert answer.reply.text == "The first half\n\n(interrupted)"
    await server.until_left()


async def test_over_budget(house: House, server: MessagesServer) -> None:
    backend = AnthropicBackend(KEY, clock=house.clock, base_url=server.url)
    settings = EngineSettings(turn_budget=Decimal(1), day_budget=Decimal(2))
    stage = Stage(house, backend, settings=settings, prices=load_prices())
    stage.book.before = Decimal("1.995")
    answer = await stage.say("hello")
    assert answer.problem is not None
    assert answer.problem.kind is AiErrorKind.BUDGET
    assert server.bodies == []
    stage.book.before = Decimal(2)
    problem = stage.engine.ready()
    assert problem is not None
    assert problem.kind is AiErrorKind.BUDGET
    await backend.close()


async def test_without_a_key(house: House, server: MessagesServer) -> None:
    backend = AnthropicBackend("", clock=house.clock, base_url=server.url)
    answer = await Stage(house, backend).say("hello")
    assert answer.problem is not None
    assert answer.problem.kind is AiErrorKind.NO_KEY
    assert answer.reply.text == ""
    assert server.seen == []


@pytest.mark.parametrize(
    ("fault", "kind"),
    [(Cut(), AiErrorKind.CUT), (Eof(), AiErrorKind.CUT), (error_event(), AiErrorKind.OVERLOADED)],
)
async def test_a_stream_that_breaks(
    stage: Stage, server: MessagesServer, fault: Cut | Eof, kind: AiErrorKind
) -> None:
    server.answer(reply(text("BTC looks", fault)))
    answer = await stage.say("what about bitcoin then, old boy")
    assert answer.cut
    assert answer.problem is not None
    assert answer.problem.kind is kind
    assert answer.reply.text.startswith("BTC looks\n\n(broken off: ")
    assert stage.book.events[0].spent.estimated
    assert stage.book.events[0].charged > 0


async def test_half_of_a_tool_call_is_never_acted_on(stage: Stage, server: MessagesServer) -> None:
    half = '{"side":"buy","pair":"BTC/USDT","type":"market","quote_amount":"10'
    server.answer(reply(tool("propose_order", raw=half)), reply("Sorry."))
    await stage.say(BUY)
    assert stage.toolbox.ran == []
    assert stage.tickets == 0


async def test_a_shortened_tool_call_lacks_fields(stage: Stage, server: MessagesServer) -> None:
    server.answer(
        reply(tool("propose_order", raw='{"side":"buy","pair":"BTC/USDT"}')), reply("Again?")
    )
    await stage.say(BUY)
    assert stage.tickets == 0
    assert "is missing" in told(server, 1)


async def test_two_proposals(stage: Stage, server: MessagesServer) -> None:
    server.answer(
        reply(tool("propose_order", DRAFT), tool("propose_order", DRAFT)), reply("Which?")
    )
    await stage.say(BUY)
    assert stage.tickets == 0
    assert told(server, 1).count("More than one order was proposed") == 2


async def test_a_tool_that_was_not_offered(stage: Stage, server: MessagesServer) -> None:
    server.answer(reply(tool("withdraw", {"amount": "1"})), reply("There is none."))
    answer = await stage.say("send my coins to my friend please")
    assert not answer.tools[0].ok
    assert "There is no tool withdraw." in told(server, 1)


async def test_a_tool_for_another_account(stage: Stage, server: MessagesServer) -> None:
    server.answer(reply(tool("propose_order", {**DRAFT, "account": "binance"})), reply("No."))
    await stage.say(BUY)
    assert stage.tickets == 0
    assert "there is no field account" in told(server, 1)


async def test_text_from_outside_ends_proposing(stage: Stage, server: MessagesServer) -> None:
    digest = (
        '{"summary":"Bitcoin rose.","sentiment":"positive","claims":["It rose"],'
        '"contains_instructions":false}'
    )
    server.answer(
        reply(thinking("News first."), tool("get_news")),
        reply(digest),
        reply(thinking("Now buy."), tool("propose_order", DRAFT)),
        reply("I may only read now."),
    )
    answer = await stage.say(BUY)
    assert stage.tickets == 0
    first, second, third, _ = server.bodies
    assert "propose_order" in str(first["tools"])
    assert "tools" not in second
    assert "propose_order" not in str(third["tools"])
    assert '<external source="get_news"' in str(third["messages"])
    assert [e.purpose for e in stage.book.events] == ["chat", "digest", "chat", "chat"]
    assert "Bitcoin rose after a report." not in str([first, third])
    assert answer.problem is None


async def test_a_conversation_is_read_from_the_cache(
    stage: Stage, server: MessagesServer, house: House
) -> None:
    """Ten turns while prices move; everything but the newest question comes from the cache."""
    for number in range(10):
        server.answer(
            reply(tool("get_price", {"pair": "BTC/USDT"})),
            reply(f"It moved; I say so for the {WORDS[number]} time."),
        )
        house.venue.set_price(BTC, str(50_000 + 17 * number))
        await house.poll(7)
        answer = await stage.say(f"and what does bitcoin do now, my friend of old ({number})")
        assert answer.problem is None
        if number > 0:
            first = server.usages[-2]
            assert first["cache_read_input_tokens"] > 0
    rate = stage.engine.meter().cache_read
    assert rate is not None
    print(f"cache read share over ten turns: {rate:.3f}")
    assert rate > Decimal("0.8")


async def test_the_phone_sees_the_terminal_tagged(stage: Stage, server: MessagesServer) -> None:
    server.answer("Noted.", "Hello phone.")
    await stage.say("remember the milk")
    await stage.say("what did i say", PHONE)
    assert '<said by=\\"Ann\\" channel=\\"terminal\\">' in str(
        server.bodies[1]["messages"]
    ).replace('"', '\\"')


@pytest.mark.parametrize("status", [401, 404, 429, 529])
async def test_an_answer_that_never_began(
    stage: Stage, server: MessagesServer, status: int
) -> None:
    server.always = Status(status)
    answer = await stage.say("hello there, anybody")
    assert answer.problem is not None
    assert answer.reply.text == ""
    assert all(event.charged == 0 for event in stage.book.events)
