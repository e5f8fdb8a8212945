"""A model's turn on the screen: it streams, can be broken off, and its tools can be opened."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from textual import events

from kit_tui.domain.errors import KitError
from kit_tui.domain.message import Speaker
from kit_tui.domain.turn import ToolUse
from kit_tui.state.slices import APPROVALS, CONVERSATION, TURNS
from kit_tui.tui.cards.answers import Block, add_tools, tool_line
from kit_tui.tui.cards.markdown import GrowingMarkdown, markdown_rows
from kit_tui.tui.panes import chat_choosing
from kit_tui.tui.panes.spoken import arranged
from kit_tui.tui.spans import text_of, width_of
from kit_tui.tui.turns import brief_arguments, seconds_words
from tests.support import fake_turns
from tests.support.fake_desk import make_ticket
from tests.tui.driving import Stage, stage
from tests.tui.test_conversation import type_text

SIZES = [(80, 24), (120, 40)]


def lines_of(stand: Stage) -> list[str]:
    """What the transcript shows, without blanks at the ends."""
    return [line.rstrip() for line in stand.text("#transcript").split("\n")]


def row_with(stand: Stage, words: str) -> int:
    """The row of the transcript in which these words stand."""
    found = [y for y, line in enumerate(lines_of(stand)) if words in line]
    assert len(found) == 1, (words, lines_of(stand))
    return found[0]


# Streaming


@pytest.mark.parametrize("size", SIZES)
async def test_an_answer_grows_under_its_question(size: tuple[int, int]) -> None:
    async with stage(size=size) as stand:
        question = fake_turns.ask(stand.desk)
        turn = fake_turns.begin(stand.desk, question)
        await stand.settle()
        assert "sonnet-5-5" in lines_of(stand)[row_with(stand, "How does ETH") + 2]
        assert "thinking" in stand.text("#chat")
        turn = fake_turns.grow(stand.desk, turn, phase="answering", text="ETH leans **sho")
        await stand.settle()
        assert lines_of(stand)[row_with(stand, "How does ETH") + 3] == "ETH leans sho"
        fake_turns.grow(stand.desk, turn, text="ETH leans **short** now.\n\n```\nlong = 0\nx")
        await stand.settle()
        shown = stand.text("#transcript")
        assert "ETH leans short now." in shown
        assert "long = 0" in shown


@pytest.mark.parametrize("size", SIZES)
async def test_the_message_takes_the_place_of_the_turn_without_a_jump(
    size: tuple[int, int],
) -> None:
    async with stage(size=size) as stand:
        turn = fake_turns.begin(
            stand.desk, fake_turns.ask(stand.desk), phase="answering", text=fake_turns.ANSWER,
            tools=(fake_turns.ANALYSIS,),
        )  # fmt: skip
        await stand.settle()
        before = lines_of(stand)
        fake_turns.finish(stand.desk, turn)
        await stand.settle()
        after = lines_of(stand)
        changed = [y for y, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
        assert all("$0.004" in after[y] for y in changed)
        assert len(changed) <= 1
        assert "thinking" not in stand.text("#chat")


async def test_a_turn_stays_until_its_message_arrives() -> None:
    """Over a socket the two slices may come apart; the answer does not blink away between."""
    async with stage() as stand:
        turn = fake_turns.begin(
            stand.desk, fake_turns.ask(stand.desk), phase="answering", text="ETH is calm."
        )
        await stand.settle()
        stand.desk.store.publish(TURNS, ())
        await stand.settle()
        assert "ETH is calm." in stand.text("#transcript")
        fake_turns.finish(stand.desk, turn)
        await stand.settle()
        assert stand.text("#transcript").count("ETH is calm.") == 1
        fake_turns.begin(
            stand.desk, fake_turns.ask(stand.desk), phase="answering", text="Never told."
        )
        await stand.settle()
        stand.desk.store.publish(TURNS, ())
        stand.clock.advance(3)
        await stand.settle()
        stand.app.main.chat.redraw()
        await stand.settle()
        assert "Never told." not in stand.text("#transcript")


async def test_who_reads_above_keeps_the_place_while_an_answer_grows() -> None:
    async with stage(size=(80, 24)) as stand:
        for number in range(40):
            stand.desk.add_message(f"line {number}")
        turn = fake_turns.begin(stand.desk, fake_turns.ask(stand.desk), phase="answering")
        await stand.settle()
        await stand.press("pageup")
        before = lines_of(stand)
        for count in range(1, 30):
            turn = fake_turns.grow(stand.desk, turn, text="\n".join(["more"] * count))
            stand.app.bridge.flush()
        await stand.settle()
        assert lines_of(stand) == before
        fake_turns.finish(stand.desk, turn)
        await stand.settle()
        assert lines_of(stand) == before
        assert "more below" in stand.text("#chat")


async def test_a_question_asked_meanwhile_stands_under_the_answer_that_grows() -> None:
    async with stage() as stand:
        turn = fake_turns.begin(
            stand.desk, fake_turns.ask(stand.desk, "first"), phase="answering", text="answer one"
        )
        fake_turns.ask(stand.desk, "second")
        await stand.settle()
        assert row_with(stand, "first") < row_with(stand, "answer one") < row_with(stand, "second")
        place = row_with(stand, "answer one")
        fake_turns.finish(stand.desk, turn)
        await stand.settle()
        assert row_with(stand, "answer one") == place


async def test_words_added_to_an_answer_stand_under_it() -> None:
    """An analysis by code comes first; the model then adds to it."""
    async with stage() as stand:
        question = fake_turns.ask(stand.desk, "Analyze ETH")
        stand.desk.add_message("by code", reply_to=question.id, engine="offline grammar")
        turn = fake_turns.begin(stand.desk, question, phase="answering", text="by the model")
        fake_turns.ask(stand.desk, "second")
        await stand.settle()
        places = [row_with(stand, words) for words in ("by code", "by the model", "second")]
        assert places == sorted(places)
        fake_turns.finish(stand.desk, turn)
        await stand.settle()
        assert [row_with(stand, w) for w in ("by code", "by the model", "second")] == places


async def test_an_answer_to_something_long_past_is_told_at_the_end() -> None:
    async with stage() as stand:
        old = fake_turns.ask(stand.desk, "old")
        told = stand.desk.add_message("in between")
        late = stand.desk.add_message("late", reply_to=old.id)
        messages = stand.desk.store.get(CONVERSATION) or ()
        assert arranged(messages, ())[-2:] == [told, late]


async def test_a_turn_on_the_phone_is_seen_here_and_not_stopped_by_escape() -> None:
    async with stage() as stand:
        question = stand.desk.add_message("ETH?", Speaker.PERSON, channel="telegram")
        fake_turns.begin(
            stand.desk, question, channel="telegram", principal="telegram:7", phase="answering",
            text="Looking.",
        )  # fmt: skip
        await stand.settle()
        assert "Looking." in stand.text("#transcript")
        await stand.press("escape")
        assert not stand.asked("interrupt")
        assert stand.focused != "prompt"


@given(st.text("ab *`|-#\n1.\x1b", max_size=120), st.integers(10, 40))
def test_a_text_that_grew_is_laid_out_as_if_it_came_at_once(text: str, width: int) -> None:
    growing = GrowingMarkdown(width)
    for end in range(len(text)):
        for line in growing.rows(text[:end]):
            assert len(text_of(line)) <= width
    # A last line may be closed on the way, but complete lines are what they will remain.
    whole = f"{text.strip()}\n\nend"
    assert growing.rows(whole) == markdown_rows(whole, width)


# Tools


async def test_tool_lines_are_closed_until_they_are_opened() -> None:
    async with stage() as stand:
        fake_turns.an_answer(stand.desk)
        await stand.settle()
        assert "▸ get_analysis ETH/USDT 4h · 0.42 s" in lines_of(stand)
        assert "▸ get_price DOGE/USDT · failed 0.10 s" in lines_of(stand)
        assert "RSI 14 41.2" not in stand.text("#transcript")
        await stand.press("ctrl+o")
        assert "│ pair ETH/USDT, timeframe 4h" in lines_of(stand)
        assert "RSI 14 41.2" in stand.text("#transcript")
        assert "│ binance: no such market" in lines_of(stand)
        await stand.press("ctrl+o")
        assert "RSI 14 41.2" not in stand.text("#transcript")


@pytest.mark.parametrize("width", [20, 34, 46, 90])
def test_an_opened_tool_takes_eight_rows_at_most(width: int) -> None:
    long = ToolUse(name="get_history", arguments="pair " + "X" * 300, result="\n".join("abc" * 90))
    block = Block()
    add_tools(block, (long, fake_turns.PRICE), "m1", frozenset({0}), width=width)
    assert len(block.rows) == 9
    assert all(width_of(line) <= width for line in block.rows)
    assert "more lines" in text_of(block.rows[7])
    assert [block.spots[y].index for y in (0, 7, 8)] == [0, 0, 1]


@pytest.mark.parametrize(
    ("width", "line"),
    [(46, "▸ get_price DOGE/USDT · failed 0.10 s"), (34, "▸ get_price DOGE/USDT · failed"),
     (24, "▸ get_price DO… · failed")],
)  # fmt: skip
def test_a_tool_that_failed_says_so_at_every_width(width: int, line: str) -> None:
    assert text_of(tool_line(fake_turns.PRICE, width, opened=False)[0]) == line


def test_arguments_lose_their_names_but_nothing_else() -> None:
    assert brief_arguments("pair ETH/USDT, timeframe 4h, price None") == "ETH/USDT 4h"
    assert brief_arguments("ETH/USDT 4h") == "ETH/USDT 4h"
    assert brief_arguments("words Buy it now, really") == "Buy it now really"
    assert brief_arguments("") == ""


async def test_a_click_opens_one_tool_line_where_it_stands() -> None:
    async with stage() as stand:
        fake_turns.an_answer(stand.desk)
        await stand.settle()
        place = row_with(stand, "get_price")
        await stand.pilot.click("#transcript", offset=(3, place))
        await stand.settle()
        assert row_with(stand, "▾ get_price") == place
        assert "RSI 14 41.2" not in stand.text("#transcript")
        assert stand.focused == "prompt"
        await stand.pilot.click("#transcript", offset=(3, place))
        await stand.settle()
        assert row_with(stand, "▸ get_price") == place


async def test_a_tool_that_runs_counts_and_stays_open_when_the_answer_is_there() -> None:
    async with stage() as stand:
        turn = fake_turns.begin(
            stand.desk, fake_turns.ask(stand.desk), phase="working",
            tools=(ToolUse(name="get_analysis", arguments="ETH/USDT 4h"),),
        )  # fmt: skip
        await stand.settle()
        assert "reading get_analysis" in stand.text("#chat")
        stand.clock.advance(3)
        stand.app.main.chat.redraw()
        assert "▸ get_analysis ETH/USDT 4h · 3 s" in lines_of(stand)
        await stand.press("ctrl+o")
        assert "│ still running" in lines_of(stand)
        turn = fake_turns.grow(stand.desk, turn, tools=(fake_turns.ANALYSIS,), text="Done.")
        fake_turns.finish(stand.desk, turn)
        await stand.settle()
        assert "RSI 14 41.2" in stand.text("#transcript")


async def test_thoughts_are_one_line_and_gone_with_the_turn() -> None:
    async with stage() as stand:
        turn = fake_turns.begin(
            stand.desk,
            fake_turns.ask(stand.desk),
            phase="thinking",
            thinking="First.\nSecond\x1b[2J.",
        )
        await stand.settle()
        assert "Second." in lines_of(stand)
        assert "First." not in stand.text("#transcript")
        await stand.press("ctrl+o")
        assert "│ First." in lines_of(stand)
        await stand.press("ctrl+o")
        stand.clock.advance(6)
        turn = fake_turns.grow(stand.desk, turn, phase="answering", text="So.")
        await stand.settle()
        assert "thought 6 s" in stand.text("#transcript")
        assert "Second." not in stand.text("#transcript")
        fake_turns.finish(stand.desk, turn)
        await stand.settle()
        assert "thought" not in stand.text("#transcript")


# Breaking off


@pytest.mark.parametrize("words", ["", "half a thought"])
async def test_escape_breaks_the_answer_off_and_only_then_leaves(words: str) -> None:
    async with stage() as stand:
        fake_turns.begin(
            stand.desk, fake_turns.ask(stand.desk), phase="answering", text="ETH leans"
        )
        await type_text(stand, words)
        assert "esc stop" in stand.text("#chat")
        await stand.press("escape")
        assert stand.asked("interrupt") == [("interrupt",)]
        assert stand.focused == "prompt"
        assert stand.app.main.chat.prompt.text == words
        assert "broken off: stopped by you" in stand.text("#transcript")
        assert "esc leave" in stand.text("#chat")
        await stand.press("escape")
        assert stand.focused != "prompt"
        assert len(stand.asked("interrupt")) == 1


async def test_a_stop_is_shown_before_the_engine_answers_and_a_second_escape_leaves() -> None:
    async with stage() as stand:
        fake_turns.begin(stand.desk, fake_turns.ask(stand.desk), phase="thinking")
        await stand.settle()
        stand.desk.gate = asyncio.Event()
        await stand.press("escape")
        assert "stopping" in stand.text("#chat")
        await stand.press("escape")
        assert stand.focused != "prompt"
        stand.desk.gate.set()
        await stand.settle()
        assert "stopping" not in stand.text("#chat")


async def test_the_turn_that_waited_behind_a_stopped_one_can_be_stopped_too() -> None:
    async with stage() as stand:
        first = fake_turns.begin(stand.desk, fake_turns.ask(stand.desk), phase="thinking")
        await stand.settle()
        stand.desk.gate = asyncio.Event()
        await stand.press("escape")
        second = replace(first, id="m99", reply_to="m99")
        stand.desk.store.publish(TURNS, (second,))
        await stand.settle()
        await stand.press("escape")
        assert len(stand.asked("interrupt")) == 2
        stand.desk.gate.set()


async def test_a_stop_that_failed_is_said_and_can_be_tried_again() -> None:
    async with stage() as stand:
        fake_turns.begin(stand.desk, fake_turns.ask(stand.desk), phase="thinking")
        await stand.settle()
        stand.desk.fail = KitError("The engine does not answer.")
        await stand.press("escape")
        assert "The engine does not answer." in stand.text("#transcript")
        await stand.press("escape")
        assert len(stand.asked("interrupt")) == 2


async def test_escape_on_a_ticket_that_has_just_arrived_means_the_answer() -> None:
    async with stage() as stand:
        fake_turns.begin(
            stand.desk, fake_turns.ask(stand.desk), phase="answering", text="I propose"
        )
        stand.desk.store.publish(APPROVALS, (make_ticket(stand.clock.now()),))
        await stand.settle()
        assert stand.focused == "ticket"
        await stand.press("escape")
        assert stand.asked("interrupt")
        assert stand.focused == "ticket"
        assert not stand.asked("reject")
        await stand.press("escape")
        assert stand.focused == "prompt"
        assert stand.app.main.chat.card.display


async def test_halt_and_another_message_need_not_wait_for_the_answer() -> None:
    async with stage() as stand:
        fake_turns.begin(
            stand.desk, fake_turns.ask(stand.desk), phase="answering", text="ETH leans"
        )
        await type_text(stand, "risk")
        await stand.press("enter", "f9")
        assert stand.asked("send") == [("send", "risk")]
        assert stand.asked("halt")
        assert not stand.asked("interrupt")


# Questions


@pytest.mark.parametrize("size", SIZES)
async def test_a_digit_answers_the_question(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_choosing, "PICK_S", 0.001)
    async with stage(size=size) as stand:
        fake_turns.a_question(stand.desk)
        await stand.settle()
        assert "1  BTC for 100 USDT" in lines_of(stand)
        assert "1-3 answer" in stand.text("#chat")
        await stand.press("2")
        await stand.settle()
        assert stand.asked("send") == [("send", "100 BTC")]
        assert stand.app.main.chat.prompt.text == ""
        assert "·  BTC for 100 USDT" in lines_of(stand)


async def test_a_number_typed_in_full_is_no_choice() -> None:
    async with stage() as stand:
        fake_turns.a_question(stand.desk)
        await stand.settle()
        await type_text(stand, "150 USDT")
        await stand.press("enter")
        assert stand.asked("send") == [("send", "150 USDT")]


async def test_enter_takes_a_typed_choice_at_once() -> None:
    async with stage() as stand:
        fake_turns.a_question(stand.desk)
        await stand.settle()
        stand.app.post_message(events.Key("3", "3"))
        stand.app.post_message(events.Key("enter", "\r"))
        await stand.settle()
        assert stand.asked("send") == [("send", "nothing")]


async def test_digits_are_digits_where_something_is_typed_or_nothing_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chat_choosing, "PICK_S", 0.001)
    async with stage() as stand:
        await stand.press("2")
        assert stand.app.main.chat.prompt.text == "2"
        fake_turns.a_question(stand.desk)
        await stand.settle()
        await stand.press("1")
        assert stand.app.main.chat.prompt.text == "21"
        await stand.press("backspace", "backspace", "9")
        assert stand.app.main.chat.prompt.text == "9"
        assert not stand.asked("send")


async def test_a_question_put_to_the_phone_is_not_answered_here() -> None:
    async with stage() as stand:
        fake_turns.ask_back(stand.desk, "yes", "no", channel="telegram")
        await stand.settle()
        assert "·  yes" in lines_of(stand)


async def test_a_click_on_a_choice_answers() -> None:
    async with stage() as stand:
        fake_turns.a_question(stand.desk)
        await stand.settle()
        await stand.pilot.click("#transcript", offset=(4, row_with(stand, "3  nothing")))
        await stand.settle()
        assert stand.asked("send") == [("send", "nothing")]


# What stands under a name


@pytest.mark.parametrize(
    ("size", "badge"),
    [
        ((80, 24), "offline · overloaded"),
        ((120, 40), "offline · model overloaded"),
        ((200, 60), "offline grammar · model overloaded"),
    ],
)
async def test_an_answer_of_the_grammar_says_why_the_model_did_not(
    size: tuple[int, int], badge: str
) -> None:
    async with stage(size=size) as stand:
        fake_turns.a_cut_answer(stand.desk)
        await stand.settle()
        assert badge in stand.text("#transcript")
        stand.desk.add_message("No key.", engine="offline grammar", why="no key")
        await stand.settle()
        assert "kit  14:03 · offline grammar" in lines_of(stand)


@pytest.mark.parametrize(
    ("width", "said"),
    [(40, "AI●"), (80, "AI $0.14 c91%"), (120, "AI $0.14 cache 91%"),
     (200, "sonnet-5-5 ● $0.14/2.00 cache 91%")],
)  # fmt: skip
async def test_the_status_row_tells_what_the_model_costs(width: int, said: str) -> None:
    async with stage(size=(width, 24)) as stand:
        fake_turns.use_model(stand.desk)
        await stand.settle()
        assert said in stand.text("#status")


async def test_why_an_answer_broke_off_is_said_once() -> None:
    async with stage() as stand:
        turn = fake_turns.begin(stand.desk, fake_turns.ask(stand.desk), text="The tool")
        words = "The tool\n\n(interrupted)"
        fake_turns.finish(stand.desk, turn, text=words, cut=True, why="interrupted")
        await stand.settle()
        assert stand.text("#transcript").count("interrupted") == 1
        assert "broken off: interrupted" in lines_of(stand)


@pytest.mark.parametrize(
    ("ms", "said"), [(3, "<0.01 s"), (42, "0.04 s"), (12_340, "12.3 s"), (75_000, "75 s")]
)
def test_how_long_a_tool_took(ms: int, said: str) -> None:
    assert seconds_words(ms) == said


@pytest.mark.parametrize(
    ("width", "state", "detail", "said"),
    [(120, "degraded", "overloaded", "sonnet-5-5 ! overloaded"),
     (80, "degraded", "overloaded", "AI ! overloaded"), (40, "degraded", "overloaded", "AI!"),
     (120, "off", "daily budget used", "AI ○ daily budget used"),
     (120, "down", "key refused", "sonnet-5-5 ✗ key refused"),
     (200, "connecting", "$0.00/2.00", "sonnet-5-5 ○ $0.00/2.00"),
     (40, "connecting", "$0.00/2.00", "AI○"),
     (120, "off", "switched off", "offline grammar"), (120, "off", "no key", "offline grammar")],
)  # fmt: skip
async def test_the_status_row_tells_why_the_model_does_not_answer(
    width: int, state: str, detail: str, said: str
) -> None:
    async with stage(size=(width, 24)) as stand:
        fake_turns.use_model(stand.desk, state=state, detail=detail)
        await stand.settle()
        assert said in stand.text("#status")
