"""What README and pages tell people to type does what they say, in one home from top to bottom."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kit_tui.ai.claude.prices import load_prices
from kit_tui.ai.grammar import Grammar
from kit_tui.domain.intent import Action
from kit_tui.domain.pair import Pair
from kit_tui.settings.load import load_settings
from kit_tui.settings.locations import find_locations
from kit_tui.settings.model import Settings
from tests.servers.messages_api import KEY, MessagesServer
from tests.support.homes import kit
from tests.support.model_homes import kit_beside, model_settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {name: (ROOT / "docs" / name).read_text() for name in ("assistant.md", "approvals.md")}
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
MARKETS = tuple(Pair(f"{base}/USDT") for base in ("BTC", "ETH", "SOL"))
GRAMMAR = Grammar(lambda: MARKETS)


def blocks(page: str, kind: str) -> list[str]:
    return [block for found, block in FENCE.findall(page) if found == kind]


def commands(page: str) -> Iterator[list[str]]:
    for block in blocks(page, "sh"):
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            if words and words[0] == "kit":
                yield words[1:]


def said(page: str) -> Iterator[str]:
    """The sentences of the column `say`."""
    table = page.partition("| kind | say |")[2].partition("\n\n")[0]
    for row in table.splitlines()[2:]:
        yield from re.findall(r"`([^`]+)`", row.split("|")[2])


def test_approvals_from_top_to_bottom(tmp_path: Path) -> None:
    """Every command of the page, in its order; the worked example counts as it says."""
    told = []
    for words in commands(PAGES["approvals.md"]):
        done = kit(tmp_path, *words)
        assert done.returncode == 0, (words, done.stderr)
        told.append((" ".join(words), done.stdout))
    answers = dict(told)
    assert "Waiting for an answer" in answers["pending --demo"]
    assert "filled" in answers["approve 1 --demo"]
    assert "approved by you on cli" in answers["why --demo"]
    assert any("ask Buy" in words and "1 of 20 orders" in text for words, text in told)
    large = answers["ask Buy BTC for $600 --demo"]
    assert "pending" in large
    assert "Sent without asking" not in large
    assert "2 of 20 orders" in answers["ask close my BTC position --demo"]
    assert "2 of 20 orders" in answers["autonomy --demo"]
    assert "manual" in answers["autonomy manual --demo"]


async def test_connecting_claude_from_top_to_bottom(tmp_path: Path) -> None:
    async with MessagesServer(key="") as server:
        home = model_settings(tmp_path, server.url)
        opened = {"KIT_VAULT_PASSPHRASE": "open sesame 4711"}
        server.answer("It did.")
        for words in (*commands(PAGES["assistant.md"]), *claude_of_the_readme()):
            given = {"connect": ("--stdin",), "ask": ("--demo",)}.get(words[0], ())
            if words[:2] == ["connect", "anthropic"] and "--rotate" not in words:
                await kit_beside(home, *words, "--remove", "--confirm", "anthropic", **opened)
            done = await kit_beside(home, *words, *given, stdin=f"{KEY}\n", **opened)
            assert done.returncode == 0, (words, done.stderr)
            if words[0] == "doctor":
                assert "claude-sonnet-5-5 answers" in done.stdout
            if words[0] == "ask":
                assert done.stdout.endswith("It did.\n")
        assert server.refused == []


def claude_of_the_readme() -> Iterator[list[str]]:
    section = README.partition("## Connect Claude")[2].partition("\n## ")[0]
    yield from commands(section)


@pytest.mark.parametrize("sentence", list(said(README)))
def test_a_sentence_of_the_readme_is_an_order(sentence: str) -> None:
    intent = GRAMMAR.parse(sentence)
    assert intent.intent not in (Action.CHAT, Action.CLARIFY), intent


def test_the_readme_shows_the_newer_orders() -> None:
    assert len(list(said(README))) > 10
    intent = GRAMMAR.parse("buy 0.01 BTC, stop 2 ATR, target 3R")
    assert (intent.stop_loss, intent.intent) == ("2atr", Action.BUY)


@pytest.mark.parametrize("name", PAGES)
def test_the_settings_of_a_page_are_accepted(name: str, tmp_path: Path) -> None:
    for block in blocks(PAGES[name], "toml"):
        home = find_locations({"KIT_HOME": str(tmp_path)})
        home.ensure()
        home.config_file.write_text(block)
        load_settings(home, {})


def test_the_prices_of_the_page_replace_those_of_the_list(tmp_path: Path) -> None:
    (block,) = blocks(PAGES["assistant.md"], "json")
    given: Any = json.loads(block)
    given["models"]["claude-sonnet-5-5"]["input"] = "7"
    (tmp_path / "prices.json").write_text(json.dumps(given))
    prices = load_prices(tmp_path)
    assert prices.models["claude-sonnet-5-5"].rates.input == 7
    assert "claude-haiku-5-5" in prices.models


def test_the_figures_of_the_pages_are_the_defaults() -> None:
    settings = Settings()
    engine, caps, tickets = settings.engine, settings.autonomy_limits, settings.tickets
    text = f"{README}\n{PAGES['assistant.md']}\n{PAGES['approvals.md']}"
    assert f"at most ${engine.turn_budget:.2f}" in text
    assert f"at most ${engine.day_budget:.2f}" in text
    assert caps.threshold == Decimal(500)
    assert caps.daily_notional == Decimal(2_000)
    assert caps.daily_orders == 20
    assert "below $500 each, 20 orders and $2,000 a day" in " ".join(README.split())
    assert (tickets.market_seconds, tickets.limit_seconds) == (60, 300)
    assert "60 seconds for a market order, 300 for any other" in text
    assert tickets.max_slippage == Decimal("0.005")
    assert "0.5 % from the price" in text
    assert settings.autonomy == "manual"


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_a_page_links_to_are_there(name: str) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", PAGES[name])
    assert links
    assert not [link for link in links if not (ROOT / "docs" / link).exists()]
