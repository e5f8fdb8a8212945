"""Phrases that another system read as orders or as the opposite of what was said."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kit_tui.ai.ladder import Rung, rung_of
from kit_tui.domain.intent import Action
from tests.ai.reading import EXECUTABLE, facts, read


def test_an_amount_never_becomes_part_of_the_symbol() -> None:
    for text in ("Buy BTC for $100", "Buy BTC for 100 USDT"):
        intent = read(text)
        assert facts(intent, "intent pair quote_amount") == [Action.BUY, "BTC/USDT", 100]


def test_price_stop_and_target_of_one_sentence_are_all_kept() -> None:
    intent = read("Buy BTC for $100 at 66k, SL 64k, TP 72k")
    assert facts(intent, "order_type price") == ["limit", 66000]
    assert facts(intent, "stop_loss take_profit") == ["64000", "72000"]


@pytest.mark.parametrize(
    ("text", "fraction"), [("Sell all BTC", "1"), ("Sell 50% of my BTC", "0.5")]
)
def test_shares_of_a_holding_are_fractions(text: str, fraction: str) -> None:
    intent = read(text)
    assert facts(intent, "intent pair fraction") == [Action.SELL, "BTC/USDT", Decimal(fraction)]


@pytest.mark.parametrize(
    "text",
    ["should I buy BTC?", "don't buy ETH", "What did I buy yesterday?",
     "How long should I hold ETH?", "what is a short squeeze?", "unwatch ETH", "disconnect kraken",
     "clear alerts", "delete alert", "delete alert #1", "enable auto rebalance",
     "automatically rebalance my portfolio?", "Auto-trade mean-reversion on ETH",
     "help me understand the income tax", "risk status", "Alert when BTC above 70k"],
)  # fmt: skip
def test_talk_is_never_an_order(text: str) -> None:
    assert read(text).intent not in EXECUTABLE


@pytest.mark.parametrize(
    ("text", "action"),
    [("should I buy BTC?", Action.ANALYZE), ("don't buy ETH", Action.CHAT),
     ("What did I buy yesterday?", Action.REPORT),
     ("How long should I hold ETH?", Action.ANALYZE), ("what is a short squeeze?", Action.CHAT),
     ("enable auto rebalance", Action.REBALANCE), ("disconnect kraken", Action.CLARIFY),
     ("price BTC", Action.PRICE), ("pause trading", Action.HALT),
     ("weekly report", Action.REPORT), ("trade autonomous", Action.STRATEGY),
     ("market overview", Action.CLARIFY), ("alert if SOL by 5%", Action.ALERT)],
)  # fmt: skip
def test_talk_has_its_answer(text: str, action: Action) -> None:
    assert read(text).intent is action


def test_a_strategy_is_started_by_name_not_autonomy() -> None:
    intent = read("Auto-trade mean-reversion on ETH")
    wanted = [Action.STRATEGY, "start", "mean-reversion", "ETH/USDT"]
    assert facts(intent, "intent condition strategy pair") == wanted


def test_euros_name_the_market_quoted_in_them() -> None:
    assert facts(read("buy ETH for 500€"), "pair quote_amount") == ["ETH/EUR", 500]


def test_leaving_a_venue_does_not_connect_it() -> None:
    assert "disconnected" in (read("disconnect kraken").question or "")


@pytest.mark.parametrize(
    "text", ["stop auto trading", "stop autonomous trading", "disable auto trading"]
)
def test_switching_off_never_switches_on(text: str) -> None:
    intent = read(text)
    assert facts(intent, "intent condition") == [Action.STRATEGY, "stop"]


@pytest.mark.parametrize(
    ("text", "direction", "price"),
    [("alert if BTC above 100000", "above", 100000), ("alert if ETH below 2500", "below", 2500),
     ("Alert when BTC above 70k", "above", 70000),
     ("Alarm wenn BTC über 100.000", "above", 100000),
     ("Alarm wenn ETH unter 2.500", "below", 2500)],
)  # fmt: skip
def test_alerts_are_set_not_listed(text: str, direction: str, price: int) -> None:
    intent = read(text)
    assert facts(intent, "intent direction price") == [Action.ALERT, direction, price]


def test_an_alert_without_a_market_is_asked_for() -> None:
    intent = read("Set alert at 3400")
    assert facts(intent, "intent about") == [Action.CLARIFY, Action.ALERT]


@pytest.mark.parametrize(
    ("text", "number"), [("clear alerts", None), ("delete alert", None), ("delete alert #1", "1")]
)
def test_alerts_are_removed_not_listed(text: str, number: str | None) -> None:
    intent = read(text)
    assert facts(intent, "intent condition order_id") == [Action.ALERT, "remove", number]


def test_unwatching_names_the_market_and_watches_nothing() -> None:
    intent = read("unwatch ETH")
    assert facts(intent, "intent pair") == [Action.CLARIFY, "ETH/USDT"]


def test_closing_is_closing() -> None:
    assert read("close BTC").pair == "BTC/USDT"
    assert read("close BTC").intent is Action.CLOSE
    assert read("close all positions").intent is Action.CLOSE_ALL


def test_the_price_of_a_market_finds_the_market() -> None:
    intent = read("what's the price of ETH")
    assert facts(intent, "intent pair") == [Action.PRICE, "ETH/USDT"]


@pytest.mark.parametrize("text", ["morning briefing at 8", "evening report at 20"])
def test_a_stated_hour_is_not_dropped(text: str) -> None:
    assert read(text).intent is Action.CLARIFY


@pytest.mark.parametrize(
    "text", ["Rebalance: 50% BTC, 30% ETH, 20% USDT", "automatically rebalance my portfolio?"]
)
def test_rebalancing_is_understood(text: str) -> None:
    assert read(text).intent is Action.REBALANCE


@pytest.mark.parametrize(
    "text",
    ["set stop 60k target 80k BTC", "set SL 60k and TP 80k on BTC", "sell 1 BTC at 70k SL 60k",
     "trailing stop 200% on BTC", "buy 1 BTC SL 100%", "sell 1 BTC stop 60k limit 61k",
     "buy 1 BTC at 60k stop 62k", "sell all but 1 ETH", "sell 1 ETH twice", "buy 1 ETH x2",
     "close everything but BTC", "sell order 5", "put my BTC into ETH", "order 1 BTC",
     "sell half my ETH and keep the rest", "sell down to 1 BTC", "close BTC at 70k"],
)  # fmt: skip
def test_a_second_meaning_is_asked_about(text: str) -> None:
    assert read(text).intent is Action.CLARIFY


@pytest.mark.parametrize(
    "text",
    ["cancel 2 SOL orders", "cancel all orders 2", "close everything 10%", "withdraw stop eth 2300",
     "get 0.25 eth at 2300 stop", "buy 0.05 BTC stop", "sell 0.1 BTC limit stop 60k",
     "my order to buy 1 BTC", "my buy of $100 BTC", "buy 100 ETH USDT", "buy $2.505 of BTC",
     "buy $1,00 of BTC", "if BTC falls to 55k sell half", "buy 10 BTC 5 ioc",
     "buy 0.1 BTC at the open at market", "buy 1 ETH at 2400 SL 2500", "stop cancel 17"],
)  # fmt: skip
def test_nothing_that_was_said_is_dropped(text: str) -> None:
    assert read(text).intent not in EXECUTABLE


def test_exits_of_a_conditional_entry_are_kept() -> None:
    intent = read("buy 0.1 BTC if it drops to 58k SL 56k TP 2R")
    assert facts(intent, "order_type price stop_loss take_profit") == [
        "limit",
        58000,
        "56000",
        "2r",
    ]


def test_the_income_tax_is_no_cry_for_help() -> None:
    assert read("help me understand the income tax").intent is Action.CHAT
    assert read("risk status").intent is Action.RISK


@pytest.mark.parametrize("text", ["good morning", "Good morning, kit", "Guten Morgen!", "morning"])
def test_a_good_morning_asks_for_the_report(text: str) -> None:
    """A greeting like any other, answered by the day's report; never handed to a model."""
    said = read(text)
    assert (said.intent, said.topic) == (Action.CHAT, "report")
    assert rung_of(said) is Rung.OFFLINE


@pytest.mark.parametrize("text", ["good morning, buy 1 BTC?", "gm", "it was a good morning"])
def test_a_morning_beside_other_words_is_no_report(text: str) -> None:
    assert read(text).topic != "report"
