"""Replies as text: aligned, safe, and without colour where colour is not wanted."""

from __future__ import annotations

import io

import pytest

from kit_tui.cli.render import render_reply, table, width
from kit_tui.cli.style import Style
from kit_tui.domain.cards import (
    Card,
    OrdersCard,
    PortfolioCard,
    PositionsCard,
    RefusalCard,
    Reply,
    RiskCard,
    TableCard,
    TicketCard,
)
from tests.cli import fakes
from tests.cli.fakes import Terminal

PLAIN = Style()
FULL = Style(weight=True, colour=True)
CARDS: tuple[Card, ...] = (
    TicketCard(fakes.TICKET), RefusalCard(verdict=fakes.FAILED_VERDICT), fakes.REPORT,
    PortfolioCard(fakes.PORTFOLIO), PositionsCard((fakes.MARKED,)), OrdersCard((fakes.ORDER,)),
    RiskCard(fakes.RISK), fakes.ANALYSIS, fakes.QUOTE, fakes.TABLE,
)  # fmt: skip


@pytest.mark.parametrize("card", CARDS, ids=lambda card: type(card).__name__)
def test_every_card_has_a_text_and_colour_changes_nothing_else(card: Card) -> None:
    plain = render_reply(Reply(text="", cards=(card,)), PLAIN)
    assert plain
    assert "\x1b" not in plain
    coloured = render_reply(Reply(text="", cards=(card,)), FULL)
    import re

    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain


def test_a_ticket_shows_how_to_answer_it_and_what_was_checked() -> None:
    text = render_reply(fakes.PENDING.reply, PLAIN)
    for part in ("BUY 0.00149 BTC", "67,012.40", "kit approve 7", fakes.HASH, "maxPositionSize"):
        assert part in text


def test_losses_have_a_sign_beside_their_colour() -> None:
    text = render_reply(Reply(text="", cards=(PositionsCard((fakes.MARKED,)),)), PLAIN)
    assert "−1.61" in text


def test_what_is_unpriced_or_partial_is_said() -> None:
    text = render_reply(Reply(text="", cards=(PortfolioCard(fakes.PORTFOLIO),)), PLAIN)
    assert "unpriced" in text
    assert "Partial" in text


@pytest.mark.parametrize("style", [PLAIN, FULL])
def test_text_from_outside_cannot_steer_the_terminal(style: Style) -> None:
    evil = "a\x1b]0;owned\x07b\x1b[2Jc\u202ed"
    card = TableCard(title=evil, columns=("x",), rows=((evil,),))
    text = render_reply(Reply(text=evil, cards=(card,)), style)
    for part in ("\x1b]", "\x1b[2J", "\u202e", "\x07"):
        assert part not in text


def test_columns_line_up_with_wide_characters_and_numbers_stand_right() -> None:
    lines = table(("name", "n"), [("価格", "1"), ("ab", "−22.5")], PLAIN).split("\n")
    assert {width(line) for line in lines} == {width(lines[2])}
    assert lines[1].endswith(" 1")


@pytest.mark.parametrize(
    ("environ", "weight", "colour"),
    [
        ({"TERM": "xterm"}, True, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, False, False),
        ({}, False, False),
    ],
)
def test_style_follows_the_terminal(environ: dict[str, str], weight: bool, colour: bool) -> None:
    assert Style.for_stream(Terminal(), environ) == Style(weight=weight, colour=colour)
    assert Style.for_stream(io.StringIO(), environ) == Style()
