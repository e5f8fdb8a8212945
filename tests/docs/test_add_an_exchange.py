"""The example of docs/add-an-exchange.md is installed as a package would be, and traded on."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from kit_tui.domain.errors import SettingsError
from kit_tui.domain.orders import Mode, OrderStatus
from kit_tui.runtime.venues import own_venue
from kit_tui.state.slices import CONNECTIONS, ORDERS, PORTFOLIO
from tests.end_to_end.live import running, session_of, until

PAGE = Path(__file__).parents[2] / "docs" / "add-an-exchange.md"
KEYS = {"KIT_BARTER_API_KEY": "a key", "KIT_BARTER_SECRET": "a secret"}


def blocks(language: str) -> list[str]:
    """The page's code blocks of one language."""
    text = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The example on the path, with its entry point, as an installer leaves it."""
    place = tmp_path / "site"
    place.mkdir()
    (code,) = blocks("python")
    (place / "barter.py").write_text(code, encoding="utf-8")
    info = place / "barter-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: barter\nVersion: 1.0\n")
    project = blocks("toml")[0]
    group, entry = project.strip().splitlines()
    name = re.sub(r'^\[project\.entry-points\."(.*)"\]$', r"[\1]", group)
    (info / "entry_points.txt").write_text(f"{name}\n{entry.replace(chr(34), '')}\n")
    monkeypatch.syspath_prepend(str(place))
    yield place
    sys.modules.pop("barter", None)


def home_with(home: Path, settings: str) -> Path:
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(settings, encoding="utf-8")
    return home


async def test_the_example_trades_as_an_account_and_gives_paper_its_prices(
    installed: Path, tmp_path: Path
) -> None:
    home = home_with(tmp_path / "home", blocks("toml")[1])
    async with running(home, environ=KEYS) as (engine, desk):
        session = session_of(desk)
        assert (session.account, session.mode, session.venue) == ("barter", Mode.SANDBOX, "barter")
        await until(lambda: (p := desk.store.get(PORTFOLIO)) is not None and p.complete)
        outcome = await desk.send("buy SALT for $50")
        assert outcome.ticket is not None, outcome.reply.text
        done = await desk.approve(outcome.ticket.id, outcome.ticket.hash)
        assert done.order is not None
        assert done.order.status is OrderStatus.FILLED
        assert (done.order.venue, done.order.filled) == ("barter", Decimal("2.5"))
        too_much = await desk.send("buy WOOL for $100000")
        assert not too_much.reply.ok
        lines = {(c.kind, c.name): c.state for c in desk.store.get(CONNECTIONS) or ()}
        assert lines[("account", "barter")] == "up"
        await until(lambda: "paper" in engine.gateway.accounts)
        await desk.run("account", {"name": "paper"})
        paper = await desk.send("buy SALT for $100", approve=True)
        assert paper.order is not None, paper.reply.text
        assert (paper.order.mode, paper.order.venue) == (Mode.PAPER, "barter")
        orders = desk.store.get(ORDERS)
        assert orders is not None
        assert [order.venue for order in orders] == ["barter"]


async def test_it_needs_no_keys_to_give_paper_its_prices(installed: Path, tmp_path: Path) -> None:
    settings = blocks("toml")[1].replace('mode = "sandbox"', 'mode = "paper"')
    async with running(home_with(tmp_path / "home", settings)) as (_, desk):
        assert session_of(desk).account == "paper"
        assert session_of(desk).source == "barter"


def test_a_venue_that_cannot_be_loaded_names_its_package(installed: Path) -> None:
    (installed / "barter.py").write_text("raise ValueError('broken')\n")
    with pytest.raises(SettingsError, match=r"barter \(barter:Barter\) cannot be loaded: broken"):
        own_venue("barter")
    assert own_venue("no-such-venue") is None
