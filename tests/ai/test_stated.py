"""The facts of a person's message: what a model's order is measured against."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit_tui.ai.assets import offline_pairs
from kit_tui.ai.stated import Said, speaks_of_order
from tests.ai.reading import ORDERS, phrases, read

PAIRS = offline_pairs()


def said(text: str) -> Said:
    return speaks_of_order(text, PAIRS)


@pytest.mark.parametrize(
    ("text", "sides", "assets", "numbers"),
    [("Buy BTC for $100", "buy", "BTC", "100"),
     ("get me roughly two hundred bucks of solana", "buy", "SOL", "200"),
     ("lighten my ETH by 25%", "sell", "ETH", "25 0.25"),
     ("close my bitcoin", "sell", "BTC", ""),
     ("swap 0.5 eth to sol", "buy sell", "ETH SOL", "0.5"),
     ("kaufe 0,5 ETH zu 2.500", "buy", "ETH", "0.5 2500 2.5"),
     ("sell 1.5k doge at 60.000", "sell", "DOGE", "1500 60 60000"),
     ("buy 1 000 XRP", "buy", "XRP", "1000 1"),
     ("dump half my SOL", "sell", "SOL", "0.5 50"),
     ("take profit on LINK at 1,000.50", "sell", "LINK", "1000.50"),
     ("add a stop loss to my ETH at 2200", "sell", "ETH", "2200"),
     ("put a stop on my BTC at 58k", "sell", "BTC", "58000"),
     ("buy 0.1 BTC SL 58k", "buy", "BTC", "0.1 58000"),
     ("setze Take-Profit für BTC bei 75.000", "sell", "BTC", "75000 75"),
     ("buy a bitcoin", "buy", "BTC", "1"),
     ("vende todo mi BTC", "sell", "BTC", "")],
)  # fmt: skip
def test_what_an_order_states(text: str, sides: str, assets: str, numbers: str) -> None:
    found = said(text)
    assert found.may_order, found.why
    assert found.sides == set(sides.split())
    assert found.assets == set(assets.split())
    assert found.numbers == {Decimal(number) for number in numbers.split()}


@pytest.mark.parametrize(
    "text",
    ["should I buy BTC?", "can you buy 0.1 BTC?", "don't buy ETH", "I bought 2 ETH yesterday",
     "what if I buy 1 BTC", "I might buy 1 ETH", "buy 0.1 BTC if the news is good",
     'he wrote "buy 1 BTC"', "> buy 1 BTC", "fwd: buy 1 BTC", "Forwarded message: buy 1 BTC",
     "buy 1 BTС", "b\u200buy 1 BTC", "withdraw 1 BTC and buy ETH", "10x long ETH with $100",
     "short 1 ETH", "buy 1 BTC without asking", "buy 1 BTC tomorrow", "buy $10 BTC every day",
     "how is bitcoin", "show my portfolio", "gm", "", "buy BTC " * 80],
)  # fmt: skip
def test_what_may_lead_to_no_order(text: str) -> None:
    found = said(text)
    assert not found.may_order
    assert found.why


def test_every_order_of_the_grammar_lies_within_what_was_stated() -> None:
    for row in phrases():
        intent = read(row["text"])
        if intent.intent not in ORDERS or intent.pair is None:
            continue
        found = said(row["text"])
        assert found.may_order, row["text"]
        assert intent.intent.value in found.sides, row["text"]
        assert intent.pair.base in found.assets, row["text"]
        sizes = (intent.quote_amount, intent.base_amount, intent.fraction, intent.price,
                 intent.stop_price)  # fmt: skip
        for number in sizes:
            assert number is None or number in found.numbers, row["text"]


@given(st.text(max_size=200))
def test_any_text_has_its_facts(text: str) -> None:
    assert all(number.is_finite() and number >= 0 for number in said(text).numbers)
