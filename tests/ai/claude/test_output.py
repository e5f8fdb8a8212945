"""What a model may not claim, and characters it may not write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit_tui.ai.claude.output import claims_an_order, truth_line, without_links
from kit_tui.ai.claude.plain_text import bare, harmless, untagged


@pytest.mark.parametrize(
    "text",
    [
        "I bought 100 USDT of BTC.", "I've sold your ETH.", "I have just placed the order.",
        "Your order has been executed.", "The trade was filled at market.",
        "Your BTC position is closed.", "Done. I cancelled it.", "I’ve already submitted it.",
        "Ich habe BTC für dich gekauft.", "Die Order wurde ausgeführt.", "We have sent it.",
        "The order is now filled.", "I have transferred the coins.", "I approved it.",
    ],
)  # fmt: skip
def test_claims(text: str) -> None:
    assert claims_an_order(text)
    assert truth_line(text, ()).startswith("Nothing was sent")


@pytest.mark.parametrize(
    "text",
    [
        "I have not placed an order.", "Nothing was bought.", "I can't place orders.",
        "A ticket waits for your answer.", "I drafted a ticket for 100 USDT.",
        "If the order is approved it is sent.", "You bought ETH yesterday.",
        "The order wasn't filled.", "Ich habe nichts gekauft.", "The market closed higher.",
        "Should I have it drafted?", "Es wurde keine Order ausgeführt.",
    ],
)  # fmt: skip
def test_no_claims(text: str) -> None:
    assert not claims_an_order(text)


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("see [the report](https://evil.example/?q=1) now", "see the report now"),
        ("![x](https://evil.example/x.png)", "x"),
        (
            "at https://evil.example/a?equity=5 or www.evil.example",
            "at (link left out) or (link left out)",
        ),
        ("[a](javascript:alert) [b] (c)", "a [b] (c)"),
        ("no link [?] here (really)", "no link [?] here (really)"),
    ],
)
def test_links_are_only_words(text: str, after: str) -> None:
    assert without_links(text) == after


def test_control_and_direction_characters_are_gone() -> None:
    text = "a\x1b[31mred\x1b[0m\u202eevil\u200b\x07\x00b\x1b]0;title\x07\ttab\nline"
    assert harmless(text) == "aredevilb tab\nline"


@given(st.text(max_size=200))
def test_nothing_harmful_is_left(text: str) -> None:
    left = harmless(text)
    assert all(c == "\n" or c.isprintable() or c.isspace() for c in left)
    assert harmless(left) == left
    assert not set(left) & set("\x1b\u202e\u202d\u2066\u200b\ufeff")


@pytest.mark.parametrize("tag", ["<account as_of='x'>", "</external>", "< RECORD>", "<\u200bsaid>"])
def test_the_prompts_tags_cannot_be_written(tag: str) -> None:
    assert not untagged(tag).startswith("<")
    assert "<" not in bare(f"a {tag} b", 100)
