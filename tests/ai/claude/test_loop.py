"""The loop of a turn: rounds, tools, refusals, stop reasons, and what is left when it fails."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from kit_tui.ai.claude.loop import MAX_ROUNDS
from kit_tui.ai.claude.protocol import (
    AiError,
    AiErrorKind,
    ModelReply,
    ModelRequest,
    OnEvent,
    TextDelta,
    Usage,
)
from kit_tui.ai.claude.turn import Answer
from kit_tui.commands.command import Command
from kit_tui.domain.cards import AnalysisCard, Reply, TicketCard
from kit_tui.domain.turn import Spent
from kit_tui.settings.model import EngineSettings
from tests.ai.claude.stage import (
    HouseToolbox,
    ScriptedModel,
    Stage,
    order,
    results_of,
    said,
    use,
    whole,
)
from tests.gateway.house import GUEST, House

BUY = "i fancy $100 worth of bitcoin, buy it please, my friend"


async def test_a_plain_answer(house: House) -> None:
    stage = Stage(house, ScriptedModel(whole("Hello Ann.")))
    answer = await stage.say("hi there")
    assert answer.reply.text == "Hello Ann."
    assert answer.problem is None
    assert not answer.cut
    assert stage.shown[-1].text == "Hello Ann."
    assert stage.shown[0].phase == "waiting"


async def test_an_order_within_the_words_becomes_a_ticket(house: House) -> None:
    model = ScriptedModel(
        whole("Let me draft it.", use("propose_order", order(user_quote="$100 worth of bitcoin"))),
        whole("A ticket waits for your answer."),
    )
    stage = Stage(house, model)
    answer = await stage.say(BUY)
    assert stage.tickets == 1
    assert [type(card) for card in answer.reply.cards] == [TicketCard]
    assert answer.reply.text == "Let me draft it.\n\nA ticket waits for your answer."
    assert answer.tools[0].name == "propose_order"
    assert answer.tools[0].ok
    result = results_of(model.asked[1])[0]["content"][0]["text"]
    assert "awaiting the person" in result
    assert '"hash"' not in result


async def test_an_order_beyond_the_words_is_refused_and_the_model_told_to_ask(house: House) -> None:
    model = ScriptedModel(
        whole(use("propose_order", order(quote_amount="1000", user_quote="buy it"))),
        whole("How much should it be?"),
    )
    stage = Stage(house, model)
    answer = await stage.say(BUY)
    assert stage.tickets == 0
    result = results_of(model.asked[1])[0]
    assert result["is_error"]
    assert "did not state quote_amount 1000" in result["content"][0]["text"]
    assert not answer.tools[0].ok


async def test_two_proposals_in_one_message_run_neither(house: House) -> None:
    good = order(user_quote="buy it")
    model = ScriptedModel(
        whole(use("propose_order", good), use("propose_order", good)),
        whole(use("propose_order", good)),
        whole("Which one first?"),
    )
    stage = Stage(house, model)
    await stage.say(BUY)
    assert stage.tickets == 0
    assert all(r["is_error"] for r in results_of(model.asked[1]) + results_of(model.asked[2]))


async def test_a_second_proposal_later_is_refused(house: House) -> None:
    good = order(user_quote="buy it")
    model = ScriptedModel(
        whole(use("propose_order", good)), whole(use("propose_order", good)), whole("Done.")
    )
    stage = Stage(house, model)
    await stage.say(BUY)
    assert stage.tickets == 1
    assert "One order was drafted already" in str(results_of(model.asked[2]))


async def test_a_viewer_gets_reading_tools_only(house: House) -> None:
    model = ScriptedModel(whole(use("propose_order", order(user_quote="buy it"))), whole("No."))
    stage = Stage(house, model)
    await stage.say(BUY, GUEST)
    assert stage.tickets == 0
    names = [tool.name for tool in model.asked[0].tools]
    assert "get_price" in names
    assert not [n for n in names if n.startswith("propose") or n in ("halt_trading", "watch")]
    assert "There is no tool propose_order" in str(results_of(model.asked[1]))


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("resume", {"word": "RESUME"}), ("cancel_all", {}), ("approve", {"ticket": "1"}),
        ("get_price", {}), ("get_price", {"pair": "BTC/USDT", "account": "binance"}),
        ("get_price", {"pair": 7}), ("get_price", {"pair": "bitcoin please"}),
        ("get_price", []), ("get_price", None), ("propose_order", {"side": "buy"}),
        ("propose_order", order(quote_amount="NaN")), ("propose_order", order(quote_amount=100)),
        ("propose_order", order(quote_amount="-5")), ("propose_order", order(quote_amount="1e3")),
        ("propose_order", order(leverage="10")), ("propose_order", order(account="binance")),
        ("propose_order", order(user_quote="")), ("propose_order", order(side="borrow")),
    ],
)  # fmt: skip
async def test_what_does_not_fit_a_tool_runs_nothing(
    house: House, name: str, given: object
) -> None:
    model = ScriptedModel(whole({**use(name), "input": given}), whole("I could not."))
    stage = Stage(house, model)
    await stage.say(BUY)
    assert stage.toolbox.ran == []
    assert [r["is_error"] for r in results_of(model.asked[1])] == [True]


async def test_every_call_of_a_message_is_answered_in_order(house: House) -> None:
    model = ScriptedModel(
        whole(
            said("Looking."), use("get_price", {"pair": "BTC/USDT"}, "a"),
            use("get_positions", {}, "b"), use("get_nonsense", {}, "c"),
        ),
        whole("Here."),
    )  # fmt: skip
    stage = Stage(house, model)
    answer = await stage.say("how are things")
    results = results_of(model.asked[1])
    assert [r["tool_use_id"] for r in results] == ["a", "b", "c"]
    assert [r["is_error"] for r in results] == [False, False, True]
    assert [t.name for t in answer.tools] == ["get_price", "get_positions", "get_nonsense"]
    assert '"age_s"' in results[0]["content"][0]["text"]


async def test_thinking_and_unknown_blocks_go_back_unchanged(house: House) -> None:
    thought = {"type": "thinking", "thinking": "Hm.", "signature": "sig"}
    strange = {"type": "hologram", "light": [1, 2]}
    model = ScriptedModel(
        whole(thought, strange, use("get_price", {"pair": "BTC/USDT"})), whole("Here.")
    )
    stage = Stage(house, model)
    await stage.say("price of btc or so")
    blocks = model.asked[1].messages[-2]["content"]
    assert blocks[:2] == [thought, strange]
    assert any(live.thinking == "Hm." for live in stage.shown)


async def test_a_failing_tool_tells_no_secret(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    model = ScriptedModel(whole(use("get_positions")), whole("It failed."))
    stage = Stage(house, model)
    turn = stage.turn("positions and things")

    toolbox = HouseToolbox(house, turn.principal, turn.words, None)
    toolbox.failure = RuntimeError("secret key=abc")
    await stage.engine.answer(turn, toolbox, stage.shown.append)
    assert "secret" not in str(model.asked[1])
    assert "the tool get_positions failed" in caplog.text


async def test_a_refusal_of_a_tool_is_told_in_its_own_words(house: House) -> None:
    model = ScriptedModel(whole(use("get_price", {"pair": "FOO/USDT"})), whole("Unknown."))
    stage = Stage(house, model)
    await stage.say("what about foo")
    result = results_of(model.asked[1])[0]
    assert result["is_error"]
    assert "FOO/USDT" in result["content"][0]["text"]


async def test_rounds_end(house: House) -> None:
    model = ScriptedModel()
    model.always = lambda request: whole("Hm.", use("get_positions"))
    stage = Stage(house, model)
    answer = await stage.say("go on for ever")
    assert len(model.asked) == MAX_ROUNDS
    assert answer.cut
    assert answer.problem is not None
    assert "no further tool" in str(model.asked[-1].messages[-1])


@pytest.mark.parametrize(
    ("stop", "kind"),
    [("max_tokens", AiErrorKind.CUT), ("refusal", AiErrorKind.REFUSED), ("novel", AiErrorKind.CUT)],
)
async def test_other_ends_are_marked(house: House, stop: str, kind: AiErrorKind) -> None:
    half = use("propose_order", order(user_quote="buy it"))
    stage = Stage(house, ScriptedModel(whole("I would say", half, stop=stop)))
    answer = await stage.say(BUY)
    assert stage.tickets == 0
    assert answer.problem is not None
    assert answer.problem.kind is kind
    assert answer.reply.text.startswith("I would say\n\n(broken off: ")
    assert not answer.reply.ok


async def test_a_refusal_without_text_is_said_plainly(house: House) -> None:
    stage = Stage(house, ScriptedModel(whole(stop="refusal")))
    answer = await stage.say("do something bad")
    assert answer.reply.text == "The model refused to answer this."
    assert not answer.cut


async def test_a_pause_goes_on_and_runs_nothing(house: House) -> None:
    model = ScriptedModel(
        whole("One.", use("get_positions", {}, "p"), stop="pause_turn"), whole("Two.")
    )
    stage = Stage(house, model)
    answer = await stage.say("hello you")
    assert answer.reply.text == "One.\n\nTwo."
    assert stage.toolbox.ran == []
    assert results_of(model.asked[1])[0]["is_error"]


async def test_a_conversation_that_is_too_long_is_trimmed_once(house: House) -> None:
    full = whole(stop="model_context_window_exceeded")
    model = ScriptedModel(full, whole("Shorter now."), full, full)
    stage = Stage(house, model)
    for _ in range(12):
        turn = stage.turn("tell me more " + "x" * 500)

        stage.remember(
            turn, Answer(reply=Reply(text="y" * 500), tools=(), spent=Spent(model=""), model="")
        )
    answer = await stage.say("and now")
    assert answer.reply.text == "Shorter now."
    assert len(str(model.asked[1].messages)) < len(str(model.asked[0].messages)) / 2
    answer = await stage.say("and now")
    assert answer.problem is not None
    assert answer.problem.kind is AiErrorKind.CUT
    assert len(model.asked) == 4


async def test_a_cut_stream_keeps_its_text_and_is_paid(house: House) -> None:
    usage = Usage(input_tokens=900, output_tokens=7)
    cut = AiError(AiErrorKind.CUT, "The connection broke.", said="BTC looks", usage=usage)
    stage = Stage(house, ScriptedModel(cut))
    answer = await stage.say("what about btc then")
    assert answer.cut
    assert answer.reply.text == "BTC looks\n\n(broken off: The connection broke)"
    event = stage.book.events[0]
    assert (event.problem, event.spent.input_tokens) == ("broken off", 900)
    assert event.spent.estimated


async def test_a_ticket_is_told_though_the_model_fails_after_it(house: House) -> None:
    model = ScriptedModel(
        whole(use("propose_order", order(user_quote="buy it"))),
        AiError(AiErrorKind.OVERLOADED, "Claude is overloaded."),
    )
    stage = Stage(house, model)
    answer = await stage.say(BUY)
    assert "Nothing is sent until you approve ticket" in answer.reply.text
    assert answer.reply.text.endswith("(broken off: Claude is overloaded)")
    assert [type(card) for card in answer.reply.cards] == [TicketCard]


async def test_a_failure_before_any_text_leaves_the_text_empty(house: House) -> None:
    gone = AiError(AiErrorKind.OVERLOADED, "Overloaded.")
    stage = Stage(house, ScriptedModel(gone))
    answer = await stage.say("what about btc then")
    assert answer.reply.text == ""
    assert answer.problem is gone
    assert not answer.cut
    assert stage.book.events[0].charged == 0


async def test_an_unknown_failure_of_the_client_is_an_error_of_ours(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    stage = Stage(house, ScriptedModel(ValueError("strange")))
    answer = await stage.say("what about btc then")
    assert answer.problem is not None
    assert answer.problem.kind is AiErrorKind.BAD_REPLY
    assert "unknown way" in caplog.text


class Hanging(ScriptedModel):
    """Says a little and never ends."""

    def __init__(self) -> None:
        super().__init__()
        self.began = asyncio.Event()

    async def call(self, request: ModelRequest, on_event: OnEvent) -> ModelReply:
        self.asked.append(request)
        on_event(TextDelta("The first half"))
        self.began.set()
        await asyncio.Event().wait()
        raise AssertionError


async def test_interrupting_keeps_what_was_said_and_estimates_its_cost(house: House) -> None:
    model = Hanging()
    stage = Stage(house, model)
    task = asyncio.create_task(stage.say("tell me a long story"))
    await model.began.wait()
    task.cancel()
    answer = await task
    assert answer.reply.text == "The first half\n\n(interrupted)"
    assert answer.problem is not None
    assert answer.problem.kind is AiErrorKind.INTERRUPTED
    event = stage.book.events[0]
    assert event.spent.estimated
    assert event.charged > 0


@pytest.mark.parametrize("presses", [1, 3])
async def test_a_proposal_under_way_is_finished_when_interrupted(
    house: House, presses: int
) -> None:
    began, go_on = asyncio.Event(), asyncio.Event()
    model = ScriptedModel(whole(use("propose_order", order(user_quote="buy it"))))
    stage = Stage(house, model)
    turn = stage.turn(BUY)

    class Slow(HouseToolbox):
        async def run(self, command: Command, arguments: Mapping[str, Any]) -> Reply:
            began.set()
            await go_on.wait()
            return await super().run(command, arguments)

    toolbox = Slow(house, turn.principal, turn.words, None)
    task = asyncio.create_task(stage.engine.answer(turn, toolbox, stage.shown.append))
    await began.wait()
    for _ in range(presses):
        task.cancel()
        await asyncio.sleep(0)
    go_on.set()
    answer = await task
    assert stage.tickets == 1
    assert answer.problem is not None
    assert [type(card) for card in answer.reply.cards] == [TicketCard]
    assert "Nothing is sent until you approve ticket" in answer.reply.text


async def test_an_answer_without_words_tells_what_the_tool_said(house: House) -> None:
    stage = Stage(
        house, ScriptedModel(whole(use("propose_order", order(user_quote="buy it"))), whole())
    )
    answer = await stage.say(BUY)
    assert "Nothing is sent until you approve ticket" in answer.reply.text


async def test_analysis_cards_are_kept(house: House) -> None:
    model = ScriptedModel(
        whole(use("get_analysis", {"pair": "BTC/USDT", "timeframe": None})), whole("Sideways.")
    )
    stage = Stage(house, model)
    answer = await stage.say("what do you make of bitcoin these days")
    assert [type(card) for card in answer.reply.cards] == [AnalysisCard]


async def test_halting_is_possible_and_at_once(house: House) -> None:
    model = ScriptedModel(whole(use("halt_trading", {"reason": "asked"})), whole("Halted."))
    stage = Stage(house, model)
    await stage.say("i am scared, please do stop it all for me will you")
    assert house.account.trading.status.state.value == "halted"


async def test_a_claim_is_contradicted(house: House) -> None:
    stage = Stage(house, ScriptedModel(whole("I bought 100 USDT of BTC for you.")))
    answer = await stage.say("buy 100 USDT of bitcoin or not, you decide?")
    assert answer.reply.text.endswith(
        "Nothing was sent: no order was placed, changed or cancelled by this answer."
    )


async def test_yes_approves_nothing(house: House) -> None:
    model = ScriptedModel(
        whole(use("propose_order", order(user_quote="buy it"))), whole("Approve it?"),
        whole(use("approve", {"ticket": "1"})), whole("I approved it."),
    )  # fmt: skip
    stage = Stage(house, model)
    await stage.say(BUY)
    answer = await stage.say("yes")
    assert stage.tickets == 1
    assert not answer.tools[0].ok
    assert house.position() == 0


async def test_a_turn_costs_no_more_than_its_cap(house: House) -> None:

    model = ScriptedModel()
    model.always = lambda request: whole(
        use("get_positions"), usage=Usage(input_tokens=20_000, output_tokens=10)
    )
    stage = Stage(house, model, settings=EngineSettings(turn_budget=Decimal("0.045")))
    answer = await stage.say("look again and again")
    assert answer.problem is not None
    assert answer.problem.kind is AiErrorKind.BUDGET
    assert sum(e.charged for e in stage.book.events) <= Decimal("0.045")
    assert model.asked[-1].max_tokens < model.asked[0].max_tokens
