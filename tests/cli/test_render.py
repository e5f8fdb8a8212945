"""Replies as text: aligned, safe, and without colour where colour is not wanted."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from kit_tui.cli.render import render_reply
from kit_tui.cli.style import Style
from kit_tui.cli.tables import table, width
from kit_tui.domain.cards import (
    Card,
    OrdersCard,
    PortfolioCard,
    PositionsCard,
    QuestionCard,
    RefusalCard,
    Reply,
    RiskCard,
    TableCard,
    TicketCard,
)
from kit_tui.domain.numbers import Price, Quantity
from kit_tui.domain.orders import Mode, OrderStatus, OrderType, TimeInForce
from tests.cli import fakes
from tests.cli.fakes import Terminal

PLAIN = Style()
FULL = Style(weight=True, colour=True)
CARDS: tuple[Card, ...] = (
    TicketCard(fakes.TICKET), RefusalCard(verdict=fakes.FAILED_VERDICT), fakes.REPORT,
    PortfolioCard(fakes.PORTFOLIO), PositionsCard((fakes.MARKED,)), OrdersCard((fakes.ORDER,)),
    RiskCard(fakes.RISK), fakes.ANALYSIS, fakes.QUOTE, fakes.CHART, fakes.TABLE,
    QuestionCard(question="Which one?", choices=("BTC", "ETH")),
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


def test_a_question_is_asked_once_and_says_what_answers_it() -> None:
    card = QuestionCard(question="Which one?", choices=("BTC", "ETH"))
    asked = render_reply(Reply(text="Which one?", cards=(card,), ok=False), PLAIN)
    assert asked == "Which one?\n\nSay one of:\n· BTC\n· ETH"
    assert "Which one?" in render_reply(Reply(text="Two fit.", cards=(card,)), PLAIN)


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


def test_a_ticket_shows_everything_its_order_promises() -> None:
    draft = replace(
        fakes.TICKET.order, stop_loss=Price("65000"), take_profit=Price("70000"),
        trail=Decimal("0.02"), post_only=True, emulated=True, leverage=Decimal(3),
        mode=Mode.LIVE,
    )  # fmt: skip
    text = render_reply(
        Reply(text="", cards=(TicketCard(replace(fakes.TICKET, order=draft)),)), PLAIN
    )
    for line in (
        "stop loss  65,000.00",
        "target     70,000.00",
        "trailing   2.00%",
        "leverage   3×",
    ):
        assert line in text
    assert "post-only" in text
    assert "works only while K.I.T. runs" in text
    assert f"kit approve {fakes.TICKET.id} --hash {fakes.TICKET.hash}" in text


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"type": OrderType.STOP_LIMIT, "stop_price": Price("68000"), "price": Price("68100")},
         "68,000.00 then 68,100.00  accepted"),
        ({"type": OrderType.TRAILING_STOP, "trail": Decimal("0.04")}, "4.00% away"),
        ({"type": OrderType.STOP, "stop_price": Price("66500"), "emulated": True}, "watched here"),
        ({"type": OrderType.LIMIT, "price": Price("66500"), "outside": True}, "accepted · outside"),
        ({"type": OrderType.LIMIT, "price": Price("66500"), "time_in_force": TimeInForce.IOC},
         "limit IOC"),
    ],
    ids=["stop-limit", "trailing", "watched", "outside", "ioc"],
)  # fmt: skip
def test_a_working_order_shows_its_levels_and_where_it_works(
    changes: dict[str, Any], shown: str
) -> None:
    bare: dict[str, Any] = {
        "status": OrderStatus.ACCEPTED, "average_price": None, "price": None, "filled": Quantity(0),
    }  # fmt: skip
    order = replace(fakes.ORDER, **(bare | changes))
    assert shown in render_reply(Reply(text="", cards=(OrdersCard((order,)),)), PLAIN)


def test_a_fee_in_coins_is_shown_to_its_last_digit() -> None:
    order = replace(fakes.REPORT.order, fee=Decimal("0.0000000149"), fee_currency="BNB")
    report = replace(fakes.REPORT, order=order)
    assert "0.0000000149 BNB" in render_reply(Reply(text="", cards=(report,)), PLAIN)
