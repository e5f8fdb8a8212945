"""What reaches Telegram is valid, safe and small enough, whatever the text was."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kit_tui.channels.backoff import Backoff
from kit_tui.channels.cards import answer_note, message_lines, open_tickets
from kit_tui.channels.telegram_html import LIMIT, as_html, as_plain, size
from kit_tui.channels.text import Line, lines_of, packed, visible_line, visible_text
from kit_tui.channels.tickets import TicketButtons
from kit_tui.domain.cards import (
    Card,
    OrdersCard,
    PositionsCard,
    QuestionCard,
    RefusalCard,
    RiskCard,
    TableCard,
    TicketCard,
)
from kit_tui.domain.message import Message, Speaker
from kit_tui.domain.numbers import Price
from kit_tui.domain.orders import TimeInForce
from kit_tui.domain.position import MarkedPosition, Position
from kit_tui.domain.risk import Gauge, RiskReport, TradingStatus
from kit_tui.domain.ticket import TicketState
from kit_tui.state.deliveries import Deliveries
from tests.domain.examples import BTC, NOW, a_ticket, a_verdict, an_order
from tests.servers.telegram_api import parse_html

marks = st.sampled_from(["**", "*", "`", "```\n", "# ", "- ", "| ", "[", "](", ")", "<b>", "</b>",
                         "&", "&lt;", "<", ">", "\n", " ", "word", "🐂", "e\u0301"])  # fmt: skip
markdown = st.one_of(st.text(max_size=300), st.lists(marks, max_size=40).map("".join))


def said(text: str, *cards: Card, speaker: Speaker = Speaker.KIT, **changes: Any) -> Message:
    values: dict[str, Any] = {
        "id": "m1", "at": NOW, "speaker": speaker, "channel": "terminal",
        "principal": "terminal:local", "name": "you", "text": text, "cards": cards,
    }  # fmt: skip
    return Message(**{**values, **changes})


def parts_of(lines: Iterable[Line]) -> list[tuple[Line, ...]]:
    return packed(lines, LIMIT - 300, size)


def shown(text: str, *cards: Card) -> str:
    """The visible text of a reply, as Telegram's own parser reads it."""
    parts = parts_of(message_lines(said(text, *cards), NOW))
    return "\n".join(parse_html(as_html(part)) for part in parts)


def test_a_question_is_asked_once_with_its_choices() -> None:
    card = QuestionCard(question="Which one?", choices=("BTC", "E*TH"))
    assert shown("Which one?", card) == "Which one?\n· BTC\n· E*TH"
    assert shown("Two fit.", card) == "Two fit.\nWhich one?\n· BTC\n· E*TH"


def test_an_answer_that_broke_off_says_so() -> None:
    lines = message_lines(said("ETH leans", cut=True, why="stopped by you"), NOW)
    assert [line.plain for line in lines] == ["ETH leans", "Broken off: stopped by you."]


@given(markdown)
def test_any_markdown_becomes_html_that_telegram_reads_as_the_plain_form(text: str) -> None:
    for part in parts_of(lines_of(text)):
        assert parse_html(as_html(part)) == as_plain(part)


@given(markdown, st.integers(1, 60))
def test_no_part_is_too_long_and_nothing_is_lost(text: str, times: int) -> None:
    lines = list(lines_of(text * times))
    parts = parts_of(lines)
    for part in parts:
        assert len(as_plain(part).encode("utf-16-le")) // 2 <= LIMIT
        assert len(as_html(part).encode("utf-16-le")) // 2 <= LIMIT
        assert as_plain(part).strip()
    together = "".join(as_plain(part) for part in parts)
    assert "".join(together.split()) == "".join("".join(line.plain for line in lines).split())


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**Bought** 1 *BTC* @ `67,012.40`", "<b>Bought</b> 1 <i>BTC</i> @ <code>67,012.40</code>"),
        ("## Plan", "<b>Plan</b>"),
        ("- one\n* two", "• one\n• two"),
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("`**not bold**`", "<code>**not bold**</code>"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("snake_case stays", "snake_case stays"),
        ("[safe](https://evil.example)", "safe (https://evil.example)"),
        ("```\na  b\nc  d\n```", "<pre>a  b\nc  d</pre>"),
        ("| a | b |\ntext", "<pre>| a | b |</pre>\ntext"),
        ("<b>raw</b>", "&lt;b&gt;raw&lt;/b&gt;"),
    ],
)
def test_marks_become_tags(text: str, html: str) -> None:
    (part,) = parts_of(lines_of(text))
    assert as_html(part) == html


@given(st.text(max_size=200))
def test_nothing_invisible_survives(text: str) -> None:
    kept = visible_text(text)
    assert all(c == "\n" or unicodedata.category(c) not in {"Cc", "Cf", "Cs"} for c in kept)
    assert "\n" not in visible_line(text)
    assert len(visible_line(text, 20)) <= 20


def test_a_reversed_ticker_cannot_hide_its_name() -> None:
    assert shown("Buy \u202eCTB\u202c now\x1b[31m") == "Buy CTB now[31m"


def test_words_from_the_terminal_are_not_read_as_markdown() -> None:
    lines = message_lines(said("**Buy** `all`", speaker=Speaker.PERSON), NOW)
    assert [line.plain for line in lines] == ["you · terminal", "**Buy** `all`"]


def test_a_message_that_comes_late_says_when_it_was() -> None:
    later = NOW + timedelta(minutes=61)
    assert message_lines(said("Filled."), later)[0].plain == "22 Nov 14:03 UTC"


HOSTILE = "</pre><b>&\u202e"
POSITION = Position(
    pair=BTC, venue="v", account="paper", signed_quantity=Decimal("-0.5"), cost=Decimal(-30_000)
)
CARDS: list[tuple[Card, list[str]]] = [
    (TicketCard(a_ticket()), ["0.00149 BTC", "67,345.00", "14:04:00 UTC", "paper"]),
    (RefusalCard(verdict=a_verdict()), ["1 of 1 checks passed."]),
    (PositionsCard((MarkedPosition(position=POSITION, mark_price=Price(59_000), mark_at=NOW),)),
     ["short", "59,000.00", "+500.00"]),
    (PositionsCard((MarkedPosition(position=POSITION, mark_price=None, mark_at=None),)), ["–"]),
    (OrdersCard((an_order(price=Price(1)),)), ["o1", "buy", "BTC/USDT", "submitted"]),
    (RiskCard(RiskReport(status=TradingStatus(), as_of=NOW, gauges=(
        Gauge(name="leverage", label="leverage", unit="multiple", value=Decimal(1),
              limit=Decimal(4)),
        Gauge(name="x", label="day", unit="fraction", value=Decimal(0), limit=Decimal(0),
              enabled=False)))), ["1.00×", "4.00×", "25%", "off"]),
    (TableCard(title=HOSTILE, columns=("a", HOSTILE), rows=((HOSTILE, "1"), ("short",))),
     ["</pre><b>&", "short"]),
    (TableCard(title="long", columns=("n",), rows=tuple((str(n),) for n in range(99))),
     ["… and 59 more"]),
]  # fmt: skip


@pytest.mark.parametrize(("card", "words"), CARDS)
def test_every_card_is_readable_and_valid(card: Card, words: list[str]) -> None:
    text = shown("Here.", card)
    assert text.startswith("Here.\n")
    for word in words:
        assert word in text
    assert "\u202e" not in text


def test_a_button_approves_nothing_that_is_not_shown() -> None:
    """Every term that changes what the order does stands above its buttons, and the hash."""
    usual = a_ticket()
    draft = replace(
        usual.order, stop_loss=Price("60000"), take_profit=Price("72000"), trail=Decimal("0.03"),
        leverage=Decimal(3), post_only=True, reduce_only=True, emulated=True,
        time_in_force=TimeInForce.IOC,
    )  # fmt: skip
    unusual = a_ticket(order=draft)
    text = shown("", TicketCard(unusual))
    for word in ("60,000", "72,000", "3.00%", "3×", "post-only", "only reduces", "watched here",
                 "ioc", unusual.hash[:8], draft.account, draft.mode.value):  # fmt: skip
        assert word in text, word
    plain = shown("", TicketCard(usual))
    assert "target" not in plain
    assert "terms" not in plain


def test_columns_are_aligned() -> None:
    rows = (("BTC", "1"), ("LINK", "23"))
    lines = shown("", TableCard(title="t", columns=("coin", "n"), rows=rows)).split("\n")
    assert lines[-3:] == ["coin  n", "BTC   1", "LINK  23"]


def test_only_open_tickets_can_be_answered() -> None:
    pending = a_ticket()
    cards = [TicketCard(pending), TicketCard(a_ticket(id="t2", state=TicketState.REJECTED))]
    assert open_tickets(said("", *cards), NOW) == [pending]
    assert open_tickets(said("", *cards), pending.expires_at) == []


def test_an_answer_says_who_where_and_when() -> None:
    ticket = a_ticket(
        state=TicketState.APPROVED, answered_by="Ann\n\u202e", answered_on="terminal",
        answered_at=NOW, note="price moved",
    )  # fmt: skip
    assert answer_note(ticket) == "Approved by Ann · terminal, 14:03:00 UTC: price moved"


def test_several_tickets_in_one_message_have_buttons_of_their_own() -> None:
    numbers = iter(range(9))
    buttons = TicketButtons(
        "telegram", Deliveries(), lambda: f"n{next(numbers)}", approve_live=False, typed=False
    )
    tickets = [a_ticket(id="t1"), a_ticket(id="t2")]
    (part,) = parts_of(lines_of("Close all"))
    post = buttons.show("42", 7, part, tickets, asks=True)
    labels = [button.label for row in post.rows for button in row]
    assert labels == ["Approve t1", "Reject t1", "Approve t2", "Reject t2"]
    assert buttons.take("43", "a:n1") is None
    taken = buttons.take("42", "a:n1")
    assert taken is not None
    assert (taken[1].ticket, taken[2]) == ("t2", True)
    assert buttons.take("42", "a:n1") is None
    (changed,) = buttons.end(tickets[0])
    assert buttons.post_of(changed).rows == ()


def test_the_wait_doubles_to_a_minute_and_starts_over() -> None:
    waits = Backoff()
    assert [waits.next() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    waits.reset()
    assert waits.next() == 1
