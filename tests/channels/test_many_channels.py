"""One conversation on Telegram, Discord and Signal at once, through the real engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kit_tui.domain.message import Role
from kit_tui.gateway.desk import Desk
from kit_tui.runtime.open import open_desk
from kit_tui.settings.locations import find_locations
from kit_tui.state.slices import ACCESS, APPROVALS, CONVERSATION, FILLS, ORDERS
from tests.channels.discord_fakes import private, reads
from tests.servers import discord_api, telegram_api
from tests.servers.discord_api import DiscordApi
from tests.servers.discord_client import pointed_at
from tests.servers.signal_book import ANN as SIGNAL_ANN
from tests.servers.signal_book import BEN as SIGNAL_BEN
from tests.servers.signal_cli import SignalCli
from tests.servers.telegram_api import CHAT, TelegramApi


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramApi]:
    async with TelegramApi() as server:
        yield server


@pytest.fixture
async def discord() -> AsyncIterator[DiscordApi]:
    async with DiscordApi() as server:
        with pointed_at(server):
            yield server


@pytest.fixture
async def signal() -> AsyncIterator[SignalCli]:
    async with SignalCli(on_connection=True) as server:
        yield server


@pytest.fixture
async def desk(
    telegram: TelegramApi, discord: DiscordApi, signal: SignalCli, tmp_path: Path
) -> AsyncIterator[Desk]:
    environ = {
        "KIT_HOME": str(tmp_path / "home"), "KIT_TELEGRAM_BOT_TOKEN": telegram_api.TOKEN,
        "KIT_DISCORD_BOT_TOKEN": discord_api.TOKEN,
    }  # fmt: skip
    locations = find_locations(environ)
    locations.ensure()
    locations.config_file.write_text(
        f'[channels.telegram]\nbase_url = "{telegram.root}"\nchat_id = {CHAT}\nkeyboard = []\n'
        f'[channels.discord]\napi_url = "{discord.api}"\nusers = [{discord.owner.id}]\n'
        f'[channels.signal]\nurl = "{signal.url}"\nusers = ["{SIGNAL_ANN.number}"]\n',
        encoding="utf-8",
    )
    opened = await open_desk(locations, demo=True, environ=environ)
    yield opened
    await opened.close()


def on_discord(discord: DiscordApi) -> list[str]:
    return [reads(sent) for sent in private(discord)]


async def test_words_of_one_appear_on_all_and_the_first_answer_closes_the_ticket_everywhere(
    telegram: TelegramApi, discord: DiscordApi, signal: SignalCli, desk: Desk
) -> None:
    await telegram.says("Buy BTC for $100")
    await telegram.until(lambda: any(m.buttons for m in telegram.messages.values()))
    await discord.until(lambda: any(m.buttons for m in private(discord)))
    await signal.until(lambda: any("answer approve" in text for text in signal.texts))
    assert any(text.startswith("Ann · telegram") for text in on_discord(discord))
    assert any(text.startswith("Ann · telegram") for text in signal.texts)
    asked = next(m for m in private(discord) if m.buttons)
    on_phone = next(m for m in telegram.messages.values() if m.buttons)
    await discord.press(asked, "Approve")
    await telegram.until(lambda: not on_phone.buttons)
    await signal.until(lambda: any("Approved by" in text for text in signal.texts))
    await telegram.until(lambda: any(text.startswith("Bought: ") for text in telegram.texts))
    assert "Approved by ann · discord" in on_phone.text
    said = desk.store.get(CONVERSATION) or ()
    assert [m.channel for m in said] == ["telegram", "telegram", "discord"]
    orders = desk.store.get(ORDERS) or ()
    assert len(orders) == 1


async def test_everybody_approves_at_once_and_one_order_is_sent(
    telegram: TelegramApi, discord: DiscordApi, signal: SignalCli, desk: Desk
) -> None:
    outcome = await desk.send("Buy BTC for $100")
    assert outcome.ticket is not None
    await telegram.until(lambda: any(m.buttons for m in telegram.messages.values()))
    await discord.until(lambda: any(m.buttons for m in private(discord)))
    await signal.until(lambda: any("answer approve" in text for text in signal.texts))
    on_phone = next(m for m in telegram.messages.values() if m.buttons)
    asked = next(m for m in private(discord) if m.buttons)
    code = next(t for t in signal.texts if "answer approve" in t).split("approve ")[1].split()[0]
    await asyncio.gather(
        telegram.press(on_phone.message_id, "Approve"),
        discord.press(asked, "Approve"),
        signal.says(f"approve {code}"),
        desk.approve(outcome.ticket.id, outcome.ticket.hash),
    )
    await telegram.until(lambda: not on_phone.buttons)
    await discord.until(lambda: not asked.buttons)
    orders, fills = desk.store.get(ORDERS) or (), desk.store.get(FILLS) or ()
    assert (len(orders), len(fills)) == (1, 1)


async def test_two_people_on_two_channels_have_sessions_and_roles_of_their_own(
    telegram: TelegramApi, discord: DiscordApi, signal: SignalCli, desk: Desk
) -> None:
    """A question of one is not answered by the other; a viewer sees no balance and trades not."""
    await telegram.until(lambda: "getUpdates" in telegram.calls)
    pairing = await desk.pair("signal", Role.VIEWER)
    await signal.says(pairing.code, by=SIGNAL_BEN)
    await signal.until(lambda: any("you are a viewer here" in text for text in signal.texts))
    await telegram.says("buy $100")
    await telegram.until(lambda: telegram.texts)
    await signal.says("BTC", by=SIGNAL_BEN)
    await signal.says("show my portfolio", by=SIGNAL_BEN)
    await signal.says("Buy BTC for $100", by=SIGNAL_BEN)

    def theirs() -> list[str]:
        return [
            m.text
            for m in signal.book.messages.values()
            if set(m.to) & {SIGNAL_BEN.number, SIGNAL_BEN.uuid}
        ]

    await signal.until(lambda: len(theirs()) >= 4)
    assert not any("10,000" in text or "answer approve" in text for text in theirs())
    assert not desk.store.get(APPROVALS)
    await telegram.says("BTC")
    await telegram.until(lambda: any(m.buttons for m in telegram.messages.values()))
    (ticket,) = desk.store.get(APPROVALS) or ()
    assert (ticket.asked_by, ticket.asked_on) == ("Ann", "telegram")
    access = desk.store.get(ACCESS)
    assert access is not None
    roles = {(p.channel, p.role) for p in access.people}
    assert ("signal", Role.VIEWER) in roles
    assert ("telegram", Role.TRADER) in roles


async def test_every_command_of_the_registry_is_one_that_discord_takes(
    discord: DiscordApi, desk: Desk
) -> None:
    del desk
    await discord.until(lambda: discord.commands.get(None))
    names = {command["name"] for command in discord.commands[None]}
    assert {"ask", "pair", "portfolio", "halt", "close", "profit", "chart"} <= names
    assert not {"resume", "live", "unpair"} & names
