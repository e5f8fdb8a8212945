"""Questions are told by all their words together: the order, slips and empty words do not count."""

from __future__ import annotations

import random
import re

import pytest

from kit_tui.ai import enquiry
from kit_tui.ai.account_words import ACCOUNT
from kit_tui.ai.enquiry_rules import RULES
from kit_tui.ai.enquiry_words import ASKING
from kit_tui.ai.market_words import MARKETS
from kit_tui.domain.intent import Action
from tests.ai.reading import facts, read

CLASSES = ASKING | ACCOUNT | MARKETS
# Those that only a whole message has; the reader of questions adds them.
WHOLE = {"MARKET", "SHORT", "CURRENCY", "STATEMENT"}


def test_every_class_of_a_rule_has_words_and_every_class_is_used() -> None:
    named = {name.removeprefix("-") for line in RULES.strip().splitlines()
             for name in line.split()[2:]}  # fmt: skip
    assert named - WHOLE <= CLASSES.keys()
    assert CLASSES.keys() - named == {"DEFINE", "MEAN", "TAUGHT"}


@pytest.mark.parametrize(
    ("text", "action"),
    [("fees paid this month", Action.REPORT), ("resting orders still working", Action.ORDERS),
     ("daily loss limit left", Action.RISK), ("free cash", Action.PORTFOLIO)],
)  # fmt: skip
def test_the_order_of_words_does_not_matter(text: str, action: Action) -> None:
    words = text.split()
    dice = random.Random(5)
    for _ in range(20):
        dice.shuffle(words)
        topics = enquiry.topics_of(enquiry.classes_of(words))
        assert topics[:1] == [action.value], words
    assert read(text).intent is action


@pytest.mark.parametrize(
    ("text", "action"),
    [("comission paid", Action.REPORT), ("drawdwon", Action.RISK), ("exectuions", Action.REPORT),
     ("hilfeee", Action.HELP), ("hw much cash do i hav", Action.PORTFOLIO)],
)  # fmt: skip
def test_slips_and_short_forms_of_questions_are_mended(text: str, action: Action) -> None:
    assert read(text).intent is action


@pytest.mark.parametrize(
    "text", ["überweis 500 USDT auf mein Konto", "zahl mir 300 Euro aus", "pay out my balance",
             "move everything to cold storage", "move funds to kraken", "i need a payout",
             "buchen sie 100 usdt auf mein girokonto", "i'd like to top up my account with 500"],
)  # fmt: skip
def test_money_that_is_to_leave_or_come_in_is_refused_before_any_question(text: str) -> None:
    assert facts(read(text), "intent note") == [Action.CLARIFY, "not offered"]


@pytest.mark.parametrize(
    "text", ["move my stop to 58k on btc", "send me the report", "the bank transferred it",
             "get 1 eth at the exchange rate", "show my transfers"],
)  # fmt: skip
def test_what_only_sounds_like_a_transfer_is_none(text: str) -> None:
    assert not re.match("Withdrawals", read(text).question or "")


@pytest.mark.parametrize(
    ("text", "action"), [("Bitcoinkurs", Action.PRICE), ("ethchart bitte", Action.ANALYZE)]
)
def test_a_market_inside_a_compound_is_asked_about(text: str, action: Action) -> None:
    assert read(text).intent is action
    assert read(text).pair is not None
