"""What the eye does not see or takes for something else never becomes an order."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit_tui.domain.intent import Action
from tests.ai.reading import EXECUTABLE, order_phrases, read

ORDER = "buy 0.1 BTC for me"


@pytest.mark.parametrize(
    "text",
    ["buy 1 BTС", "buy 1 ВТС", "bυy 1 BTC", "buy 1 ΒTC", "Ьuy 1 BTC", "buy 1 BT\u200bC",
     "b\u200duy 1 BTC", "buy 1 \u202eCTB", "buy 1 BTC\u2066", "buy\u00ad 1 BTC", "buy 1\x00 BTC",
     "buy 1 BTC\x1b[31m", "buy 1 B\u0301TC", "buy ١ BTC", "buy １ BTC", "buy 1 ＢＴＣ",
     "ſell 1 ETH", "buy 1 \u212aBTC", "buy 1 BTC \U000e0041", "buy 1 BTC \ud800"],
)  # fmt: skip
def test_look_alikes_and_hidden_characters_are_refused_with_the_reason(text: str) -> None:
    intent = read(text)
    assert intent.intent is Action.CLARIFY
    assert intent.question is not None
    assert intent.question.isascii()


@pytest.mark.parametrize("text", ["❌ buy 0.1 BTC", "buy 0.1 BTC 🚀", "🙅 sell all my ETH"])
def test_pictures_are_not_ignored_in_orders(text: str) -> None:
    assert read(text).intent is Action.CLARIFY


def test_pictures_and_other_scripts_do_not_disturb_questions() -> None:
    assert read("show my portfolio 🙏").intent is Action.PORTFOLIO
    assert read("gm ☀️").intent is Action.CHAT
    assert read("привет").intent is Action.CHAT


def test_a_halt_is_heard_through_anything_hidden() -> None:
    assert read("stop\u200b trading").intent is Action.HALT
    assert read("🛑 stop everything").intent is Action.HALT


HIDDEN = "\u200b\u200c\u200d\u2060\u202e\u2066\x07"


@given(st.sampled_from(order_phrases()), st.sampled_from(HIDDEN),
       st.integers(0, 80))  # fmt: skip
def test_one_hidden_character_anywhere_ends_the_order(text: str, mark: str, place: int) -> None:
    place = min(max(1, place), len(text) - 1)
    assert read(text[:place] + mark + text[place:]).intent not in EXECUTABLE


@pytest.mark.parametrize(
    "text", ["buy 1 BTC " * 10_000, "a" * 100_000, "1" * 100_000, "(" * 100_000, "\u200b" * 100_000]
)
def test_a_flood_of_text_is_answered_at_once(text: str) -> None:
    started = time.perf_counter()
    assert read(text).intent in (Action.CHAT, Action.CLARIFY)
    assert time.perf_counter() - started < 0.1


@pytest.mark.parametrize(
    "text", ["1" * 399, "1," * 199, "$" * 399, "k" * 399, "sell " * 79, "0.5 ETH " * 49, "-" * 399,
             "a " * 199, "buy 1 " + "and " * 90, "'" * 399, '"a' * 199],
)  # fmt: skip
def test_no_pattern_of_the_grammar_explodes(text: str) -> None:
    read("warm up")
    started = time.perf_counter()
    read(text)
    assert time.perf_counter() - started < 0.25
