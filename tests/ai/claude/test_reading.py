"""A sentence read by the small model: one object, checked field by field, through the gates."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit_tui.ai.claude.protocol import AiError, AiErrorKind
from kit_tui.ai.claude.reading import SCHEMA, intent_of
from kit_tui.domain.intent import Action
from kit_tui.domain.pair import Pair
from tests.ai.claude.stage import ScriptedModel, Stage, whole
from tests.gateway.house import House

FIELDS = [name for name in SCHEMA["required"] if name != "intent"]
WORDS = "i fancy $100 worth of bitcoin, buy it please, my friend"


def reading(intent: str = "buy", **fields: Any) -> str:
    return json.dumps({"intent": intent, **dict.fromkeys(FIELDS), **fields})


async def test_a_sentence_becomes_an_intent(house: House) -> None:
    model = ScriptedModel(whole(reading(pair="BTC/USDT", quote_amount="100", order_type="market")))
    stage = Stage(house, model)
    intent = await stage.engine.read(stage.turn(WORDS))
    assert (intent.intent, intent.pair, intent.quote_amount) == (
        Action.BUY, Pair("BTC/USDT"), Decimal(100),
    )  # fmt: skip
    asked = model.asked[0]
    assert (asked.model, asked.effort, asked.tools) == ("claude-haiku-5-5", "low", ())
    assert stage.book.events[0].purpose == "intent"


async def test_an_order_beyond_the_words_becomes_a_question(house: House) -> None:
    model = ScriptedModel(whole(reading(pair="BTC/USDT", quote_amount="9000")))
    stage = Stage(house, model)
    intent = await stage.engine.read(stage.turn(WORDS))
    assert intent.intent is Action.CLARIFY
    assert intent.question is not None
    assert "9000" in intent.question


async def test_a_failure_is_raised(house: House) -> None:
    stage = Stage(house, ScriptedModel(AiError(AiErrorKind.OVERLOADED, "busy")))
    with pytest.raises(AiError, match="busy"):
        await stage.engine.read(stage.turn(WORDS))


@pytest.mark.parametrize(
    "text",
    [
        "", "buy", "[]", "{}", reading("resume"), reading("kill"), reading("withdraw"),
        reading(pair="bitcoin please"), reading(quote_amount="1e9"), reading(quote_amount="-1"),
        reading(quote_amount="NaN"), reading(quote_amount="0"), reading(order_type="yolo"),
        reading(stop_loss="two percent"), reading(leverage="10"), reading(quote_amount=100),
    ],
)  # fmt: skip
def test_what_is_not_such_an_object_is_refused(text: str) -> None:
    with pytest.raises(AiError) as failed:
        intent_of(whole(text))
    assert failed.value.kind is AiErrorKind.BAD_REPLY


@pytest.mark.parametrize("stop", ["max_tokens", "tool_use", "pause_turn", ""])
def test_a_reply_that_did_not_end_is_refused(stop: str) -> None:
    with pytest.raises(AiError):
        intent_of(whole(reading(), stop=stop or "novel"))


@given(st.dictionaries(st.sampled_from(["intent", *FIELDS]),
                       st.one_of(st.none(), st.text(max_size=20), st.integers())))  # fmt: skip
def test_any_object_is_read_or_refused(found: dict[str, Any]) -> None:
    try:
        intent = intent_of(whole(json.dumps({"intent": "buy", **dict.fromkeys(FIELDS), **found})))
    except AiError:
        return
    assert intent.intent not in (Action.RESUME, Action.KILL)
    amounts = (intent.quote_amount, intent.base_amount, intent.fraction, intent.price)
    assert all(amount is None or (amount.is_finite() and amount > 0) for amount in amounts)
