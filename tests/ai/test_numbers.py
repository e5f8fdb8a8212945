"""Numbers in every spelling that is clear, and a question for every one that is not."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit_tui.ai.amounts import Ambiguous, read_number
from kit_tui.ai.numbers_in_words import read_words
from kit_tui.domain.intent import Action
from kit_tui.domain.numbers import plain
from tests.ai.reading import ORDERS, read


@pytest.mark.parametrize(
    ("typed", "value"),
    [("100", "100"), ("1,000", "1000"), ("1,000.50", "1000.50"), ("1.000,50", "1000.50"),
     ("0,5", "0.5"), ("0.5", "0.5"), (".5", "0.5"), ("1,5", "1.5"), ("12,345,678", "12345678"),
     ("1.000.000", "1000000"), ("2.345", "2.345"), ("0.125", "0.125"), ("0.000012", "0.000012")],
)  # fmt: skip
def test_plain_numbers(typed: str, value: str) -> None:
    assert read_number(typed, german=False) == Decimal(value)


@pytest.mark.parametrize(
    ("typed", "value"), [("2.500", "2500"), ("2,5", "2.5"), ("0.5", "0.5"), ("2.250,50", "2250.50")]
)
def test_german_numbers(typed: str, value: str) -> None:
    assert read_number(typed, german=True) == Decimal(value)


@pytest.mark.parametrize(
    ("typed", "german"),
    [("60.000", False), ("2.500", False), ("2,500", True), ("1,00,000", False), ("1.2.3", False),
     ("007", False), ("1,000,50", False), ("1.000.50", False), ("0." + "0" * 11 + "1", False),
     ("1" * 19, False)],
)  # fmt: skip
def test_what_may_be_read_twice_is_not_read(typed: str, german: bool) -> None:
    with pytest.raises(Ambiguous):
        read_number(typed, german=german)


@given(st.integers(1, 10**9), st.integers(0, 999_999))
def test_grouping_never_changes_a_number(whole: int, millionths: int) -> None:
    value = Decimal(whole) + Decimal(millionths) / 10**6
    decimals = f"{millionths:06d}"
    english = f"{whole:,}.{decimals}"
    german = f"{whole:,}".replace(",", ".") + f",{decimals}"
    assert read_number(german, german=True) == value
    assert read_number(english, german=False) == value


@given(st.decimals(Decimal("0.00000001"), Decimal(10**6), places=8))
def test_an_amount_is_read_to_the_last_digit(amount: Decimal) -> None:
    assert read(f"buy {plain(amount)} DOGE").base_amount == amount


@pytest.mark.parametrize(
    ("words", "value", "used"),
    [("two hundred dollars", 200, 2), ("a hundred bucks", 100, 2), ("five thousand", 5000, 2),
     ("twenty five", 25, 2), ("one eth", 1, 1), ("zwei hundert", 200, 2), ("ten", 10, 1)],
)  # fmt: skip
def test_numbers_in_words(words: str, value: int, used: int) -> None:
    assert read_words(words.split()) == (Decimal(value), used)


def test_words_that_are_no_numbers() -> None:
    assert read_words(["lots"]) is None
    assert read_words([]) is None


@pytest.mark.parametrize(
    ("text", "amount"),
    [("buy $70k of BTC", 70000), ("buy $1.5k of BTC", 1500), ("buy $2m of BTC", 2_000_000),
     ("kaufe für 1,5k USDT BTC", 1500), ("buy 2 grand of BTC", 2000),
     ("buy $ 100 of BTC", 100), ("buy 100 $ of BTC", 100), ("buy BTC for 100usdt", 100)],
)  # fmt: skip
def test_multiples_and_currencies(text: str, amount: int) -> None:
    assert read(text).quote_amount == amount


@pytest.mark.parametrize(
    "number",
    ["1e9", "1E3", "0x10", "-5", "+5", "0", "0.0", "NaN", "inf", "infinity", "1/3", "5%5", "1_000",
     "1'00", "1'0000", "٣", "１０", "²", "Ⅷ", "99999999999999999999", "0.12345678901", "1..5", "5e",
     "--5", "1,00", "60.000k5", "∞", "10**9", "1e-3", "1e400"],
)  # fmt: skip
@pytest.mark.parametrize("form", ["sell {} ETH", "buy {} ETH at 2000", "kaufe {} ETH"])
def test_odd_numbers_are_never_traded(form: str, number: str) -> None:
    intent = read(form.format(number))
    if number == "1,00":
        assert intent.base_amount in (None, 1)
    else:
        assert intent.intent not in ORDERS


@pytest.mark.parametrize(
    "text",
    ["buy BTC for $-100", "buy BTC for 1e9", "buy $0 of BTC", "sell 150% of my ETH",
     "sell 0% of my ETH", "sell -10% of my ETH", "buy BTC for $999,999,999",
     "buy 100000000000 BTC", "sell 50000000 ETH", "buy 1001 BTC", "buy BTC for 20 billion"],
)  # fmt: skip
def test_amounts_out_of_range_are_asked_about(text: str) -> None:
    assert read(text).intent is Action.CLARIFY


@pytest.mark.parametrize(
    ("text", "price"),
    [("buy 0.1 BTC at 61'500", 61500), ("kaufe 0,1 BTC zu 1'061'500", 1061500),
     ("buy 0.1 BTC at sixty-one thousand", 61000),
     ("kaufe 0,1 BTC zu einundsechzigtausendfünfhundert", 61500)],
)  # fmt: skip
def test_swiss_thousands_and_spoken_numbers_are_read(text: str, price: int) -> None:
    assert read(text).price == price
