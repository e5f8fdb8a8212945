"""Answers to a question: they complete the first message, and can add nothing else."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kit_tui.domain.intent import Action, Intent
from tests.ai.reading import EXECUTABLE, facts, phrases, read


def talk(*texts: str) -> Intent:
    """The last intent of a conversation, as the gateway keeps its open question."""
    pending: Intent | None = None
    for text in texts:
        intent = read(text, pending)
        pending = intent if intent.intent is Action.CLARIFY else None
    return intent


@pytest.mark.parametrize(
    ("texts", "pair", "quote", "base", "fraction"),
    [(("buy", "BTC", "$100"), "BTC/USDT", "100", None, None),
     (("buy", "$100 of BTC"), "BTC/USDT", "100", None, None),
     (("buy $100", "eth"), "ETH/USDT", "100", None, None),
     (("buy BTC 100", "usdt"), "BTC/USDT", "100", None, None),
     (("buy BTC 100", "the dollars"), "BTC/USDT", "100", None, None),
     (("buy BTC 100", "BTC"), "BTC/USDT", None, "100", None),
     (("buy 100", "BTC", "usdt"), "BTC/USDT", "100", None, None),
     (("buy $250 of BTC/EUR", "the euros"), "BTC/EUR", "250", None, None),
     (("buy $250 of BTC/EUR", "usdt"), "BTC/USDT", "250", None, None),
     (("sell ETH", "half"), "ETH/USDT", None, None, "0.5"),
     (("sell ETH", "all of it"), "ETH/USDT", None, None, "1"),
     (("sell ETH", "25%"), "ETH/USDT", None, None, "0.25"),
     (("sell ETH", "0.5", "ETH"), "ETH/USDT", None, "0.5", None),
     (("sell half", "btc"), "BTC/USDT", None, None, "0.5"),
     (("kaufe ETH", "für 100 USDT"), "ETH/USDT", "100", None, None)],
)  # fmt: skip
def test_sizes_complete_an_order(
    texts: tuple[str, ...], pair: str, quote: str | None, base: str | None, fraction: str | None
) -> None:
    intent = talk(*texts)
    assert intent.intent in (Action.BUY, Action.SELL)
    assert intent.pair == pair
    stated = [None if text is None else Decimal(text) for text in (quote, base, fraction)]
    assert [intent.quote_amount, intent.base_amount, intent.fraction] == stated


def test_prices_complete_an_order() -> None:
    limit = talk("limit buy 0.5 ETH", "2300")
    assert facts(limit, "order_type price base_amount") == ["limit", 2300, Decimal("0.5")]
    stop = talk("set a stop on BTC", "60k")
    assert facts(stop, "intent order_type stop_price") == [Action.SELL, "stop", 60000]
    entry = talk("stop buy 1 ETH", "2800")
    assert facts(entry, "intent order_type stop_price") == [Action.BUY, "stop", 2800]


def test_what_was_said_first_is_kept() -> None:
    intent = talk("buy BTC at 60k SL 58k", "$100")
    assert facts(intent, "price stop_loss quote_amount") == [60000, "58000", 100]
    assert talk("buy ETH on kraken", "$50").venue == "kraken"
    assert talk("close half", "BTC").fraction == Decimal("0.5")


@pytest.mark.parametrize(
    "first",
    ["buy BTC for $100 if the news is good", "sell 1 ETH after lunch", "sell -5 ETH at 3000",
     "5x long BTC with $100", "buy BTC or ETH for $100", "buy 0.1 BTC?", "short 1 ETH",
     "he said \"buy 1 BTC\"", "withdraw 1 BTC to bc1qxyz", "sell 1 ETH at 3000 stop 2000",
     "buy 1 BTС", "buy 0.1 BTC and sell 2 ETH", "buy 1 ETH for $2500"],
)  # fmt: skip
@pytest.mark.parametrize("answer", ["$100", "BTC", "half", "0.5 ETH", "60k", "usdt", "yes"])
def test_what_was_not_understood_whole_must_be_said_again(first: str, answer: str) -> None:
    assert talk(first, answer).intent not in EXECUTABLE


@pytest.mark.parametrize(
    "answer", ["no", "never mind", "cancel that", "don't", "nein", "yes", "ok"]
)
def test_no_and_yes_order_nothing(answer: str) -> None:
    assert talk("buy BTC 100", answer).intent not in EXECUTABLE
    assert talk("sell ETH", answer).intent not in EXECUTABLE


def test_another_request_is_not_taken_for_an_answer() -> None:
    assert talk("buy BTC", "what is the price of ETH?").intent is Action.PRICE
    assert talk("buy", "show my portfolio").intent is Action.PORTFOLIO
    other = talk("buy BTC", "sell 1 ETH")
    assert facts(other, "intent pair") == [Action.SELL, "ETH/USDT"]


def test_a_second_market_does_not_replace_the_first() -> None:
    assert talk("buy BTC", "$100 of ETH").pair != "BTC/USDT"


def test_other_questions_are_completed_too() -> None:
    assert talk("close", "BTC").intent is Action.CLOSE
    assert talk("cancel", "7").order_id == "7"
    alert = talk("Set alert at 3400", "ETH")
    assert facts(alert, "intent pair price") == [Action.ALERT, "ETH/USDT", 3400]
    above = talk("alert me when BTC goes above", "70k")
    assert facts(above, "direction price") == ["above", 70000]
    assert talk("analyze", "ETH").pair == "ETH/USDT"


def test_every_question_asks_something() -> None:
    for row in phrases():
        intent = read(row["text"])
        if intent.intent is Action.CLARIFY:
            assert intent.question, row["text"]
            assert intent.question[0] == intent.question[0].upper() or intent.question[0].isdigit()
