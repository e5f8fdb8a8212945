"""The terminal's screen and a phone on one engine: pairing, and a ticket that both show."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import pytest

from kit_tui.domain.people import Person
from kit_tui.gateway.desk import Desk
from kit_tui.runtime.open import open_desk
from kit_tui.settings.early import EarlyUi
from kit_tui.settings.locations import find_locations
from kit_tui.state.slices import ACCESS
from kit_tui.tui.app import KitApp
from kit_tui.tui.screens.pairing import PairingScreen
from kit_tui.tui.spans import text_of
from tests.end_to_end.live import until
from tests.servers.telegram_api import TOKEN, TelegramApi


def transcript(app: KitApp) -> str:
    return " ".join(text_of(line) for line in app.main.chat.transcript.all_rows)


def strangers(desk: Desk) -> int:
    access = desk.store.get(ACCESS)
    return sum(door.strangers for door in access.doors) if access is not None else 0


def now_known(desk: Desk) -> tuple[Person, ...]:
    access = desk.store.get(ACCESS)
    return access.people if access is not None else ()


async def test_a_phone_is_paired_here_and_answers_the_ticket_shown_here(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "kit_tui")
    async with TelegramApi() as api:
        environ = {"KIT_HOME": str(tmp_path / "home"), "KIT_TELEGRAM_BOT_TOKEN": TOKEN}
        locations = find_locations(environ)
        locations.ensure()
        locations.config_file.write_text(f'[channels.telegram]\nbase_url = "{api.root}"\n')

        async def opener() -> Desk:
            return await open_desk(locations, demo=True, environ=environ)

        app = KitApp(opener, EarlyUi())
        async with app.run_test(size=(120, 40)) as pilot:
            await until(lambda: app.commands and app.link.desk)
            desk = app.link.desk
            assert desk is not None
            await until(lambda: desk.store.get(ACCESS) and api.called("getMe"))
            app.main.chat.prompt.put("/pair telegram trader")
            await pilot.press("enter")
            await until(lambda: isinstance(app.screen, PairingScreen))
            screen = app.screen
            assert isinstance(screen, PairingScreen)
            await until(lambda: screen.pairing)
            assert screen.pairing is not None
            code = screen.pairing.code
            await api.says(f"/start {code.replace('-', '')}")
            await until(lambda: app.screen is app.main)
            access = desk.store.get(ACCESS)
            assert access is not None
            assert [person.name for person in access.people] == ["Ann"]

            outcome = await desk.send("Buy BTC for $100")
            assert outcome.ticket is not None
            await until(lambda: app.main.chat.card.tickets)
            await api.until(lambda: any(m.buttons for m in api.messages.values()))
            shown = next(m for m in api.messages.values() if m.buttons)
            await api.press(shown.message_id, "Approve")
            pressed = time.monotonic()
            await until(lambda: not app.main.chat.card.tickets)
            assert time.monotonic() - pressed < 1
            await until(lambda: "by Ann · telegram" in " ".join(transcript(app).split()))
            await until(lambda: "✓ telegram" in transcript(app))

            before = strangers(desk)
            second = await desk.pair("telegram")
            await desk.void_code("telegram")
            await api.says(f"/start {second.code.replace('-', '')}", by=99, where=99)
            await until(lambda: strangers(desk) > before)
            assert [p.key for p in now_known(desk)] == [access.people[0].key]
            await desk.unpair(access.people[0].key)
            assert now_known(desk) == ()
    journal = b"".join(p.read_bytes() for p in (tmp_path / "home").rglob("*") if p.is_file())
    for written in (code, code.replace("-", "")):
        assert written.encode() not in journal
        assert written not in caplog.text
