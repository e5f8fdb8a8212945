"""Discord through the real engine on the simulated market, with the real registry as its menu."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from kit_tui.channels.discord_reading import chat_of
from kit_tui.gateway.desk import Desk
from kit_tui.runtime.open import open_desk
from kit_tui.settings.locations import find_locations
from kit_tui.state.slices import CONNECTIONS, CONVERSATION, POSITIONS
from tests.channels.discord_fakes import reads, said
from tests.servers.discord_api import TOKEN, DiscordApi, NotOfferedError
from tests.servers.discord_client import pointed_at
from tests.servers.discord_types import Person, Sent

GLOBAL = "PUT /applications/{application}/commands"


@pytest.fixture
async def api() -> AsyncIterator[DiscordApi]:
    async with DiscordApi() as server:
        with pointed_at(server):
            yield server


@asynccontextmanager
async def opened(api: DiscordApi, home: Path, *more: str) -> AsyncIterator[Desk]:
    environ = {"KIT_HOME": str(home / "home"), "KIT_DISCORD_BOT_TOKEN": TOKEN}
    locations = find_locations(environ)
    locations.ensure()
    users = [] if any("roles" in line for line in more) else [f"users = [{api.owner.id}]"]
    lines = ["[channels.discord]", f'api_url = "{api.api}"', *users, *more]
    locations.config_file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    desk = await open_desk(locations, demo=True, environ=environ)
    try:
        await api.until(lambda: api.gateway.connected and None in api.commands)
        yield desk
    finally:
        await desk.close()


def tickets(api: DiscordApi, person: Person | None = None) -> list[Sent]:
    where = api.direct(person or api.owner)
    return [m for m in api.messages.values() if m.buttons and m.channel is where]


async def test_buy_approve_bought_in_both_windows(api: DiscordApi, tmp_path: Path) -> None:
    async with opened(api, tmp_path) as desk:
        await api.says("Buy BTC for $100")
        await api.until(lambda: tickets(api))
        (ticket,) = tickets(api)
        await api.press(ticket, "Approve")
        await api.until(lambda: any(text.startswith("Bought: ") for text in said(api)))
        await api.until(lambda: not ticket.buttons)
        assert "Approved by ann · discord" in reads(ticket)
        spoken = [message.text for message in desk.store.get(CONVERSATION) or ()]
        assert spoken[0] == "Buy BTC for $100"
        (held,) = desk.store.get(POSITIONS) or ()
        assert held.position.pair == "BTC/USDT"
        (line,) = [c for c in desk.store.get(CONNECTIONS) or () if c.kind == "channel"]
        assert (line.name, line.state) == ("discord", "up")


async def test_the_whole_registry_is_a_menu_discord_takes(api: DiscordApi, tmp_path: Path) -> None:
    async with opened(api, tmp_path, f"guild = {api.guild.id}"):
        await api.until(lambda: api.guild.id in api.commands)
        everywhere, here = api.commands[None], api.commands[api.guild.id]
        names = [command["name"] for command in everywhere]
        assert {"ask", "pair", "buy", "positions", "halt", "order"} <= set(names)
        assert names == [command["name"] for command in here]
        # Nobody sees a command twice: those of the server are for it, the others for private chats.
        assert {tuple(command["contexts"]) for command in everywhere} == {(1,)}
        order = next(command for command in everywhere if command["name"] == "order")
        options = {option["name"]: option for option in order["options"]}
        assert [choice["value"] for choice in options["side"]["choices"]] == ["buy", "sell"]
        assert options["pair"]["autocomplete"] is True
        assert options["post_only"]["type"] == 5


async def test_an_unchanged_menu_is_not_registered_again(api: DiscordApi, tmp_path: Path) -> None:
    for _ in range(2):
        async with opened(api, tmp_path):
            await api.says("positions")
            await api.until(lambda: any("No open positions" in text for text in said(api)))
    assert api.called("GET /applications/{application}/commands") == 2
    assert api.called(GLOBAL) == 1


async def test_a_slash_command_is_acknowledged_and_answered_in_private(
    api: DiscordApi, tmp_path: Path
) -> None:
    async with opened(api, tmp_path) as desk:
        asked = await api.invoke("buy", pair="BTC/USDT", amount="100", where=api.channel)
        await api.until(lambda: tickets(api))
        await api.until(lambda: asked.answer)
        assert asked.original is not None
        assert (asked.original.ephemeral, asked.text) == (True, "Answered in our direct messages.")
        asked = await api.invoke("positions")
        await api.until(lambda: any("No open positions" in text for text in said(api)))
        await api.until(lambda: asked.answer)
        assert asked.text == "/positions"
        spoken = [m.text for m in desk.store.get(CONVERSATION) or () if m.speaker == "person"]
        assert spoken == ["/buy BTC/USDT 100", "/positions"]


async def test_words_in_one_option_do_not_become_another(api: DiscordApi, tmp_path: Path) -> None:
    async with opened(api, tmp_path):
        await api.invoke("buy", pair="BTC 5000", amount="100")
        await api.until(lambda: said(api))
        assert tickets(api) == []


async def test_markets_complete_themselves_for_those_who_may_speak(
    api: DiscordApi, tmp_path: Path
) -> None:
    eve = api.add_person("eve")
    async with opened(api, tmp_path):
        stranger = await api.types("price", "pair", "b", by=eve)
        typed = await api.types("price", "pair", "btc")
        await api.until(lambda: typed.choices)
        assert [choice["value"] for choice in typed.choices] == ["BTC/USDT"]
        assert stranger.answer is None


async def test_a_role_of_the_server_lets_somebody_trade_until_it_is_taken_away(
    api: DiscordApi, tmp_path: Path
) -> None:
    trader = api.add_role("Trader")
    bob, eve = api.add_person("bob", trader), api.add_person("eve")
    abroad = api.add_guild("Elsewhere")
    mallory = api.add_person("mallory", api.add_role("Trader", guild=abroad))
    there = api.add_channel("there", abroad)
    more = (
        f"guild = {api.guild.id}", 'roles = { Trader = "trader" }', f"groups = [{there.id}]"
    )  # fmt: skip
    async with opened(api, tmp_path, *more) as desk:
        await api.says("Buy BTC for $100", by=eve)
        with pytest.raises(NotOfferedError, match="not offered"):
            await api.invoke("ask", text="Buy ETH for $100", by=mallory, where=there)
        await api.says("Buy SOL for $100", by=mallory)
        await api.says("price of SOL", by=mallory, where=there, mention=True)
        await api.says("Buy BTC for $100", by=bob)
        await api.until(lambda: tickets(api, bob))
        (ticket,) = tickets(api, bob)
        await api.press(ticket, "Approve", by=bob)
        await api.until(lambda: any("Bought: " in text for text in _told(api, bob)))
        asked = await api.invoke("ask", text="positions", by=bob, where=api.channel)
        await api.until(lambda: asked.answer)
        await api.give_roles(bob)
        await api.says("Buy ETH for $100", by=bob)
        await api.says("hello", by=eve)
        await asyncio.sleep(0.2)
        spoken: list[Any] = [
            m.text for m in desk.store.get(CONVERSATION) or () if m.speaker == "person"
        ]
        assert spoken == ["Buy BTC for $100", "positions"]
        assert _told(api, eve) == _told(api, mallory) == []


def _told(api: DiscordApi, person: Person) -> list[str]:
    where = api.direct(person)
    return [m.text for m in api.messages.values() if m.channel is where and m.author is api.bot]


def test_a_persons_chat_is_their_number() -> None:
    assert chat_of(42) == "user:42"
