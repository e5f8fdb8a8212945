"""What the page on channels and the README tell people to type, on a loopback Bot API."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from kit_tui.settings.load import load_settings
from kit_tui.settings.locations import find_locations
from tests.servers.telegram_api import OWNER, TOKEN, TelegramApi
from tests.support.channel_homes import channel_home, kit, started

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "channels.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Telegram")[2]
FENCE = re.compile(r"^ *```(\w+)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
SECOND = 123456789
"""Whose key stands in the page."""


def commands(page: str) -> Iterator[list[str]]:
    for kind, block in FENCE.findall(page):
        for line in block.splitlines() if kind == "sh" else ():
            words = shlex.split(line, comments=True)
            if words[:1] == ["kit"]:
                yield words[1:]


async def test_setting_up_and_pairing_from_top_to_bottom(tmp_path: Path) -> None:
    async with TelegramApi() as api:
        api.add_person(SECOND, "Bob")
        home = channel_home(tmp_path, telegram={"base_url": api.root})
        sections = PAGE.partition("## Telegram: set up")[2].partition("## When it does not")[0]
        pairings = 0
        typed = [*commands(sections), *commands(README.partition("\n## ")[0])]
        assert len(typed) > 10
        for words in typed:
            if words == ["connect", "telegram"]:
                await kit(home, *words, "--remove", "--confirm", "telegram")
            if words[0] == "pair":
                pairings += 1
                await pair(api, home, words, OWNER if pairings == 1 else SECOND)
                continue
            more = ["--stdin"] if words[0] == "connect" else []
            if "--remove" in words:
                more = ["--confirm", "telegram"]
            code, out, err = await kit(home, *words, *more, stdin=f"{TOKEN}\n")
            assert code == 0, (words, err)
            if "--remove" in words:  # the page goes on with a bot
                await kit(home, "connect", "telegram", "--stdin", stdin=f"{TOKEN}\n")
            if words == ["people"]:
                assert f"telegram:{SECOND}" in out
        assert "@kit_test_bot answers" in out
        assert "2 paired" in out


async def pair(api: TelegramApi, home: Path, words: list[str], user: int) -> None:
    async with started(home, *words, "--json") as pairing:
        shown = (await pairing.line())["pairing"]
        await api.starts(shown["code"].replace("-", ""), by=user)
        assert (await pairing.line())["paired"]["user"] == str(user)
        assert (await pairing.end())[0] == 0


def test_the_settings_of_the_page_are_accepted(tmp_path: Path) -> None:
    blocks = [block for kind, block in FENCE.findall(PAGE) if kind == "toml"]
    assert blocks
    for block in blocks:
        home = find_locations({"KIT_HOME": str(tmp_path)})
        home.ensure()
        home.config_file.write_text(block)
        load_settings(home, {})
