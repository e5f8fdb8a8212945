"""Messages that a model answers, through the real client library; and what happens without one."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from kit_tui.domain.cards import AnalysisCard
from kit_tui.domain.events import ModelCalled
from kit_tui.domain.risk import TradingState
from kit_tui.domain.ticket import TicketState
from kit_tui.gateway.model_turns import STOPPED
from kit_tui.state.slices import RISK
from tests.gateway.house import ANN, BOB, GUEST
from tests.gateway.model_house import model_house, until
from tests.servers.messages_api import Cut, Gate, Hang, Status, reply, text, tool

SONNET, HAIKU = "claude-sonnet-5-5", "claude-haiku-5-5"
TALK = "gm, how is life on the desk"
UNSURE = "go buy some btc, say 100 usdt worth of it"


def an_intent(body: dict[str, Any], **fields: Any) -> Any:
    """A reading in the form that was asked for: every property, null where nothing is said."""
    schema = body["output_config"]["format"]["schema"]
    return reply(json.dumps(dict.fromkeys(schema["properties"]) | fields))


async def test_conversation_is_streamed_and_kept_with_model_tools_and_cost(tmp_path: Path) -> None:
    async with model_house(tmp_path) as home:
        gate = Gate()
        home.server.answer(
            reply(tool("get_positions", {})), reply(text("You hold ", gate, "nothing", " at all."))
        )
        asking = asyncio.create_task(home.house.say(TALK))
        await home.until_shown("You hold")
        assert [use.name for use in home.shown[-1][0].tools] == ["get_positions"]
        gate.opened.set()
        outcome = await asking
        assert outcome.reply.text == "You hold nothing at all."
        (answer,) = home.answers
        assert (answer.engine, answer.why, answer.cut) == (SONNET, "", False)
        assert [(use.name, use.ok) for use in answer.tools] == [("get_positions", True)]
        assert answer.spent is not None
        assert answer.spent.cost is not None
        assert answer.spent.cost > 0
        assert home.shown[-1] == ()
        assert home.house.journal.ledger.charged["2026-11-22"] == answer.spent.cost


async def test_it_is_all_there_after_a_restart(tmp_path: Path) -> None:
    async with model_house(tmp_path) as home:
        home.server.answer(reply(tool("get_risk", {})), "All calm.")
        await home.house.say("anything I should worry about?")
        before, charged = home.answers, dict(home.house.journal.ledger.charged)
        await home.house.restart()
        assert home.answers == before
        assert before[0].tools
        assert home.house.journal.ledger.charged == charged


async def test_an_analysis_is_there_at_once_and_then_put_into_words(tmp_path: Path) -> None:
    async with model_house(tmp_path) as home:
        gate = Gate()
        home.server.answer(reply(gate, "It has no direction."))
        asking = asyncio.create_task(home.house.say("Analyze ETH"))
        await until(lambda: home.answers)
        (analysis,) = home.answers
        assert analysis.engine == "offline grammar"
        gate.opened.set()
        outcome = await asking
        assert [m.engine for m in home.answers] == ["offline grammar", SONNET]
        assert outcome.reply.text.endswith("It has no direction.")
        assert any(isinstance(c, AnalysisCard) for c in outcome.reply.cards) == any(
            isinstance(c, AnalysisCard) for c in analysis.cards
        )
        assert "<prepared>" in json.dumps(home.server.bodies[0]["messages"][-1])


async def test_a_sentence_the_grammar_cannot_place_is_read_by_the_small_model(
    tmp_path: Path,
) -> None:
    async with model_house(tmp_path) as home:
        home.server.answer(
            lambda body: an_intent(
                body, intent="buy", pair="BTC/USDT", quote_amount="100", order_type="market"
            )
        )
        outcome = await home.house.say(UNSURE, approve=True)
        assert outcome.ticket is not None, outcome.reply.text
        assert outcome.ticket.state is TicketState.PENDING
        assert outcome.ticket.read_by == HAIKU
        assert outcome.ticket.order.notional <= 100
        assert "a model read the message" in outcome.reply.text
        assert home.house.position() == 0


async def test_a_model_cannot_make_more_of_it_than_was_said(tmp_path: Path) -> None:
    async with model_house(tmp_path) as home:
        home.server.answer(
            lambda body: an_intent(
                body, intent="buy", pair="BTC/USDT", quote_amount="900", order_type="market"
            )
        )
        outcome = await home.house.say(UNSURE)
        assert outcome.ticket is None
        assert "900" in outcome.reply.text
        assert not home.house.journal.ledger.tickets


async def test_without_a_key_the_grammar_answers_and_says_why(tmp_path: Path) -> None:
    async with model_house(tmp_path, key="") as home:
        outcome = await home.house.say(TALK)
        (answer,) = home.answers
        assert (answer.engine, answer.why) == ("offline grammar", "no key")
        assert "No language model is connected." in outcome.reply.text
        assert home.line is None
        await home.house.say("Analyze ETH")
        assert [m.why for m in home.answers] == ["no key", "no key"]
        assert home.server.bodies == []


async def test_switched_off_nobody_is_asked(tmp_path: Path) -> None:
    async with model_house(tmp_path, enabled=False) as home:
        await home.house.say(TALK)
        assert home.answers[0].why == "switched off"
        assert home.server.seen == []


async def test_cut_in_the_middle_the_part_is_kept_marked_and_code_answers(tmp_path: Path) -> None:
    async with model_house(tmp_path) as home:
        home.server.answer(reply(text("The trend is", stopped=False), Cut()))
        await home.house.say("what is a short squeeze?")
        part, rest = home.answers
        assert (part.engine, part.cut, part.why) == (SONNET, True, "broken off")
        assert part.text.startswith("The trend is")
        assert (rest.engine, rest.why) == ("offline grammar", "broken off")
        assert not home.house.journal.ledger.tickets


async def test_a_model_that_fails_leaves_the_analysis_standing(tmp_path: Path) -> None:
    async with model_house(tmp_path) as home:
        home.server.answer(Status(401), Status(401))
        await home.house.say("Analyze ETH")
        analysis, note = home.answers
        assert analysis.engine == note.engine == "offline grammar"
        assert note.text.startswith("Nothing was added:")
        assert note.why == "key refused"
        assert home.line is not None
        assert (home.line.state, home.line.detail) == ("down", "key refused")


async def test_a_turn_is_broken_off_at_once_and_its_part_kept(tmp_path: Path) -> None:
    async with model_house(tmp_path) as home:
        home.server.answer(reply(text("It depends", stopped=False), Gate()))
        asking = asyncio.create_task(home.house.say("what is a short squeeze?"))
        await home.until_shown("It depends")
        desk = home.house.desk()
        began = asyncio.get_running_loop().time()
        assert await desk.interrupt()
        await asking
        assert asyncio.get_running_loop().time() - began < 0.5
        (part,) = home.answers
        assert (part.cut, part.why) == (True, "interrupted")
        assert part.text.startswith("It depends")
        assert home.shown[-1] == ()
        assert not await desk.interrupt()
        assert home.line is not None
        assert home.line.state != "down"


async def test_stopped_before_a_word_it_says_so(tmp_path: Path) -> None:
    async with model_house(tmp_path) as home:
        home.server.answer(Hang())
        asking = asyncio.create_task(home.house.say("what is a short squeeze?"))
        await until(lambda: home.shown)
        assert home.house.gateway.interrupt(ANN)
        await asking
        assert [m.text for m in home.answers] == [STOPPED]


async def test_a_reading_is_shown_and_broken_off_too(tmp_path: Path) -> None:
    async with model_house(tmp_path) as home:
        home.server.answer(Hang())
        asking = asyncio.create_task(home.house.say(UNSURE))
        await until(lambda: home.server.bodies)
        assert [turn.model for turn in home.shown[-1]] == [HAIKU]
        assert home.house.gateway.interrupt(ANN)
        outcome = await asking
        assert (outcome.reply.ok, outcome.ticket) == (False, None)
        assert [(m.text, m.cut) for m in home.answers] == [(STOPPED, True)]
        assert home.shown[-1] == ()


async def test_nobody_else_can_break_off_a_turn(tmp_path: Path) -> None:
    async with model_house(tmp_path) as home:
        gate = Gate()
        home.server.answer(reply(gate, "Done."))
        asking = asyncio.create_task(home.house.say("what is a short squeeze?"))
        await until(lambda: home.shown)
        assert not home.house.gateway.interrupt(BOB)
        gate.opened.set()
        assert (await asking).reply.text == "Done."


async def test_halting_and_trading_never_wait_for_a_model(tmp_path: Path) -> None:
    async with model_house(tmp_path) as home:
        home.server.answer(Hang())
        asking = asyncio.create_task(home.house.say("what is a short squeeze?"))
        await until(lambda: home.shown)
        bought = await home.house.say("Buy BTC for $100", approve=True)
        assert bought.order is not None
        await home.house.say("stop all trading NOW")
        report = home.house.account.store.get(RISK)
        assert report is not None
        assert report.status.state is TradingState.HALTED
        assert not asking.done()
        home.house.gateway.interrupt(ANN)
        await asking


async def test_one_turn_at_a_time_for_each_person(tmp_path: Path) -> None:
    async with model_house(tmp_path) as home:
        gate = Gate()
        home.server.answer(reply(gate, "First."), "Second.")
        first = asyncio.create_task(home.house.say("what is a short squeeze?"))
        await until(lambda: home.server.bodies)
        second = asyncio.create_task(home.house.say("explain funding rates"))
        await asyncio.sleep(0.05)
        assert len(home.server.bodies) == 1
        gate.opened.set()
        await asyncio.gather(first, second)
        assert [m.text for m in home.answers] == ["First.", "Second."]
        assert "First." in json.dumps(home.server.bodies[1]["messages"])


async def test_the_budget_of_a_day_ends_it_before_a_call(tmp_path: Path) -> None:
    async with model_house(tmp_path, day_budget=Decimal("0.0001")) as home:
        await home.house.say("what is a short squeeze?")
        assert home.answers[-1].why == "budget used up"
        assert home.server.bodies == []


async def test_what_was_spent_is_counted_over_restarts(tmp_path: Path) -> None:
    async with model_house(tmp_path) as home:
        home.server.answer("One.", "Two.")
        await home.house.say("what is a short squeeze?")
        await home.house.say("explain funding rates")
        events: list[ModelCalled] = []
        total = home.house.journal.ledger.charged["2026-11-22"]
        await home.house.restart()
        assert home.house.journal.ledger.charged == {"2026-11-22": total}
        assert events == []


async def test_the_connections_tell_spending_and_cache(tmp_path: Path) -> None:
    async with model_house(tmp_path) as home:
        for number in range(4):
            home.server.answer(f"Answer {number}.")
            await home.house.say("what is a short squeeze?")
        line = home.line
        assert line is not None
        assert (line.name, line.state) == ("sonnet-5-5", "up")
        assert line.detail.startswith("$0.0")
        assert "/2.00 cache " in line.detail


async def test_begin_asks_whether_the_key_works(tmp_path: Path) -> None:
    async with model_house(tmp_path) as home:
        await home.house.gateway.turns.begin()
        assert home.line is not None
        assert home.line.state == "up"
    async with model_house(tmp_path / "other", key="sk-ant-wrong") as home:
        await home.house.gateway.turns.begin()
        assert home.line is not None
        assert (home.line.state, home.line.detail) == ("down", "key refused")


async def test_a_viewer_gets_answers_and_no_tickets(tmp_path: Path) -> None:
    async with model_house(tmp_path) as home:
        home.server.answer(
            lambda body: an_intent(
                body, intent="buy", pair="BTC/USDT", quote_amount="100", order_type="market"
            )
        )
        outcome = await home.house.say(UNSURE, GUEST)
        assert outcome.ticket is None
        assert not home.house.journal.ledger.tickets


async def test_stopping_the_engine_waits_for_no_model(tmp_path: Path) -> None:
    async with model_house(tmp_path) as home:
        home.server.answer(Hang())
        asking = asyncio.create_task(home.house.say("what is a short squeeze?"))
        await until(lambda: home.shown)
        async with asyncio.timeout(5):
            await home.house.gateway.turns.stop()
            await home.house.gateway.settle()
        assert (await asking).reply.ok is False


async def test_an_answer_to_the_models_question_completes_what_was_asked(tmp_path: Path) -> None:
    async with model_house(tmp_path) as home:
        home.server.answer(lambda body: an_intent(body, intent="chat"), "How much of it?")
        await home.house.say("put on a bit more BTC please, buy it")
        seen = json.dumps(home.server.bodies[-1]["messages"])
        assert "<pending>" not in seen
        home.server.answer("Noted.")
        await home.house.say("like two hundred I guess")
        assert "<pending>" in json.dumps(home.server.bodies[-1]["messages"])
