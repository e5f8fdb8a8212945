"""The seed's sequence on the phone, through the real engine on the simulated market."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kit_tui.gateway.desk import Desk
from kit_tui.runtime.open import open_desk
from kit_tui.settings.locations import find_locations
from kit_tui.state.slices import APPROVALS, CONNECTIONS, CONVERSATION, FILLS, ORDERS, POSITIONS
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


async def test_words_at_the_terminal_appear_on_the_phone_and_its_answer_closes_the_ticket(
    api: TelegramApi, desk: Desk
) -> None:
    outcome = await desk.send("Buy BTC for $100")
    assert outcome.ticket is not None
    await api.until(lambda: any(m.buttons for m in api.messages.values()))
    assert api.texts[0] == "you · terminal\nBuy BTC for $100"
    ticket = next(m for m in api.messages.values() if m.buttons)
    await desk.reject(outcome.ticket.id)
    await api.until(lambda: not ticket.buttons)
    assert "· terminal" in ticket.text.splitlines()[-1]


async def test_halting_from_the_phone(api: TelegramApi, desk: Desk) -> None:
    await api.says("stop everything")
    await api.until(lambda: api.messages)
    outcome = await desk.send("Buy BTC for $100")
    assert outcome.ticket is None


async def test_two_presses_and_the_terminal_at_once_are_one_order(
    api: TelegramApi, desk: Desk
) -> None:
    outcome = await desk.send("Buy BTC for $100")
    assert outcome.ticket is not None
    await api.until(lambda: any(m.buttons for m in api.messages.values()))
    ticket = next(m for m in api.messages.values() if m.buttons)
    approve = ticket.buttons["Approve"]
    await asyncio.gather(
        api.press_data(ticket.message_id, approve),
        api.press_data(ticket.message_id, approve),
        desk.approve(outcome.ticket.id, outcome.ticket.hash),
    )
    await api.until(lambda: len(api.presses) == 2 and not ticket.buttons)
    orders, fills = desk.store.get(ORDERS), desk.store.get(FILLS)
    assert orders is not None
    assert fills is not None
    assert (len(orders), len(fills)) == (1, 1)


async def test_one_update_delivered_twice_is_one_ticket(api: TelegramApi, desk: Desk) -> None:
    message = {
        "message_id": 7, "date": 1, "chat": {"id": CHAT, "type": "private"},
        "from": {"id": OWNER, "is_bot": False, "first_name": "Ann"}, "text": "Buy BTC for $100",
    }  # fmt: skip
    number = await api.push({"message": message})
    await api.push({"message": message}, update_id=number)
    await api.says("positions")
    await api.until(lambda: any("No open positions" in text for text in api.texts))
    await api.until(lambda: any("Ready to buy" in text for text in api.texts))
    (ticket,) = desk.store.get(APPROVALS) or ()
    assert ticket.words == "Buy BTC for $100"
