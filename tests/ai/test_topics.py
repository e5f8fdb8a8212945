"""Why, what to do, how much: questions that share an action with others, and never order."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kit_tui.domain.intent import Action
from tests.ai.reading import facts, read


@pytest.mark.parametrize(
    ("text", "number"),
    [("why did you do that?", None), ("why did you buy BTC?", None), ("explain order 17", "17"),
     ("why was order #9 rejected?", "9"), ("why?", None), ("what made you sell my ETH?", None),
     ("warum hast du ETH verkauft?", None), ("what was the reason for that trade?", None)],
)  # fmt: skip
def test_the_story_of_an_order(text: str, number: str | None) -> None:
    assert facts(read(text), "intent topic order_id") == [Action.CHAT, "why", number]


@pytest.mark.parametrize("text", ["why is BTC down?", "why did ETH drop today", "why buy BTC now?"])
def test_why_a_market_moves_is_no_story(text: str) -> None:
    assert read(text).topic is None


@pytest.mark.parametrize(
    "text", ["what should I do with ETH", "any trade idea for ETH?", "recommend a strategy for ETH",
             "what would you do with my ETH?", "suggest a trade on ETH",
             "was soll ich mit ETH tun?"],
)  # fmt: skip
def test_what_to_do_about_a_market(text: str) -> None:
    assert facts(read(text), "intent pair topic") == [Action.ANALYZE, "ETH/USDT", "recommend"]


@pytest.mark.parametrize("text", ["should I buy ETH?", "analyze ETH", "is ETH a buy?"])
def test_an_analysis_is_no_recommendation(text: str) -> None:
    assert facts(read(text), "intent topic") == [Action.ANALYZE, None]


@pytest.mark.parametrize(
    ("text", "stop", "fraction"),
    [("how much BTC can I buy with a stop at 58k risking 1%", 58000, "0.01"),
     ("position size for BTC, stop 60,000, 0.5% risk", 60000, "0.005"),
     ("how many bitcoin can I buy risking 2 percent", None, "0.02"),
     ("wie viel BTC kann ich kaufen mit Stop bei 58.000 und 1% Risiko?", 58000, "0.01")],
)  # fmt: skip
def test_the_size_by_risk(text: str, stop: int | None, fraction: str) -> None:
    intent = read(text)
    assert facts(intent, "intent topic pair") == [Action.RISK, "size", "BTC/USDT"]
    assert facts(intent, "stop_price fraction") == [stop, Decimal(fraction)]


@pytest.mark.parametrize(
    ("text", "distance"),
    [("how much BTC can I buy with a stop 3% below risking 1%", "3%"),
     ("how many ETH can I buy with a 2.5% stop risking 1%", "2.5%"),
     ("how much SOL can I buy with a stop 2 atr below if I risk 1%", "2atr")],
)  # fmt: skip
def test_a_size_with_a_stop_at_a_distance_keeps_the_distance(text: str, distance: str) -> None:
    intent = read(text)
    assert (intent.topic, intent.stop_price, intent.stop_loss) == ("size", None, distance)
