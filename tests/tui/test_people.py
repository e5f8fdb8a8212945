"""Other devices on the screen: who said what, how far they were told, and letting people in."""

from __future__ import annotations

import logging

import pytest
from msgspec.structs import replace

from kit_tui.domain.errors import KitError
from kit_tui.domain.message import Message, Role, Speaker
from kit_tui.state.slices import ACCESS, CONNECTIONS, CONVERSATION, DELIVERIES
from kit_tui.tui.big_letters import big_letters, qr_code
from kit_tui.tui.cards import render
from kit_tui.tui.cards.answers import Block
from kit_tui.tui.channels import delivery_marks
from kit_tui.tui.screens.connections import ConnectionsScreen
from kit_tui.tui.screens.dialog import Sheet
from kit_tui.tui.screens.pairing import PairingScreen
from kit_tui.tui.spans import text_of
from kit_tui.tui.view import View
from tests.support import fake_people, fake_turns
from tests.support.fake_people import ann, from_phone, pair_ann, to_phone, told, told_by_itself
from tests.tui.driving import Stage, stage


def heads(stand: Stage) -> list[str]:
    return [line.strip() for line in stand.text("#transcript").splitlines() if "14:03" in line]


def dialog(stand: Stage) -> str:
    return "\n".join(text_of(line) for line in stand.app.screen.query_one(Sheet).rows)


def toasts(stand: Stage) -> list[str]:
    return [str(note.message) for note in stand.app._notifications]


async def say(stand: Stage, words: str) -> None:
    stand.app.main.chat.prompt.put(words)
    await stand.press("enter")


async def test_each_line_tells_who_and_where() -> None:
    async with stage() as stand:
        stand.desk.add_message("Is it up?", Speaker.PERSON)
        asked = from_phone(stand.desk, "Risk?")
        to_phone(stand.desk, asked, "All limits hold.")
        for kind in ("fill", "order", "notice", "guard", "halt", "report", "alert"):
            told_by_itself(stand.desk, kind, "Something.")
        await stand.settle()
        assert heads(stand)[-10:] == [
            "you  14:03", "Ann · telegram  14:03", "kit → Ann  14:03 · offline grammar",
            "◆ fill  14:03", "◇ order  14:03", "· notice  14:03", "▲ guard  14:03",
            "■ halt  14:03", "≡ report  14:03", "◎ alert  14:03",
        ]  # fmt: skip


async def test_the_newest_message_tells_whether_the_phone_has_it() -> None:
    async with stage() as stand:
        desk = stand.desk
        pair_ann(desk)
        desk.add_message("One.")
        told(desk)
        await stand.settle()
        assert heads(stand)[-1] == "kit  14:03  ✓ telegram"
        desk.add_message("Two.")
        told(desk, 1)
        await stand.settle()
        assert heads(stand)[-2:] == ["kit  14:03  ✓ telegram", "kit  14:03"]
        stand.clock.advance(3)
        stand.app.main.chat.told_changed()
        await stand.settle()
        assert heads(stand)[-1] == "kit  14:03  … telegram"
        told(desk, 1, "Telegram does not answer")
        await stand.settle()
        assert heads(stand)[-1] == "kit  14:03  ! telegram waiting 1"
        told(desk)
        await stand.settle()
        assert heads(stand)[-2:] == ["kit  14:03", "kit  14:03  ✓ telegram"]


async def test_what_was_written_on_the_phone_needs_no_mark_there() -> None:
    async with stage() as stand:
        pair_ann(stand.desk)
        from_phone(stand.desk, "Risk?")
        told(stand.desk)
        await stand.settle()
        assert heads(stand)[-1] == "Ann · telegram  14:03"


async def test_without_a_trader_or_a_running_channel_there_are_no_marks() -> None:
    async with stage() as stand:
        desk = stand.desk
        pair_ann(desk)
        told(desk)
        view = stand.app.main.chat.working_view
        assert delivery_marks(view)
        access, connections = desk.store.get(ACCESS), desk.store.get(CONNECTIONS)
        assert access is not None
        assert connections is not None
        viewers = tuple(replace(p, role=Role.VIEWER) for p in access.people)
        desk.store.publish(ACCESS, replace(access, people=viewers))
        assert not delivery_marks(view)
        desk.store.publish(ACCESS, access)
        off = tuple(replace(c, state="off") if c.name == "telegram" else c for c in connections)
        desk.store.publish(CONNECTIONS, off)
        assert not delivery_marks(view)


async def test_a_delivery_lays_out_two_messages_and_not_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from kit_tui.tui.panes import spoken

    async with stage() as stand:
        desk = stand.desk
        pair_ann(desk)
        for number in range(200):
            desk.add_message(f"Line {number}")
        told(desk, 1)
        await stand.settle()
        laid_out: list[str] = []

        def counted(message: Message, view: View, look: render.Look) -> Block:
            laid_out.append(message.text)
            return render.message_block(message, view, look)

        monkeypatch.setattr(spoken, "message_block", counted)
        told(desk)
        await stand.settle()
        assert laid_out == ["Line 198", "Line 199"]
        laid_out.clear()
        desk.store.publish(DELIVERIES, desk.store.get(DELIVERIES) or ())
        await stand.settle()
        assert not laid_out


async def test_an_answer_asked_for_on_the_phone_grows_here() -> None:
    async with stage() as stand:
        asked = from_phone(stand.desk, "How does ETH look?")
        turn = fake_turns.begin(
            stand.desk, asked, channel="telegram", principal=fake_people.ANN_KEY,
            phase="answering", text="ETH leans",
        )  # fmt: skip
        await stand.settle()
        assert "kit → Ann  14:03:00 · sonnet-5-5" in heads(stand)
        assert "ETH leans" in stand.text("#transcript")
        assert "answering for Ann · telegram" in stand.text("#chat")
        fake_turns.grow(stand.desk, turn, text="ETH leans short, weakly.")
        await stand.settle()
        assert "ETH leans short, weakly." in stand.text("#transcript")


async def test_the_connections_tell_who_may_speak() -> None:
    async with stage() as stand:
        fake_people.telegram_waits(stand.desk)
        await stand.press("escape", "f2")
        text = dialog(stand)
        for words in (
            "telegram · 3 waiting: Telegram does not answer · quiet 23:00-07:00 UTC",
            "2 strangers were turned away, 5 messages", "since 20 Nov 14:03", "in the settings",
        ):  # fmt: skip
            assert words in text
        assert "3 waiting" in stand.text("#status")


async def test_unpairing_is_asked_about_and_moving_on_keeps() -> None:
    async with stage() as stand:
        pair_ann(stand.desk)
        await stand.press("escape", "f2", "down", "down", "down", "u")
        assert "u again unpairs" in " ".join(dialog(stand).split())
        await stand.press("up", "down", "u")
        assert not stand.asked("unpair")
        await stand.press("u")
        assert stand.asked("unpair") == [("unpair", "telegram:4711")]
        assert "Ann" not in dialog(stand)
        assert isinstance(stand.app.screen, ConnectionsScreen)


async def test_pairing_from_the_prompt_closes_when_somebody_came() -> None:
    async with stage() as stand:
        pair_ann(stand.desk)
        await say(stand, "/pair telegram viewer")
        assert isinstance(stand.app.screen, PairingScreen)
        assert stand.asked("pair") == [("pair", "telegram", Role.VIEWER)]
        assert stand.asked("send") == []
        assert "t.me/kit_bot?start=ABCDEFGH" in dialog(stand)
        assert big_letters("ABCD")[1] in dialog(stand)
        stand.desk.let_in(replace(ann(stand.desk, Role.VIEWER), user="77", name="Eve"))
        await stand.settle()
        assert not isinstance(stand.app.screen, PairingScreen)
        assert "Eve is paired as viewer." in toasts(stand)
        assert stand.asked("void_code") == []


async def test_leaving_the_code_voids_it_and_a_new_role_is_a_new_code() -> None:
    async with stage() as stand:
        pair_ann(stand.desk)
        await say(stand, "/pair telegram")
        await stand.press("left")
        assert stand.asked("pair")[-1] == ("pair", "telegram", Role.VIEWER)
        await stand.press("escape")
        assert stand.asked("void_code") == [("void_code", "telegram")]
        assert not isinstance(stand.app.screen, PairingScreen)


async def test_a_code_that_ran_out_or_was_guessed_at_is_no_longer_shown() -> None:
    async with stage() as stand:
        pair_ann(stand.desk)
        await say(stand, "/pair telegram")
        screen = stand.app.screen
        assert isinstance(screen, PairingScreen)
        stand.clock.advance(601)
        screen._paint()
        assert "The code has run out." in dialog(stand)
        assert "ABCDEFGH" not in dialog(stand)
        await stand.press("n")
        assert "works once, for 10:00" in dialog(stand)
        stand.desk.open_door("telegram", None)
        await stand.settle()
        assert "The code is void" in dialog(stand)


@pytest.mark.parametrize("words", ["/pair matrix", "/pair telegram king"])
async def test_what_cannot_be_paired_stays_in_the_prompt(words: str) -> None:
    async with stage() as stand:
        pair_ann(stand.desk)
        await say(stand, words)
        assert not isinstance(stand.app.screen, PairingScreen)
        assert stand.app.main.chat.prompt.text == words
        assert "viewer, trader." in toasts(stand)[-1]


async def test_a_code_that_is_refused_says_why_and_the_log_has_none(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with stage() as stand:
        pair_ann(stand.desk)
        stand.desk.fail = KitError("Only the owner lets people in.")
        await say(stand, "/pair telegram")
        assert "Only the owner lets people in." in dialog(stand)
        await stand.press("n")
        assert "waiting" in dialog(stand)
        assert "ABCD" not in caplog.text
        assert all("ABCD" not in m.text for m in stand.desk.store.get(CONVERSATION) or ())


def test_every_letter_of_a_code_has_a_shape_of_its_own() -> None:
    from kit_tui.gateway.people import LETTERS

    shapes = {letter: tuple(big_letters(letter)) for letter in LETTERS}
    assert len(set(shapes.values())) == len(LETTERS)
    assert all(any(line.strip() for line in shape) for shape in shapes.values())


def test_without_the_library_or_a_link_there_is_no_qr_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert qr_code("") == []
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert qr_code("https://t.me/kit_bot?start=ABCDEFGH") == []
