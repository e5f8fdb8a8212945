"""`kit connect signal` and `kit connect discord` on loopback services."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kit_tui.settings.load import load_settings
from kit_tui.settings.locations import find_locations
from kit_tui.settings.model import Settings
from tests.servers.discord_api import TOKEN, DiscordApi
from tests.servers.signal_book import KIT, Person
from tests.servers.signal_cli import SignalCli
from tests.support.channel_homes import NOWHERE, channel_home, kit

NUMBER = "+4915112345678"
OTHER = Person("b1a7c1a0-0000-4000-8000-000000000001", NUMBER, "Other")


def settings_of(home: Path) -> Settings:
    return load_settings(find_locations({"KIT_HOME": str(home)}), {})


async def test_the_daemon_is_checked_and_written_into_the_settings(tmp_path: Path) -> None:
    home = channel_home(tmp_path)
    async with SignalCli() as server:
        code, out, err = await kit(home, "connect", "signal", "--url", f"{server.url}/")
    assert code == 0, err
    assert out.splitlines()[0] == f"signal: signal-cli 0.14.6 answers at {server.url}."
    assert settings_of(home).channels.signal.url == server.url
    code, out, _ = await kit(home, "connect", "--list", "--json")
    assert [(row["account"], row["where"]) for row in json.loads(out)] == [("signal", "settings")]
    assert (await kit(home, "connect", "signal", "--remove"))[0] == 0
    assert settings_of(home).channels.signal.enabled is False
    assert (await kit(home, "connect", "signal", "--remove"))[0] == 1


async def test_nobody_there_changes_nothing(tmp_path: Path) -> None:
    home = channel_home(tmp_path)
    before = (home / "config" / "config.toml").read_bytes()
    code, _, err = await kit(home, "connect", "signal", "--stdin", stdin=f"{NOWHERE}\n")
    assert (code, "No signal-cli daemon answers" in err, "daemon --http" in err) == (1, True, True)
    assert (await kit(home, "connect", "signal"))[0] == 2
    assert (home / "config" / "config.toml").read_bytes() == before


async def test_of_several_numbers_one_is_named(tmp_path: Path) -> None:
    home = channel_home(tmp_path)
    async with SignalCli(KIT, OTHER) as server:
        words = ("connect", "signal", "--url", server.url, "--json")
        code, _, err = await kit(home, *words)
        assert (code, "--account" in err) == (1, True)
        assert (await kit(home, *words, "--account", "+4900"))[0] == 1
        code, out, _ = await kit(home, *words, "--account", NUMBER)
    assert code == 0
    told: Any = json.loads(out)
    assert (told["account"], told["stored"]) == (NUMBER, True)
    assert settings_of(home).channels.signal.account == NUMBER


async def test_a_discord_bot_is_tried_and_kept_with_its_invitation(tmp_path: Path) -> None:
    async with DiscordApi() as api:
        home = channel_home(tmp_path, discord={"api_url": api.api})
        code, _, err = await kit(home, "connect", "discord", "--stdin", stdin=f"{TOKEN[:-1]}X\n")
        assert (code, "Discord refuses this token. Nothing was stored." in err) == (1, True), err
        code, out, err = await kit(home, "connect", "discord", "--stdin", stdin=f"{TOKEN}\n")
        assert code == 0, err
        assert f"of @{api.bot.name} works." in out
        assert f"client_id={api.bot.id}&scope=bot" in out
        assert TOKEN not in out + err
