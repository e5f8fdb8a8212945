"""Saying the same in another way means the same; saying no or asking means no order."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kit_tui.domain.intent import Action
from tests.ai.reading import EXECUTABLE, ORDERS, essence, order_phrases, phrases, read

UNSAFE = {action.value for action in EXECUTABLE | {Action.REBALANCE}}
ORDER_TEXTS = [text for text in order_phrases() if read(text).intent in ORDERS]
# Every second phrase is varied; all of them are read as they stand by `test_phrases`.
ROWS = list(phrases())[::2]
COMMANDS = [row["text"] for row in ROWS if read(row["text"]).intent in EXECUTABLE]
TEXTS = st.sampled_from(ORDER_TEXTS)
ENGLISH = [text for text in ORDER_TEXTS if text.lower().startswith(("buy ", "sell "))]


@given(TEXTS, st.randoms())
def test_case_keeps_the_order(text: str, random: st.DataObject) -> None:
    assume("ß" not in text)
    mixed = "".join(c.upper() if random.random() < 0.5 else c.lower() for c in text)  # type: ignore[attr-defined]
    assert essence(read(mixed)) == essence(read(text))


@given(TEXTS, st.data())
def test_spacing_keeps_the_order(text: str, data: st.DataObject) -> None:
    parts = text.split()
    gaps = [data.draw(st.sampled_from([" ", "  ", "   ", "\u00a0"])) for _ in parts]
    spaced = "".join(part + gap for part, gap in zip(parts, gaps, strict=True))
    assert essence(read(f"  {spaced}  ")) == essence(read(text))


@pytest.mark.parametrize(
    "form", ["please {}", "{} please", "{}, thanks", "ok {}", "{} now", "{}!", "{}.", "hey kit, {}"]
)
def test_politeness_keeps_the_order(form: str) -> None:
    for text in ORDER_TEXTS:
        assert essence(read(form.format(text))) == essence(read(text)), form.format(text)


@pytest.mark.parametrize("lead", ["could you please {}", "i want to {}", "let's {}", "can you {}"])
def test_a_request_is_the_order(lead: str) -> None:
    for text in ENGLISH:
        request = lead.format(text[0].lower() + text[1:])
        assert essence(read(request)) == essence(read(text)), request


AMOUNTS = ["buy ${} of BTC", "sell ${} of ETH", "buy 0.1 BTC at {}", "stop at {} on my BTC"]


@given(st.integers(1, 900), st.sampled_from(AMOUNTS))
def test_k_and_m_are_thousands_and_millions(count: int, form: str) -> None:
    thousands = essence(read(form.format(count * 1000)))
    assert essence(read(form.format(f"{count}k"))) == thousands
    assert essence(read(form.format(f"{count * 1000:,}"))) == thousands
    if count < 90:
        millions = essence(read(form.format(count * 1_000_000)))
        assert essence(read(form.format(f"{count}m"))) == millions


@pytest.mark.parametrize("spelling", ["BTC/USDT", "btcusdt", "BTC-USDT", "btc_usdt", "bitcoin"])
def test_the_spelling_of_the_pair_keeps_the_order(spelling: str) -> None:
    for text in ORDER_TEXTS:
        if not re.search(r"(?<![-/])\bBTC\b(?![-/])", text):
            continue
        if re.search(r"€|\$|eur|bucks|dollar", text, re.IGNORECASE) and spelling != "bitcoin":
            continue
        respelled = re.sub(r"\bBTC\b", spelling, text)
        assert essence(read(respelled)) == essence(read(text)), respelled


@pytest.mark.parametrize(
    ("one", "other"),
    [("buy BTC for $100", "buy $100 of BTC"), ("buy $100 of BTC at 60k", "buy BTC at 60k for $100"),
     ("buy 1 ETH SL 2000 TP 3000", "buy 1 ETH TP 3000 SL 2000"),
     ("buy 0.1 BTC at 60k on kraken", "buy 0.1 BTC on kraken at 60k"),
     ("set a stop at 60k on BTC", "set a stop on BTC at 60k"),
     ("take profit on BTC at 75k", "take profit at 75k on BTC")],
)  # fmt: skip
def test_word_order_keeps_the_order(one: str, other: str) -> None:
    assert read(one).intent in ORDERS
    assert essence(read(one)) == essence(read(other))


@pytest.mark.parametrize(
    "form",
    ["don't {}", "do not {}", "never {}", "please don't {}", "I did not say {}", "{} not",
     "should I {}?", "{}?", "what if I {}", "why {}", "did you {}?", "I would {}", "maybe {}",
     "if it rains {}", "yesterday: {}", "he said: {}", "tomorrow {}", "every day {}", '"{}"',
     "'{}'", "> {}", "{} without asking", "{} unless it rains", "i wonder, {}", "nicht {}",
     "soll ich {}?", "vielleicht {}", "morgen {}"],
)  # fmt: skip
def test_negation_question_and_the_like_flip_it_to_no_order(form: str) -> None:
    for text in COMMANDS:
        phrase = form.format(text)
        assert read(phrase).intent not in EXECUTABLE, phrase


def test_two_orders_in_one_message_are_never_one_order() -> None:
    for first, second in zip(ORDER_TEXTS, reversed(ORDER_TEXTS), strict=True):
        for joint in (" and ", "; ", "\n", ", then ", " or "):
            assert read(f"{first}{joint}{second}").intent not in EXECUTABLE


@pytest.mark.parametrize(
    "form", ["please {}", "{} please", "{}, thanks", "{} now", "{}!", "ok {}", "just {}",
             "can you {}", "i want to {}", "go ahead and {}", "{} at market", "{} sl 2%", "{} gtc"],
)  # fmt: skip
def test_what_is_no_order_stays_none_however_it_is_put(form: str) -> None:
    for row in ROWS:
        if {row["intent"], *row.get("also", ())} & UNSAFE:
            continue
        assert read(form.format(row["text"])).intent.value not in UNSAFE, form.format(row["text"])
