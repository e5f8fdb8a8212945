"""The seed's sequence on the phone, through the real engine on the simulated market."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kit_tui.domain.message import Role
from kit_tui.gateway.desk import Desk
from kit_tui.runtime.open import open_desk
from kit_tui.settings.locations import find_locations
from kit_tui.state.slices import (
    ACCESS,
    APPROVALS,
    CONNECTIONS,
    CONVERSATION,
    FILLS,
    ORDERS,
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


async def test_the_report_of_an_order_names_quantity_price_fee_and_order(
    api: TelegramApi, desk: Desk
) -> None:
    await api.says("Buy BTC for $100")
    await api.until(lambda: any(m.buttons for m in api.messages.values()))
    ticket = next(m for m in api.messages.values() if m.buttons)
    await api.press(ticket.message_id, "Approve")
    await api.until(lambda: any(text.startswith("Bought: ") for text in api.texts))
    (report,) = [text for text in api.texts if text.startswith("Bought: ")]
    (order,) = desk.store.get(ORDERS) or ()
    assert re.match(r"Bought: 0\.\d+ BTC @ [\d,]+\.\d\d", report)
    assert re.search(r"fee 0\.\d+ USDT", report, re.IGNORECASE)
    assert order.id in report


async def test_a_secret_typed_on_the_phone_is_kept_nowhere_and_the_person_is_told(
    api: TelegramApi, desk: Desk, tmp_path: Path
) -> None:
    secret = "sk-ant-" + "api03-" + "A1b2C3d4" * 6
    await api.says(f"my key is {secret}")
    await api.until(lambda: api.messages)
    assert "looks like" in api.texts[0]
    spoken = desk.store.get(CONVERSATION)
    assert secret not in repr(spoken)
    await desk.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert secret.encode() not in kept


async def test_somebody_is_paired_by_the_code_that_the_terminal_shows(
    api: TelegramApi, desk: Desk
) -> None:
    api.add_person(777, "Ben")
    await api.until(lambda: "getUpdates" in api.calls)
    await api.says("show my portfolio", by=777, where=777)
    pairing = await desk.pair("telegram", Role.VIEWER)
    assert pairing.link == f"https://t.me/kit_test_bot?start={pairing.code.replace('-', '')}"
    await api.starts(pairing.code.replace("-", ""), by=777)
    await api.until(lambda: any("you are a viewer here" in text for text in api.texts))
    await api.says("show my portfolio", by=777, where=777)
    await api.says("price of BTC", by=777, where=777)
    await api.says("Buy BTC for $100", by=777, where=777)

    def theirs() -> list[str]:
        return [m.text for m in api.messages.values() if m.chat_id == 777]

    await api.until(lambda: len(theirs()) >= 4)
    assert not any("10,000" in text for text in theirs())
    assert any("BTC/USDT" in text for text in theirs())
    assert not any(m.buttons for m in api.messages.values())
    assert not desk.store.get(APPROVALS)
    access = desk.store.get(ACCESS)
    assert access is not None
    assert {person.user for person in access.people} == {str(OWNER), "777"}
    assert access.doors[0].turned_away == 1
    await desk.send("Buy BTC for $100")
    await api.until(lambda: any(m.buttons for m in api.messages.values()))
    assert len(theirs()) == 4  # what others ask is not for a viewer
