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


@pytest.mark.parametrize(
    ("first", "choices"),
    [("buy BTC 100", ("100 BTC", "100 USDT")),
     ("sell ETH", ("all", "half", "25%")),
     ("sell half ETH", ("50%", "0.5 ETH")),
     ("buy $250 of BTC/EUR", ("250 EUR", "250 USDT")),
     ("sell ETH for 2500", ("2500 USDT", "at 2500")),
     ("buy 1 ETH when it hits 2000", ("limit order", "stop order")),
     ("buy ETH with all my cash", ("half of my cash", "25% of my cash")),
     ("buy 0.1 BTC stop 60k",
      ("stop buy 0.1 BTC/USDT at 60000", "buy 0.1 BTC/USDT with a stop at 60000")),
     ("0.5 ETH", ("buy 0.5 eth", "sell 0.5 eth")),
     ("compare BTC and ETH", ("analyze BTC", "analyze ETH")),
     ("backtest BTC", ("trend-following", "mean-reversion", "breakout", "grid"))],
)  # fmt: skip
def test_concrete_answers_are_offered(first: str, choices: tuple[str, ...]) -> None:
    assert read(first).choices == choices


def test_every_choice_leads_on_from_its_question() -> None:
    """What is chosen settles the question: never chat, never the same question again."""
    asked = 0
    for row in phrases():
        question = read(row["text"])
        for choice in question.choices:
            asked += 1
            answer = read(choice, question)
            assert answer.intent is not Action.CHAT, (row["text"], choice)
            assert answer.question != question.question, (row["text"], choice)
            assert question.pair is None or answer.pair is not None, (row["text"], choice)
        assert len(question.choices) <= 4
    assert asked >= 40


@pytest.mark.parametrize(
    ("texts", "stated", "values"),
    [(("buy BTC 100 ", "100 USDT"), "quote_amount base_amount", (100, None)),
     (("buy BTC 100", "100 BTC"), "quote_amount base_amount", (None, 100)),
     (("sell ETH for 2500", "at 2500", "half"), "price fraction", (2500, Decimal("0.5"))),
     (("sell ETH for 2500", "2500 USDT"), "quote_amount price", (2500, None)),
     (("buy 1 ETH when it hits 2000", "limit order"), "order_type price", ("limit", 2000)),
     (("buy 1 ETH when it hits 2000", "stop order"), "order_type stop_price", ("stop", 2000)),
     (("sell 1 ETH when it hits 3000", "stop order"), "order_type stop_price", ("stop", 3000)),
     (("buy BTC 100 with a trailing stop of 3%", "usdt"), "quote_amount trail", (100, "3%")),
     (("buy BTC 100 sl 2 atr tp 3r", "usdt"), "stop_loss take_profit", ("2atr", "3r")),
     (("buy BTC sl 2 atr", "0.5 lots"), "lots stop_loss", (Decimal("0.5"), "2atr")),
     (("backtest BTC 1h for 90 days", "grid"), "strategy period timeframe", ("grid", "90d", "1h")),
     (("backtest", "rsi", "ETH"), "strategy pair", ("rsi", "ETH/USDT")),
     (("any trade ideas?", "SOL"), "intent topic pair", (Action.ANALYZE, "recommend", "SOL/USDT"))],
)  # fmt: skip
def test_answers_keep_all_that_was_stated(
    texts: tuple[str, ...], stated: str, values: tuple[object, ...]
) -> None:
    intent = talk(*texts)
    assert intent.intent is not Action.CLARIFY
    assert facts(intent, stated) == list(values)


def test_an_amount_does_not_settle_which_order_is_meant() -> None:
    assert talk("buy ETH when it hits 2000", "$100").intent not in EXECUTABLE
