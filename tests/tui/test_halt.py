"""F9 halts while typing, on a ticket, in a dialog, and before anything answers."""

from __future__ import annotations

import asyncio

from kit_tui.domain.errors import KitError
from kit_tui.gateway.desk import Desk
from kit_tui.settings.early import EarlyUi
from kit_tui.tui.app import KitApp
from tests.support.clock import FakeClock
from tests.support.fake_desk import FakeDesk
from tests.tui.driving import stage


async def test_halt_works_while_typing() -> None:
    async with stage() as stand:
        await stand.press("B", "u", "y", "f9")
        assert len(stand.asked("halt")) == 1
        assert stand.app.main.chat.prompt.text == "Buy"
        assert "HALTED" in stand.text("#status")


async def test_halt_works_on_a_ticket() -> None:
    async with stage(ticket=True) as stand:
        await stand.press("f9")
        assert len(stand.asked("halt")) == 1


async def test_halt_works_in_every_dialog() -> None:
    async with stage() as stand:
        await stand.press("escape")
        for key in ("n", "o", "question_mark", "ctrl+p"):
            before = len(stand.asked("halt"))
            await stand.press(key)
            assert len(stand.app.screen_stack) == 2, key
            await stand.press("f9")
            assert len(stand.asked("halt")) == before + 1, key
            await stand.press("escape")


async def test_the_screen_shows_the_halt_before_the_engine_answers() -> None:
    async with stage() as stand:
        stand.desk.gate = asyncio.Event()
        await stand.press("f9")
        assert "HALT sent" in stand.text("#status")
        roles = {role for line in stand.app.main.status.rows for _, role in line}
        assert all("on_halt" in role for role in roles)
        stand.desk.gate.set()
        await stand.settle()
        assert "HALTED" in stand.text("#status")


async def test_halt_is_not_held_up_by_a_message_that_is_being_answered() -> None:
    async with stage() as stand:
        stand.desk.gate = asyncio.Event()
        await stand.press("x", "enter")
        await stand.press("f9")
        assert stand.asked("halt")
        stand.desk.gate.set()


async def test_an_unconfirmed_halt_stays_in_sight() -> None:
    async with stage() as stand:
        stand.desk.fail = KitError("no answer")
        await stand.press("f9")
        assert "NOT CONFIRMED" in stand.text("#status")


async def test_halt_pressed_before_the_desk_is_open_is_sent_when_it_opens() -> None:
    clock = FakeClock()
    desk = await FakeDesk(clock).fill()
    opened = asyncio.Event()

    async def opener() -> Desk:
        await opened.wait()
        return desk

    app = KitApp(opener, EarlyUi(), clock=clock)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        await pilot.press("f9")
        opened.set()
        for _ in range(20):
            await pilot.pause()
        assert [call for call in desk.calls if call[0] == "halt"]


async def test_halt_can_be_moved_to_another_key_but_not_to_a_printable_one() -> None:
    async with stage(keymap={"halt": "f12"}) as stand:
        await stand.press("f12")
        assert stand.asked("halt")
    async with stage(keymap={"halt": "x"}) as stand:
        await stand.press("x")
        assert not stand.asked("halt")
        await stand.press("f9")
        assert stand.asked("halt")
