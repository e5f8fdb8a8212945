"""Typing, sending and answering tickets: what reaches the desk, and what comes back."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace
from textual import events

from kit_tui.domain.errors import KitError
from kit_tui.domain.pair import Pair
from kit_tui.state.slices import APPROVALS
from kit_tui.tui.widgets.prompt import MAX_CHARACTERS
from tests.support.charts import chart_of
from tests.support.fake_desk import make_ticket
from tests.support.market import walk
from tests.tui.driving import Stage, stage


async def type_text(stand: Stage, text: str) -> None:
    """Type a text without waiting after every key."""
    names = {" ": "space", "$": "dollar_sign", "/": "slash"}
    await stand.press(*[names.get(character, character) for character in text])


async def test_enter_sends_what_was_typed_and_empties_the_prompt() -> None:
    async with stage() as stand:
        await type_text(stand, "Buy BTC for $100")
        await stand.press("enter")
        assert stand.asked("send") == [("send", "Buy BTC for $100")]
        assert stand.app.main.chat.prompt.text == ""
        assert "Heard: Buy BTC for $100" in stand.text("#transcript")


async def test_text_comes_back_when_sending_fails() -> None:
    async with stage() as stand:
        stand.desk.fail = KitError("The engine does not answer.")
        await type_text(stand, "Analyze ETH")
        await stand.press("enter")
        assert stand.app.main.chat.prompt.text == "Analyze ETH"
        assert "The engine does not answer." in stand.text("#transcript")


async def test_a_newer_text_is_not_overwritten_when_sending_fails() -> None:
    async with stage() as stand:
        stand.desk.gate = asyncio.Event()
        await type_text(stand, "one")
        await stand.press("enter")
        await type_text(stand, "two")
        stand.desk.fail = KitError("No answer.")
        stand.desk.gate.set()
        await stand.settle()
        assert stand.app.main.chat.prompt.text == "two"
        await stand.press("ctrl+r")
        assert stand.app.main.chat.prompt.text != ""


async def test_arrow_up_recalls_what_was_sent() -> None:
    async with stage() as stand:
        await type_text(stand, "risk")
        await stand.press("enter")
        await type_text(stand, "half")
        await stand.press("up")
        assert stand.app.main.chat.prompt.text == "risk"
        await stand.press("down")
        assert stand.app.main.chat.prompt.text == "half"


async def test_tab_completes_a_command() -> None:
    async with stage() as stand:
        await type_text(stand, "/ana")
        assert "/analyze" in stand.text("#chat")
        await stand.press("tab")
        assert stand.app.main.chat.prompt.text == "/analyze"


async def test_a_paste_of_a_megabyte_is_cut_and_said() -> None:
    async with stage() as stand:
        from textual import events

        prompt = stand.app.main.chat.prompt
        prompt.post_message(events.Paste("x\x1b[31m" * 200_000))
        await stand.settle()
        assert 0 < len(prompt.text) <= MAX_CHARACTERS
        assert "\x1b" not in prompt.text


async def test_a_ticket_takes_the_focus_when_nothing_is_typed() -> None:
    async with stage() as stand:
        stand.desk.store.publish(APPROVALS, (make_ticket(stand.clock.now()),))
        await stand.settle()
        assert stand.focused == "ticket"


async def test_a_ticket_leaves_the_focus_to_who_is_typing() -> None:
    async with stage() as stand:
        await type_text(stand, "wait")
        stand.desk.store.publish(APPROVALS, (make_ticket(stand.clock.now()),))
        await stand.settle()
        assert stand.focused == "prompt"
        await stand.press("f4")
        assert stand.focused == "ticket"


async def test_keys_within_the_first_second_are_no_answers() -> None:
    async with stage(ticket=True) as stand:
        await stand.press("a", "r", "enter")
        assert not stand.asked("approve")
        assert not stand.asked("reject")
        stand.clock.advance(1.1)
        await stand.press("a")
        ticket = make_ticket(stand.clock.now())
        ((_, ticket_id, ticket_hash),) = stand.asked("approve")
        assert ticket_id == ticket.id
        assert isinstance(ticket_hash, str)
        assert len(ticket_hash) == 64


async def test_approving_sends_the_hash_of_the_ticket_that_was_shown() -> None:
    async with stage() as stand:
        ticket = make_ticket(stand.clock.now())
        stand.desk.store.publish(APPROVALS, (ticket,))
        await stand.settle()
        stand.clock.advance(1.1)
        await stand.press("a")
        assert stand.asked("approve") == [("approve", ticket.id, ticket.hash)]


async def test_reject_answers_once_and_the_prompt_gets_the_focus_back() -> None:
    async with stage(ticket=True) as stand:
        stand.clock.advance(1.1)
        await stand.press("r", "r")
        assert len(stand.asked("reject")) == 1
        assert stand.focused == "prompt"
        assert not stand.app.main.chat.card.display


async def test_a_ticket_answered_on_the_phone_closes_and_says_where() -> None:
    async with stage(ticket=True) as stand:
        stand.desk.answer_elsewhere("0012")
        await stand.settle()
        assert not stand.app.main.chat.card.display
        assert "approved by Ann ·\n  telegram 14:03" in stand.text("#transcript")
        toasts = [str(note.message) for note in stand.app._notifications]
        assert toasts == ["Ticket #0012 approved by Ann · telegram, 14:03:00."]


async def test_an_expired_ticket_can_no_longer_be_approved() -> None:
    async with stage(ticket=True) as stand:
        stand.clock.advance(61)
        stand.app.main.tick()
        await stand.press("a")
        assert not stand.asked("approve")
        assert not stand.app.main.chat.card.display


async def test_an_answer_that_did_not_get_through_can_be_given_again() -> None:
    async with stage(ticket=True) as stand:
        stand.clock.advance(1.1)
        stand.desk.fail = KitError("The engine does not answer.")
        await stand.press("a")
        assert stand.app.main.chat.card.display
        await stand.press("a")
        assert len(stand.asked("approve")) == 2


async def test_two_tickets_are_told_apart_and_stepped_through() -> None:
    async with stage(ticket=True) as stand:
        second = make_ticket(stand.clock.now(), number="0013")
        held = stand.desk.store.get(APPROVALS) or ()
        stand.desk.store.publish(APPROVALS, (*held, second))
        await stand.settle()
        assert "1 of 2" in stand.text("#ticket")
        await stand.press("right")
        assert "2 of 2" in stand.text("#ticket")
        stand.clock.advance(1.1)
        await stand.press("a")
        assert stand.asked("approve")[0][1] == "0013"


@pytest.mark.parametrize("channel", ["cli", "telegram", "guard"])
async def test_a_ticket_asked_for_elsewhere_is_not_answered_by_typing(channel: str) -> None:
    """`analyze` begins with the key that approves."""
    async with stage() as stand:
        ticket = replace(make_ticket(stand.clock.now()), asked_on=channel)
        stand.desk.store.publish(APPROVALS, (ticket,))
        await stand.settle()
        stand.clock.advance(2)
        await stand.press(*"analyze")
        assert not stand.asked("approve")
        assert stand.app.main.chat.prompt.text == "analyze"
        await stand.press("ctrl+u")
        await stand.press("f4")
        assert stand.focused == "ticket"


async def test_the_next_ticket_does_not_get_the_key_meant_for_the_last() -> None:
    async with stage(ticket=True) as stand:
        second = make_ticket(stand.clock.now(), number="0013")
        held = stand.desk.store.get(APPROVALS) or ()
        stand.desk.store.publish(APPROVALS, (*held, second))
        await stand.press("right")
        stand.clock.advance(1.1)
        await stand.press("right")
        stand.clock.advance(1.1)
        stand.desk.store.publish(APPROVALS, (second,))  # the first runs out
        await stand.settle()
        await stand.press("a")
        assert not stand.asked("approve")
        stand.clock.advance(1.1)
        await stand.press("a")
        assert stand.asked("approve")[0][1] == "0013"


async def test_a_command_typed_in_one_burst_never_acts_on_the_ticket() -> None:
    """Over a slow line `/halt` comes as one piece; its second letter is no approval."""
    async with stage(ticket=True) as stand:
        await stand.press("f4")
        stand.clock.advance(3)
        await stand.settle()
        assert stand.focused == "ticket"
        for key, character in (("slash", "/"), *((letter, letter) for letter in "halt")):
            stand.app.post_message(events.Key(key, character))
        await stand.settle()
        assert not stand.asked("approve")
        assert stand.app.main.chat.prompt.text == "/halt"


async def test_a_slash_begins_a_command_and_is_a_slash_where_one_types() -> None:
    async with stage() as stand:
        await stand.press("escape", "slash")
        assert stand.app.main.chat.prompt.text == "/"
        await stand.press("slash")
        assert stand.app.main.chat.prompt.text == "//"
        await stand.press("escape", "i")
        assert stand.app.main.chat.prompt.text == "//"


async def test_a_chart_that_was_asked_for_is_the_panes_and_its_words_the_chats() -> None:
    async with stage() as stand:
        stand.desk.cards = (chart_of(walk(9), pair=Pair("ETH/USDT"), timeframe="4h"),)
        await type_text(stand, "/chart ETH 4h")
        await stand.press("enter")
        assert (str(stand.app.chart_pair), stand.app.timeframe) == ("ETH/USDT", "4h")
        assert ("watch_chart", "ETH/USDT", "4h") in stand.desk.calls
        assert "ETH/USDT  4h" in stand.text("#chart")


async def test_a_chart_somebody_else_asked_for_leaves_the_pane_alone() -> None:
    async with stage() as stand:
        card = chart_of(walk(9), pair=Pair("ETH/USDT"), timeframe="4h")
        stand.desk.add_message("**ETH/USDT** 4h 100.00", cards=(card,), channel="telegram")
        await stand.settle()
        assert (str(stand.app.chart_pair), stand.app.timeframe) == ("BTC/USDT", "15m")
        assert "ChartCard" not in stand.text("#transcript")
