"""Messages of several clauses: one order beside a denial is offered, never taken."""

from __future__ import annotations

import pytest

from kit_tui.domain.intent import Action
from tests.ai.reading import read


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("no ETH today, just buy 0.02 BTC", "buy 0.02 btc"),
        ("don't buy eth, buy 0.1 btc instead", "buy 0.1 btc"),
        ("nicht ETH, sondern kaufe 0,1 BTC", "kaufe 0,1 btc"),
    ],
)
def test_an_order_beside_a_denial_is_offered(text: str, offered: str) -> None:
    asked = read(text)
    assert asked.intent is Action.CLARIFY
    assert asked.choices == (offered,)
    assert read(offered, asked).intent in (Action.BUY, Action.SELL)


@pytest.mark.parametrize(
    "text",
    [
        "don't buy ETH, don't buy BTC", "don't buy 1 ETH, I bought 1 BTC yesterday",
        "don't buy ETH, sell 1 BTC, buy 2 SOL", "don't buy 1 ETH, maybe buy 1 BTC",
        "he said don't buy ETH, buy 1 BTC tomorrow", "don't buy 1 BTC",
    ],
)  # fmt: skip
def test_nothing_else_is_offered(text: str) -> None:
    assert not read(text).choices
    assert read(text).intent in (Action.CHAT, Action.CLARIFY)


def test_the_same_exit_in_every_clause_is_that_exit() -> None:
    assert read("I want out of everything, close the lot").intent is Action.CLOSE_ALL
    assert read("close everything, sell 1 BTC").intent is Action.CLARIFY


def test_an_alert_is_set_whatever_is_told_beside_it() -> None:
    alert = read("tell me once xrp is above 0.65, i wont be looking")
    assert (alert.intent, str(alert.pair), str(alert.price)) == (
        Action.ALERT, "XRP/USDT", "0.65",
    )  # fmt: skip
    assert read("don't alert me when xrp is above 0.65").intent is Action.CHAT


def test_second_thoughts_belong_to_a_cancellation_only() -> None:
    assert read("cancel my avax order, changed my mind").intent is Action.CANCEL
    assert read("cancel the doge order i placed earlier").intent is Action.CANCEL
    assert read("buy 1 btc, changed my mind").intent is Action.CLARIFY
    assert read("buy 1 btc i placed earlier").intent is Action.CLARIFY
