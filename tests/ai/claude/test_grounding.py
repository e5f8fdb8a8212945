"""Figures that no tool gave are marked; those that were given never are, however written."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kit_tui.ai.claude.grounding import MARK, NOTE, Evidence, grounded
from kit_tui.ai.claude.output import truth_line, without_links

RESULT = (
    '{"pair":"BTC/USDT","price":"67890.12","change_24h":"0.0123","volume":"1234567.8",'
    '"age_s":12.4,"rsi":"63.47","stop":"66000","equity":"10250.55"}'
)


def marked(text: str, *more: str) -> str:
    return grounded(text, Evidence([RESULT, *more]))


@pytest.mark.parametrize(
    "text",
    [
        "BTC is at 67,890.12 USDT.", "BTC ist bei 67.890,12 USDT.", "BTC is at $67,890.",
        "about 67.9k", "≈ 67.89k USDT", "around 68,000", "etwa 68.000 USDT", "up 1.23 %",
        "up 1.2% today", "+1.23%", "RSI 14 reads 63.5", "RSI(14) = 63", "volume 1.23M",
        "volume 1.2 million", "12 s old", "the quote is 12 seconds old",
        "EMA 20/50 and MACD 12/26/9",
        "a 4h close", "in the last 24 h", "within 3 days", "at 14:03", "on 2026-11-22",
        "since 22 Nov 2026", "in 2026", "Nov 22, 2026", "1. First\n2. Second", "1) one\n2) two",
        "ticket 12 waits", "order o17", "#t3 is open", "a 1:2 setup", "stop at 66,000",
        "66'000", "EMA20 above EMA50", "Q3 was calm", "the 200-day line", "your 10,250.55 USDT",
        "No figures at all.", "", "67890.1",
    ],
)  # fmt: skip
def test_what_was_given_or_is_no_figure_stays(text: str) -> None:
    assert marked(text) == text


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("BTC is at 67,891.12 USDT.", "BTC is at 67,891.12 [?] USDT."),
        ("target 72,500", "target 72,500 [?]"),
        ("RSI 14 reads 71", "RSI 14 reads 71 [?]"),
        ("up 12.3% today", "up 12.3% [?] today"),
        ("at 68,000", "at 68,000 [?]"),
        ("a gain of 5 % or 3k", "a gain of 5 % [?] or 3k [?]"),
        ("worth 2 million", "worth 2 million [?]"),
        ("the price is 2026", "the price is 2026 [?]"),
        ("buy 3 of them", "buy 3 [?] of them"),
        ("30 s old", "30 s [?] old".replace(" s [?]", " [?] s")),
    ],
)
def test_what_was_not_given_is_marked(text: str, after: str) -> None:
    assert marked(text) == f"{after}\n\n{NOTE}"


def test_the_persons_words_count() -> None:
    assert marked("You asked for 250 USDT.", "buy for 250 usdt") == "You asked for 250 USDT."
    assert MARK in marked("You asked for 260 USDT.", "buy for 250 usdt")


def test_what_is_counted_counts() -> None:
    evidence = Evidence()
    evidence.count(3)
    assert grounded("You hold 3 positions.", evidence) == "You hold 3 positions."


numbers = st.decimals(min_value=Decimal("0.0001"), max_value=10**8, places=4)


@given(numbers, st.integers(min_value=0, max_value=4), st.sampled_from(["{:,}", "{}"]))
def test_a_given_figure_is_never_marked(number: Decimal, places: int, shape: str) -> None:
    shown = shape.format(round(number, places))
    text = f"it is {shown} USDT"
    assert grounded(text, Evidence([f'{{"x":"{number}"}}'])) == text


@given(numbers, numbers)
def test_another_figure_is_marked(number: Decimal, other: Decimal) -> None:
    assume(abs(number - other) > 1)
    assume(not any(_same(a, b) for a in (number, number / 100) for b in (other, other * 100)))
    evidence = Evidence([f'{{"x":"{other}"}}'])
    assert MARK in grounded(f"it is {number} USDT", evidence)


def _same(first: Decimal, second: Decimal) -> bool:
    """Whether typography makes one of the other: 1.234 may be read as 1234."""
    return first.normalize().as_tuple().digits == second.normalize().as_tuple().digits


@given(st.text(max_size=200))
def test_marks_only_add(text: str) -> None:
    after = grounded(text, Evidence([RESULT]))
    if after == text:
        return
    assert after.endswith(f"\n\n{NOTE}")
    assert after.removesuffix(f"\n\n{NOTE}").replace(MARK, "") == text.replace(MARK, "")


@given(st.text(alphabet="0123456789.,' %kM-+()[]{}abcXYZ\n", max_size=120))
def test_any_text_is_read(text: str) -> None:
    grounded(text, Evidence([text, RESULT]))


@pytest.mark.parametrize(
    ("piece", "times"),
    [
        ("\n", 23_000), (" \n", 11_000), ("RSI 14, 5 5 5 5 5 ", 1_300), ("1 2 3 4 5 6 7 8 ", 1_400),
        ("1 111 111 111 ", 1_700), ("about ", 4_000), ("[", 24_000), ("#", 24_000), ("9", 24_000),
        ("a-1", 8_000),
    ],
)  # fmt: skip
def test_no_text_keeps_the_loop_from_halting(piece: str, times: int) -> None:
    """Everything waits while an answer is worked on, a halt too, whatever the text is."""
    evidence = Evidence([" ".join(f"{n}.{n % 97}" for n in range(5_000))])
    began = time.perf_counter()
    truth_line(without_links(grounded(f"a{piece * times}b", evidence)), ())
    assert time.perf_counter() - began < 1.0  # it takes a fifth of that, on a machine that is free


def test_numbers_beyond_reason_break_nothing() -> None:
    evidence = Evidence()
    evidence.add_words("7" * 4_000 + " and 0." + "0" * 300 + "1")
    evidence.add("3" * 500)
    assert grounded("It is 12.", evidence) == f"It is 12{MARK}.\n\n{NOTE}"
    assert MARK in grounded("It is 0." + "0" * 200 + "1.", evidence)
