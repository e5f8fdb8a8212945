"""The seed's sequence on the phone, through the real engine on the simulated market."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kit_tui.domain.message import Role
from kit_tui.gateway.desk import Desk
from kit_tui.runtime.open import open_desk
from kit_tui.settings.locations import find_locations
from kit_tui.state.slices import (
    ACCESS,
    CONNECTIONS,
    CONVERSATION,
    POSITIONS,
)
from tests.servers.telegram_api import CHAT, OWNER, TOKEN, TelegramApi


@pytest.fixture
async def api() -> AsyncIterator[TelegramApi]:
    async with TelegramApi() as server:
        yield server


@pytest.fixture
async def desk(api: TelegramApi, tmp_path: Path) -> AsyncIterator[Desk]:
    environ = {"KIT_HOME": str(tmp_path / "home"), "KIT_TELEGRAM_BOT_TOKEN": TOKEN}
    locations = find_locations(environ)
    locations.ensure()
    locations.config_file.write_text(
        f'[channels.telegram]\nbase_url = "{api.root}"\nchat_id = {CHAT}\n', encoding="utf-8"
    )
    opened = await open_desk(locations, demo=True, environ=environ)
    yield opened
    await opened.close()


async def test_buy_approve_bought_in_both_windows(api: TelegramApi, desk: Desk) -> None:
    await api.says("Buy BTC for $100")
    await api.until(lambda: any(m.buttons for m in api.messages.values()))
    ticket = next(m for m in api.messages.values() if m.buttons)
    assert set(ticket.buttons) == {"Approve", "Reject"}
    await api.press(ticket.message_id, "Approve")
    await api.until(lambda: any(text.startswith("Bought: ") for text in api.texts))
    await api.until(lambda: not ticket.buttons)
    assert "Approved by Ann · telegram" in ticket.text
    spoken = [message.text for message in desk.store.get(CONVERSATION) or ()]
    assert spoken[0] == "Buy BTC for $100"
    assert any(text.startswith("Bought: ") for text in spoken)
    (held,) = desk.store.get(POSITIONS) or ()
    assert held.position.pair == "BTC/USDT"
    (phone,) = [c for c in desk.store.get(CONNECTIONS) or () if c.kind == "channel"]
    assert (phone.name, phone.state) == ("telegram", "up")


async def test_the_link_that_the_terminal_shows_lets_somebody_in(
    api: TelegramApi, desk: Desk
) -> None:
    api.add_person(777, "Ben")
    await api.until(lambda: "getUpdates" in api.calls)
    pairing = await desk.pair("telegram", Role.VIEWER)
    code = pairing.code.replace("-", "")
    assert pairing.link == f"https://t.me/kit_test_bot?start={code}"
    await api.starts(code, by=777)
    await api.until(lambda: any("you are a viewer here" in text for text in api.texts))
    access = desk.store.get(ACCESS)
    assert access is not None
    assert {person.user for person in access.people} == {str(OWNER), "777"}
