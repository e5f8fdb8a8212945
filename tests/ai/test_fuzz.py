"""Ten thousand strings: nothing raises, no number is unsound, no guard word is overheard."""

from __future__ import annotations

import random
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from kit_tui.ai import german, guards, phrasebook, vocabulary
from kit_tui.ai.tokens import pattern
from kit_tui.domain.intent import Action, Intent
from tests.ai.reading import EXECUTABLE, ORDERS, phrases, read

TEXTS = [row["text"] for row in phrases()]
WORDS = [*vocabulary.WORDS, *vocabulary.PHRASES, *german.WORDS, *german.PHRASES]
VALUES = ["BTC", "ETH", "$100", "0.5", "60k", "2%", "25%", "half", "BTC/EUR", "€50", "usdt",
          "kraken", "100", "-1", "1e9", "5x", "4h", "#7", "?", '"', "\n"]  # fmt: skip
GUARDS = sorted(guards.NEGATIONS | guards.PAST | guards.IMAGINED | guards.LATER | guards.RECURRING)


def sound(intent: Intent) -> bool:
    numbers = [value for name in intent.__struct_fields__
               if isinstance(value := getattr(intent, name), Decimal)]  # fmt: skip
    if not all(number.is_finite() and number > 0 for number in numbers):
        return False
    if intent.intent in ORDERS:
        sizes = [intent.quote_amount, intent.base_amount, intent.fraction, intent.lots]
        whole = intent.intent is Action.SELL and intent.order_type != "market"
        priced = {
            "market": (False, False), "limit": (True, False), "stop": (False, True),
            "stop_limit": (True, True), "trailing_stop": (False, False),
        }[intent.order_type or ""]  # fmt: skip
        stated = (intent.price is not None, intent.stop_price is not None)
        count = sum(size is not None for size in sizes)
        return (
            intent.pair is not None and stated == priced and (count == 1 or (whole and not count))
        )
    return intent.intent is not Action.CLARIFY or bool(intent.question)


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    assert sound(read(text))


def test_ten_thousand_heaps_of_the_grammars_own_words() -> None:
    dice = random.Random(11)
    pending: Intent | None = None
    for _ in range(10_000):
        text = " ".join(dice.choice(WORDS if dice.random() < 0.6 else VALUES)
                        for _ in range(dice.randint(1, 9)))  # fmt: skip
        intent = read(text, pending if dice.random() < 0.5 else None)
        assert sound(intent), text
        pending = intent if intent.intent is Action.CLARIFY else None


def test_ten_thousand_mutated_phrases() -> None:
    dice = random.Random(12)
    letters = "abcdefghijklmnopqrstuvwxyz 0123456789$€%.,-'\"?!/\n\t\u200bЯ🚀"
    for _ in range(10_000):
        text = list(dice.choice(TEXTS))
        for _ in range(dice.randint(1, 4)):
            place = dice.randrange(len(text) + 1)
            text[place : place + dice.randint(0, 2)] = dice.choice(letters)
        assert sound(read("".join(text)))


def test_ten_thousand_guard_words_in_orders_leave_no_order() -> None:
    dice = random.Random(13)
    commands = [text for text in TEXTS if read(text).intent in EXECUTABLE]
    for _ in range(10_000):
        words = dice.choice(commands).split()
        words.insert(dice.randint(0, len(words)), dice.choice(GUARDS))
        text = " ".join(words)
        if "order no" not in text.lower():  # which introduces a number
            assert read(text).intent not in EXECUTABLE, text


def test_every_phrase_of_the_grammar_is_a_pattern() -> None:
    for phrase, _ in (*phrasebook.ORDER, *phrasebook.CLOSE, *phrasebook.CANCEL):
        assert not pattern(phrase).fullmatch("")
