"""The pure parts: safe text, wrapping, fitting, tables, layouts, completion."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len

from kit_tui.domain.cards import TicketCard
from kit_tui.domain.message import Message, Speaker
from kit_tui.domain.pair import Pair
from kit_tui.domain.ticket import TicketState
from kit_tui.gateway.desk import CommandInfo
from kit_tui.tui.bars.fit import Item, fit
from kit_tui.tui.cards.checks import check_rows
from kit_tui.tui.cards.markdown import markdown_rows
from kit_tui.tui.cards.render import Look, message_block
from kit_tui.tui.completion import complete, matching
from kit_tui.tui.layout import PANES, Shape, Zoom, plan
from kit_tui.tui.order_fields import Form, unit_words
from kit_tui.tui.safe_text import safe_line, safe_text
from kit_tui.tui.spans import cut, pad, row, text_of, width_of, wrapped
from kit_tui.tui.table import Column, table
from kit_tui.tui.view import View
from kit_tui.tui.widgets.lines import changed_cells
from tests.support.clock import FakeClock
from tests.support.fake_desk import FakeDesk, make_ticket

SIZES = st.tuples(st.integers(1, 320), st.integers(1, 110))


@given(st.text())
def test_safe_text_holds_nothing_that_moves_a_cursor_or_turns_text_round(text: str) -> None:
    for character in safe_text(text):
        assert character == "\n" or unicodedata.category(character) not in {"Cc", "Cs"}
        assert character not in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\u200f"
    assert "\n" not in safe_line(text)


def test_safe_text_takes_whole_escape_sequences_out() -> None:
    assert safe_text("a\x1b[31mred\x1b[0m\x1b]0;title\x07b") == "aredb"
    assert safe_text("Z" + "\u0301" * 50) == "Z" + "\u0301" * 3
    assert safe_text("naïve 東京 −1.5 ▲") == "naïve 東京 −1.5 ▲"


WORDS = st.text(alphabet=st.sampled_from("abc 東é−x"), max_size=80)


@given(st.lists(st.tuples(WORDS, st.sampled_from(["fg", "loss"])), max_size=6),
       st.integers(4, 40), st.integers(0, 2))  # fmt: skip
def test_wrapping_fits_and_loses_no_word(
    spans: list[tuple[str, str]], width: int, indent: int
) -> None:
    lines = wrapped(tuple(spans), width, indent)
    assert all(width_of(line) <= width for line in lines)
    whole = "".join(text for text, _ in spans).replace(" ", "")
    assert "".join(text_of(line) for line in lines).replace(" ", "") == whole


@given(WORDS, st.integers(0, 40))
def test_cut_and_pad_keep_to_the_width(text: str, width: int) -> None:
    assert width_of(cut(row((text, "fg")), width)) <= width
    assert width_of(pad(row((text, "fg")), width)) == width


@given(st.integers(0, 200))
def test_a_bar_shows_whole_items_or_none(width: int) -> None:
    items = [
        Item((row("K.I.T."),), 0),
        Item((row("binance ● 43ms"), row("binance●")), 2),
        Item((row("telegram ●"), row("tg●")), 4),
        Item((row("equity 10,432.10"), row("10,432.10")), 1, right=True),
    ]
    line = fit(items, width)
    assert width_of(line) in (0, width)
    text = text_of(line)
    for number in ("10,432.10",):
        assert number in text or "10,4" not in text


def test_a_bar_shortens_everything_before_it_drops_anything() -> None:
    items = [
        Item((row("long form one"), row("one")), 1),
        Item((row("long form two"), row("two")), 2),
    ]
    assert text_of(fit(items, 8)).split() == ["one", "two"]


@given(st.integers(8, 120))
def test_tables_drop_columns_and_never_cut_numbers(width: int) -> None:
    columns = (Column("a", "A", rank=0), Column("b", "B", "right", 3), Column("c", "C", "right", 1))
    laid = table(
        columns, [{"a": ("BTC", "fg"), "b": ("67,012.4", "fg"), "c": ("+0.03", "fg")}], width
    )
    text = text_of(laid.body[0])
    for key, value in (("b", "67,012.4"), ("c", "+0.03")):
        assert (value in text) == (key not in laid.hidden)


@given(SIZES, st.sampled_from(PANES), st.sampled_from(list(Zoom)), st.integers(0, 40))
def test_layouts_keep_inside_and_never_overlap(
    size: tuple[int, int], pane: str, zoom: Zoom, held: int
) -> None:
    width, height = size
    made = plan(width, height, pane=pane, zoom=zoom, positions=held)
    taken: set[tuple[int, int]] = set()
    for box in made.boxes.values():
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= max(width, 1)
        assert box.y + box.height <= max(height, 1)
    for box in made.boxes.values():
        corners = {(box.x + dx, box.y + dy) for dx in range(0, max(0, box.width), 7)
                   for dy in range(max(0, box.height))}  # fmt: skip
        assert not corners & taken
        taken |= corners


@pytest.mark.parametrize(
    ("columns", "rows", "shape", "panes"),
    [
        (40, 16, Shape.PHONE, {"chat"}),
        (80, 21, Shape.NARROW, {"chat", "chart", "positions", "risk"}),
        (120, 37, Shape.NORMAL, {"chat", "chart", "positions", "risk"}),
        (200, 57, Shape.WIDE, set(PANES)),
    ],
)
def test_the_designed_sizes(columns: int, rows: int, shape: Shape, panes: set[str]) -> None:
    made = plan(columns, rows, positions=3)
    assert made.shape is shape
    assert set(made.boxes) == panes
    if shape is not Shape.PHONE:
        assert made.boxes["chart"].height >= 9
        assert made.boxes["positions"].height >= 5


def test_the_chosen_pane_always_has_a_place() -> None:
    for columns in (40, 80, 120, 200):
        for pane in PANES:
            assert pane in plan(columns, 37, pane=pane).boxes


SPANS = st.lists(st.tuples(st.sampled_from(["ab", "c", "defg"]), st.sampled_from("xy")), max_size=6)


@given(SPANS, SPANS)
def test_repainted_cells_cover_every_difference(
    old: list[tuple[str, str]], new: list[tuple[str, str]]
) -> None:
    width = 30
    left, right = changed_cells(tuple(old), tuple(new), width)

    def cells(spans: list[tuple[str, str]]) -> list[tuple[str, str]]:
        flat = [(character, role) for text, role in spans for character in text]
        return flat + [(" ", "fg")] * (width - len(flat))

    for at, (before, after) in enumerate(zip(cells(old), cells(new), strict=True)):
        assert before == after or left <= at < right


def test_markdown_is_plain_where_it_is_not_understood() -> None:
    rows = markdown_rows("# Title\n- **bold** and `code`\n[link](x) * 2 * 3\n\n|a|b|", 60)
    assert [text_of(line) for line in rows] == [
        "Title", "· bold and code", "[link](x) * 2 * 3", "", "a  b",
    ]  # fmt: skip


@given(st.text(max_size=400), st.integers(10, 80))
def test_any_reply_can_be_laid_out(text: str, width: int) -> None:
    for line in markdown_rows(text, width):
        assert sum(cell_len(part) for part, _ in line) <= width


def _command(name: str) -> CommandInfo:
    return CommandInfo(name=name, help="", detail="", usage="", effect="reads", owner="core")


def test_completion_of_commands_and_markets() -> None:
    commands = (_command("analyze"), _command("alert"), _command("halt"))
    pairs = (Pair("ETH/USDT"), Pair("BTC/USDT"))
    assert complete("/an", commands, pairs) == ["/analyze"]
    assert complete("Analyze ET", commands, pairs) == ["Analyze ETH/USDT"]
    assert complete("buy me", commands, pairs) == []
    assert [command.name for command in matching("/al", commands, 5)] == [
        "alert", "analyze", "halt",
    ]  # fmt: skip
    assert matching("/alert me", commands, 5) == []


@pytest.mark.parametrize("width", range(30, 60))
def test_the_figures_of_checks_are_never_cut(width: int) -> None:
    checks = make_ticket(FakeClock().now()).verdict.checks
    for line in check_rows(checks, width):
        assert width_of(line) <= width


def test_an_answer_says_once_what_became_of_its_ticket() -> None:
    now = FakeClock().now()
    rejected = replace(make_ticket(now), state=TicketState.REJECTED, answered_on="terminal")
    said = Message(
        id="m1", at=now, speaker=Speaker.KIT, channel="kit", principal="", name="kit",
        text="Ticket 12 rejected. Nothing was sent.", cards=(TicketCard(rejected),),
    )  # fmt: skip
    desk = FakeDesk(FakeClock())
    view = View(store=desk.store, now=now, width=60)
    text = "\n".join(text_of(line) for line in message_block(said, view, Look()).rows)
    assert text.count("rejected") == 1


@pytest.mark.parametrize(
    ("text", "lines"),
    [("That is more than one order. One at a time.",
      ["! That is more than", "  one order. One at a", "  time."]),
     ("How much BTC: in USDT or in BTC?", ["? How much BTC: in", "  USDT or in BTC?"])],
)  # fmt: skip
def test_what_failed_and_what_is_asked_hang_on_a_mark(text: str, lines: list[str]) -> None:
    said = Message(
        id="m1", at=FakeClock().now(), speaker=Speaker.KIT, channel="terminal", principal="",
        name="kit", text=text, ok=False,
    )  # fmt: skip
    view = View(store=FakeDesk(FakeClock()).store, now=said.at, width=22)
    assert [text_of(line) for line in message_block(said, view, Look()).rows[1:-1]] == lines


@pytest.mark.parametrize(
    ("pair", "unit", "word"),
    [("BTC/USDT:USDT", "quote", "USDT"), ("BTC/EUR", "quote", "EUR"), ("BTC", "quote", "USDT"),
     ("BTC/USDT:USDT", "base", "BTC"), ("BTC/USDT", "% of equity", "% of equity")],
)  # fmt: skip
def test_the_form_names_what_the_size_counts_in(pair: str, unit: str, word: str) -> None:
    assert unit_words(Form(pair=pair, unit=unit)) == word


def test_a_wrapped_row_never_holds_a_line_break() -> None:
    rows = wrapped((("one.\n\ntwo three", "fg"),), 12)
    assert [text_of(line) for line in rows] == ["one.  two", "three"]
