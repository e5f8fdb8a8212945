"""What `kit doctor` says of channels, asked of loopback services."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers.discord_api import TOKEN as DISCORD_TOKEN
from tests.servers.discord_api import DiscordApi
from tests.servers.signal_book import KIT, Person
from tests.servers.signal_cli import SignalCli
from tests.servers.telegram_api import CHANNEL, GROUP, TOKEN, TelegramApi
from tests.support import channel_homes
from tests.support.channel_homes import NOWHERE, channel_home, started
from tests.support.model_homes import engine_on

TELEGRAM = {"KIT_TELEGRAM_BOT_TOKEN": TOKEN}
DISCORD = {"KIT_DISCORD_BOT_TOKEN": DISCORD_TOKEN}


@pytest.fixture
async def api() -> AsyncIterator[TelegramApi]:
    async with TelegramApi() as server:
        yield server
        assert "getUpdates" not in server.calls


async def finding(home: Path, name: str, **environ: str) -> tuple[str, str]:
    """State and detail of one line of `kit doctor --json`."""
    code, out, err = await channel_homes.kit(home, "doctor", "--json", **environ)
    for secret in (TOKEN, DISCORD_TOKEN):
        assert secret not in out + err
    answer: Any = json.loads(out)
    found = next(check for check in answer["checks"] if check["name"] == name)
    assert code == 0 or found["state"] == "problem" or not answer["ok"]
    return found["state"], found["detail"]


async def test_a_channel_that_is_off_or_has_no_token_says_what_to_do(tmp_path: Path) -> None:
    home = channel_home(tmp_path, telegram={"enabled": False})
    assert await finding(home, "telegram") == (
        "note", "off in the settings (channels.telegram.enabled)",
    )  # fmt: skip
    home = channel_home(tmp_path)
    for name, said in (
        ("telegram", "@BotFather (/newbot), then kit connect telegram"),
        ("discord", "discord.com/developers/applications, then kit connect discord"),
        ("signal", "start signal-cli, then kit connect signal"),
    ):
        state, detail = await finding(home, name)
        assert (state, said in detail) == ("note", True), detail


async def test_a_bot_that_answers_and_lets_nobody_in(tmp_path: Path, api: TelegramApi) -> None:
    home = channel_home(tmp_path, telegram={"base_url": api.root})
    state, detail = await finding(home, "telegram", **TELEGRAM)
    assert state == "warning"
    assert "nobody may speak: kit pair telegram" in detail
    assert "@kit_test_bot answers" in detail
    home = channel_home(tmp_path, telegram={"base_url": api.root, "chat_id": 42})
    state, detail = await finding(home, "telegram", **TELEGRAM)
    assert (state, "people of the settings only" in detail) == ("ok", True)


@pytest.mark.parametrize(
    ("token", "said"),
    [
        (TOKEN[:-1] + "X", "Telegram refuses this token. @BotFather shows"),
        ("what-is-this", "this is no token of telegram"),
    ],
    ids=["refused", "malformed"],
)
async def test_a_token_that_is_none_is_a_problem(
    tmp_path: Path, api: TelegramApi, token: str, said: str
) -> None:
    home = channel_home(tmp_path, telegram={"base_url": api.root})
    state, detail = await finding(home, "telegram", KIT_TELEGRAM_BOT_TOKEN=token)
    assert (state, said in detail, "kit connect telegram --rotate" in detail) == (
        "problem", True, True,
    ), detail  # fmt: skip
    assert token not in detail


async def test_a_network_that_is_down_names_address_error_and_proxy(tmp_path: Path) -> None:
    home = channel_home(tmp_path, telegram={"base_url": NOWHERE})
    state, detail = await finding(home, "telegram", **TELEGRAM)
    assert (state, "127.0.0.1:9 is not reachable (ConnectError" in detail) == ("warning", True)
    home = channel_home(tmp_path, telegram={"base_url": "http://bots.example"})
    proxy = {"HTTP_PROXY": "http://ann:hidden-word@127.0.0.1:9"}
    state, detail = await finding(home, "telegram", **TELEGRAM, **proxy)
    assert "bots.example is not reachable" in detail
    assert "through the proxy 127.0.0.1:9 of HTTP_PROXY" in detail
    assert "hidden-word" not in detail


async def test_a_webhook_is_told_without_the_secret_in_its_path(
    tmp_path: Path, api: TelegramApi
) -> None:
    api.updates.webhook = "https://hooks.example/a-secret-path"
    home = channel_home(tmp_path, telegram={"base_url": api.root, "chat_id": 42})
    state, detail = await finding(home, "telegram", **TELEGRAM)
    assert (state, "hooks.example: another program uses this bot" in detail) == ("warning", True)
    assert "a-secret-path" not in detail
    assert api.updates.webhook  # looking changes nothing


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"chat_id": GROUP}, f"chat_id {GROUP} is a group or channel"),
        ({"chat_id": 42, "user_id": 43}, "is not the private chat of user_id 43"),
        ({"chat_id": 999}, "chat_id 999 is unknown to the bot"),
    ],
    ids=["group", "mismatch", "unknown"],
)
async def test_a_declared_chat_that_cannot_be_right(
    tmp_path: Path, api: TelegramApi, settings: dict[str, int], said: str
) -> None:
    home = channel_home(tmp_path, telegram={"base_url": api.root, **settings})
    state, detail = await finding(home, "telegram", **TELEGRAM)
    assert (state, said in detail, "kit pair telegram" in detail) == ("problem", True, True), detail


async def test_an_alert_chat_the_bot_is_not_in(tmp_path: Path, api: TelegramApi) -> None:
    api.world.chats[CHANNEL].trouble = "kicked"
    settings = {"base_url": api.root, "chat_id": 42, "alert_chat": CHANNEL}
    state, detail = await finding(channel_home(tmp_path, telegram=settings), "telegram", **TELEGRAM)
    assert (state, "add the bot there" in detail) == ("warning", True), detail


async def test_a_running_engine_is_asked_and_its_updates_are_left_alone(tmp_path: Path) -> None:
    async with TelegramApi() as api:
        home = channel_home(tmp_path, telegram={"base_url": api.root})
        async with engine_on(home, "--demo", **TELEGRAM):
            await api.until(lambda: "getUpdates" in api.calls)
            state, detail = await finding(home, "telegram", **TELEGRAM)
            assert (state, "the engine says up" in detail) == ("warning", True), detail
            async with started(home, "pair", "telegram", "--json", **TELEGRAM) as pairing:
                shown = (await pairing.line())["pairing"]
                await api.starts(shown["code"].replace("-", ""))
                await pairing.end()
            state, detail = await finding(home, "telegram", **TELEGRAM)
            assert (state, "1 paired" in detail) == ("ok", True), detail
            # Another program takes the updates; the engine is the one who knows.
            api.fail("getUpdates", "409", times=1_000)
            await api.says("hello")
            async with asyncio.timeout(30):
                while "another program listens" not in detail:
                    state, detail = await finding(home, "telegram", **TELEGRAM)
            assert state == "warning"
        state, detail = await finding(home, "telegram", **TELEGRAM)
        assert (state, "1 paired" in detail) == ("ok", True)


async def test_discord_answers_refuses_or_does_not_know_the_server(tmp_path: Path) -> None:
    async with DiscordApi() as api:
        home = channel_home(tmp_path, discord={"api_url": api.api, "guild": api.guild.id})
        state, detail = await finding(home, "discord", **DISCORD)
        assert (state, "answers" in detail, "kit pair discord" in detail) == ("warning", True, True)
        refused = DISCORD_TOKEN[:-1] + "X"
        state, detail = await finding(home, "discord", KIT_DISCORD_BOT_TOKEN=refused)
        assert (state, "Discord refuses this token" in detail) == ("problem", True)
        home = channel_home(tmp_path, discord={"api_url": api.api, "guild": 4711})
        state, detail = await finding(home, "discord", **DISCORD)
        assert (state, "is not on the server 4711" in detail) == ("problem", True)


async def test_signal_answers_is_down_or_serves_another_number(tmp_path: Path) -> None:
    async with SignalCli() as server:
        home = channel_home(tmp_path, signal={"url": server.url, "users": ["+491"]})
        assert (await finding(home, "signal"))[0] == "ok"
        await server.go_down()
        state, detail = await finding(home, "signal")
        assert (state, "No signal-cli daemon answers" in detail) == ("problem", True)
        assert "--receive-mode=on-connection" in detail
    other = Person("b1a7c1a0-0000-4000-8000-000000000001", "+4915112345678", "Other")
    async with SignalCli(KIT, other) as server:
        home = channel_home(tmp_path, signal={"url": server.url, "account": "+4900"})
        state, detail = await finding(home, "signal")
        assert (state, "does not serve +4900" in detail) == ("problem", True), detail
        assert str(other.number) in detail
